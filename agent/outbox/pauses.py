"""When nothing is measured: a pause with an end, private hours, sensors switched off; all outlive a restart.

open pause      until the person ends it
timed pause     for a length of time, by a counter that no clock moves; the agent ends it
private hours   the same minutes of each day, on the person's clock and in their zone as they are at each look

No moment of a wrong clock outlives it: a length is kept as a length, and what a clock said is looked at again.
"""

import json
import os
from dataclasses import astuple, dataclass, replace
from datetime import timedelta, tzinfo
from typing import Final, Self

from agent.errors import KeysMissing, WrongUse
from agent.model import NS_PER_S
from agent.outbox import consents
from agent.outbox.file import Outbox
from agent.system import host
from agent.system.clock import Count

LENGTHS: Final = ("", "hour", "tomorrow")
_UNTIL: Final = "pause until"
HOURS: Final = "private hours"
_UNREADABLE: Final = b"?"
_OF_HOURS: Final = b"hours "  # before the end of a pause that private hours began
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


def pause_until(outbox: Outbox, until_utc_s: int | None, now_utc_s: int, count: Count | None = None) -> None:
    """Begin a pause, or change the end of the one that is open.

    Args:
        outbox: Where it is kept.
        until_utc_s: Its end, by the clock that says ``now_utc_s``; None: the person ends it.
        now_utc_s: What the clock says now.
        count: The counter now; None: the clock alone decides.
    """
    consents.pause(outbox, now_utc_s)
    _keep(outbox, None if until_utc_s is None else _Timed.of(until_utc_s - now_utc_s, now_utc_s, count))


def resume(outbox: Outbox, now_utc_s: int, zone: tzinfo | None = None) -> None:
    """End the pause; private hours that run now are skipped to their end."""
    ends = _inside(hours(outbox), now_utc_s, zone)
    consents.resume(outbox, now_utc_s)
    outbox.set_sealed_meta(_UNTIL, b"")
    outbox.set_sealed_meta(_SKIPPED, b"0" if ends is None else f"{ends} {now_utc_s}".encode())


def ends_utc_s(outbox: Outbox) -> int | None:
    """When the open pause ends by itself; None: it does not, or there is none."""
    kept = _kept(outbox, _UNTIL)
    if kept in (b"", _UNREADABLE) or not consents.is_paused(outbox):
        return None
    return int(kept.removeprefix(_OF_HOURS)) if kept.startswith(_OF_HOURS) else _Timed.read(kept).until_utc_s


def clock_moved(outbox: Outbox, jump_s: int) -> None:
    """The wall clock was moved: the pause that is open began, and ends, at other numbers now."""
    consents.move_open_pause(outbox, jump_s)
    kept = _kept(outbox, _UNTIL)
    if kept not in (b"", _UNREADABLE) and not kept.startswith(_OF_HOURS):
        timed = _Timed.read(kept)
        moved = replace(timed, until_utc_s=timed.until_utc_s + jump_s, seen_utc_s=timed.seen_utc_s + jump_s)
        _keep(outbox, moved)


