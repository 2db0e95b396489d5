"""Values in the steps in which they leave, so that the person's own weeks and the hub's are made of the same numbers.

A step is a tenth of a millisecond or of a beat a minute: far below what a window can say, and yet a week of few windows
moves by up to two points where one of them crosses the limit of rest.
"""

from dataclasses import replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from agent.scoring.columns import FEATURES, Columns
from agent.wire import schema
from agent.wire.schema import WireFeature


@cache
def _scored() -> dict[str, WireFeature]:
    """Features that the weeks are made of, by name."""
    return {one.name: one for one in schema.features().values() if one.name in FEATURES}


def as_sent(windows: Columns) -> Columns:
    """The same windows, with values in steps of the wire; what is out of its range, or has no code, stays as it is."""
    scored = _scored()
    return replace(
        windows,
        values={
            name: _rounded(scored[name], column) if name in scored else column
            for name, column in windows.values.items()
        },
    )


def _rounded(row: WireFeature, column: NDArray[np.float64]) -> NDArray[np.float64]:
    is_coded = (column >= row.low) & (column <= row.high)
    steps = np.rint((column[is_coded] - row.low) / row.step)  # ties to even, as `round`
    rounded = column.copy()
    rounded[is_coded] = np.round(row.low + steps * row.step, 9)
    return rounded
