"""A file of ratings to numbers: each pair of raters, then all raters together."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from agent.agreement import bland_altman, fleiss, icc, kappa
from agent.agreement.draws import Floats
from agent.agreement.estimate import FEWEST_UNITS, Estimate, limited, missing
from agent.agreement.grid import Grid
from agent.agreement.kappa import Ints
from agent.agreement.scale import Scale
from agent.errors import RatingsUnreadable

MOST_LISTED: Final = 20
NOT_COMPLETE: Final = "it needs units that every rater rated"
OnPair = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two raters.

    Attributes:
        first, second: Their names.
        units: How many both rated.
        table: Of categories, rows the first rater's, shape ``(k, k)``; None on an interval scale.
        numbers: By name.
        apart: Names of units that the two put into different categories, or whose difference lies outside the limits;
            the largest differences first, at most 20.
        apart_count: How many there are.
        measured: Both raters' numbers where both gave one, shape ``(n, 2)``; None on a scale of categories.
        hints: What the numbers say about how to read each other.
    """

    first: str
    second: str
    units: int
    table: Ints | None
    numbers: dict[str, Estimate]
    apart: tuple[str, ...]
    apart_count: int
    measured: Floats | None
    hints: tuple[str, ...] = ()

    @property
    def shares_01(self) -> tuple[list[float], list[float]] | None:
        """Each rater's share of each category; None on an interval scale, or without units."""
        if self.table is None or not self.units:
            return None
        return (self.table.sum(axis=1) / self.units).tolist(), (self.table.sum(axis=0) / self.units).tolist()


@dataclass(frozen=True, slots=True)
class Study:
    """All numbers of a file.

    Attributes:
        grid: The file.
        scale: Its scale.
        ratings: How many there are.
        rated_twice: Units with two ratings or more.
        pairs: Each two raters.
        together: Numbers over all raters, by name; empty for two raters on a scale of categories.
    """

    grid: Grid
    scale: Scale
    ratings: int
    rated_twice: int
    pairs: tuple[Pair, ...]
    together: dict[str, Estimate]


def compute(grid: Grid, scale: Scale, on_pair: OnPair | None = None) -> Study:
    """All that the scale allows.

    Args:
        grid: Ratings.
        scale: Their scale.
        on_pair: Called with the number of pairs that are done.

    Raises:
        RatingsUnreadable: Fewer than 20 units have two ratings.
    """
    given = grid.code >= 0
    rated_twice = int(np.count_nonzero(given.sum(axis=1) >= 2))
    if rated_twice < FEWEST_UNITS:
        raise RatingsUnreadable(
            f"{grid.name}: {rated_twice} units have two ratings or more, and {FEWEST_UNITS} are needed",
            remedy=f"Rate at least {FEWEST_UNITS} units; from 30 on each value is given, from 50 on intervals narrow.",
        )
    pairs = []
    for done, (one, other) in enumerate(combinations(range(len(grid.raters)), 2)):
        pairs.append(
            _measured(grid, scale, one, other) if scale.name == "interval" else _rated(grid, scale, one, other)
        )
        if on_pair is not None:
            on_pair(done + 1)
    return Study(grid, scale, int(given.sum()), rated_twice, tuple(pairs), _together(grid, scale))


def _rated(grid: Grid, scale: Scale, one: int, other: int) -> Pair:
    """Two raters on categories."""
    first, second = scale.code[:, one], scale.code[:, other]
    both = np.flatnonzero((first >= 0) & (second >= 0))
    first, second = first[both], second[both]
    k = len(scale.categories)
    table = np.bincount(first * k + second, minlength=k * k).reshape(k, k).astype(np.int64)
    is_ordered = scale.name == "ordinal"
    if both.size < FEWEST_UNITS:
        few = missing(both.size, f"it is from {both.size} units and needs {FEWEST_UNITS}")
        numbers = dict.fromkeys(kappa.names(is_ordered=is_ordered), few)
    else:
        numbers = {name: limited(found) for name, found in kappa.pair_numbers(table, is_ordered=is_ordered).items()}
    steps = np.abs(first - second) if is_ordered else (first != second)
    apart = np.flatnonzero(steps)
    worst = both[apart[np.argsort(-steps[apart].astype(np.int64), kind="stable")][:MOST_LISTED]]
    names = tuple(grid.units[at] for at in worst.tolist())
    return Pair(grid.raters[one], grid.raters[other], both.size, table, numbers, names, apart.size, None)


def _measured(grid: Grid, scale: Scale, one: int, other: int) -> Pair:
    """Two raters on an interval scale."""
    columns = scale.value[:, [one, other]]
    both = np.flatnonzero(np.isfinite(columns).all(axis=1))
    values = columns[both]
    found = bland_altman.differences(values[:, 0], values[:, 1])
    outside = _outside(values, found)
    names = tuple(grid.units[at] for at in both[outside[:MOST_LISTED]].tolist())
    numbers = {name: limited(number) for name, number in found.items()}
    return Pair(grid.raters[one], grid.raters[other], both.size, None, numbers, names, outside.size, values,
                bland_altman.hints(numbers))  # fmt: skip


def _outside(values: Floats, found: dict[str, Estimate]) -> Ints:
    """Places of units outside the limits of agreement, the farthest from the bias first."""
    low, high, bias = (found[name].value for name in ("lower_limit", "upper_limit", "bias"))
    if low is None or high is None or bias is None or len(values) < FEWEST_UNITS:
        return np.empty(0, dtype=np.int64)
    d = values[:, 0] - values[:, 1]
    outside = np.flatnonzero((d < low) | (d > high))
    return np.asarray(outside[np.argsort(-np.abs(d[outside] - bias), kind="stable")])


def _together(grid: Grid, scale: Scale) -> dict[str, Estimate]:
    """Over all raters."""
    if scale.name == "interval":
        complete = scale.value[np.isfinite(scale.value).all(axis=1)]
        if len(complete) < FEWEST_UNITS:
            words = f"{NOT_COMPLETE}; there are {len(complete)} such units and {FEWEST_UNITS} are needed"
            return dict.fromkeys(icc.NAMES, missing(len(complete), words))
        return {name: limited(found) for name, found in icc.iccs(complete).items()}
    if len(grid.raters) < 3:
        return {}
    k = len(scale.categories)
    counts = np.stack([np.count_nonzero(scale.code == category, axis=1) for category in range(k)], axis=1)
    return {"fleiss_kappa": limited(fleiss.fleiss(counts.astype(np.int64)))}