def hours(outbox: Outbox) -> tuple[Hours, ...]:
    """The person's private hours."""
    kept = _kept(outbox, HOURS)
    if kept == _UNREADABLE:  # the safe side: no minute is known not to be private
        return (Hours(0, _DAY_MIN // 2), Hours(_DAY_MIN // 2, 0))
    return tuple(Hours(*one) for one in json.loads(kept)) if kept else ()


def can_be_read(outbox: Outbox, name: str, kept: bytes) -> bool:
    """Whether a kept choice can be read; a damaged file may hold anything."""
    try:
        opened = outbox.opened_meta(name, kept) or b""
    except KeysMissing:
        return False
    return opened in (b"on", b"off") if name.startswith(SENSOR) else _are_hours(opened)


def _are_hours(kept: bytes) -> bool:
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
    outbox.set_sealed_meta(HOURS, json.dumps([[one.from_min, one.until_min] for one in wanted]).encode())
    outbox.set_sealed_meta(_SKIPPED, b"0")


def seal(outbox: Outbox) -> None:
    """Put what release 0.1.0 kept in clear under the data key."""
    consents.seal_pauses(outbox)
    query = "SELECT name FROM meta WHERE name IN (?, ?, ?) OR name LIKE ?"
    for (name,) in outbox.db.execute(query, (_UNTIL, HOURS, _SKIPPED, f"{SENSOR}%")).fetchall():
        outbox.seal_meta(name)


def switches(outbox: Outbox) -> dict[str, bool]:
    """Sensors that the person switched on or off at the page; others are as the settings say."""
    found = outbox.db.execute("SELECT name, value FROM meta WHERE name LIKE ?", (f"{SENSOR}%",)).fetchall()
    return {
        name.removeprefix(SENSOR): can_be_read(outbox, name, bytes(value)) and _kept(outbox, name) == b"on"
        for name, value in found
    }


def keep_switch(outbox: Outbox, name: str, *, on: bool) -> None:
    """Remember one."""
    outbox.set_sealed_meta(SENSOR + name, b"on" if on else b"off")


def turn(outbox: Outbox, now_utc_s: int, zone: tzinfo | None = None, count: Count | None = None) -> bool | None:
    """What the time does now: True begins a pause, False ends one, None neither; asked twice a second.

    A timed pause that is over ends; private hours that have come begin one that ends with them.
    """
    kept = _kept(outbox, _UNTIL)
    ends = _inside(hours(outbox), now_utc_s, zone)
    if ends is None and _kept(outbox, _SKIPPED) not in (b"", b"0"):
        outbox.set_sealed_meta(_SKIPPED, b"0")  # what was skipped is over, or the clock is another one now
    over = False
    if consents.is_paused(outbox):
        of_hours = kept.startswith(_OF_HOURS)
        over = (
            ends is None
            if of_hours
            else kept not in (b"", _UNREADABLE) and _is_over(outbox, _Timed.read(kept), now_utc_s, count)
        )
        if not over and not (of_hours and kept != _until_hours(ends)):
            return None
    if ends is not None and not _is_skipped(outbox, ends, now_utc_s):
        consents.pause(outbox, now_utc_s)  # an open pause goes on, to the end of the private hours
        outbox.set_sealed_meta(_UNTIL, _until_hours(ends))
        return True
    if not over:
        return None
    consents.resume(outbox, now_utc_s)
    outbox.set_sealed_meta(_UNTIL, b"")
    return False


def is_private(outbox: Outbox, now_utc_s: int, zone: tzinfo | None = None) -> bool:
    """Whether private hours run now that the person did not break."""
    ends = _inside(hours(outbox), now_utc_s, zone)
    return ends is not None and not _is_skipped(outbox, ends, now_utc_s)


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
    return "" if until_utc_s is None else f" until {host.local_time(until_utc_s):%a %H:%M}"


def tomorrow_utc_s(now_utc_s: int, zone: tzinfo | None = None) -> int:
    """Six in the morning of the next day, on the person's clock."""
    return _at(now_utc_s, 1, 6 * 60, zone)


@dataclass(frozen=True, slots=True)
class _Timed:
    """A pause with a length.

    Attributes:
        until_utc_s: Its end by the clock, for people and for another start of the machine.
        seen_utc_s: What the clock said when this was written.
        length_s: How long it lasts from then on.
        start, until_ns: Its end by the counter; empty: only the clock is known.
    """

    until_utc_s: int
    seen_utc_s: int
    length_s: int
    start: str
    until_ns: int

    @classmethod
    def of(cls, length_s: int, now_utc_s: int, count: Count | None) -> Self:
        start, now_ns = ("", 0) if count is None else (count.start or _RUN, count.ns)
        return cls(now_utc_s + length_s, now_utc_s, length_s, start, now_ns + length_s * NS_PER_S)

    @classmethod
    def read(cls, kept: bytes) -> Self:
        held = json.loads(kept)
        return cls(held, 0, 0, "", 0) if isinstance(held, int) else cls(*held)  # release 0.1.0 kept its end alone


_RUN: Final = f"process {os.getpid()} {os.urandom(4).hex()}"  # a counter that ends with this process


def _keep(outbox: Outbox, timed: _Timed | None) -> None:
    outbox.set_sealed_meta(_UNTIL, b"" if timed is None else json.dumps(astuple(timed)).encode())


def _is_over(outbox: Outbox, timed: _Timed, now_utc_s: int, count: Count | None) -> bool:
    """By the counter where it still counts; after a new start of the machine by the clock, never longer than asked."""
    if count is None:
        return now_utc_s >= timed.until_utc_s
    if timed.start == (count.start or _RUN):
        return count.ns >= timed.until_ns
    left_s = timed.until_utc_s - now_utc_s
    if timed.length_s:
        left_s = min(left_s, timed.length_s)
    if left_s > 0:
        _keep(outbox, _Timed.of(left_s, now_utc_s, count))
    return left_s <= 0


def _kept(outbox: Outbox, name: str) -> bytes:
    """A value of the file, empty where there is none; what another key sealed is `_UNREADABLE`, and ends no pause."""
    try:
        return outbox.sealed_meta(name) or b""
    except KeysMissing:
        return b"0" if name == _SKIPPED else _UNREADABLE


def _until_hours(ends: int | None) -> bytes:
    return b"" if ends is None else _OF_HOURS + str(ends).encode()


def _is_skipped(outbox: Outbox, ends: int, now_utc_s: int) -> bool:
    """Whether the person broke these very hours: not others, and not in a future that a wrong clock told of."""
    until, *since = (int(part) for part in (_kept(outbox, _SKIPPED) or b"0").split())
    return until == ends and all(now_utc_s >= at for at in since)


def _inside(kept: tuple[Hours, ...], now_utc_s: int, zone: tzinfo | None) -> int | None:
    """The end of the private hours that run now, in UTC; None outside of them."""
    local = host.local_time(now_utc_s, zone)
    minute = local.hour * 60 + local.minute
    for one in kept:
        if one.holds(minute):
            return _at(now_utc_s, int(one.until_min <= minute), one.until_min, zone)
    return None


def _at(now_utc_s: int, days: int, minute: int, zone: tzinfo | None) -> int:
    """A minute of today or of a later day on the person's clock, its summer time included, in UTC seconds."""
    local = host.local_time(now_utc_s, zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    then = midnight + timedelta(days=days, minutes=minute)
    first, second = (
        int((one.replace(tzinfo=zone) if zone else one.astimezone()).timestamp())
        for one in (then, then.replace(fold=1))
    )
    return first if first > now_utc_s else second  # an hour that comes twice in autumn: the one that is still to come
