"""FORMATS: the files of an export, one row each; a file is written line by line, whatever its size.

Heart rate is LOINC 8867-4 with UCUM ``/min`` in FHIR's heart rate profile (https://hl7.org/fhir/R4/heartrate.html), and
``omh:heart-rate:2.0`` of Open mHealth. Other numbers have no code there that means the same: they stand under
`SYSTEM`, with the names of the dictionary.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from agent.wire import schema
from hub.export.days import dictionary_of_days
from hub.export.rows import SYSTEM, ExportRow, csv_line, unit_of

_HEART_RATE: Final = "hr_mean_bpm"
COLUMNS: Final[dict[str, tuple[str, str]]] = {
    "person": ("text", "pseudonym in this study"),
    "start": ("time", "beginning of the window, ISO 8601, UTC"),
    "end": ("time", "end of the window, ISO 8601, UTC"),
    "feature": ("text", "name of the number"),
    "unit": ("text", "its unit, UCUM"),
    "value": ("number", "the number; empty: withheld, and never 0"),
    "n": ("count", "how many beats, frames or answers it was made of"),
    "ci_low": ("number", "lower end of its 95 % interval; empty: none"),
    "ci_high": ("number", "upper end"),
    "coverage_01": ("number", "share of the window that valid samples fill, 0 to 1"),
    "edited_01": ("number", "share of intervals that are faulty, 0 to 1"),
    "reason": ("text", "why there is no number"),
    "purpose": ("text", "what the person consented to"),
    "profile": ("text", "policy that the person consented under"),
    "schema": ("count", "schema of the wire format"),
}


@dataclass(frozen=True, slots=True)
class Format:
    """One file.

    Attributes:
        file: Its name.
        words: What it is.
        heading: Its first line; empty: none.
        lines: From the rows of whole windows, and the watermark, to its lines.
    """

    file: str
    words: str
    heading: str
    lines: Callable[[Iterable[ExportRow], str], Iterator[str]]


_LONG: Final = tuple(one.name for one in fields(ExportRow))


def _long(rows: Iterable[ExportRow], watermark: str) -> Iterator[str]:
    for row in rows:
        yield csv_line([*(getattr(row, name) for name in _LONG), watermark])


_WINDOW: Final = ("person", "start", "end", "purpose", "profile")
_PARTS: Final = ("n", "coverage_01")
_NAMES: Final = tuple(one.name for one in schema.features().values())
_WIDE: Final = (*_WINDOW, *_NAMES, *(f"{name}__{part}" for name in _NAMES for part in _PARTS))


def _wide(rows: Iterable[ExportRow], watermark: str) -> Iterator[str]:
    for key, of_window in groupby(rows, key=attrgetter(*_WINDOW)):
        by_name = {row.feature: row for row in of_window}
        values = [by_name[name].value if name in by_name else None for name in _NAMES]
        parts = [getattr(by_name.get(name), part, None) for name in _NAMES for part in _PARTS]
        yield csv_line([*key, *values, *parts, watermark])


def _id(row: ExportRow) -> str:
    """The same for the same number in each export of a study: at most 64 letters, digits and hyphens."""
    return hashlib.sha256(f"{row.person}|{row.start}|{row.purpose}|{row.feature}".encode()).hexdigest()[:32]


def _fhir(rows: Iterable[ExportRow], watermark: str) -> Iterator[str]:
    for row in rows:
        is_rate = row.feature == _HEART_RATE
        loinc = {"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}
        own = {"system": SYSTEM, "code": row.feature}
        made: dict[str, Any] = {
            "resourceType": "Observation",
            "id": _id(row),
            "meta": {"tag": [{"system": "urn:wardbeat:export", "code": watermark}]},
            "status": "final",
            "code": {"coding": [loinc, own] if is_rate else [own], "text": row.feature},
            "subject": {"identifier": {"system": "urn:wardbeat:study", "value": row.person}},
            "effectivePeriod": {"start": row.start, "end": row.end},
        }
        if is_rate:
            category = "http://terminology.hl7.org/CodeSystem/observation-category"
            made["category"] = [{"coding": [{"system": category, "code": "vital-signs"}]}]
        if row.value is None:
            absent = "http://terminology.hl7.org/CodeSystem/data-absent-reason"
            made["dataAbsentReason"] = {"coding": [{"system": absent, "code": "unknown"}], "text": row.reason}
        else:
            quantity = {"value": row.value, "unit": row.unit, "system": "http://unitsofmeasure.org", "code": row.unit}
            made["valueQuantity"] = quantity
        yield json.dumps(made) + "\n"


def _open_mhealth(rows: Iterable[ExportRow], watermark: str) -> Iterator[str]:
    for row in rows:
        if row.value is None:
            continue  # a data point without a value is no data point there
        is_rate = row.feature == _HEART_RATE
        space, name, version = ("omh", "heart-rate", "2.0") if is_rate else ("wardbeat", row.feature, "1.0")
        frame = {"time_interval": {"start_date_time": row.start, "end_date_time": row.end}}
        value = {"value": row.value, "unit": "beats/min" if is_rate else row.unit}
        body: dict[str, Any] = {"heart_rate" if is_rate else row.feature: value, "effective_time_frame": frame}
        if is_rate:
            body["descriptive_statistic"] = "average"
        header = {
            "id": _id(row),
            "creation_date_time": row.end,
            "schema_id": {"namespace": space, "name": name, "version": version},
            "user_id": row.person,
            "export": watermark,
        }
        yield json.dumps({"header": header, "body": body}) + "\n"


FORMATS: Final = (
    Format("long.csv", "one row for each number", csv_line([*_LONG, "export"]), _long),
    Format("wide.csv", "one row for each window", csv_line([*_WIDE, "export"]), _wide),
    Format("fhir.ndjson", "FHIR R4 Observations, one a line", "", _fhir),
    Format("open_mhealth.ndjson", "Open mHealth data points, one a line", "", _open_mhealth),
)


_DICTIONARY: Final = ("name", "file", "type", "unit", "low", "high", "step", "title", "evidence", "words")


def dictionary() -> list[dict[str, Any]]:
    """Every column of long.csv and days.csv, every feature and every value of a day, as a reader needs them."""
    columns = [
        {"name": name, "file": "long.csv", "type": kind, "words": words} for name, (kind, words) in COLUMNS.items()
    ]
    numbers = []
    for row in schema.features().values():
        about = {key: value for key, value in asdict(row).items() if key in ("low", "high", "step", "words")}
        numbers.append({"name": row.name, "file": "wide.csv", "type": "number", "unit": unit_of(row.name), **about})
    rows = [*columns, *numbers, *dictionary_of_days()]
    empty: dict[str, Any] = dict.fromkeys(_DICTIONARY) | {"unit": "", "title": "", "evidence": ""}
    return [empty | row for row in rows]
