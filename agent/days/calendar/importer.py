"""From calendar files to shifts, meetings and values of days: the one function that commands and tasks call.

bytes ──▶ reading process ──▶ times with marks ──▶ the person's clock ──▶ shifts, meetings ──▶ values of days
"""

from collections.abc import Mapping, Sequence
from typing import Final

from agent.days.calendar.meeting_days import meeting_values
from agent.days.calendar.process import read_in_process
from agent.days.calendar.protocol import Question, Time, stopped, summed
from agent.days.calendar.results import (
    LIMITS,
    MARKS,
    DayRange,
    FileReport,
    Imported,
    Limits,
    Mark,
    Meeting,
    Reason,
    Title,
    UsualHours,
)
from agent.days.calendar.shift_days import local_day, shift_values, shifts_of
from agent.days.calendar.wall import DAY_S, Offset, stretches, utc_of_wall_s
from agent.errors import WrongUse
from agent.model import DayValue

CONTEXT_DAYS: Final = 31
"""Days before the wanted ones whose shifts are read, for the first rest and the first run of days."""

_KEY_LEAST: Final = 16


async def read_calendars(
    files: Sequence[bytes | Reason],
    *,
    days: DayRange,
    marks: Mapping[str, Mark],
    key: bytes,
    utc_offset_s: Offset,
    hours: UsualHours = UsualHours(),  # noqa: B008 - frozen
    declared: DayRange | None = None,
    limits: Limits = LIMITS,
) -> Imported:
    """What calendars say of a person's days. The same bytes and words give the same result.

    Args:
        files: The bytes of each, or why they cannot be had (`agent.days.calendar.folder`).
        days: Days that are wanted; `DayRange.around` has the usual ones.
        marks: What the person said of titles and categories, by `digest` under ``key``.
        key: Of the digests, at least 16 bytes, of this person alone.
        utc_offset_s: Seconds east of UTC of the person's clock at a moment (`offset_along` makes one of zone changes).
        hours: When they usually work with others.
        declared: Days that the person says the calendar covers; None: from its first to its last entry.
        limits: What it may cost.

    Returns:
        Shifts, meetings, values, and what could not be read.

    Raises:
        WrongUse: The key is too short, a mark is of no kind, or the days are more than four years.
    """
    _check(days, marks, key)
    low_utc_s, high_utc_s = (day * DAY_S - utc_offset_s(day * DAY_S) for day in (days.first_day, days.last_day + 1))
    low_utc_s -= CONTEXT_DAYS * DAY_S
    answers = await _answers(files, Question(low_utc_s - DAY_S, high_utc_s + DAY_S, key, marks), limits)
    clock = stretches(low_utc_s - 2 * DAY_S, high_utc_s + 2 * DAY_S, utc_offset_s)
    times = [_placed(time, utc_offset_s) for _, found, _ in answers for time in found]
    reports = tuple(report for report, _, _ in answers)
    roster, every = _covered(times, days, declared, utc_offset_s)
    shifts = shifts_of(((time.start_s, time.end_s) for time in times if time.is_shift), clock)
    meetings = sorted(
        {Meeting(time.start_s, time.end_s) for time in times if not time.is_shift},
        key=lambda one: (one.start_utc_s, one.end_utc_s),
    )
    values: list[DayValue] = []
    if roster is not None and shifts:
        values += shift_values(shifts, roster, clock, utc_offset_s)
    if every is not None:
        values += meeting_values(meetings, every, hours, clock, utc_offset_s)
    return Imported(
        tuple(shift for shift in shifts if _is_in(local_day(shift.start_utc_s, utc_offset_s), days)),
        tuple(one for one in meetings if _is_in(local_day(one.start_utc_s, utc_offset_s), days)),
        tuple(sorted(values, key=lambda value: (value.day, value.name))),
        every,
        summed(reports),
        reports,
    )


