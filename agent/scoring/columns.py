"""Windows side by side as arrays: of each window only what the person's weeks are made of.

A year of five-minute windows is 44,000 summaries of 35 numbers; as arrays of the eight that count it is 4 MB.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.model import Summary
from agent.scoring.channels import CHANNELS
from agent.scoring.student_t import Floats

RATE: Final = "hr_mean_bpm"
FEATURES: Final = tuple(sorted({name for row in CHANNELS.values() for name in row.features}))
"""Rows of `agent.features.FEATURES` that a channel is made of."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Windows, oldest first.

    Attributes:
        start_utc_s, end_utc_s: In s of UTC, [start, end), shape ``(n,)``.
        beats: Count that the heart rate rests on, shape ``(n,)``; 0 where there is no rate.
        coverage_01: Of the heart rate, shape ``(n,)``; 0 where the window has none.
        values: By row of FEATURES, in its unit, shape ``(n,)`` each; NaN where there is none.
    """

    start_utc_s: NDArray[np.int64]
    end_utc_s: NDArray[np.int64]
    beats: NDArray[np.int64]
    coverage_01: Floats
    values: Mapping[str, Floats]

    def only(self, kept: NDArray[np.bool_] | NDArray[np.int64] | slice) -> "Columns":
        """Some of the windows.

        Args:
            kept: Which: a mask of shape ``(n,)``, places, or a slice.

        Returns: The same columns with fewer windows.
        Source: definition.
        """
        return Columns(
            self.start_utc_s[kept],
            self.end_utc_s[kept],
            self.beats[kept],
            self.coverage_01[kept],
            {name: column[kept] for name, column in self.values.items()},
        )


def columns_of(summaries: Iterable[Summary]) -> Columns:
    """Columns of summaries.

    Args:
        summaries: In the order in which they are to stand.

    Returns:
        See `Columns`.

    Source: definition.
    """
    return from_rows(np.array([row_of(summary) for summary in summaries]).reshape(-1, ROW))


ROW: Final = 4 + len(FEATURES)
"""Numbers of a row: start, end, beats, coverage, and the values in the order of FEATURES."""


def row_of(summary: Summary) -> list[float]:
    """One window as a row of numbers; the first two and the third are whole.

    Args:
        summary: Of one window.

    Returns:
        ROW numbers; a value that is not there is NaN, and so is one that is not finite.

    Source: definition.
    """
    by_name = {row.name: row for row in summary.values}
    rate = by_name.get(RATE)
    coverage = 0.0 if rate is None or not math.isfinite(rate.coverage_01) else rate.coverage_01
    values = [by_name[name].value if name in by_name else None for name in FEATURES]
    return [
        summary.start_utc_s,
        summary.end_utc_s,
        0 if rate is None or rate.value is None else rate.n,
        coverage,
        *(math.nan if value is None or not math.isfinite(value) else value for value in values),
    ]


def from_rows(rows: Floats) -> Columns:
    """Columns of rows.

    Args:
        rows: Of `row_of`, each number in its own unit, shape ``(n, ROW)``.

    Returns:
        See `Columns`.

    Source: definition.
    """
    start, end, beats = (rows[:, place].astype(np.int64) for place in range(3))
    return Columns(start, end, beats, rows[:, 3], {name: rows[:, 4 + place] for place, name in enumerate(FEATURES)})
