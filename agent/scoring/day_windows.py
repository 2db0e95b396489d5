"""Windows of one day on the person's clock, as arrays, and what of them counts as readings.

A reading is the mean of three hours, of the heart only where its rate says rest. A block of one window counts like one
of thirty, so that a long shift and a lively day weigh as much as any other.

Derived: the block of three hours and the limit of rest are ours (docs/decisions/016-rest-is-a-limit.md).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.channels import CHANNELS
from agent.scoring.quantiles import quantile
from agent.scoring.student_t import Floats

BLOCK_S: Final = 3 * 3600
DAY_S: Final = 86_400
BLOCKS: Final = DAY_S // BLOCK_S
_ABOVE_REST_BPM: Final = 15.0
ENOUGH: Final = 36  # windows: three hours, from which a quartile is worth something

Blocks = dict[str, dict[int, float]]
"""Readings by channel and block; a block's number counts 3 h on the person's clock since 1970."""


@dataclass(frozen=True, slots=True)
class DayWindows:
    """Windows of one day, oldest first.

    Attributes:
        at_s: Their beginnings on the person's clock, in s since 1970, shape ``(n,)``.
        hours: How long they are, unit h, shape ``(n,)``.
        hr_bpm: Mean heart rates, in beats per minute, shape ``(n,)``; infinite where there is none.
        coverage_01: Of the heart rate, shape ``(n,)``.
        values: By channel, in its unit, shape ``(n,)`` each; NaN where there is none.
    """

    at_s: NDArray[np.int64]
    hours: Floats
    hr_bpm: Floats
    coverage_01: Floats
    values: Mapping[str, Floats]

    def only(self, kept: NDArray[np.bool_] | slice) -> "DayWindows":
        """Some of the windows.

        Args:
            kept: Which: a mask of shape ``(n,)``, places, or a slice.

        Returns: The same with fewer windows.
        Source: definition.
        """
        return DayWindows(
            self.at_s[kept],
            self.hours[kept],
            self.hr_bpm[kept],
            self.coverage_01[kept],
            {name: value[kept] for name, value in self.values.items()},
        )

    @property
    def rates_bpm(self) -> Floats:
        """The heart rates that there are.

        Returns: In beats per minute, shape ``(k,)``.
        Source: definition.
        """
        return self.hr_bpm[np.isfinite(self.hr_bpm)]

    @property
    def worn_h(self) -> float:
        """Hours of windows with a heart rate.

        Returns: In h.
        Source: definition.
        """
        return float(sum(self.hours[np.isfinite(self.hr_bpm)].tolist()))

    @property
    def covered_h(self) -> float:
        """The same, each window weighted by its coverage.

        Returns: In h.
        Source: definition.
        """
        is_worn = np.isfinite(self.hr_bpm)
        return float(sum((self.hours[is_worn] * self.coverage_01[is_worn]).tolist()))


def limit_of_day(past_bpm: Floats, today_bpm: Floats) -> float:
    """Limit of rest of one day: of the 60 days before, and of the day itself where those are fewer than 36 windows.

    Args:
        past_bpm: Mean heart rates of the windows of the 60 days before, in beats per minute, shape ``(n,)``.
        today_bpm: Of the day, in beats per minute, shape ``(k,)``.

    Returns:
        In beats per minute; infinite without a rate.

    Source: see `rest_limit_bpm`.
    """
    return rest_limit_bpm(past_bpm if past_bpm.size >= ENOUGH else np.concatenate((past_bpm, today_bpm)))


def rest_limit_bpm(past_bpm: Sequence[float] | Floats) -> float:
    """Heart rate up to which a window counts as rest: ``Q(0.25) + 15``, Q over the 60 days before.

    The lower quartile is the person's rate at rest; 15 per minute above it is what posture and speech add, and walking
    exceeds. It is a limit and not a share of each block: a share selects more strictly the more was worn, so that
    wearing less would look like strain.

    Args:
        past_bpm: Mean heart rates of the windows of the 60 days before, in beats per minute, shape ``(n,)``.

    Returns:
        In beats per minute; infinite without a rate.

    Derived: chosen by us (docs/decisions/016-rest-is-a-limit.md).
    """
    return quantile(np.asarray(past_bpm, dtype=float), 0.25) + _ABOVE_REST_BPM if len(past_bpm) else math.inf


def day_blocks(windows: DayWindows, limit_bpm: float | Floats) -> Blocks:
    """Mean of each block and channel; of the heart over the windows at rest alone.

    Args:
        windows: Of one day, or of many.
        limit_bpm: Of rest, in beats per minute; for many days one a window, shape ``(n,)``.

    Returns:
        In the channels' units; blocks without a value are absent.

    Source: see the module.
    """
    block = windows.at_s // BLOCK_S
    at_rest = windows.hr_bpm <= limit_bpm
    found: Blocks = {}
    for name, value in windows.values.items():
        counts = np.isfinite(value)
        if CHANNELS[name].group == "heart":
            counts &= at_rest
        if counts.any():
            found[name] = _block_means(block[counts], value[counts])
    return found


def _block_means(block: NDArray[np.int64], value: Floats) -> dict[int, float]:
    """Mean of each block, oldest block first. Blocks of one length are added up side by side, each as it would be
    alone: the result is that of ``np.mean`` to the last bit.
    """
    if (np.diff(block) < 0).any():  # the clock was set back within the day
        order = np.argsort(block, kind="stable")
        block, value = block[order], value[order]
    begins = np.flatnonzero(np.concatenate(([True], np.diff(block) > 0)))
    lengths = np.diff(np.append(begins, block.size))
    mean = np.empty(begins.size)
    for length in set(lengths.tolist()):
        rows = lengths == length
        mean[rows] = value[begins[rows, None] + np.arange(length)].mean(axis=1)
    return dict(zip(block[begins].tolist(), mean.tolist(), strict=True))
