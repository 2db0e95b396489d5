"""Garmin: the JSON of the account's export, ``*_sleepData.json`` and ``UDSFile_*.json``.

Times are in UTC and name no zone: the person's zone places them. Garmin states how long each stage lasted and no total:
the seconds of the stages are added, and no stage is kept. Scores, stress and "body battery" are not looked at.

Source: the names of Garmin's Health API (developer.garmin.com/gc-developer-program/health-api).
"""

import re
from typing import Final

from agent.days.health.clock import Moment, day_of, moment_of
from agent.days.health.container import File
from agent.days.health.context import Reading
from agent.days.health.found import WATCH
from agent.days.health.json_rows import Row, number, part, rows
from agent.days.health.sleep import Sleep

_SLEEP: Final = re.compile(r".*sleepData\.json")
_DAYS: Final = re.compile(r"UDSFile_.*\.json")
_ASLEEP: Final = ("deepSleepSeconds", "lightSleepSeconds", "remSleepSeconds")
_ACCOUNTS: Final = ("userProfilePK", "userProfilePk", "userProfileId")
_DAY_MS: Final = 86_400_000


def knows(file: File, head: bytes) -> bool:
    """By its names."""
    return wants(file) and (b'"sleepEndTimestampGMT"' in head or b'"totalSteps"' in head)


def wants(file: File) -> bool:
    """By its name."""
    return bool(_SLEEP.fullmatch(file.base) or _DAYS.fullmatch(file.base))


def read(reading: Reading) -> None:
    """Nights and days.

    Raises:
        ImportRefused: Damaged, or of several people.
    """
    for file in reading.files:
        is_sleep = bool(_SLEEP.fullmatch(file.base))
        for row in rows(file):
            for inside in (row, part(row, "spo2SleepSummary"), part(row, "allDayStress")):
                for name in _ACCOUNTS:
                    if isinstance(account := inside.get(name), str | int) and str(account):
                        reading.facts.person(str(account))
            if is_sleep:
                _night(reading, row)
            else:
                _day(reading, row)


def _night(reading: Reading, row: Row) -> None:
    facts = reading.facts
    start, end = _utc(reading, row.get("sleepStartTimestampGMT")), _utc(reading, row.get("sleepEndTimestampGMT"))
    stages = [number(row.get(name)) for name in _ASLEEP]
    known = [seconds for seconds in stages if seconds is not None]
    if start is None or end is None:
        return
    if not known:
        facts.unread["bad_value"] += 1
        return
    unmeasured_s = round(number(row.get("unmeasurableSeconds")) or 0)
    known_s = max(end[0] - start[0] - unmeasured_s, 0)
    facts.add_sleep(Sleep(start[0], end[0], round(sum(known)), None, known_s, end[1]), facts.source(WATCH))


def _day(reading: Reading, row: Row) -> None:
    facts = reading.facts
    day = day_of(row.get("calendarDate"))
    if day is None:
        facts.unread["bad_date"] += 1
        return
    source = facts.source(WATCH)
    known_01 = (number(row.get("durationInMilliseconds")) or 0.0) / _DAY_MS
    active = [number(row.get(name)) for name in ("moderateIntensityMinutes", "vigorousIntensityMinutes")]
    values = {
        "steps_n": number(row.get("totalSteps")),
        "active_min": None if None in active else sum(minutes or 0.0 for minutes in active),
        "resting_hr_bpm": number(row.get("restingHeartRate")) or None,
    }
    for name, value in values.items():
        if value is not None and (value or name == "steps_n"):
            facts.add_total(day, name, value, source, known_01)


def _utc(reading: Reading, value: object) -> tuple[int, int] | None:
    text = value.removesuffix("Z") if isinstance(value, str) else value
    moment = moment_of(text)
    if moment is None:
        reading.facts.unread["bad_date"] += 1
        return None
    utc_s = Moment(moment.local_s, moment.east_s or 0)
    return utc_s.local_s - (utc_s.east_s or 0), reading.offsets.east_at(utc_s.local_s - (utc_s.east_s or 0))
