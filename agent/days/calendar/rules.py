"""Recurrence rules by dateutil, bounded before the first step: what a person's calendar never holds is refused.

A rule without a count is followed from a start near the window, so that its age costs nothing. dateutil always has an
end: a rule without any match would search until the year 9999.

Source: RFC 5545 section 3.3.10 and 3.8.5.3.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from dateutil import rrule
from icalendar.prop import vRecur

from agent.days.calendar.reasons import Reason
from agent.days.calendar.refused import FOREIGN, EntryRefused

YEARLY: Final = rrule.YEARLY
COUNT_MOST: Final = 50_000
OCCURRENCES_MOST: Final = 5_000
_A_DAY_MOST: Final = 24
_INTERVAL_MOST: Final = 10_000
_FREQUENCIES: Final = {
    "DAILY": rrule.DAILY,
    "WEEKLY": rrule.WEEKLY,
    "MONTHLY": rrule.MONTHLY,
    "YEARLY": rrule.YEARLY,
}
_TOO_OFTEN: Final = ("SECONDLY", "MINUTELY", "HOURLY")
_WEEKDAYS: Final = {str(day): day for day in (rrule.MO, rrule.TU, rrule.WE, rrule.TH, rrule.FR, rrule.SA, rrule.SU)}
# the rule's part, dateutil's name of it, its least and its greatest value; 0 is allowed where the least is 0
_LISTS: Final = (
    ("BYSETPOS", "bysetpos", -366, 366),
    ("BYMONTH", "bymonth", 1, 12),
    ("BYMONTHDAY", "bymonthday", -31, 31),
    ("BYYEARDAY", "byyearday", -366, 366),
    ("BYWEEKNO", "byweekno", -53, 53),
    ("BYHOUR", "byhour", 0, 23),
    ("BYMINUTE", "byminute", 0, 59),
    ("BYSECOND", "bysecond", 0, 59),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that passed all bounds.

    Attributes:
        parts: Arguments of dateutil's rule but for start, end and count.
        count: Occurrences, the start among them; None: no such bound.
        until: The last moment as it is written, without tzinfo; None: no such bound.
        until_is_utc, until_is_date: How it is written.
    """

    frequency: int
    interval: int
    parts: Mapping[str, Any]
    count: int | None
    until: datetime | None
    until_is_utc: bool = False
    until_is_date: bool = False

    @property
    def is_endless(self) -> bool:
        return self.count is None and self.until is None


def rule(text: str) -> Rule:
    """A rule from its text.

    Raises:
        EntryRefused: It is none, repeats more often than daily, or breaks a bound.
    """
    try:
        found = vRecur.from_ical("".join(text.split()).upper())
        return _checked({str(key).upper(): found[key] for key in found})
    except FOREIGN as error:
        raise EntryRefused(Reason.RULE_UNREADABLE) from error


def _checked(found: Mapping[str, Sequence[Any]]) -> Rule:
    frequency = str(found["FREQ"][0])
    if frequency in _TOO_OFTEN:
        raise EntryRefused(Reason.RULE_TOO_OFTEN)
    if str(found.get("RSCALE", ["GREGORIAN"])[0]) != "GREGORIAN" or "SKIP" in found:
        raise EntryRefused(Reason.RULE_UNREADABLE)
    interval, count = _number(found, "INTERVAL", _INTERVAL_MOST), _number(found, "COUNT", COUNT_MOST)
    parts: dict[str, Any] = {}
    for name, argument, least, most in _LISTS:
        if name in found:
            parts[argument] = _numbers(found[name], least, most)
    a_day = 1
    for argument in ("byhour", "byminute", "bysecond"):
        a_day *= len(parts.get(argument, (0,)))
    if a_day > _A_DAY_MOST:
        raise EntryRefused(Reason.RULE_TOO_OFTEN)
    if "BYDAY" in found:
        parts["byweekday"] = [_weekday(str(word)) for word in found["BYDAY"]]
    if "WKST" in found:
        parts["wkst"] = _WEEKDAYS[str(found["WKST"][0])]
    until = found["UNTIL"][0] if "UNTIL" in found else None
    return Rule(_FREQUENCIES[frequency], interval or 1, parts, count, *_until(until))


