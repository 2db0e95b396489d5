"""Which scale the ratings have, and why.

Nominal: categories. Ordinal: categories in an order. Interval: numbers whose differences count.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np

from agent.agreement.draws import Floats
from agent.agreement.grid import NUMBER, Grid
from agent.agreement.kappa import Ints
from agent.errors import RatingsUnreadable, WrongUse

ScaleName = Literal["nominal", "ordinal", "interval"]
SCALES: Final[tuple[ScaleName, ...]] = get_args(ScaleName)
MOST_CATEGORIES: Final = 20
MOST_STEPS: Final = 10
"""Whole numbers with more different values are taken for measurements.

Derived: clinical scales in points have at most eleven steps (0 to 10); counts such as beats per minute have more."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How the ratings are taken.

    Attributes:
        name: Nominal, ordinal or interval.
        because: Why, one clause.
        categories: In order; empty for an interval scale.
        code: Place of each rating in `categories`, -1 where there is none, shape ``(units, raters)``; or empty.
        value: Each rating in the unit of the file, NaN where there is none, shape ``(units, raters)``; or empty.
    """

    name: ScaleName
    because: str
    categories: tuple[str, ...]
    code: Ints
    value: Floats


def scale_of(grid: Grid, chosen: ScaleName | None, order: tuple[str, ...]) -> Scale:
    """The scale of a file's ratings.

    Args:
        grid: The file.
        chosen: What the person chose, or None.
        order: The categories from low to high, or nothing.

    Raises:
        WrongUse: The choice does not fit itself.
        RatingsUnreadable: The choice does not fit the ratings, or there are too many categories.
    """
    if order:
        return _ordered(grid, chosen, order)
    are_numbers = [NUMBER.fullmatch(label) is not None for label in grid.labels]
    all_numbers = all(are_numbers) and bool(are_numbers)
    if chosen in ("ordinal", "interval") and not all_numbers:
        _refuse_words(grid, chosen, are_numbers)
    if not all_numbers:
        words = len(are_numbers) - sum(are_numbers)
        because = f"{words} of {len(are_numbers)} different ratings {'is' if words == 1 else 'are'} no number"
        ordered = tuple(sorted(grid.labels))
        place = np.array([ordered.index(label) for label in grid.labels] if len(ordered) <= MOST_CATEGORIES else [0])
        return _categories(grid, "nominal", "it was chosen" if chosen else because, ordered, place)
    numbers = np.array([float(label) for label in grid.labels])
    values, place = np.unique(numbers, return_inverse=True)
    name, because = (chosen, "it was chosen") if chosen else _by_numbers(values)
    if name == "interval":
        value = np.append(numbers, np.nan)[grid.code]
        return Scale(name, because, (), np.empty((0, 0), dtype=np.int64), value)
    return _categories(grid, name, because, tuple(_text(value) for value in values.tolist()), place)


def _by_numbers(values: Floats) -> tuple[ScaleName, str]:
    many = f"{values.size} different value{'' if values.size == 1 else 's'}"
    if values.size <= 2:
        return "nominal", f"all ratings are numbers with {many}, and an order would change nothing"
    if bool(np.all(values == np.round(values))) and values.size <= MOST_STEPS:
        return "ordinal", f"all ratings are whole numbers with {many}"
    kind = "numbers" if bool(np.all(values == np.round(values))) else "numbers with decimals"
    return "interval", f"all ratings are {kind} with {many}"


def _ordered(grid: Grid, chosen: ScaleName | None, order: tuple[str, ...]) -> Scale:
    if chosen not in (None, "ordinal"):
        raise WrongUse(f"--order is for an ordinal scale, not {chosen}", remedy="Leave out --order, or --scale.")
    if len(set(order)) < len(order) or len(order) < 2 or "" in order:
        raise WrongUse("--order names two categories or more, each once", remedy="For example: --order low,middle,high")
    place = {label: at for at, label in enumerate(order)}
    strangers = [at for at, label in enumerate(grid.labels) if label not in place]
    if strangers:
        raise RatingsUnreadable(
            f"{grid.name}: {len(strangers)} of {len(grid.labels)} different ratings are not in --order "
            f"(first: line {min(grid.lines[at] for at in strangers)})",
            remedy="Name every category in --order, spelled as in the file.",
        )
    return _categories(grid, "ordinal", "--order gives an order", order, np.array([place[one] for one in grid.labels]))


def _refuse_words(grid: Grid, chosen: ScaleName, are_numbers: list[bool]) -> None:
    words, labels = [at for at, is_number in enumerate(are_numbers) if not is_number], len(are_numbers)
    first = f" (first: line {min(grid.lines[at] for at in words)})" if words else ""
    remedy = "Give numbers, or the order of the categories with --order." if chosen == "ordinal" else "Give numbers."
    raise RatingsUnreadable(
        f"{grid.name}: the scale is {chosen}, and {len(words)} of {labels} different ratings are no number{first}",
        remedy=remedy,
    )


def _categories(grid: Grid, name: ScaleName, because: str, labels: tuple[str, ...], place: Ints) -> Scale:
    if len(labels) > MOST_CATEGORIES:
        raise RatingsUnreadable(
            f"{grid.name}: {len(labels)} categories; at most {MOST_CATEGORIES} are compared",
            remedy="For measurements, make every rating a number and use --scale interval; else merge categories.",
        )
    code = np.append(place, -1)[grid.code].astype(np.int64)
    return Scale(name, because, labels, code, np.empty((0, 0)))


def _text(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
