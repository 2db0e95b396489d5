"""Camera sessions as the person sees them, each with what becomes of it; and the shifts that are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.days.store import Rostered
from agent.outbox import pauses
from agent.outbox.camera_plan import Skips
from agent.session import appointment_times as times
from agent.session.appointment_times import Appointment, Shift
from agent.session.appointment_watch import Watch
from agent.system import host
from agent.windows.history import Told

NO_SHIFTS: Final = "No shift is known yet. Note one with 'wardbeat note shift', or import your roster."
NOTHING_TO_SKIP: Final = "No camera session is coming that could be skipped."


@dataclass(frozen=True, slots=True)
class Listed:
    """One session as the person sees it.

    Attributes:
        appointment: When.
        state: ``coming``, ``announced``, ``open``, ``past``, or a word of `appointment_watch.OUTCOMES`: what became of
            it, or what will already keep it from taking place.
    """

    appointment: Appointment
    state: str

    def as_json(self) -> dict[str, Any]:
        """For the page and the command line."""
        one = self.appointment
        return {"start_utc_s": one.start_utc_s, "end_utc_s": one.end_utc_s, "state": self.state}


def listed(
    found: Sequence[Appointment],
    skips: Skips,
    hours: Sequence[pauses.Hours],
    now_utc_s: int,
    watch: Watch | None = None,
) -> list[Listed]:
    """Sessions with what becomes of them.

    Args:
        found: Sessions, oldest first.
        skips, hours: What the person called off, and their private hours.
        now_utc_s: Now.
        watch: Of the running agent; None: none runs.
    """
    seen = watch or Watch()
    private = times.touching(found, hours, host.local_time)
    made = []
    for one in found:
        state = seen.outcome(one)
        if not state and one == seen.current:
            state = "open" if seen.is_open else "announced"
        if not state and one.end_utc_s <= now_utc_s:
            state = "past"
        if not state and skips.holds(one.start_utc_s, now_utc_s):
            state = "skipped"
        made.append(Listed(one, state or ("private" if one.start_utc_s in private else "coming")))
    return made


def known_shifts(told: Sequence[Told], rostered: Sequence[Rostered]) -> tuple[Shift, ...]:
    """Times at work that the person noted, and those of an imported roster."""
    from agent.weeks.shifts import shifts_of  # with what scores, where the plan needs it

    return tuple(Shift(one.start_utc_s, one.end_utc_s) for one in shifts_of(told, rostered))
