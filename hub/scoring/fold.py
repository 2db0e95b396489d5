"""New rows into a person's digest. What comes of it depends on which rows there are, and not on when they came.

in order   the window's day is read, the window added, and that day's readings are made again
late       the days after it, whose limit of rest it moves, too
days       values of days are kept as they were said: they move no limit of rest
clock      a changed offset of the person's clock, or rows without a digest: everything, from the rows
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.day_windows import DAY_S, ENOUGH, day_blocks, limit_of_day
from agent.scoring.level import BEFORE_DAYS
from agent.wire.message import SCORE, ContextMessage, DaysMessage, Plaintext, SummaryMessage
from hub.scoring.day_row import EMPTY, DayRow, Window, merged, window_of
from hub.scoring.digest import DayReadings, Digest
from hub.scoring.noted import Noted, Statements, with_statement
from hub.scoring.said_days import SaidDays, with_day

LATE_DAYS: Final = 35  # an outbox keeps rows 30 days: weeks that ended before are not scored again
SCORED_DAYS: Final = LATE_DAYS + 7 + BEFORE_DAYS + 1  # readings of weeks that may be scored again
KEPT_DAYS: Final = SCORED_DAYS + BEFORE_DAYS  # windows: a reading's limit of rest rests on the 60 days before it
_AHEAD_S: Final = DAY_S

Days = Callable[[int, int], Mapping[int, DayRow]]
"""Rows of the days from the first to the last, as they are kept."""


@dataclass(frozen=True, slots=True)
class NewRow:
    """One stored row.

    Attributes:
        arrival: Its number.
        serial: Of its consent.
        plaintext: What it holds.
    """

    arrival: int
    serial: int
    plaintext: Plaintext


@dataclass(frozen=True, slots=True)
class Folded:
    """What came of rows.

    Attributes:
        digest: As it is now.
        days: Days whose windows changed, as they are to be kept.
        first_day: The first day whose readings changed; None: none did.
        last_day: The newest day before; -1: there was none.
    """

    digest: Digest
    days: Mapping[int, DayRow]
    first_day: int | None
    last_day: int


class ClockMoved(Exception):
    """The offset of the person's clock changed for windows that were folded."""


def day_of(noted: Noted, utc_s: int) -> int:
    """Days since 1970 of a moment on the person's clock."""
    return (utc_s + noted.offset_s(utc_s)) // DAY_S


def last_utc_s(digest: Digest, noted: Noted) -> int:
    """A moment of the newest day of which anything is known: the newest window's beginning, or the noon of a later day
    with values; -1: nothing is known.

    Args:
        digest: The person's.
        noted: What its statements hold.
    """
    newest = max(digest.said_days, default=-1)
    if newest < 0:
        return digest.last_utc_s
    noon_s = newest * DAY_S + DAY_S // 2
    return max(digest.last_utc_s, noon_s - noted.offset_s(noon_s))


def newest_day(digest: Digest, noted: Noted) -> int:
    """Its day since 1970 on the person's clock; -1: nothing is known."""
    utc_s = last_utc_s(digest, noted)
    return day_of(noted, utc_s) if utc_s >= 0 else -1


def fold(digest: Digest, rows: Sequence[NewRow], days: Days, now_utc_s: int) -> Folded:
    """A digest with more rows.

    Args:
        digest: As it was; an empty one to begin.
        rows: In any order.
        days: What is kept of each day.
        now_utc_s: The hub's clock: windows and days that claim to begin more than a day later count for nothing.

    Raises:
        ClockMoved: Begin again from an empty digest, with all rows.
    """
    before = Noted(digest.statements)
    statements, said_days = _with_statements(digest, rows, now_utc_s)
    noted = Noted(statements)
    if last_utc_s(digest, before) >= 0 and _moved(before, noted, digest):
        raise ClockMoved
    windows = [
        window_of(message)
        for row in rows
        for message in row.plaintext.messages
        if isinstance(message, SummaryMessage) and message.purpose == SCORE
    ]
    windows = [window for window in windows if window.start_utc_s <= now_utc_s + _AHEAD_S]
    made = replace(
        digest,
        said_days=said_days,
        arrivals=max([digest.arrivals, *(row.arrival for row in rows)]),
        serial=max([digest.serial, *(row.serial for row in rows)]),
        last_utc_s=max([digest.last_utc_s, *(window.start_utc_s for window in windows)]),
    )
    newest = newest_day(made, noted)
    by_day: dict[int, list[Window]] = defaultdict(list)
    for window in windows:
        if (day := day_of(noted, window.start_utc_s)) > newest - KEPT_DAYS:
            by_day[day].append(window)
    touched = {*by_day, *_left_out_differently(before, noted)}
    made = replace(
        made,
        statements={day: one for day, one in statements.items() if day > newest - KEPT_DAYS - 2 or newest < 0},
        said_days={day: one for day, one in said_days.items() if day > newest - KEPT_DAYS},
    )
    last_day = newest_day(digest, before)
    said = [day - 1 for day, one in statements.items() if digest.statements.get(day) != one]
    said += [day for day, one in made.said_days.items() if digest.said_days.get(day) != one]
    if not touched:
        return Folded(made, {}, min(said, default=None), last_day)
    last_window = day_of(before, digest.last_utc_s) if digest.last_utc_s >= 0 else -1
    folded = _with_days(made, noted, by_day, touched, days, last_window)
    return replace(folded, first_day=min([*said, min(touched)]), last_day=last_day)


