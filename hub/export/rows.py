"""Stored windows as flat rows, one for each number, with everything that a reader needs to judge it."""

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from agent.wire import schema
from agent.wire.schema import SHARE_STEPS, WireFeature
from hub.keys.keystore import KeyStore
from hub.store.stored_rows import StoredSummary

WITHHELD: Final = "withheld on the device"
# The unit that a name ends in, as UCUM writes it (https://ucum.org/ucum).
_UNITS: Final = {
    "_bpm": "/min",
    "_per_min": "/min",
    "_deg_per_s": "deg/s",
    "_ms": "ms",
    "_01": "1",
    "_x": "1",
    "_h": "h",
    "_min": "min",
    "_n": "1",
}
SYSTEM: Final = "urn:wardbeat:feature"
"""Of codes that no other system has."""


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One number of one window.

    Attributes:
        person: Pseudonym in this study.
        start, end: ISO 8601, UTC.
        feature: As in the dictionary; unit: UCUM.
        value: None where it was withheld; then `reason` says so.
        n: Count that it was made of.
        ci_low, ci_high: 95 % interval; None where there is none.
        coverage_01, edited_01: Shares of the window; None for a withheld number.
        purpose, profile, schema: What it was sent for, the policy that the person consented under, and its schema.
    """

    person: str
    start: str
    end: str
    feature: str
    unit: str
    value: float | None
    n: int
    ci_low: float | None
    ci_high: float | None
    coverage_01: float | None
    edited_01: float | None
    reason: str
    purpose: str
    profile: str
    schema: int


def unit_of(name: str) -> str:
    """UCUM unit of a feature.

    Raises:
        KeyError: Its name ends in no unit that we know; a law of the tables.
    """
    return next(unit for ending, unit in _UNITS.items() if name.endswith(ending))


def csv_line(cells: Iterable[Any]) -> str:
    """A line of CSV; None is an empty cell."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(["" if cell is None else cell for cell in cells])
    return out.getvalue()


def pseudonym(keys: KeyStore, study_key: bytes, kid: bytes) -> str:
    """A person's name in one study.

    It is keyed by the study and by the data key that an erasure destroys: two studies share no name, and after an
    erasure nobody can find out which name was whose.
    """
    person_key = keys.data_keys.of(kid, 0).key
    return "p" + hmac.new(study_key + person_key, kid, hashlib.sha256).hexdigest()[:16]


def rows_of(window: StoredSummary, person: str, profile: str) -> Iterator[ExportRow]:
    """The numbers of one window, in the order of their ids."""
    message, known = window.message, schema.features()
    for coded in message.values:
        feature = known[coded.feature_id]
        is_given = coded.v > 0
        yield ExportRow(
            person,
            _iso(message.start_utc_s),
            _iso(message.end_utc_s),
            feature.name,
            unit_of(feature.name),
            feature.value(coded.v),
            coded.n,
            _bound(feature, coded.ci_low),
            _bound(feature, coded.ci_high),
            coded.coverage / SHARE_STEPS if is_given else None,
            coded.edited / SHARE_STEPS if is_given else None,
            "" if is_given else WITHHELD,
            message.purpose,
            profile,
            1 if message.purpose != "score" else 2,
        )


def _bound(feature: WireFeature, v: int) -> float | None:
    return feature.value(v) if v else None


def _iso(utc_s: int) -> str:
    return datetime.fromtimestamp(utc_s, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
