"""From calendar files to shifts, meetings and values of days: the one function that commands and tasks call.

bytes ──▶ reading process ──▶ times with marks ──▶ the person's clock ──▶ shifts, meetings ──▶ values of days
"""

from collections.abc import Mapping, Sequence
from typing import Final

from agent.days.calendar.meeting_days import meeting_values
from agent.days.calendar.process import read_in_process
from agent.days.calendar.protocol import FileAnswer, Question, Time, stopped, summed
from agent.days.calendar.reasons import LIMITS, MARKS, Limits, Mark, Reason, Title
from agent.days.calendar.results import DayRange, Imported, Meeting, Wanted
from agent.days.calendar.shift_days import local_day, shift_values, shifts_of, united
from agent.days.calendar.wall import DAY_S, Offset, stretches, utc_of_wall_s
from agent.errors import WrongUse
from agent.model import DayValue

CONTEXT_DAYS: Final = 31
"""Days around the wanted ones that are read, too: for the first rest, the first run of days, and what is covered."""

_KEY_LEAST: Final = 16


async def read_calendars(
    files: Sequence[bytes | Reason], wanted: Wanted, *, marks: Mapping[str, Mark], key: bytes, limits: Limits = LIMITS
) -> Imported:
    """What calendars say of a person's days. The same bytes and words give the same result.

    Args:
        files: The bytes of each, or why they cannot be had (`agent.days.calendar.folder.contents`).
        wanted: The days, the person's clock and their usual hours.
        marks: What the person said of titles and categories, by `agent.days.calendar.titles.digest` under ``key``.
        key: Of the digests, at least 16 bytes, of this person alone.
        limits: What it may cost.

    Returns:
        Shifts, meetings, values, and what could not be read.

    Raises:
        WrongUse: The key is too short, a mark is of no kind, or the days are more than four years.
    """
    _check(wanted.days, marks, key)
    low_utc_s, high_utc_s = _window(wanted)
    return imported(await answers(files, Question(low_utc_s, high_utc_s, key, marks), limits), wanted)


def imported(of_files: Sequence[FileAnswer], wanted: Wanted) -> Imported:
    """The person's days from what the reading process found in each file."""
    days, offset_s = wanted.days, wanted.utc_offset_s
    low_utc_s, high_utc_s = _window(wanted)
    clock = stretches(low_utc_s - 2 * DAY_S, high_utc_s + 2 * DAY_S, offset_s)
    placed = [[_placed(time, offset_s) for time in of_file.times] for of_file in of_files]
    times = [time for of_file in placed for time in of_file]
    roster, every = _covered(of_files, placed, wanted)
    shifts = shifts_of(((time.start_s, time.end_s) for time in times if time.is_shift), clock)
    meetings = sorted(
        {Meeting(time.start_s, time.end_s) for time in times if not time.is_shift},
        key=lambda one: (one.start_utc_s, one.end_utc_s),
    )
    values: list[DayValue] = []
    for covered in roster:
        values += shift_values(shifts, covered, clock, offset_s)
    for covered in every:
        values += meeting_values(meetings, covered, wanted.hours, clock, offset_s)
    reports = tuple(of_file.report for of_file in of_files)
    return Imported(
        tuple(shift for shift in shifts if _is_in(local_day(shift.start_utc_s, offset_s), days)),
        tuple(one for one in meetings if _is_in(local_day(one.start_utc_s, offset_s), days)),
        tuple(sorted(values, key=lambda value: (value.day, value.name))),
        _ranges([*roster, *every]),
        summed(reports),
        reports,
    )


def _window(wanted: Wanted) -> tuple[int, int]:
    """The wanted days with those around them, [low, high) in s of UTC."""
    low_s, high_s = wanted.days.first_day * DAY_S, (wanted.days.last_day + 1) * DAY_S
    low_utc_s, high_utc_s = (utc_of_wall_s(wall_s, wanted.utc_offset_s) for wall_s in (low_s, high_s))
    return low_utc_s - CONTEXT_DAYS * DAY_S, high_utc_s + CONTEXT_DAYS * DAY_S


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
    for of_file in await answers(files, Question(*window, key, {}, wants_titles=True), limits):
        for title in of_file.titles:
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


async def answers(files: Sequence[bytes | Reason], question: Question, limits: Limits = LIMITS) -> list[FileAnswer]:
    """One answer a file; the reading process gets those that are within the limits."""
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
    return [stopped(file) if isinstance(file, Reason) else next(read) for file in allowed]


def _placed(time: Time, offset_s: Offset) -> Time:
    """A floating time at the moment when the person's clock showed it."""
    if not time.is_floating:
        return time
    start_s = utc_of_wall_s(time.start_s, offset_s)
    end_s = utc_of_wall_s(time.end_s - time.rest_s, offset_s) + time.rest_s
    return Time(start_s, max(end_s, start_s + 1), time.is_shift, is_floating=False, is_endless=time.is_endless)


def _covered(
    of_files: Sequence[FileAnswer], placed: Sequence[Sequence[Time]], wanted: Wanted
) -> tuple[tuple[DayRange, ...], tuple[DayRange, ...]]:
    """Days that files cover for shifts, and for meetings: each file from its first to its last entry.

    A file without shifts covers no days for them, and one without meetings none for meetings. A series of meetings
    without an end does not show how far a roster was filled in: the days after its last entry are no days off.
    """
    roster, every = [], []
    for of_file, times in zip(of_files, placed, strict=True):
        starts = [local_day(time.start_s, wanted.utc_offset_s) for time in times]
        ends = [day for day, time in zip(starts, times, strict=True) if time.is_shift or not time.is_endless]
        # the number of a floating one is the person's own clock already
        written = [
            at_s // DAY_S if is_floating else local_day(at_s, wanted.utc_offset_s)
            for at_s, is_floating in of_file.reach
        ]
        if of_file.has_shifts:
            roster.append(DayRange(min(starts + written), max(ends + written)))
        if of_file.has_meetings:
            every.append(DayRange(min(starts + written), max(starts + written)))
    if wanted.declared is not None:
        roster, every = (found and [wanted.declared] for found in (roster, every))
    return _ranges(_within(roster, wanted.days)), _ranges(_within(every, wanted.days))


def _within(found: Sequence[DayRange], days: DayRange) -> list[DayRange]:
    clipped = [DayRange(max(one.first_day, days.first_day), min(one.last_day, days.last_day)) for one in found]
    return [one for one in clipped if one.first_day <= one.last_day]


def _ranges(found: Sequence[DayRange]) -> tuple[DayRange, ...]:
    """Without overlaps, by time; those that touch are one."""
    return tuple(DayRange(first, end - 1) for first, end in united((one.first_day, one.last_day + 1) for one in found))


def _is_in(day: int, days: DayRange) -> bool:
    return days.first_day <= day <= days.last_day