async def titles(
    files: Sequence[bytes | Reason], *, days: DayRange, key: bytes, limits: Limits = LIMITS
) -> tuple[Title, ...]:
    """Titles and categories of timed entries, for the person's own screen: they mark which are shifts.

    The answer is never stored or logged; what is kept is the digest of each that they mark.

    Args:
        files: As in `read_calendars`, as are the others.
        days: Entries of these days are counted, give or take a day.
        key: Of the digests.
        limits: What it may cost.

    Returns:
        The most frequent first.

    Raises:
        WrongUse: As in `read_calendars`.
    """
    _check(days, {}, key)
    window = (days.first_day * DAY_S - DAY_S, (days.last_day + 2) * DAY_S)
    found: dict[str, Title] = {}
    for _, _, of_file in await _answers(files, Question(*window, key, {}, wants_titles=True), limits):
        for title in of_file:
            count = title.count + (found[title.digest].count if title.digest in found else 0)
            found[title.digest] = Title(title.digest, title.where, title.text, count)
    return tuple(sorted(found.values(), key=lambda title: (-title.count, title.where, title.text)))


def _check(days: DayRange, marks: Mapping[str, Mark], key: bytes) -> None:
    if len(key) < _KEY_LEAST:
        raise WrongUse("the key of calendar marks is too short", remedy="Give at least 16 bytes.")
    if any(mark not in MARKS for mark in marks.values()):
        raise WrongUse("a mark of a calendar title is unknown", remedy=f"Use one of: {', '.join(MARKS)}.")
    if not 0 <= days.last_day - days.first_day <= 4 * 366:
        raise WrongUse("these days cannot be read", remedy="Ask for at most four years, the first day first.")


_Answer = tuple[FileReport, tuple[Time, ...], tuple[Title, ...]]


async def _answers(files: Sequence[bytes | Reason], question: Question, limits: Limits) -> list[_Answer]:
    """One answer a file; the process gets those that are within the limits."""
    allowed: list[bytes | Reason] = []
    total = 0
    for number, file in enumerate(files):
        if isinstance(file, Reason):
            allowed.append(file)
            continue
        total += len(file)
        if len(file) > limits.file_bytes:
            allowed.append(Reason.FILE_TOO_LARGE)
            total -= len(file)
        elif number >= limits.files or total > limits.total_bytes:
            allowed.append(Reason.TOO_MANY_FILES)
        else:
            allowed.append(file)
    readable = [file for file in allowed if not isinstance(file, Reason)]
    read = iter(await read_in_process(readable, question, limits))
    every = [stopped(file) if isinstance(file, Reason) else next(read) for file in allowed]
    return [(one.report, one.times, one.titles) for one in every]


def _placed(time: Time, offset_s: Offset) -> Time:
    """A floating time at the moment when the person's clock showed it."""
    if not time.is_floating:
        return time
    start_s = utc_of_wall_s(time.start_s, offset_s)
    return Time(start_s, max(utc_of_wall_s(time.end_s, offset_s), start_s + 1), time.is_shift, False, time.is_endless)


def _covered(
    times: Sequence[Time], days: DayRange, declared: DayRange | None, offset_s: Offset
) -> tuple[DayRange | None, DayRange | None]:
    """Days that the calendar covers for shifts, and for meetings.

    A series of meetings without an end shows nothing of how far a roster was filled in: the days after its last entry
    are no days off.
    """
    if declared is not None:
        both = _within(declared.first_day, declared.last_day, days)
        return both, both
    starts = [local_day(time.start_s, offset_s) for time in times]
    if not starts:
        return None, None
    ends = [day for day, time in zip(starts, times, strict=True) if time.is_shift or not time.is_endless]
    roster = _within(min(starts), max(ends), days) if ends else None
    return roster, _within(min(starts), max(starts), days)


def _within(first: int, last: int, days: DayRange) -> DayRange | None:
    first, last = max(first, days.first_day), min(last, days.last_day)
    return DayRange(first, last) if first <= last else None


def _is_in(day: int, days: DayRange) -> bool:
    return days.first_day <= day <= days.last_day
