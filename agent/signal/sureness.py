"""How sure each of the heart's numbers is: from a window's beats and the number to its 95 % interval.

Each metric is a function of means over beats; what one beat adds to it is worked out here (delta method), the rest is
`agent.signal.uncertainty`.
"""

import math
from collections.abc import Callable

import numpy as np

from agent.signal import nonlinear, uncertainty
from agent.signal.beats import Beats
from agent.signal.rr import over
from agent.signal.spectrum import HF_HZ, LF_HZ
from agent.signal.uncertainty import CI

Sureness = Callable[[Beats, float], CI]


def mean(seen: Beats, _: float) -> CI:
    return uncertainty.of_mean(seen.nn_ms)


def rate(seen: Beats, _: float) -> CI:
    mean_ms = uncertainty.of_mean(seen.nn_ms)
    return None if mean_ms is None or mean_ms[0] <= 0 else (60_000.0 / mean_ms[1], 60_000.0 / mean_ms[0])


def deviation(seen: Beats, value: float) -> CI:
    return uncertainty.of_positive(value, uncertainty.moved_by_deviation(seen.nn_ms))


def cv(seen: Beats, value: float) -> CI:
    mean_ms = float(seen.nn_ms.mean())
    moved = uncertainty.moved_by_deviation(seen.nn_ms) - (seen.nn_ms - mean_ms) / mean_ms
    return uncertainty.of_positive(value, moved)


def rms(seen: Beats, value: float) -> CI:
    return uncertainty.of_positive(value, uncertainty.moved_by_root_mean_square(seen.diff_ms))


def ln_rms(seen: Beats, value: float) -> CI:
    found = rms(seen, math.exp(value))
    return None if found is None else (math.log(found[0]), math.log(found[1]))


def difference_deviation(seen: Beats, value: float) -> CI:
    return uncertainty.of_positive(value, uncertainty.moved_by_deviation(seen.diff_ms))


def sum_deviation(seen: Beats, value: float) -> CI:
    return uncertainty.of_positive(value, uncertainty.moved_by_deviation(seen.pair_sum_ms))


def sd_ratio(sign: int) -> Sureness:
    def sure(seen: Beats, value: float) -> CI:
        moved = uncertainty.moved_by_deviation(seen.diff_ms) - uncertainty.moved_by_deviation(seen.pair_sum_ms)
        return uncertainty.of_positive(value, sign * moved)

    return sure


def cvi(seen: Beats, value: float) -> CI:
    moved = uncertainty.moved_by_deviation(seen.diff_ms) + uncertainty.moved_by_deviation(seen.pair_sum_ms)
    found = uncertainty.of_positive(10.0**value, moved)
    return None if found is None else (math.log10(found[0]), math.log10(found[1]))


def share(beyond_ms: float) -> Sureness:
    return lambda seen, _: uncertainty.of_share((np.abs(seen.diff_ms) > beyond_ms).astype(np.float64))


def asymmetry(seen: Beats, value: float) -> CI:
    square = seen.diff_ms**2
    moved = (square * (seen.diff_ms > 0) - value * square) / float(square.mean())
    error = uncertainty.of_mean(moved)
    return None if error is None else (max(value + error[0], 0.0), min(value + error[1], 1.0))


def turns(seen: Beats, _: float) -> CI:
    return uncertainty.of_share(nonlinear.turns(seen.nn_ms, seen.nn_joined[1:]).astype(np.float64))


def power(band_hz: tuple[float, float]) -> Sureness:
    def sure(seen: Beats, value: float) -> CI:
        return (
            None if seen.spectrum is None else uncertainty.of_power(value, uncertainty.freedom(seen.spectrum, band_hz))
        )

    return sure


def lf_hf(seen: Beats, value: float) -> CI:
    if seen.spectrum is None:
        return None
    degrees = (uncertainty.freedom(seen.spectrum, band_hz) for band_hz in (LF_HZ, HF_HZ))
    return uncertainty.of_ratio(value, *degrees)


def nu(seen: Beats, value: float) -> CI:
    found = lf_hf(seen, over(value, 1 - value))
    return None if found is None else (found[0] / (1 + found[0]), found[1] / (1 + found[1]))


def hf_nu(seen: Beats, value: float) -> CI:
    found = nu(seen, 1 - value)
    return None if found is None else (1 - found[1], 1 - found[0])
