"""What looks at the clock make of camera sessions. Pure: one look after the other, each with the state before it.

    start − 60 s        start                     end
    ──┬─────────────────┬─────────────────────────┬──
      │ announced       │ open                    │ held
      └ skip, pause, private hours, a sleep or another clock ──▶ named, and not made up for

A session is open only after its whole announcement was counted down in this very run.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from agent.model import NS_PER_S
from agent.outbox.camera_plan import ANNOUNCED_S, Skips
from agent.session.appointment_times import Appointment

OUTCOMES: Final = ("held", "skipped", "paused", "private", "off", "consent", "missed", "clock", "changed")
"""What became of a session: it took place; the person called it off; a pause, private hours, the switch or a missing
consent stood above it; the machine slept or the agent did not run; the clock was moved; another plan was chosen."""
CLOSES_AHEAD_S: Final = 1  # the process needs a moment to end: the device is free when the session is over
_LATE_S: Final = 3.0
_GAP_S: Final = 5.0  # between two looks; beyond it the machine slept, or was too busy to count down
_MOVED_NS: Final = 2 * NS_PER_S
_REMEMBERED: Final = 40


@dataclass(frozen=True, slots=True)
class Look:
    """What is known at a moment.

    Attributes:
        now_ns, utc_s, offset_ns: Session time, UTC by it, and the one minus the other.
        due: Sessions around now.
        barred: What stands above every session now: a word of OUTCOMES; empty: nothing.
        skips: What the person called off.
        private: Beginnings of sessions that touch private hours.
        speed: Session seconds a real second.
    """

    now_ns: int
    utc_s: int
    offset_ns: int
    due: Sequence[Appointment]
    barred: str = ""
    skips: Skips = field(default_factory=Skips)
    private: frozenset[int] = frozenset()
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Watch:
    """What the looks so far made of the sessions.

    Attributes:
        seen_ns, offset_ns: Of the last look; None: there was none.
        current: The session that is announced or open.
        announced_ns: When its announcement began, session time.
        is_open: Whether the camera may be open.
        outcomes: (beginning, word of OUTCOMES) of earlier ones, oldest first.
    """

    seen_ns: int | None = None
    offset_ns: int = 0
    current: Appointment | None = None
    announced_ns: int = 0
    is_open: bool = False
    outcomes: tuple[tuple[int, str], ...] = ()

    def outcome(self, appointment: Appointment) -> str:
        """What became of a session; empty: nothing yet."""
        return next((word for start, word in self.outcomes if start == appointment.start_utc_s), "")

    def admits(self, now_ns: int, utc_s: int, speed: float = 1.0) -> bool:
        """Whether the camera may be open at this moment: a look was taken just now, and the session is not over."""
        if self.current is None or self.seen_ns is None or not self.is_open:
            return False
        is_fresh = 0 <= now_ns - self.seen_ns <= _GAP_S * speed * NS_PER_S
        return is_fresh and self.current.start_utc_s <= utc_s < self.current.end_utc_s - CLOSES_AHEAD_S

    def seconds_left(self, now_ns: int, utc_s: int) -> int | None:
        """Until the camera opens, or until it closes; None: neither is near."""
        if self.current is None:
            return None
        if self.is_open:
            return max(0, self.current.end_utc_s - utc_s)
        counted_s = (now_ns - self.announced_ns) / NS_PER_S
        return max(0, round(ANNOUNCED_S - counted_s), self.current.start_utc_s - utc_s)

    def _ended(self, appointment: Appointment, word: str) -> "Watch":
        outcomes = (*self.outcomes, (appointment.start_utc_s, word))[-_REMEMBERED:]
        return replace(self, current=None, is_open=False, outcomes=outcomes)


def advance(watch: Watch, look: Look) -> Watch:
    """What a look makes of the sessions. Nothing that was missed is made up for, and no announcement is cut short."""
    broken = _broken(watch, look)
    made = replace(watch, seen_ns=look.now_ns, offset_ns=look.offset_ns)
    if made.current is not None:
        made = _carried_on(made, made.current, broken, look)
    if made.current is None:
        made = _announced(made, look)
    return made


def _broken(watch: Watch, look: Look) -> str:
    if watch.seen_ns is None:
        return ""
    if not 0 <= look.now_ns - watch.seen_ns <= _GAP_S * look.speed * NS_PER_S:
        return "missed"
    return "clock" if abs(look.offset_ns - watch.offset_ns) > _MOVED_NS else ""


def _carried_on(watch: Watch, current: Appointment, broken: str, look: Look) -> Watch:
    if word := broken or _above(current, look) or ("" if current in look.due else "changed"):
        return watch._ended(current, word)  # noqa: SLF001 - its own module
    if watch.is_open:
        over = look.utc_s >= current.end_utc_s - CLOSES_AHEAD_S
        return watch._ended(current, "held") if over else watch  # noqa: SLF001
    counted = look.now_ns - watch.announced_ns >= ANNOUNCED_S * NS_PER_S
    return replace(watch, is_open=counted and look.utc_s >= current.start_utc_s)


def _announced(watch: Watch, look: Look) -> Watch:
    for one in look.due:
        if not one.announced_utc_s <= look.utc_s < one.end_utc_s or watch.outcome(one):
            continue
        late = look.utc_s - one.announced_utc_s > _LATE_S * look.speed
        if word := _above(one, look) or ("missed" if late else ""):
            watch = watch._ended(one, word)  # noqa: SLF001
            continue
        return replace(watch, current=one, announced_ns=look.now_ns)
    return watch


def _above(appointment: Appointment, look: Look) -> str:
    """What stands above a session now; empty: nothing."""
    if look.barred:
        return look.barred
    if look.skips.holds(appointment.start_utc_s, look.utc_s):
        return "skipped"
    return "private" if appointment.start_utc_s in look.private else ""
