"""Person-weeks with what was measured and what the person answered: the rows that a fusion is fitted to.

A row holds deviations of the week (`agent.scoring.index.Standing`), the person's last answer before the week, and the
week's own answer. It holds no time, counter, duration or count of earlier weeks, because a model would learn those:
elapsed time alone reached .83 to .85 balanced accuracy where the heart reached .61 (docs/scores.md).

The label is the answer at or above the cut that the instrument's own table names. Nothing else makes a label.

Derived: limits as the constants say.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.errors import WrongUse
from agent.scoring.channels import CHANNELS
from agent.scoring.index import Standing
from agent.scoring.instruments import Instrument
from agent.scoring.level import BEFORE_DAYS
from agent.scoring.student_t import Floats

LAST_ANSWER: Final = "last_answer"


@dataclass(frozen=True, slots=True)
class Target:
    """The answer that is predicted: one scale of one instrument, in its points.

    Attributes:
        instrument: `Instrument.short`.
        scale: Name of the scale.
        cut: The score from which the label is 1.
        step: Smallest difference between two scores; an answer stands for its step, half on either side.
        least, most: Lowest and highest score.
        past_days: Age up to which an earlier answer counts as the last one.
    """

    instrument: str
    scale: str
    cut: float
    step: float
    least: float
    most: float
    past_days: int

    def on_scale(self, low: float, high: float) -> tuple[float, float]:
        """An interval cut to the scale, for showing: ``max(low, least), min(high, most)``.

        Args:
            low: In points.
            high: In points.

        Returns:
            In points.

        Source: definition.
        """
        return min(max(low, self.least), self.most), max(min(high, self.most), self.least)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is known of one week before its answer.

    Attributes:
        standings: By row of CHANNELS; a channel that was not measured is absent.
        last_answer: The person's last answer before the week, in points; None without one.
    """

    standings: Mapping[str, Standing] = field(default_factory=dict)
    last_answer: float | None = None


@dataclass(frozen=True, slots=True)
class Weeks:
    """Inputs of n weeks side by side.

    Attributes:
        channels: Rows of CHANNELS, c of them.
        z: Standings, in units of the person's usual deviation, shape ``(n, c)``; NaN where nothing was measured.
        sd: Their standard deviations, in the same units, shape ``(n, c)``.
        last_answer: In units of points, shape ``(n,)``; NaN without one.
    """

    channels: tuple[str, ...]
    z: Floats
    sd: Floats
    last_answer: Floats

    def __post_init__(self) -> None:
        n, c = self.last_answer.size, len(self.channels)
        unknown = [name for name in self.channels if name not in CHANNELS]
        if unknown:
            raise WrongUse(f"weeks: no row in CHANNELS for {', '.join(unknown)}")
        if self.z.shape != (n, c) or self.sd.shape != (n, c) or len(set(self.channels)) != c:
            raise WrongUse(
                f"weeks: {n} weeks of {c} different channels are wanted, not {self.z.shape}, {self.sd.shape}"
            )
        if (self.sd < 0.0).any():
            raise WrongUse("weeks: a standard deviation is negative")

    def without(self, name: str) -> "Weeks":
        """The same weeks with one input missing.

        Args:
            name: A channel, or the last answer.

        Returns: Weeks.
        Source: definition.
        """
        gone = np.array([channel == name for channel in self.channels], dtype=bool)
        last = np.full_like(self.last_answer, math.nan) if name == LAST_ANSWER else self.last_answer
        return Weeks(self.channels, np.where(gone, math.nan, self.z), self.sd, last)


@dataclass(frozen=True, slots=True)
class Table:
    """Labelled person-weeks.

    Attributes:
        target: What was answered.
        person: Name of the person of each row, shape ``(n,)``.
        weeks: Their inputs.
        score: The week's own answer, in units of points, shape ``(n,)``.
        watermark: Where the rows are drawn and not measured, the words that say so.
    """

    target: Target
    person: NDArray[np.str_]
    weeks: Weeks
    score: Floats
    watermark: str = ""

    def __post_init__(self) -> None:
        n = self.score.size
        if self.person.shape != (n,) or self.weeks.last_answer.shape != (n,) or not np.isfinite(self.score).all():
            raise WrongUse("table of person-weeks: each row wants a person, its inputs and an answer")

    @property
    def label(self) -> NDArray[np.bool_]:
        """Whether the answer is at or above the cut: ``score >= cut``.

        Returns: Shape ``(n,)``.
        Source: definition.
        """
        return np.asarray(self.score >= self.target.cut - 1e-9)

    def rows(self, which: NDArray[np.bool_] | NDArray[np.int64]) -> "Table":
        """Some of the rows.

        Args:
            which: Places, or a truth value a row, shape ``(m,)``.

        Returns: A table.
        Source: definition.
        """
        weeks = self.weeks
        some = Weeks(weeks.channels, weeks.z[which], weeks.sd[which], weeks.last_answer[which])
        return Table(self.target, self.person[which], some, self.score[which], self.watermark)


def target(instrument: Instrument, scale: str) -> Target:
    """A scale as a target; the cut is the instrument's own (`Instrument.category_from`).

    ``step = (difference between two answers' points) / (number of items)``. An earlier answer counts for 60 days, or
    for twice the time between two offers where that is longer.

    Args:
        instrument: A row of the table of instruments.
        scale: Name of one of its scales.

    Returns:
        The target.

    Raises:
        WrongUse: The instrument has no such scale, or names no cut.

    Source: `Instrument.source`; the age of an answer is chosen by us.
    """
    found = next((one for one in instrument.scales if one.name == scale), None)
    if found is None or instrument.category_from is None:
        why = f"no scale {scale!r}" if found is None else "names no cut, so that there is no label"
        raise WrongUse(f"{instrument.name}: {why}", remedy="Use 'single' (level) or 'cbi' (personal, work, client).")
    points = sorted(found.items[0].points)
    step = min(high - low for low, high in pairwise(points)) / len(found.items)
    past_days = max(BEFORE_DAYS, 2 * instrument.every_days)
    return Target(instrument.short, scale, float(instrument.category_from), step, points[0], points[-1], past_days)


def side_by_side(weeks: Sequence[Inputs], channels: tuple[str, ...]) -> Weeks:
    """Weeks as arrays.

    Args:
        weeks: n of them.
        channels: Rows of CHANNELS that become columns; others are left out.

    Returns:
        The same weeks.

    Source: definition.
    """
    none = Standing(math.nan, math.nan)
    found = [[week.standings.get(name, none) for name in channels] for week in weeks]
    z = np.array([[one.z for one in row] for row in found], dtype=float).reshape(len(weeks), len(channels))
    sd = np.array([[one.sd for one in row] for row in found], dtype=float).reshape(z.shape)
    last = [math.nan if week.last_answer is None else week.last_answer for week in weeks]
    return Weeks(channels, z, sd, np.array(last, dtype=float))
