"""When nothing is measured: a pause with an end, private hours, sensors switched off; all outlive a restart.

open pause      until the person ends it
timed pause     until a moment; the agent ends it
private hours   the same minutes of each day, on the person's clock; a timed pause begins with them
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from agent.errors import WrongUse
from agent.outbox import consents
from agent.outbox.file import Outbox

LENGTHS: Final = ("", "hour", "tomorrow")
_UNTIL: Final = "pause until"
HOURS: Final = "private hours"
_SKIPPED: Final = "private hours skipped until"
SENSOR: Final = "sensor "  # before a source's name
_DAY_MIN: Final = 1440
_MOST: Final = 7  # stretches a day; more is no plan


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes of the day, [from, until); an end before its beginning lies on the next day.

    >>> Hours(22 * 60, 6 * 60).holds(23 * 60), Hours(22 * 60, 6 * 60).holds(12 * 60)
    (True, False)
    """

    from_min: int
    until_min: int

    def holds(self, minute: int) -> bool:
        """Whether a minute of the day lies inside."""
        if self.from_min < self.until_min:
            return self.from_min <= minute < self.until_min
        return minute >= self.from_min or minute < self.until_min


def pause_until(outbox: Outbox, until_utc_s: int | None, now_utc_s: int) -> None:
    """Begin a pause, or change the end of the one that is open; None: the person ends it."""
    consents.pause(outbox, now_utc_s)
    outbox.set_meta(_UNTIL, b"" if until_utc_s is None else str(until_utc_s).encode())


def resume(outbox: Outbox, now_utc_s: int, zone: tzinfo | None = None) -> None:
    """End the pause; private hours that run now are skipped to their end."""
    ends = _inside(hours(outbox), now_utc_s, zone)
    consents.resume(outbox, now_utc_s)
    outbox.set_meta(_UNTIL, b"")
    outbox.set_meta(_SKIPPED, str(ends or 0).encode())


def ends_utc_s(outbox: Outbox) -> int | None:
    """When the open pause ends by itself; None: it does not, or there is none."""
    kept = outbox.meta(_UNTIL)
    return int(kept) if kept and consents.is_paused(outbox) else None


def hours(outbox: Outbox) -> tuple[Hours, ...]:
    """The person's private hours."""
    kept = outbox.meta(HOURS)
    return tuple(Hours(*one) for one in json.loads(kept)) if kept else ()


def are_hours(kept: bytes) -> bool:
    """Whether a kept value can be read; a damaged file may hold anything."""
    try:
        return all(0 <= begin < _DAY_MIN and 0 <= end < _DAY_MIN for begin, end in json.loads(kept))
    except (ValueError, TypeError):
        return False


def set_hours(outbox: Outbox, wanted: tuple[Hours, ...]) -> None:
    """Replace them.

    Raises:
        WrongUse: A minute that no day has, an empty stretch, or too many.
    """
    for one in wanted:
        if not (0 <= one.from_min < _DAY_MIN and 0 <= one.until_min < _DAY_MIN) or one.from_min == one.until_min:
            raise WrongUse("private hours must begin and end at two different times of day", remedy="22:00 to 06:00")
    if len(wanted) > _MOST:
        raise WrongUse(f"at most {_MOST} private periods are allowed per day", remedy="Use a pause instead.")
    outbox.set_meta(HOURS, json.dumps([[one.from_min, one.until_min] for one in wanted]).encode())
    outbox.set_meta(_SKIPPED, b"0")


def switches(outbox: Outbox) -> dict[str, bool]:
    """Sensors that the person switched on or off at the page; others are as the settings say."""
    found = outbox.db.execute("SELECT name, value FROM meta WHERE name LIKE ?", (f"{SENSOR}%",)).fetchall()
    return {name.removeprefix(SENSOR): bytes(value) == b"on" for name, value in found}


def keep_switch(outbox: Outbox, name: str, *, on: bool) -> None:
    """Remember one."""
    outbox.set_meta(SENSOR + name, b"on" if on else b"off")


def turn(outbox: Outbox, now_utc_s: int, zone: tzinfo | None = None) -> bool | None:
    """What the clock does now: True begins a pause, False ends one, None neither; asked twice a second.

    A timed pause that is over ends; private hours that have come begin one that ends with them.
    """
    until = ends_utc_s(outbox)
    over = until is not None and now_utc_s >= until
    if not over and consents.is_paused(outbox):
        return None
    ends = _inside(hours(outbox), now_utc_s, zone)
    if ends is not None and now_utc_s >= int(outbox.meta(_SKIPPED) or b"0"):
        pause_until(outbox, ends, now_utc_s)  # an open pause goes on, to the end of the private hours
        return True
    if not over:
        return None
    consents.resume(outbox, now_utc_s)
    outbox.set_meta(_UNTIL, b"")
    return False


def is_private(outbox: Outbox, now_utc_s: int, zone: tzinfo | None = None) -> bool:
    """Whether private hours run now that the person did not break."""
    runs = _inside(hours(outbox), now_utc_s, zone) is not None
    return runs and now_utc_s >= int(outbox.meta(_SKIPPED) or b"0")


def length_until(length: str, now_utc_s: int, zone: tzinfo | None = None) -> int | None:
    """When a pause of a named length ends: "" (the person ends it), "hour" or "tomorrow".

    Raises:
        WrongUse: Another length.
    """
    if length not in LENGTHS:
        raise WrongUse(f"no pause lasts {length!r}", remedy=f"There are: {', '.join(filter(None, LENGTHS))}, or none.")
    if not length:
        return None
    return now_utc_s + 3600 if length == "hour" else tomorrow_utc_s(now_utc_s, zone)


def ends_words(until_utc_s: int | None) -> str:
    """The end on the person's clock, to stand after "Paused"; empty where the person ends it."""
    return "" if until_utc_s is None else f" until {datetime.fromtimestamp(until_utc_s).astimezone():%a %H:%M}"


def tomorrow_utc_s(now_utc_s: int, zone: tzinfo | None = None) -> int:
    """Six in the morning of the next day, on the person's clock."""
    return _at(now_utc_s, 1, 6 * 60, zone)


def _inside(kept: tuple[Hours, ...], now_utc_s: int, zone: tzinfo | None) -> int | None:
    """The end of the private hours that run now, in UTC; None outside of them."""
    local = datetime.fromtimestamp(now_utc_s, tz=zone).astimezone(zone)
    minute = local.hour * 60 + local.minute
    for one in kept:
        if one.holds(minute):
            return _at(now_utc_s, int(one.until_min <= minute), one.until_min, zone)
    return None


def _at(now_utc_s: int, days: int, minute: int, zone: tzinfo | None) -> int:
    """A minute of today or of a later day on the person's clock, its summer time included, in UTC seconds."""
    local = datetime.fromtimestamp(now_utc_s, tz=zone).astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    then = midnight + timedelta(days=days, minutes=minute)
    first, second = (
        int((one.replace(tzinfo=zone) if zone else one.astimezone()).timestamp())
        for one in (then, then.replace(fold=1))
    )
    return first if first > now_utc_s else second  # an hour that comes twice in autumn: the one that is still to come
