"""Camera sessions of the running agent: when the camera may be open, what the person sees of it, and what ends it.

    keep ──4 a second──▶ advance ──▶ Watch ──▶ admits      every sensor's loop asks, five times a second
                                       └─────▶ live        status and the page: phase, seconds left

The camera is open only while looks are fresh: a loop that does not get on closes it. Shifts come from the person's
notes and roster, and are read once a minute where the plan needs them.
"""

import asyncio
from typing import Any, Final, Protocol

from agent.days.store import DayStore
from agent.errors import WardbeatError, WrongUse
from agent.model import NS_PER_S
from agent.outbox import Outbox, camera_plan, pauses
from agent.outbox.camera_plan import CameraPlan, Skips
from agent.session import appointment_times as times
from agent.session.appointment_list import NOTHING_TO_SKIP, Listed, known_shifts, listed
from agent.session.appointment_times import Appointment, Shift
from agent.session.appointment_watch import Look, Watch, advance
from agent.session.sensors import Sensors
from agent.sources import SOURCES
from agent.system import host
from agent.system.clock import Clock
from agent.system.status import Level, StatusBoard
from agent.windows.history import History

_LOOK_S: Final = 0.25
_AGAIN_S: Final = 30.0  # how often the times are made again: the zone may be another one, a shift may be noted
_DAY_S: Final = 86_400
_SHOWN: Final = "'wardbeat camera show' lists the times."


class Around(Protocol):
    """What of the running session is looked at here."""

    @property
    def outbox(self) -> Outbox: ...
    @property
    def history(self) -> History: ...
    @property
    def days(self) -> DayStore: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def board(self) -> StatusBoard: ...
    @property
    def sensors(self) -> Sensors: ...
    @property
    def changed(self) -> asyncio.Event: ...
    @property
    def paused(self) -> bool: ...
    def utc_s(self) -> int: ...


def by_appointment(name: str) -> bool:
    """Whether a source runs in announced sessions where the person chose that."""
    return SOURCES[name].by_appointment


