"""Google Fit by Takeout: the daily activity metrics, a row a day, or a file a day with rows of a quarter of an hour.

Active minutes are those with heart points, so at least brisk; its move minutes count a stroll, too.

Source: Google Takeout, "Fit: daily activity metrics"; the columns carry their units.
"""

import re
from typing import Final

from agent.days.health.clock import DAY_S, Stretch, date_text, day_of, moment_of
from agent.days.health.container import File
from agent.days.health.context import Reading
from agent.days.health.csv_rows import headers_of, table
from agent.days.health.found import PHONE
from agent.days.health.json_rows import number

_DAY_FILE: Final = re.compile(r"(\d{4}-\d\d-\d\d)\.csv")
_STEPS: Final = "Step count"
_ACTIVE: Final = "Heart Minutes"
_MARK: Final = "Move Minutes count"
_FIRST: Final = ("Date", "Start time")


def knows(_: File, head: bytes) -> bool:
    """By its columns."""
    names = headers_of(head)
    return bool(names) and names[0] in _FIRST and _STEPS in names and _MARK in names


def wants(file: File) -> bool:
    """By its folder and name."""
    return file.base.endswith(".csv") and ("Daily activity metrics" in file.name or "Daily Aggregations" in file.name)


def read(reading: Reading) -> None:
    """Days and quarters of an hour; where both are there, the quarters count.

    Raises:
        ImportRefused: No such table.
    """
    for file in reading.files:
        name = _DAY_FILE.fullmatch(file.base)
        day = day_of(name[1]) if name else None
        for row in table(file):
            if "Date" in row:
                _day(reading, row)
            elif day is not None:
                _quarter(reading, day, row)
            else:
                reading.facts.unread["bad_date"] += 1


def _day(reading: Reading, row: dict[str, str]) -> None:
    facts, day = reading.facts, day_of(row["Date"])
    if day is None:
        facts.unread["bad_date"] += 1
        return
    for column, name in ((_STEPS, "steps_n"), (_ACTIVE, "active_min")):
        if text := row.get(column, ""):
            if (value := number(text)) is None:
                facts.unread["bad_value"] += 1
            else:
                facts.add_total(day, name, value, facts.source(PHONE))


def _quarter(reading: Reading, day: int, row: dict[str, str]) -> None:
    """Times of a file of a day carry an offset and no date: ``23:45:00.000+01:00``."""
    facts = reading.facts
    date = date_text(day)
    start = moment_of(f"{date} {row.get('Start time', '')}")
    end = moment_of(f"{date} {row.get('End time', '')}")
    if start is None or end is None:
        facts.unread["bad_date"] += 1
        return
    start_s, east_s = reading.offsets.placed(start)
    end_s, _ = reading.offsets.placed(end)
    if end_s <= start_s:  # the last one ends at midnight
        end_s += DAY_S
    stretch = Stretch(start_s, min(end_s, (day + 1) * DAY_S - east_s), east_s, east_s)  # a file holds a day
    for column, kept in ((_STEPS, facts.steps), (_ACTIVE, facts.active)):
        if text := row.get(column, ""):
            if (value := number(text)) is None:
                facts.unread["bad_value"] += 1
            else:
                facts.add_amount(kept, stretch, value, facts.source(PHONE))