def _with_statements(digest: Digest, rows: Sequence[NewRow], now_utc_s: int) -> tuple[Statements, SaidDays]:
    statements, said_days = digest.statements, digest.said_days
    last_day = (now_utc_s + _AHEAD_S) // DAY_S
    for row in rows:
        for message in row.plaintext.messages:
            if isinstance(message, ContextMessage) and message.purpose == SCORE:
                statements = with_statement(statements, row.plaintext.ledger_index, message)
            if isinstance(message, DaysMessage) and message.purpose == SCORE and message.day <= last_day:
                said_days = with_day(said_days, row.plaintext.ledger_index, message)
    return statements, said_days


def _with_days(
    digest: Digest, noted: Noted, by_day: Mapping[int, list[Window]], touched: set[int], days: Days, last_day: int
) -> Folded:
    newest, first = day_of(noted, digest.last_utc_s), min(touched)
    is_late = first < last_day or touched != set(by_day)
    limit_known = not is_late and first == newest == digest.limit_day
    kept = dict(days(first if limit_known else first - BEFORE_DAYS, newest))
    changed = {day: merged(kept.get(day, EMPTY), windows) for day, windows in by_day.items()}
    kept |= changed
    again = [day for day in sorted(kept) if first <= day <= newest and (is_late or day in by_day)]
    readings = {day: one for day, one in digest.days.items() if day > newest - SCORED_DAYS}
    limit_day, limit_bpm = digest.limit_day, digest.limit_bpm
    counted = {day: row.without(noted.left_out) for day, row in kept.items()}
    for day in again:
        at_s = _at_s(noted, counted[day])
        today = counted[day].day_windows(at_s)
        if not limit_known:
            past = [counted[one].rates_bpm() for one in range(day - BEFORE_DAYS, day) if one in counted]
            past_bpm = np.concatenate(past) if past else np.empty(0)
            limit_bpm = limit_of_day(past_bpm, today.rates_bpm)
            limit_day = day if past_bpm.size >= ENOUGH else -1
        if day <= newest - SCORED_DAYS:
            continue
        every = kept[day].day_windows(_at_s(noted, kept[day]))  # what was left out was worn, too
        readings[day] = DayReadings(day_blocks(today, limit_bpm), every.worn_h, every.covered_h)
    if newest not in again:
        limit_day = digest.limit_day if not is_late else -1
    made = replace(digest, days=readings, limit_day=limit_day, limit_bpm=limit_bpm if limit_day >= 0 else 0.0)
    return Folded(made, changed, first, last_day)


def _at_s(noted: Noted, row: DayRow) -> NDArray[np.int64]:
    if not row.n:
        return row.start_utc_s
    first, last = noted.offset_s(int(row.start_utc_s[0])), noted.offset_s(int(row.start_utc_s[-1]))
    if first == last:
        return row.start_utc_s + first
    return row.start_utc_s + np.array([noted.offset_s(at) for at in row.start_utc_s.tolist()], dtype=np.int64)


def _moved(before: Noted, after: Noted, digest: Digest) -> bool:
    """Whether the clock's offset changed for any hour of the days that are kept."""
    if before.statements is after.statements:
        return False
    first, last = (min([*digest.days, *digest.said_days], default=0) - 1) * DAY_S, last_utc_s(digest, before)
    moments = {at for noted in (before, after) for at in noted.offset_moments if first <= at <= last}
    return any(before.offset_s(at) != after.offset_s(at) for at in {first, last, *moments})


def _left_out_differently(before: Noted, after: Noted) -> Iterable[int]:
    """Days of which windows count that did not, or the other way round."""
    if before.statements is after.statements:
        return set()
    found: set[int] = set()
    for begin, end in set(before.left_out) ^ set(after.left_out):
        found |= set(range(day_of(after, begin), min(day_of(after, end), day_of(after, begin) + KEPT_DAYS) + 1))
    return found
