"""Samsung Health: the CSV tables of the app's own download.

``com.samsung.shealth.sleep.*`` (times in UTC, the offset in a separate column) and ``...step_daily_trend.*`` or
``...tracker.pedometer_day_summary.*`` (a row a day and device; ``source_type`` -2 is the union of all). The first line
of each names the table, the second its columns. A sleep states no time awake: all of it counts as asleep, and no
efficiency is given.

Source: Samsung Health data types, Sleep and StepDailyTrend (developer.samsung.com/health).
"""

import re
from typing import Final

from agent.days.health.clock import DAY_S, moment_of, offset_of
from agent.days.health.container import File
from agent.days.health.context import Reading
from agent.days.health.csv_rows import table
from agent.days.health.found import PHONE, WORN
from agent.days.health.json_rows import number
from agent.days.health.sleep import Sleep

_SLEEP: Final = re.compile(r"com\.samsung\.shealth\.sleep\.\d+\.csv")
_STEPS: Final = re.compile(r"com\.samsung\.shealth\.(?:step_daily_trend|tracker\.pedometer_day_summary)\.\d+\.csv")
_PREFIX: Final = "com.samsung.health.sleep."
_OF_ALL: Final = "-2"
_DAY_MS: Final = DAY_S * 1000


def knows(file: File, head: bytes) -> bool:
    """By its first line."""
    return wants(file) and head.removeprefix(b"\xef\xbb\xbf").startswith(b"com.samsung.")


def wants(file: File) -> bool:
    """By its name."""
    return bool(_SLEEP.fullmatch(file.base) or _STEPS.fullmatch(file.base))


def read(reading: Reading) -> None:
    """Nights and days.

    Raises:
        ImportRefused: No such table.
    """
    for file in reading.files:
        for row in table(file, skip=1):
            if _SLEEP.fullmatch(file.base):
                _night(reading, row)
            else:
                _day(reading, row)


def _night(reading: Reading, row: dict[str, str]) -> None:
    facts = reading.facts
    start, end = (moment_of(_cell(row, name)) for name in ("start_time", "end_time"))
    if start is None or end is None:
        facts.unread["bad_date"] += 1
        return
    if (east_s := offset_of(_cell(row, "time_offset"))) is None:
        facts.unread["no_zone"] += 1
        return
    length_s = end.local_s - start.local_s
    sleep = Sleep(start.local_s, end.local_s, length_s, None, length_s, east_s)
    facts.add_sleep(sleep, facts.source(WORN))


def _day(reading: Reading, row: dict[str, str]) -> None:
    """Days are written as milliseconds since 1970, at midnight UTC of the local date."""
    if row.get("source_type", _OF_ALL) != _OF_ALL:  # a part of what the row of all devices holds
        return
    facts = reading.facts
    time_ms, steps = number(row.get("day_time")), number(row.get("count") or row.get("step_count"))
    if time_ms is None or time_ms % _DAY_MS:
        facts.unread["bad_date"] += 1
    elif steps is None:
        facts.unread["bad_value"] += 1
    else:
        facts.add_total(int(time_ms // _DAY_MS), "steps_n", steps, facts.source(PHONE))


def _cell(row: dict[str, str], name: str) -> str:
    return row.get(_PREFIX + name) or row.get(name) or ""
