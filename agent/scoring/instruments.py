"""Self-report: instruments as rows of `tables/instruments.json`, scored as their authors say.

A burnout category comes from here and from nowhere else. Physiology may at most say CHECK_IN.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent.errors import NotScored, WrongUse
from agent.scoring.data import table

CHECK_IN: Final = "worth a check-in"


@dataclass(frozen=True, slots=True)
class Item:
    """One question: its answers in the order shown, and what each is worth."""

    item_id: str
    text: str
    answers: tuple[str, ...]
    points: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Items whose mean is one number."""

    name: str
    words: str
    items: tuple[Item, ...]
    least_answered: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """One row.

    Attributes:
        short: What commands call it.
        kind: What policy allows or denies, as in FEATURES.
        every_days: How often it is offered.
        limits: Lower ends of its bands, with words; none for a line.
        category_from: The score from which a burnout category is named; None: never.
    """

    name: str
    short: str
    kind: str
    every_days: int
    source: str
    licence: str
    note: str
    scales: tuple[Scale, ...]
    limits: tuple[tuple[float, str], ...]
    category_from: float | None

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(item for scale in self.scales for item in scale.items)


@dataclass(frozen=True, slots=True)
class Score:
    """One scale's number; None with the reason where too little was answered."""

    scale: str
    value: float | None
    answered: int
    band: str = ""
    burnout: bool | None = None
    reason: str = ""


def instruments() -> dict[str, Instrument]:
    """All rows, by `short`."""
    return {row["short"]: _instrument(row) for row in table("instruments")}


def scores(instrument: Instrument, answers: Mapping[str, int]) -> tuple[Score, ...]:
    """Score what was answered.

    Args:
        instrument: A row.
        answers: Place of the answer (0 is the first shown) by item id; items left out were skipped.

    Raises:
        WrongUse: An item or answer that the instrument has not.
        NotScored: Nothing was answered.
    """
    known = {item.item_id: item for item in instrument.items}
    for item_id, place in answers.items():
        if item_id not in known or not 0 <= place < len(known[item_id].points):
            raise WrongUse(f"{instrument.name}: no answer {place} to item {item_id!r}")
    if not answers:
        raise NotScored(f"{instrument.name}: nothing was answered", remedy="Answer at least one scale, or skip it.")
    return tuple(_score(instrument, scale, answers) for scale in instrument.scales)


def _score(instrument: Instrument, scale: Scale, answers: Mapping[str, int]) -> Score:
    given = [item.points[answers[item.item_id]] for item in scale.items if item.item_id in answers]
    if len(given) < scale.least_answered:
        return Score(scale.name, None, len(given), reason=f"{scale.least_answered} answers are needed")
    value = sum(given) / len(given)
    band = next((words for low, words in reversed(instrument.limits) if value >= low), "")
    named = None if instrument.category_from is None else value >= instrument.category_from
    return Score(scale.name, value, len(given), band, named)


def _instrument(row: Mapping[str, Any]) -> Instrument:
    points = tuple(float(one) for one in row["points"])
    scales = tuple(
        Scale(
            scale["name"],
            scale["words"],
            tuple(
                Item(
                    item["id"],
                    item["text"],
                    tuple(row["answers"][item["answers"]]),
                    points[::-1] if item["reversed"] else points,
                )
                for item in scale["items"]
            ),
            scale["least_answered"],
        )
        for scale in row["scales"]
    )
    bands = row["bands"]
    limits = tuple((float(low), str(words)) for low, words in bands["limits"])
    return Instrument(
        row["name"], row["short"], row["kind"], row["every_days"], row["source"], row["licence"], row["note"],
        scales, limits, bands["category_from"],
    )  # fmt: skip
