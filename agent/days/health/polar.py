"""Polar: the JSON of the account's export, ``activity-*``, ``sleep_result_*`` and ``247ohr_*``.

Sleep has offsets; steps and heart rates have local times. Stages, recharge and scores are not looked at.

Source: the export's own form, version 1.6, and the names of Polar AccessLink (polar.com/accesslink-api).
"""

import re
from typing import Final

from agent.days.health.clock import DAY_S, Moment, Stretch, day_of, moment_of
from agent.days.health.container import File
from agent.days.health.context import Reading
from agent.days.health.found import WATCH
from agent.days.health.json_rows import Row, items, number, part, rows
from agent.days.health.sleep import Sleep

_NAME: Final = re.compile(r"(activity|sleep_result|247ohr)[-_].*\.json")
_LENGTH: Final = re.compile(r"PT(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:(\d{1,6})(?:\.\d{1,9})?S)?", re.ASCII)
_CLOCK: Final = re.compile(r"(\d\d):(\d\d)(?::(\d\d))?(?:\.\d{1,9})?", re.ASCII)
_MINUTE_S: Final = 60


def knows(file: File, head: bytes) -> bool:
    """By its name and its names."""
    marks = (b'"stepCount"', b'"hypnogram"', b'"deviceDays"', b'"sleepResult"', b'"samples"')
    return wants(file) and any(mark in head for mark in marks)


def wants(file: File) -> bool:
    """By its name."""
    return bool(_NAME.fullmatch(file.base))


def read(reading: Reading) -> None:
    """Days, nights and heart rates.

    Raises:
        ImportRefused: Damaged, or of several people.
    """
    for file in reading.files:
        found = _NAME.fullmatch(file.base)
        kind = found[1] if found else ""
        for row in rows(file):
            if isinstance(account := row.get("userId"), str | int):
                reading.facts.person(str(account))
            if kind == "activity":
                _day(reading, row)
            elif kind == "sleep_result":
                _night(reading, row)
            else:
                _rates(reading, row)


def _day(reading: Reading, row: Row) -> None:
    facts, day = reading.facts, day_of(row.get("date"))
    if day is None:
        facts.unread["bad_date"] += 1
        return
    source = facts.source(WATCH)
    for sample in items(part(row, "samples"), "steps"):
        clock_s, steps = _clock_s(sample.get("localTime")), number(sample.get("value"))
        if clock_s is None or steps is None:
            facts.unread["bad_date" if clock_s is None else "bad_value"] += 1
            continue
        minute_s = clock_s - clock_s % _MINUTE_S  # of the clock: it ends with its day
        utc_s, east_s = reading.offsets.placed(Moment(day * DAY_S + minute_s, None))
        facts.add_amount(facts.steps, Stretch(utc_s, utc_s + _MINUTE_S, east_s, east_s), steps, source)
    steps = number(part(row, "summary").get("stepCount"))
    if steps is not None:
        facts.add_total(day, "steps_n", steps, source)


def _night(reading: Reading, row: Row) -> None:
    facts = reading.facts
    graph = part(row, "sleepResult", "hypnogram")
    start, end = reading.placed(moment_of(graph.get("sleepStart"))), reading.placed(moment_of(graph.get("sleepEnd")))
    asleep_s = _length_s(part(row, "evaluation").get("asleepDuration"))
    if start is None or end is None:
        return
    if asleep_s is None:
        facts.unread["bad_value"] += 1
        return
    facts.add_sleep(Sleep(start[0], end[0], asleep_s, None, end[0] - start[0], end[1]), facts.source(WATCH))


def _rates(reading: Reading, row: Row) -> None:
    facts = reading.facts
    for device_day in items(row, "deviceDays"):
        if isinstance(account := device_day.get("userId"), str | int):
            facts.person(str(account))
        day = day_of(device_day.get("date"))
        if day is None:
            facts.unread["bad_date"] += 1
            continue
        for sample in items(device_day, "samples"):
            second, rate_bpm = number(sample.get("secondsFromDayStart")), number(sample.get("heartRate"))
            if second is None or rate_bpm is None or not 0 <= second < DAY_S:
                facts.unread["bad_value"] += 1
                continue
            utc_s, east_s = reading.offsets.placed(Moment(day * DAY_S + int(second), None))
            facts.add_rate(utc_s, rate_bpm, facts.source(WATCH), east_s)


def _length_s(text: object) -> int | None:
    """Seconds of ``PT7H33M30S``; else None."""
    found = _LENGTH.fullmatch(text) if isinstance(text, str) and len(text) > 2 else None
    if found is None:
        return None
    hours, minutes, seconds = (int(value or 0) for value in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def _clock_s(text: object) -> int | None:
    found = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    hour, minute, second = (int(value or 0) for value in found.groups())
    return hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second < 60 else None
