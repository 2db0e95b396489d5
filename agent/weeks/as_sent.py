"""Values in the steps in which they leave, so that the person's own weeks and the hub's are made of the same numbers.

A step is a tenth of a millisecond or of a beat a minute: far below what a window can say, and yet a week of few windows
moves by up to two points where one of them crosses the limit of rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache

from agent.model import FeatureValue, Summary
from agent.scoring.channels import CHANNELS
from agent.wire import schema
from agent.wire.schema import WireFeature


@cache
def _scored() -> dict[str, WireFeature]:
    """Features that the weeks are made of, by name."""
    names = {name for row in CHANNELS.values() for name in row.features}
    return {one.name: one for one in schema.features().values() if one.name in names}


def as_sent(summaries: Iterable[Summary]) -> Iterator[Summary]:
    """The same summaries, with the values of the channels in steps of the wire; others stay as they are."""
    for summary in summaries:
        yield replace(summary, values=tuple(_rounded(value) for value in summary.values))


def _rounded(value: FeatureValue) -> FeatureValue:
    row = _scored().get(value.name)
    if row is None or value.value is None or not row.low <= value.value <= row.high:
        return value
    return replace(value, value=row.value(row.code(value.value)))
