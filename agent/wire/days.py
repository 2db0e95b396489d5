"""Values of a day as bytes, and the table in days_v2.json that says what a number means; the table only grows.

days = ["days", 1, purpose, consent hash, day, [[feature id, v, coverage]...]]
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from agent.errors import WireRefused
from agent.model import CodedDay, DayValue
from agent.wire import schema
from agent.wire.codec import Decoded, Fields, Item
from agent.wire.context import DAY_S
from agent.wire.message import DaysMessage
from agent.wire.schema import WireFeature
from agent.wire.statement import read_head

SCHEMA: Final = 1


@dataclass(frozen=True, slots=True)
class WireDay(WireFeature):
    """One row of days_v2.json: a value of a day, its title, and the grade of what is known of it."""

    title: str
    evidence: str


@cache
def rows() -> dict[int, WireDay]:
    """All values of days that may leave, by id."""
    text = resources.files("agent.wire").joinpath("days_v2.json").read_text(encoding="utf-8")
    return {row["id"]: WireDay(row.pop("id"), **row) for row in json.loads(text)["days"]}


@cache
def by_name() -> dict[str, WireDay]:
    """The same, by name."""
    return {row.name: row for row in rows().values()}


def extent(day: int) -> tuple[int, int]:
    """What a consent must cover, in UTC s: the day in every time zone, and the day before and after it.

    A day of a calendar begins up to 14 h before that day of UTC, and ends up to 12 h after it.
    """
    return (day - 1) * DAY_S, (day + 2) * DAY_S


def coded(value: DayValue) -> CodedDay | None:
    """A value of a day in steps of the wire; None for one without a code: it never leaves, or is out of range."""
    row = by_name().get(value.name)
    if row is None or not (row.low <= value.value <= row.high and 0.0 <= value.coverage_01 <= 1.0):
        return None
    return CodedDay(row.feature_id, row.code(value.value), schema.share_code(value.coverage_01))


def decoded(day: int, values: Iterable[CodedDay]) -> list[DayValue]:
    """Inverse of `coded`, of one day."""
    found = []
    for one in values:
        row = rows()[one.feature_id]
        value = row.value(one.v)
        if value is not None:
            found.append(DayValue(day, row.name, value, one.coverage / schema.SHARE_STEPS))
    return found


def days_items(message: DaysMessage) -> list[Item]:
    """The message behind its kind."""
    values: list[Item] = [[value.feature_id, value.v, value.coverage] for value in message.values]
    return [SCHEMA, message.purpose, message.consent_hash, message.day, values]


def read_days(item: list[Decoded]) -> DaysMessage:
    """Strict inverse of `days_items`, behind the kind.

    Raises:
        WireRefused: ``schema_too_new`` for a schema, purpose or id that we do not know, else ``malformed``.
    """
    row, purpose, consent_hash, day = read_head(item, 5, SCHEMA, "a day")
    values = tuple(CodedDay(*Fields(one, 3).uints()) for one in row.array())
    ids = [value.feature_id for value in values]
    if ids != sorted(set(ids)):
        raise WireRefused("malformed", "the values of a day are not ascending")
    for value in values:
        _check(value)
    return DaysMessage(purpose, consent_hash, day, values)


def _check(value: CodedDay) -> None:
    known = rows().get(value.feature_id)
    if known is None:
        raise WireRefused("schema_too_new", "unknown id of a value of a day")
    if not 1 <= value.v <= known.v_max or value.coverage > schema.SHARE_STEPS:
        raise WireRefused("malformed", "a value of a day is out of its range")
