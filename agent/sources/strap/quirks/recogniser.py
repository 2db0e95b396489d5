"""The quirks of one strap: each packet passes here before its beats get their times.

    packet ─▶ a copy? ─▶ history ─▶ a row of `table` shows? ─▶ undone, or doubtful ─▶ `beat_times`
                │
                └ let go: nothing of it is left

It does no I/O; what it keeps is bounded, and a quirk that ends is forgotten with the packets that
showed it.
"""

import logging
from typing import Final

from agent.model import NS_PER_S
from agent.sources.strap.quirks.copies import Copies
from agent.sources.strap.quirks.history import History
from agent.sources.strap.quirks.table import QUIRKS, Quirk
from agent.sources.strap.quirks.undoing import Undoing, Undone, without_fill
from agent.sources.strap.states import StrapState

log = logging.getLogger(__name__)

_JUDGED_EVERY_NS: Final = 2 * NS_PER_S
# So long after it showed last a quirk still holds: a heart near the border would change the state each minute. Doubt
# holds for longer: a window of five minutes that is half doubted has no variability.
_HELD_NS: Final = 30 * NS_PER_S
_DOUBTED_NS: Final = 120 * NS_PER_S


class Quirks:
    """One for each strap; links come and go."""

    def __init__(self) -> None:
        self._copies, self._history = Copies(), History()
        self._quirk: Quirk | None = None
        self._undoing: Undoing | None = None
        self._judged_ns: int | None = None
        self._shown_ns = 0

    @property
    def state(self) -> StrapState | None:
        """What the person reads, or None: the strap sends each beat once."""
        if self._quirk is not None:
            return self._quirk.state
        return StrapState.TWICE if self._copies.shows else None

    @property
    def is_doubtful(self) -> bool:
        """Whether its intervals are not the heart's just now."""
        return self._quirk is not None and self._quirk.is_doubtful

    def interrupt(self) -> None:
        """The link is another, or something was lost: no time is reckoned across it."""
        self._history.interrupt()

    def take(self, arrived_ns: int, hr_bpm: int, rr_1024: tuple[int, ...]) -> Undone | None:
        """Take a packet over.

        Args:
            arrived_ns: Session time at which it arrived.
            hr_bpm: The heart rate in it.
            rr_1024: Its intervals in 1/1024 s, oldest first.

        Returns:
            Its beats once its quirk is undone; None: it was here already.
        """
        known = self._copies.shows
        if self._copies.is_copy(arrived_ns, rr_1024, self._history):
            return None
        if self._copies.shows and not known:  # copies that came before may be among them
            self._history.packets.clear()
        packet = self._history.push(arrived_ns, hr_bpm, rr_1024)
        if packet is None:
            return Undone((rr_1024,))
        changed = self._judge(arrived_ns)
        undone = without_fill(packet) if self._undoing is None else self._undoing.take(packet)
        return Undone(undone.parts_1024, undone.is_doubtful, after_gap=changed or undone.after_gap)

    def _judge(self, now_ns: int) -> bool:
        """Whether another quirk holds from now on."""
        if self._judged_ns is not None and 0 <= now_ns - self._judged_ns < _JUDGED_EVERY_NS:
            return False
        self._judged_ns = now_ns
        quirk = self._held(now_ns)
        for row in QUIRKS:
            if row.shows(self._history):
                quirk, self._shown_ns = row, now_ns
            if row is quirk:  # those below explain less, as long as it holds
                break
        if quirk is self._quirk:
            return False
        log.info(
            "the strap's intervals: %s", "as the service wants them" if quirk is None else quirk.state.name.lower()
        )
        self._quirk, self._undoing = quirk, None if quirk is None else quirk.undoing(self._history)
        return True

    def _held(self, now_ns: int) -> Quirk | None:
        """The quirk of before, while it still holds."""
        held_ns = _DOUBTED_NS if self.is_doubtful else _HELD_NS
        return self._quirk if now_ns - self._shown_ns < held_ns else None
