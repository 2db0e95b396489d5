"""When the camera may run: always, or in short announced sessions at times that the person sets; outlives a restart.

always      whenever it is switched on
at          at times of the day, on the person's clock
per_shift   so often in each known shift, spread over it

A choice that another key sealed gives no session: the safe side is a closed camera.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final, Self

from agent.errors import KeysMissing, WrongUse
from agent.outbox.file import Outbox

HOWS: Final = ("always", "at", "per_shift")
PLAN: Final = "camera plan"
_SKIPS: Final = "camera sessions skipped"
ANNOUNCED_S: Final = 60
MINUTES_MOST: Final = 30  # ours: a longer stretch is no short session
TIMES_MOST: Final = 6
_A_DAY_MOST: Final = 12
_DAY_MIN: Final = 1440
_APART_MIN: Final = 5  # between two sessions at times of the day: the next one's announcement lies between them
_KEPT_SKIPS: Final = 20
_FAR_S: Final = 3 * 86_400  # the rest of a day ends sooner; what lies beyond comes from a wrong clock


@dataclass(frozen=True, slots=True)
class CameraPlan:
    """What the person chose.

    Attributes:
        how: One of HOWS.
        minutes: How long a session lasts.
        at_min: Where `how` is ``at``: minutes of the day, ascending.
        times: Where `how` is ``per_shift``: sessions a shift.
    """

    how: str = "always"
    minutes: int = 10
    at_min: tuple[int, ...] = ()
    times: int = 3

    def checked(self) -> Self:
        """This plan, where it can be kept.

        Raises:
            WrongUse: Which part cannot be, and the remedy.
        """
        if self.how not in HOWS:
            raise WrongUse(f"a camera plan is never {self.how!r}", remedy=f"Choose one of {', '.join(HOWS)}.")
        if not 1 <= self.minutes <= MINUTES_MOST:
            raise WrongUse(
                f"a camera session of {self.minutes} minutes is not possible",
                remedy=f"Choose 1 to {MINUTES_MOST} minutes.",
            )
        if not 1 <= self.times <= TIMES_MOST:
            raise WrongUse(
                f"{self.times} camera sessions a shift are not possible", remedy=f"Choose 1 to {TIMES_MOST}."
            )
        if self.how == "at":
            self._check_times()
        return self

    def _check_times(self) -> None:
        if not 1 <= len(self.at_min) <= _A_DAY_MOST:
            raise WrongUse("a plan needs 1 to 12 times of the day", remedy="Example: 'wardbeat camera at 09:00 13:00'.")
        if list(self.at_min) != sorted(set(self.at_min)) or not all(0 <= one < _DAY_MIN for one in self.at_min):
            raise WrongUse(
                "times of the day must differ and lie between 00:00 and 23:59", remedy="Example: 09:00 13:00"
            )
        around = [*self.at_min, self.at_min[0] + _DAY_MIN]
        if any(two - one < self.minutes + _APART_MIN for one, two in pairwise(around)):
            raise WrongUse(
                f"camera sessions of {self.minutes} minutes must begin at least {self.minutes + _APART_MIN} minutes "
                "after each other",
                remedy="Choose times that are further apart.",
            )

    def as_json(self) -> dict[str, Any]:
        """Every field; `from_json` reads it."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: object) -> Self:
        """The plan that `as_json` described.

        Raises:
            WrongUse: It is none, or it cannot be kept.
        """
        if not isinstance(given, dict) or set(given) != {"how", "minutes", "at_min", "times"}:
            raise WrongUse("this is no camera plan")
        how, minutes, at_min, times = given["how"], given["minutes"], given["at_min"], given["times"]
        numbers = [minutes, times, *(at_min if isinstance(at_min, list | tuple) else [None])]
        if type(how) is not str or any(type(one) is not int for one in numbers):
            raise WrongUse("this is no camera plan")
        return cls(how, minutes, tuple(at_min), times).checked()


CLOSED: Final = CameraPlan("at")
"""No session at all: where the person's own choice cannot be read."""


@dataclass(frozen=True, slots=True)
class Skips:
    """Sessions that the person called off.

    Attributes:
        starts_utc_s: Beginnings of single sessions.
        until_utc_s: Every session that begins before this moment; 0: none.
    """

    starts_utc_s: tuple[int, ...] = ()
    until_utc_s: int = 0

    def holds(self, start_utc_s: int, now_utc_s: int) -> bool:
        """Whether a session is called off; a moment that only a wrong clock could have made counts for nothing."""
        in_rest = start_utc_s < self.until_utc_s <= now_utc_s + _FAR_S
        return in_rest or start_utc_s in self.starts_utc_s


def plan(outbox: Outbox) -> CameraPlan:
    """What the person chose; without a choice the camera runs whenever it is switched on."""
    try:
        kept = outbox.sealed_meta(PLAN)
        return CameraPlan.from_json(json.loads(kept)) if kept else CameraPlan()
    except (KeysMissing, WrongUse, ValueError, RecursionError):
        return CLOSED


def can_be_read(outbox: Outbox, kept: bytes) -> bool:
    """Whether a kept plan can be read; a damaged file may hold anything."""
    try:
        CameraPlan.from_json(json.loads(outbox.opened_meta(PLAN, kept) or b""))
    except (KeysMissing, WrongUse, ValueError, RecursionError):
        return False
    return True


def choose(outbox: Outbox, wanted: CameraPlan) -> None:
    """Keep a plan; what was called off of the one before is called off no more.

    Raises:
        WrongUse: It cannot be kept.
        StorageFull: Nothing was changed.
    """
    outbox.set_sealed_meta(PLAN, json.dumps(wanted.checked().as_json()).encode())
    outbox.set_sealed_meta(_SKIPS, b"")


def skips(outbox: Outbox) -> Skips:
    """What the person called off."""
    try:
        kept = outbox.sealed_meta(_SKIPS)
    except KeysMissing:
        return Skips()
    if not kept:
        return Skips()
    starts, until_utc_s = json.loads(kept)
    return Skips(tuple(starts), until_utc_s)


def skip(outbox: Outbox, start_utc_s: int) -> None:
    """Call one session off."""
    kept = skips(outbox)
    starts = (*(one for one in kept.starts_utc_s if one != start_utc_s), start_utc_s)[-_KEPT_SKIPS:]
    _keep(outbox, Skips(starts, kept.until_utc_s))


def skip_until(outbox: Outbox, until_utc_s: int) -> None:
    """Call every session off that begins before a moment."""
    _keep(outbox, Skips(skips(outbox).starts_utc_s, until_utc_s))


def _keep(outbox: Outbox, wanted: Skips) -> None:
    outbox.set_sealed_meta(_SKIPS, json.dumps([list(wanted.starts_utc_s), wanted.until_utc_s]).encode())
