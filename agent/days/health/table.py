"""FORMATS: a row a format of export. A new one is a file and a row.

A row says how a format is known, what is read of it and from which zone its days come. Formats whose makers describe no
form publicly have a row without a reader: such a file is refused by name.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.days.health import apple, columns, fit, fitbit, garmin, google_fit, oura, polar, samsung, whoop
from agent.days.health.container import File
from agent.days.health.context import Reading

Knows = Callable[[File, bytes], bool]


@dataclass(frozen=True, slots=True)
class Format:
    """One format of export.

    Attributes:
        name: What values are kept under.
        title: Its words for a person.
        files: What a person gives: names and kinds of files.
        values: What is read, of `agent.days.health.found.NAMES` (the spread of midpoints follows from them).
        zone: Where its local days come from.
        person: What distinguishes people; empty where the export names nobody.
        knows: Whether a file is one of it, by name and first 64 KiB.
        wants: Whether a file of an archive is read.
        read: Reads it; None: not described publicly, refused by name.
        proposals: For tables whose columns the person confirms: lower-case header -> role and unit.
    """

    name: str
    title: str
    files: str
    values: tuple[str, ...]
    zone: str
    person: str
    knows: Knows
    wants: Callable[[File], bool]
    read: Callable[[Reading], None] | None
    proposals: Mapping[str, tuple[str, str]] = field(default_factory=dict)


_SLEEP: Final = ("sleep_h", "sleep_midpoint_h")


def _named(*marks: bytes) -> Knows:
    return lambda _, head: any(mark in head for mark in marks)


def _no_file(_: File) -> bool:
    return False


_ROWS: Final = (
    Format(
        "apple_health", "Apple Health", "export.xml, or export.zip of the phone",
        (*_SLEEP, "sleep_efficiency_01", "steps_n", "active_min", "resting_hr_bpm", "night_hr_min_bpm"),
        "the offset of each record", "date of birth", apple.knows, apple.wants, apple.read,
    ),
    Format(
        "fitbit", "Fitbit", "sleep-, steps-, heart_rate-, resting_heart_rate-*.json, or the zip of the archive",
        (*_SLEEP, "sleep_efficiency_01", "steps_n", "active_min", "resting_hr_bpm", "night_hr_min_bpm"),
        "your own zone", "the id in Profile.csv, the folder of an account", fitbit.knows, fitbit.wants, fitbit.read,
    ),
    Format(
        "google_fit", "Google Fit", "daily activity metrics (CSV), or the zip of Takeout", ("steps_n", "active_min"),
        "the offset of each row, or the date that is written", "", google_fit.knows, google_fit.wants, google_fit.read,
    ),
    Format(
        "oura", "Oura", "the CSV of trends; its columns are confirmed by you",
        (*_SLEEP, "sleep_efficiency_01", "steps_n", "active_min", "resting_hr_bpm", "night_hr_min_bpm"),
        "the offset of each row", "an account's column, if any", oura.knows, oura.wants, columns.read,
        oura.PROPOSALS,
    ),
    Format(
        "whoop", "WHOOP", "physiological_cycles.csv or sleeps.csv; its columns are confirmed by you",
        (*_SLEEP, "sleep_efficiency_01", "resting_hr_bpm"), "the column of the zone", "an account's column, if any",
        whoop.knows, whoop.wants, columns.read, whoop.PROPOSALS,
    ),
    Format(
        "fit", "FIT monitoring files", "the watch's folder Monitor (.fit), or a zip of it",
        ("steps_n", "resting_hr_bpm"), "the offset that each file states, or your zone", "the profile's name, if any",
        fit.knows, fit.wants, fit.read,
    ),
    Format(
        "garmin", "Garmin Connect", "*_sleepData.json and UDSFile_*.json, or the zip of the account's export",
        (*_SLEEP, "steps_n", "active_min", "resting_hr_bpm"), "your own zone, and the dates that are written",
        "the number of the profile", garmin.knows, garmin.wants, garmin.read,
    ),
    Format(
        "polar", "Polar Flow", "activity-, sleep_result_ and 247ohr_*.json, or the zip of the account's export",
        (*_SLEEP, "steps_n", "night_hr_min_bpm"), "the offset of each night; your own zone for steps and heart rates",
        "the number of the account", polar.knows, polar.wants, polar.read,
    ),
    Format(
        "samsung", "Samsung Health", "com.samsung.shealth.sleep and .step_daily_trend (CSV), or a zip of the download",
        (*_SLEEP, "steps_n"), "the column of the offset", "", samsung.knows, samsung.wants, samsung.read,
    ),
    Format(
        "garmin_tables", "Garmin Connect's tables", "not read: these are not described publicly",
        (), "", "", _named(b"Sleep Score 1 Day", b"Sleep Score 7 Days", b"Sleep Score 4 Weeks"), _no_file, None,
    ),
    Format(
        "withings", "Withings", "not read: its export is not described publicly", (), "", "",
        _named(b"sleep_score,hr_average", b'from,to,"light (s)"', b"from,to,light (s)"), _no_file, None,
    ),
    Format(
        "huawei", "Huawei Health", "not read: its export is not described publicly", (), "", "",
        _named(b'"sportDataUserData"', b'"com.huawei.'), _no_file, None,
    ),
    Format(
        "zepp", "Zepp (Amazfit, Xiaomi)", "not read: its export is not described publicly", (), "", "",
        _named(b"date,deepSleepTime,shallowSleepTime", b"date,time,steps,distance,runDistance"), _no_file, None,
    ),
)  # fmt: skip

FORMATS: Final = {row.name: row for row in _ROWS}
"""Name -> row, in the order in which a file is tried."""
