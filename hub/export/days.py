"""Values of days in an export: days.csv has all of them, FHIR and Open mHealth those that have a code there.

Codes of FHIR are LOINC's (https://loinc.org): sleep duration 93832-4, steps in 24 hours 41950-7, resting heart rate
40443-4. Those of Open mHealth are ``omh:sleep-duration:2.0``, ``step-count:3.0`` and ``heart-rate:2.0``
(https://www.openmhealth.org/documentation/#/schema-docs/schema-library). A roster and a journal have none.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent.wire import days
from agent.wire.context import DAY_S
from agent.wire.message import DaysMessage
from hub.export.rows import SYSTEM, csv_line, unit_of

COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "person": ("text", "pseudonym in this study"),
    "day": ("date", "day on the person's calendar, ISO 8601; its time zone is not exported"),
    "feature": ("text", "name of the number"),
    "unit": ("text", "its unit, UCUM"),
    "value": ("number", "the number; a day without one has no row, and never 0"),
    "coverage_01": ("number", "share of the day or night that its source knew, 0 to 1"),
    "purpose": ("text", "what the person consented to"),
    "profile": ("text", "policy that the person consented under"),
}
_LOINC: Final = {
    "sleep_h": ("93832-4", "Sleep duration", "h"),
    "steps_n": ("41950-7", "Number of steps in 24 hour Measured", "{steps}/d"),
    "resting_hr_bpm": ("40443-4", "Heart rate --resting", "/min"),
}
_OMH: Final[dict[str, tuple[str, str, str, dict[str, str]]]] = {
    "sleep_h": ("sleep-duration", "2.0", "h", {}),
    "steps_n": ("step-count", "3.0", "steps", {}),
    "resting_hr_bpm": ("heart-rate", "2.0", "beats/min", {"temporal_relationship_to_physical_activity": "at rest"}),
}


@dataclass(frozen=True, slots=True)
class ExportDay:
    """One value of one day; the columns of days.csv.

    Attributes:
        person: Pseudonym in this study.
        day: ISO 8601, on the person's calendar.
        feature: As in the dictionary; unit: UCUM.
        value: The number.
        coverage_01: Share of the day that its source knew.
        purpose, profile: What it was sent for, and the policy that the person consented under.
    """

    person: str
    day: str
    feature: str
    unit: str
    value: float
    coverage_01: float
    purpose: str
    profile: str


def rows_of_day(message: DaysMessage, person: str, profile: str) -> Iterator[ExportDay]:
    """The values of one day, in the order of their ids."""
    day = datetime.fromtimestamp(message.day * DAY_S, tz=UTC).strftime("%Y-%m-%d")
    for one in days.decoded(message.day, message.values):
        unit = unit_of(one.name)
        yield ExportDay(person, day, one.name, unit, one.value, one.coverage_01, message.purpose, profile)


@dataclass(frozen=True, slots=True)
class DayFormat:
    """What days add to one file.

    Attributes:
        file: Its name.
        lines: From rows, and the watermark, to its lines.
    """

    file: str
    lines: Callable[[Iterable[ExportDay], str], Iterator[str]]


def _long(rows: Iterable[ExportDay], watermark: str) -> Iterator[str]:
    for row in rows:
        yield csv_line([*astuple(row), watermark])


def _id(row: ExportDay) -> str:
    """The same for the same number in each export of a study."""
    return hashlib.sha256(f"{row.person}|{row.day}|{row.purpose}|{row.feature}".encode()).hexdigest()[:32]


def _fhir(rows: Iterable[ExportDay], watermark: str) -> Iterator[str]:
    for row in rows:
        if row.feature not in _LOINC:
            continue
        code, display, unit = _LOINC[row.feature]
        loinc = {"system": "http://loinc.org", "code": code, "display": display}
        made: dict[str, Any] = {
            "resourceType": "Observation",
            "id": _id(row),
            "meta": {"tag": [{"system": "urn:wardbeat:export", "code": watermark}]},
            "status": "final",
            "code": {"coding": [loinc, {"system": SYSTEM, "code": row.feature}], "text": row.feature},
            "subject": {"identifier": {"system": "urn:wardbeat:study", "value": row.person}},
            "effectiveDateTime": row.day,
            "valueQuantity": {
                "value": row.value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit,
            },
        }  # fmt: skip
        yield json.dumps(made) + "\n"


def _open_mhealth(rows: Iterable[ExportDay], watermark: str) -> Iterator[str]:
    for row in rows:
        if row.feature not in _OMH:
            continue
        name, version, unit, more = _OMH[row.feature]
        begins = f"{row.day}T00:00:00Z"
        frame = {"time_interval": {"start_date_time": begins, "duration": {"value": 1, "unit": "d"}}}
        body = {name.replace("-", "_"): {"value": row.value, "unit": unit}, "effective_time_frame": frame, **more}
        header = {
            "id": _id(row),
            "creation_date_time": begins,
            "schema_id": {"namespace": "omh", "name": name, "version": version},
            "user_id": row.person,
            "export": watermark,
        }
        yield json.dumps({"header": header, "body": body}) + "\n"


FILE: Final = "days.csv"
HEADING: Final = csv_line([*COLUMNS, "export"])
DAY_FORMATS: Final = (
    DayFormat(FILE, _long),
    DayFormat("fhir.ndjson", _fhir),
    DayFormat("open_mhealth.ndjson", _open_mhealth),
)


def dictionary_of_days() -> list[dict[str, Any]]:
    """Every column of days.csv, and every value of a day, with its title and the grade of its evidence."""
    columns = [{"name": name, "file": FILE, "type": kind, "words": words} for name, (kind, words) in COLUMNS.items()]
    numbers = [
        {
            "name": row.name,
            "file": ", ".join(one.file for one in DAY_FORMATS) if row.name in _LOINC else FILE,
            "type": "number",
            "unit": unit_of(row.name),
            "low": row.low,
            "high": row.high,
            "step": row.step,
            "title": row.title,
            "evidence": row.evidence,
            "words": row.words,
        }
        for row in days.rows().values()
    ]
    return [*columns, *numbers]