class Appointments:
    """The camera sessions of one running agent.

    Args:
        session: The running one; its outbox keeps the plan.
    """

    def __init__(self, session: Around) -> None:
        self._session = session
        self.plan, self._skips = camera_plan.plan(session.outbox), camera_plan.skips(session.outbox)
        self._watch = Watch()
        self._shifts: tuple[Shift, ...] = ()
        self._due: tuple[Appointment, ...] = ()
        self._private: frozenset[int] = frozenset()
        self._made_ns: int | None = None
        self._made_of: object = None

    # ---- what the person decides

    def choose(self, wanted: CameraPlan) -> None:
        """Take a plan over; a session that runs ends where the new plan has none.

        Raises:
            WrongUse: It cannot be kept.
            StorageFull: The camera is closed meanwhile, though it cannot be written down.
        """
        wanted.checked()
        if wanted.how != "always":  # closed, though it cannot be written down
            self.plan = wanted
        camera_plan.choose(self._session.outbox, wanted)
        self.plan, self._skips = wanted, Skips()
        self._look_again()

    def skip(self, *, rest: bool) -> int:
        """Call off the session that runs or comes next, or the rest of today; the moment from which the camera may
        be announced again.

        Raises:
            WrongUse: There is none.
        """
        now_utc_s, outbox = self._session.utc_s(), self._session.outbox
        self._look_again()
        if rest:
            until_utc_s = times.rest_until_utc_s(self._shifts, now_utc_s, host.local_time)
            camera_plan.skip_until(outbox, until_utc_s)
        else:
            coming = [one for one in self.listed() if one.state in ("open", "announced", "coming")]
            if not coming:
                raise WrongUse(NOTHING_TO_SKIP, remedy=_SHOWN)
            camera_plan.skip(outbox, coming[0].appointment.start_utc_s)
            until_utc_s = coming[0].appointment.end_utc_s
        self._skips = camera_plan.skips(outbox)
        self._look_again()
        return until_utc_s

    # ---- what others ask

    def admits(self, name: str) -> bool:
        """Whether a source may be open as far as the plan goes."""
        if self.plan.how == "always" or not by_appointment(name):
            return True
        clock = self._session.clock
        return self._watch.admits(clock.now_ns(), self._session.utc_s(), clock.speed)

    def live(self) -> dict[str, Any]:
        """What happens now: `how`, `phase` (always, waiting, announced, open), seconds left, the session's moments."""
        current, next_ = self._watch.current, None
        if current is None:
            coming = (one for one in self._due if not self._watch.outcome(one) and not self._is_off(one))
            next_ = next((one for one in coming if one.announced_utc_s > self._session.utc_s()), None)
        shown = current or next_
        phase = "always" if self.plan.how == "always" else "waiting"
        if current is not None:
            phase = "open" if self._watch.is_open else "announced"
        return {
            "how": self.plan.how,
            "phase": phase,
            "seconds_left": self._watch.seconds_left(self._session.clock.now_ns(), self._session.utc_s()),
            "start_utc_s": None if shown is None else shown.start_utc_s,
            "end_utc_s": None if shown is None else shown.end_utc_s,
        }

    def listed(self) -> list[Listed]:
        """The sessions of today and of the night after it, with what becomes of them."""
        return self.would_be(self.plan, self._skips)

    def would_be(self, plan: CameraPlan, skips: Skips | None = None) -> list[Listed]:
        """The sessions that a plan gives, before it is chosen."""
        now_utc_s = self._session.utc_s()
        shifts = self._known_shifts() if plan.how == "per_shift" else ()
        found = times.shown(plan, shifts, now_utc_s, host.local_time)
        watch = self._watch if plan == self.plan else None
        return listed(found, skips or Skips(), pauses.hours(self._session.outbox), now_utc_s, watch)

    # ---- looks

    def look(self) -> None:
        """Look at the clock once, and show what changed."""
        if self.plan.how == "always" and self._watch.current is None:
            self._watch = Watch(outcomes=self._watch.outcomes)
            self._show()
            return
        clock = self._session.clock
        now_ns = clock.now_ns()
        if self._made_ns is None or not 0 <= now_ns - self._made_ns < _AGAIN_S * clock.speed * NS_PER_S:
            self._make_again(now_ns)
        before = self._watch
        seen = Look(now_ns, self._session.utc_s(), clock.utc_offset_ns(), self._due, self._barred(), self._skips,
                    self._private, clock.speed)  # fmt: skip
        self._watch = advance(before, seen)
        if (before.current, before.is_open, before.outcomes) != (
            self._watch.current, self._watch.is_open, self._watch.outcomes,
        ):  # fmt: skip
            self._session.changed.set()
            if self._watch.is_open:
                for name in filter(by_appointment, SOURCES):
                    self._session.sensors.retry_now(name)
        self._show()

    def _look_again(self) -> None:
        """At once after a decision, with times made new."""
        self._made_ns = None
        self.look()

    def _make_again(self, now_ns: int) -> None:
        self._made_ns = now_ns
        now_utc_s = self._session.utc_s()
        self._shifts = self._known_shifts() if self.plan.how == "per_shift" else ()
        begins_utc_s = times.midnight_utc_s(now_utc_s, -1, host.local_time)
        self._due = times.between(self.plan, self._shifts, begins_utc_s, now_utc_s + _DAY_S, host.local_time)
        hours = pauses.hours(self._session.outbox)
        if (self._due, hours) != self._made_of:
            self._made_of = (self._due, hours)
            self._private = times.touching(self._due, hours, host.local_time)

    def _known_shifts(self) -> tuple[Shift, ...]:
        from agent.weeks.days import of

        try:
            return known_shifts(self._session.history.told(), of(self._session.days).shifts)
        except WardbeatError:  # what cannot be read gives no session
            return ()

    def _barred(self) -> str:
        """What stands above every camera session now."""
        if self._session.paused:
            outbox, now_utc_s = self._session.outbox, self._session.utc_s()
            return "private" if pauses.is_private(outbox, now_utc_s) else "paused"
        return self._session.sensors.barred(next(filter(by_appointment, SOURCES)))

    def _is_off(self, one: Appointment) -> bool:
        return self._skips.holds(one.start_utc_s, self._session.utc_s()) or one.start_utc_s in self._private

    def _show(self) -> None:
        """On the board: which session is near; no seconds, so that a board that stands still says nothing new."""
        board, shown = self._session.board, self.live()
        if shown["phase"] == "always":
            if any(state.part == "camera_plan" for state in board.states()):
                board.set("camera_plan", Level.OK, "no fixed times: the camera runs while it is switched on")
            return
        at = "" if shown["start_utc_s"] is None else f"{host.local_time(shown['start_utc_s']):%a %H:%M}"
        if shown["phase"] == "announced":
            board.set(
                "camera_plan", Level.WAITING, f"the camera opens soon, at {at}", "'wardbeat camera skip' skips it."
            )
        elif shown["phase"] == "open":
            until = f"{host.local_time(shown['end_utc_s']):%H:%M}"
            board.set("camera_plan", Level.OK, f"a camera session runs until {until}")
        elif at:
            board.set("camera_plan", Level.OK, f"the next camera session is {at}; the camera is closed until then")
        else:
            board.set("camera_plan", Level.OK, "no camera session is coming; the camera is closed", _SHOWN)


async def keep(appointments: Appointments, look_s: float = _LOOK_S) -> None:
    """Look at the clock until this task is cancelled."""
    while True:
        appointments.look()
        await asyncio.sleep(look_s)
