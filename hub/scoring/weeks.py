"""From digests to scores: the weeks that new rows could have moved, of many people side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.scoring.daily import WEEK_DAYS
from agent.scoring.day_readings import is_left_out
from agent.scoring.observations import Record, record_of_days
from agent.scoring.week_rows import MODEL, Week, is_week_end, weeks_side_by_side
from agent.wire.score import CLOCK_KNOWN, SHIFTS_KNOWN, WHOLE_WEEK, Score
from hub.scoring.digest import Digest
from hub.scoring.fold import LATE_DAYS, Folded, last_utc_s, newest_day
from hub.scoring.noted import Noted
from hub.scoring.said_days import values_of


@dataclass(frozen=True, slots=True)
class Person:
    """Whose weeks are to be scored.

    Attributes:
        device: The random name.
        folded: What came of new rows.
    """

    device: str
    folded: Folded


def record_of(digest: Digest) -> Record:
    """A person's record, as `agent.scoring` takes it."""
    noted = Noted(digest.statements)
    until_utc_s = last_utc_s(digest, noted)
    return record_of_days(
        (of_day.blocks for _, of_day in sorted(digest.days.items())),
        {day: (of_day.worn_h, of_day.covered_h) for day, of_day in digest.days.items()},
        utc_offset_s=noted.offset_s,
        until_utc_s=max(until_utc_s, 0),
        shifts=noted.shifts,
        resets_utc_s=noted.resets_utc_s,
        self_reports=[one for one in noted.reports if one.utc_s <= until_utc_s],
        day_values=[
            value for value in values_of(digest.said_days) if not is_left_out(value.day, noted.left_out, noted.offset_s)
        ],
    )


def days_to_score(record: Record, folded: Folded) -> tuple[int, ...]:
    """Last days of the weeks that changed, counted from the record's first day: Sundays, and the newest day."""
    if not record.days or folded.first_day is None:
        return ()
    newest = newest_day(folded.digest, Noted(folded.digest.statements))
    oldest = max(newest - LATE_DAYS, record.first_day + WEEK_DAYS - 1)
    first = max(min(folded.first_day, folded.last_day + 1), oldest)
    within = range(first - record.first_day, newest - record.first_day)
    sundays = [day for day in within if is_week_end(record.first_day + day)]
    last = newest - record.first_day
    return (*sundays, last) if last >= WEEK_DAYS - 1 else tuple(sundays)


def scores(people: Sequence[Person], made_utc_s: int) -> list[list[Score]]:
    """Scores of each person, oldest day first; revisions are the store's to give.

    Args:
        people: Any number.
        made_utc_s: The hub's clock.
    """
    records = [record_of(person.folded.digest) for person in people]
    asked = [(one, days_to_score(one, person.folded)) for one, person in zip(records, people, strict=True)]
    weeks = weeks_side_by_side(asked)
    return [
        [_score(person, week, made_utc_s) for week in of_person]
        for person, of_person in zip(people, weeks, strict=True)
    ]


def _score(person: Person, week: Week, made_utc_s: int) -> Score:
    digest = person.folded.digest
    noted, last = Noted(digest.statements), week.first_day + WEEK_DAYS - 1
    known = SHIFTS_KNOWN * bool(digest.statements) + CLOCK_KNOWN * noted.knows_clock
    known += WHOLE_WEEK * is_week_end(last)
    head = (person.device, digest.serial, last, 0, digest.arrivals, made_utc_s, MODEL, known)
    if week.strain is None:
        return Score(*head, reason=week.reason or "nothing")
    index = week.strain
    return Score(*head, index.index, index.low, index.high, points=tuple(index.points.items()))
