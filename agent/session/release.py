"""Closed windows to history, gate and outbox, in order; what a full disk holds up waits here and is not lost."""

from collections import deque
from collections.abc import Callable
from typing import Final

from agent.days.store import DayStore
from agent.enrollment.known_time import REMEDY as CLOCK_REMEDY
from agent.errors import StorageFull
from agent.model import Interval, Summary
from agent.outbox import Outbox, consents
from agent.privacy import gate
from agent.privacy.consent import Consented
from agent.session.statements import Statements
from agent.system.status import Level, StatusBoard
from agent.tables.profiles import Profile
from agent.windows.history import History

PENDING_MOST: Final = 288  # a day of windows while the disk is full; beyond it the oldest is lost, and said so
_DAY_S: Final = 86_400
_DAY_WINDOWS: Final = 288


class ReleaseQueue:
    """The way of a summary from the window to the sealed row.

    Args:
        history, days: Where it is kept, and what is known of days.
        outbox: Where it is sealed.
        profile: The policy in force.
        operator: The enrolled hub's; None: nothing is released.
        board: Where states are said.
        utc_s: The session's UTC now.

    Attributes:
        clock_fault: What is wrong with this computer's clock; empty: nothing is known.
    """

    def __init__(
        self,
        history: History,
        days: DayStore,
        outbox: Outbox,
        profile: Profile,
        operator: str | None,
        board: StatusBoard,
        *,
        utc_s: Callable[[], int],
    ) -> None:
        self._history, self._days, self._outbox, self._board, self._utc_s = history, days, outbox, board, utc_s
        self._profile, self._operator = profile, operator
        self._statements = Statements(history, days, outbox, profile, operator)
        self._pending: deque[tuple[Summary, tuple[Interval, ...]]] = deque()
        self._forgot_day = self._distrusted = 0
        self._given: Consented | None = None
        self.clock_fault = ""

    @property
    def consented(self) -> frozenset[str]:
        """Signals that the consent in force covers now; it is over in the second in which it ends."""
        given = self._given
        if given is None or not given.record.is_valid_at(self._utc_s()):
            return frozenset()
        return given.signals(self._profile)

    @property
    def waiting(self) -> int:
        """How many closed windows wait for the disk."""
        return len(self._pending)

    def add(self, summary: Summary, blocked: tuple[Interval, ...] = ()) -> None:
        """A window has closed; ``blocked`` are moments of it that must not be released."""
        self._pending.append((summary, blocked))
        self.drain()

    def drain(self) -> None:
        """Keep and release what waits; a full disk leaves it waiting.

        Raises:
            OutboxBroken, WireRefused: The way out fails shut.
        """
        while len(self._pending) > PENDING_MOST:
            self._pending.popleft()
            self._board.set(
                "windows", Level.TROUBLE, "a window was lost because the disk was full for a day", "Free disk space."
            )
        try:
            while self._pending:
                summary, blocked = self._pending[0]
                self._history.keep(summary)
                self._release(summary, blocked)
                self._pending.popleft()
                self._board.set("windows", Level.OK, "recording")
                self._board.set("disk", Level.OK, "rows can be written")
            if not self.clock_fault:
                self._statements.offer(self._utc_s())
            self._forget_daily()
        except StorageFull as full:
            self._board.set("disk", Level.TROUBLE, str(full), full.remedy)

    def note_break(self, at_utc_s: int, jump_s: float) -> None:
        """The wall clock was moved; the person's own history says so."""
        try:
            self._history.keep_break(at_utc_s, jump_s)
        except StorageFull as full:
            self._board.set("disk", Level.TROUBLE, str(full), full.remedy)

    def forget(self) -> int:
        """Forget every window, those that wait too, and every day; how many windows were kept."""
        self._pending.clear()
        self._days.erase()
        return self._history.erase()

    def show_consent(self) -> None:
        """Show whether anything but covers may leave."""
        if self._operator is None:
            return
        self._given = consents.stands_at(self._outbox, self._profile.name, self._utc_s())
        if self._given is not None and self._given.releasable(self._profile):
            signals = " and ".join(sorted(self.consented))
            self._board.set("consent", Level.OK, f"given for {signals}; 'wardbeat consent show' has the words")
            return
        if self._given is not None and self._given.grants and not self._given.sends:
            self._board.set("consent", Level.OK, "given to be counted in a group; only covers are sent")
            return
        if self._given is not None:
            words = "the text that you agreed to has changed: only covers are sent"
            self._board.set("consent", Level.TROUBLE, words, "Read it and consent again: 'wardbeat consent give'.")
            return
        why_not = consents.why_not(self._outbox, self._profile.name, self._utc_s()) or "not given"
        remedy = "'wardbeat consent give'"
        if self.clock_fault and why_not != "not given":
            why_not, remedy = f"{why_not}; {self.clock_fault}", CLOCK_REMEDY
        self._board.set("consent", Level.WAITING, f"{why_not}: only covers are sent", remedy)

    def _release(self, summary: Summary, blocked: tuple[Interval, ...]) -> None:
        if self._operator is None or self._outbox.sealing is None:
            return  # not enrolled, or not any more
        self.show_consent()
        given = consents.consented(self._outbox)
        moments = (*consents.pauses(self._outbox, summary.start_utc_s), *blocked)
        released = gate.release(summary, self._profile, given, self._operator, moments)
        self._outbox.put_released(released, self._utc_s())

    def clock_moved(self) -> None:
        """The wall clock was moved: nothing is forgotten by it before a day of windows was made under it."""
        self._distrusted = _DAY_WINDOWS
        self.show_consent()

    def _forget_daily(self) -> None:
        self._distrusted = max(0, self._distrusted - 1)
        today = self._utc_s() // _DAY_S
        if today != self._forgot_day and not self._distrusted:
            self._outbox.forget_old_bytes(self._utc_s())
            self._forgot_day = today