def _number(found: Mapping[str, Sequence[Any]], name: str, most: int) -> int | None:
    if name not in found:
        return None
    number = int(found[name][0])
    if number < 1:
        raise EntryRefused(Reason.RULE_UNREADABLE)
    if number > most:
        raise EntryRefused(Reason.RULE_TOO_LONG)
    return number


def _numbers(values: Sequence[Any], least: int, most: int) -> list[int]:
    numbers = sorted({int(value) for value in values})
    if any(not least <= number <= most or (number == 0 and least != 0) for number in numbers):
        raise EntryRefused(Reason.RULE_UNREADABLE)
    return numbers


def _weekday(word: str) -> Any:
    place = word[:-2]
    day = _WEEKDAYS[word[-2:]]
    if not place:
        return day
    if not 1 <= abs(int(place)) <= 53:
        raise EntryRefused(Reason.RULE_UNREADABLE)
    return day(int(place))


def _until(until: Any) -> tuple[datetime | None, bool, bool]:
    if until is None or until.year > 2200:  # 99991231 is a way to write no end
        return None, False, False
    if isinstance(until, datetime):
        return until.replace(tzinfo=None), until.tzinfo is not None, False
    if isinstance(until, date):
        return datetime(until.year, until.month, until.day, 23, 59, 59), False, True  # noqa: DTZ001
    raise EntryRefused(Reason.RULE_UNREADABLE)


def starts(of: Rule, first: datetime, until: datetime | None, low: datetime, high: datetime) -> Iterator[datetime]:
    """Starts on the clock of the first one's zone, within [low, high], by time.

    The first one belongs to them, unless the rule ended before it: programs write that where a series was deleted.

    Args:
        first: The first start.
        until: The rule's last moment on the same clock.
        low, high: The window.

    Raises:
        EntryRefused: There are more than a calendar of a person holds.
    """
    end = high if until is None else min(until, high)
    if end < first:
        return
    if low <= first:
        yield first
    filled = _filled(of, first)
    begin = first if of.count is not None else _near(filled, first, low)
    try:
        steps = rrule.rrule(filled.frequency, dtstart=begin, interval=filled.interval, until=end, **filled.parts)
        after_first = itertools.dropwhile(lambda start: start <= first, iter(steps))
        counted = after_first if of.count is None else itertools.islice(after_first, of.count - 1)
        inside = (start for start in counted if start >= low)
        for number, start in enumerate(inside):
            if number >= OCCURRENCES_MOST:
                raise EntryRefused(Reason.RULE_TOO_LONG)
            yield start
    except FOREIGN as error:
        raise EntryRefused(Reason.RULE_UNREADABLE) from error


def _filled(of: Rule, first: datetime) -> Rule:
    """The rule with what it takes from its first start, so that it can be begun elsewhere."""
    parts = dict(of.parts)
    on_a_day = {"byweekday", "bymonthday", "byyearday"} & set(parts)
    if of.frequency == rrule.WEEKLY and not on_a_day:
        parts["byweekday"] = [first.weekday()]
    if of.frequency == rrule.MONTHLY and not on_a_day:
        parts["bymonthday"] = first.day
    if of.frequency == rrule.YEARLY and not on_a_day:
        if "byweekno" in parts:
            parts["byweekday"] = [first.weekday()]
        else:
            parts.setdefault("bymonth", first.month)
            parts["bymonthday"] = first.day
    return replace(of, parts=parts)


def _near(of: Rule, first: datetime, low: datetime) -> datetime:
    """A start of the same rhythm shortly before the window."""
    ahead = (low - first).days
    if of.frequency == rrule.DAILY:
        steps = ahead // of.interval - 1
        return first + timedelta(days=max(steps, 0) * of.interval)
    if of.frequency == rrule.WEEKLY:
        steps = ahead // (7 * of.interval) - 1
        return first + timedelta(days=max(steps, 0) * 7 * of.interval)
    if of.frequency == rrule.MONTHLY:
        months = (low.year - first.year) * 12 + low.month - first.month
        steps = months // of.interval - 1
        years, month = divmod(first.month - 1 + max(steps, 0) * of.interval, 12)
        return first if steps < 1 else first.replace(year=first.year + years, month=month + 1, day=1)
    steps = (low.year - first.year) // of.interval - 1
    return first if steps < 1 else first.replace(year=first.year + steps * of.interval, month=1, day=1)
