"""Self-report: instruments as rows of `tables/instruments.json`, scored as their authors say.

A burnout category comes from here and from nowhere else. Physiology may at most result in CHECK_IN.

Source: of each instrument, its `source` in the table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent.errors import NotScored, WrongUse
from agent.scoring.data import table

CHECK_IN: Final = "worth a check-in"


@dataclass(frozen=True, slots=True)
class Item:
    """One question.

    Attributes:
        item_id: Key of its answer.
        text: The question.
        answers: In the order shown.
        points: What each answer is worth.
    """

    item_id: str
    text: str
    answers: tuple[str, ...]
    points: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """Items whose mean is one number.

    Attributes:
        name: Key of the number.
        words: For the person.
        items: Its questions.
        least_answered: How many must be answered for a number.
    """

    name: str
    words: str
    items: tuple[Item, ...]
    least_answered: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """One row.

    Attributes:
        name: Full name.
        short: What commands call it.
        kind: What policy allows or denies, as in FEATURES.
        every_days: How often it is offered, in days.
        source: Where it was published.
        licence: Under which it may be used.
        note: For the person.
        scales: Its numbers.
        limits: Lower ends of its bands, with words; empty for a line.
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
        """Items of all scales, in order.

        Returns: Every item once.
        Source: definition.
        """
        return tuple(item for scale in self.scales for item in scale.items)


@dataclass(frozen=True, slots=True)
class Score:
    """One scale's number.

    Attributes:
        scale: Name of the scale.
        value: Mean of the points; None where too little was answered.
        answered: Number of answers.
        band: Words of the band that the value lies in.
        burnout: Whether the category is named; None where the instrument never names it.
        reason: Why there is no value.
    """

    scale: str
    value: float | None
    answered: int
    band: str = ""
    burnout: bool | None = None
    reason: str = ""


def instruments() -> dict[str, Instrument]:
    """All rows of the table.

    Returns: By `short`.
    Source: see the module.
    """
    return {row["short"]: _instrument(row) for row in table("instruments")}


def scores(instrument: Instrument, answers: Mapping[str, int]) -> tuple[Score, ...]:
    """Scores of an instrument: of each scale the mean of the answers' points, ``sum(points) / answered``.

    Args:
        instrument: A row.
        answers: Place of the answer (0 is the first shown) by item id; items left out were skipped.

    Returns:
        One score a scale, in points; without a value below `Scale.least_answered` answers.

    Raises:
        WrongUse: An item or answer that the instrument has not.
        NotScored: Nothing was answered.

    Source: see the module.
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
    points = tuple(float(points) for points in row["points"])
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
