"""Fitbit: the JSON files of the account's archive and of Google Takeout.

``sleep-*`` (local times without a zone), ``steps-*`` (a minute each), ``heart_rate-*``, ``resting_heart_rate-*``,
``moderately_active_minutes-*`` and ``very_active_minutes-*`` (a day each). Stages, scores and Fitbit's
own efficiency are not looked at.

Source: Fitbit Web API, Get Sleep Log by Date (dev.fitbit.com), whose names the archive has; Google Takeout's own notes.
"""

import csv
import io
import re
from typing import Final

from agent.days.health.clock import DAY_S, Moment, Stretch, american_of, day_of, moment_of
from agent.days.health.container import File
from agent.days.health.context import Reading
from agent.days.health.found import WATCH
from agent.days.health.json_rows import Row, number, part, rows
from agent.days.health.refusals import refused
from agent.days.health.sleep import Sleep

_NAME: Final = re.compile(
    r"(sleep|steps|heart_rate|resting_heart_rate|moderately_active_minutes|very_active_minutes)-\d{4}-\d\d-\d\d\.json"
)
_PROFILE: Final = "Profile.csv"
_MINUTE_S: Final = 60
_FOLDERS: Final = re.compile(
    r"(?:^|/)(?:Physical Activity|Sleep|Global Export Data|user-site-export|Your Profile|user-profile)/[^/]*$"
)


def knows(file: File, head: bytes) -> bool:
    """By its name and its first names."""
    return bool(_NAME.fullmatch(file.base)) and (b'"dateTime"' in head or b'"dateOfSleep"' in head or head[:2] == b"[]")


def wants(file: File) -> bool:
    """By its name."""
    return bool(_NAME.fullmatch(file.base)) or file.base == _PROFILE


def read(reading: Reading) -> None:
    """Every file.

    Raises:
        ImportRefused: Damaged, or of several people.
    """
    roots = {file.name[: found.start()] for file in reading.files if (found := _FOLDERS.search(file.name))}
    if len(roots) > 1:  # a folder an account
        raise refused("several_people")
    active: dict[int, float] = {}
    for file in reading.files:
        if file.base == _PROFILE:
            _profile(reading, file)
            continue
        kind = file.base[: -len("-2024-01-31.json")]
        for row in rows(file):
            if kind in _READERS:
                _READERS[kind](reading, row)
            else:
                _active(reading, row, active)
    for day, minutes in sorted(active.items()):
        reading.facts.add_total(day, "active_min", minutes, reading.facts.source(WATCH))


def _profile(reading: Reading, file: File) -> None:
    try:
        for row in csv.DictReader(io.StringIO(file.whole().decode("utf-8-sig"))):
            account = row.get("id") or row.get("user_id") or row.get("date_of_birth")
            if isinstance(account, str) and account.strip():
                reading.facts.person(account.strip())
    except (ValueError, csv.Error) as error:
        raise refused("damaged") from error


def _sleep(reading: Reading, row: Row) -> None:
    facts = reading.facts
    start, end = reading.placed(moment_of(row.get("startTime"))), reading.placed(moment_of(row.get("endTime")))
    asleep, in_bed = number(row.get("minutesAsleep")), number(row.get("timeInBed"))
    if start is None or end is None:
        return
    if asleep is None:
        facts.unread["bad_value"] += 1
        return
    in_bed_s = None if in_bed is None else max(round(in_bed * _MINUTE_S), round(asleep * _MINUTE_S))
    sleep = Sleep(start[0], end[0], round(asleep * _MINUTE_S), in_bed_s, end[0] - start[0], end[1])
    facts.add_sleep(sleep, facts.source(WATCH))


def _steps(reading: Reading, row: Row) -> None:
    moment, steps = _moment(reading, row), _value(reading, row.get("value"))
    if moment is None or steps is None:
        return
    utc_s, east_s = _sample(reading, moment)
    utc_s -= utc_s % _MINUTE_S  # a minute of the clock, which ends with its day
    facts = reading.facts
    stretch = Stretch(utc_s, utc_s + _MINUTE_S, east_s, east_s)
    facts.add_amount(facts.steps, stretch, steps, facts.source(WATCH))


def _rate(reading: Reading, row: Row) -> None:
    value = part(row, "value")
    moment, rate_bpm = _moment(reading, row), _value(reading, value.get("bpm"))
    if moment is None or rate_bpm is None:
        return
    utc_s, east_s = _sample(reading, moment)
    reading.facts.add_rate(utc_s, rate_bpm, reading.facts.source(WATCH), east_s)


def _resting(reading: Reading, row: Row) -> None:
    value = part(row, "value")
    moment, rate_bpm = _moment(reading, row), _value(reading, value.get("value"))
    if moment is not None and rate_bpm:  # 0 with no date: none was found that day
        reading.facts.add_total(moment.day, "resting_hr_bpm", rate_bpm, reading.facts.source(WATCH))


def _active(reading: Reading, row: Row, active: dict[int, float]) -> None:
    moment, minutes = _moment(reading, row), _value(reading, row.get("value"))
    if moment is not None and minutes is not None:
        active[moment.day] = active.get(moment.day, 0.0) + minutes


def _moment(reading: Reading, row: Row) -> Moment | None:
    text = row.get("dateTime")
    moment = american_of(text) or moment_of(text)
    if moment is None and (day := day_of(text)) is not None:
        moment = Moment(day * DAY_S, None)
    reading.facts.unread["bad_date"] += moment is None
    return moment


def _value(reading: Reading, value: object) -> float | None:
    found = number(value)
    reading.facts.unread["bad_value"] += found is None
    return found


def _sample(reading: Reading, moment: Moment) -> tuple[int, int]:
    if reading.samples_utc and moment.east_s is None:
        return moment.local_s, reading.offsets.east_at(moment.local_s)
    return reading.offsets.placed(moment)


_READERS: Final = {"sleep": _sleep, "steps": _steps, "heart_rate": _rate, "resting_heart_rate": _resting}
