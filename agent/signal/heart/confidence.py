"""How sure each of the heart's numbers is: from a window's beats and the number to its 95 % interval.

Each metric is a function of means over beats; what one beat adds to it is worked out here (delta method), the rest is
`agent.signal.heart.uncertainty`.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from agent.signal.heart import rr, uncertainty
from agent.signal.heart.beats import Beats, shared
from agent.signal.heart.spectrum import HF_HZ, LF_HZ, TOTAL_HZ, VLF_HZ
from agent.signal.heart.uncertainty import (
    CI,
    moved_by_deviation,
    moved_by_root_mean_square,
    of_positive,
    standard_error,
)

Sureness = Callable[[Beats, float], CI]

# ---- errors of logarithms, each for several numbers


@shared
def _deviation_error(seen: Beats) -> float:
    return standard_error(moved_by_deviation(seen.nn_ms))


@shared
def _rms_error(seen: Beats) -> float:
    return standard_error(moved_by_root_mean_square(seen.diff_ms))


@shared
def _moved_by_width(seen: Beats) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return moved_by_deviation(seen.diff_ms)


@shared
def _moved_by_length(seen: Beats) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return moved_by_deviation(seen.pair_sum_ms)


@shared
def _width_error(seen: Beats) -> float:
    return standard_error(_moved_by_width(seen))


@shared
def _ratio_error(seen: Beats) -> float:
    return standard_error(_moved_by_width(seen) - _moved_by_length(seen))


def _degrees_of(band_hz: tuple[float, float], seen: Beats) -> float:
    return math.nan if seen.spectrum is None else uncertainty.freedom(seen.spectrum, band_hz)


_DEGREES = {band_hz: shared(partial(_degrees_of, band_hz)) for band_hz in (VLF_HZ, LF_HZ, HF_HZ, TOTAL_HZ)}

# ---- intervals


@shared
def _mean_ms(seen: Beats) -> CI:
    return uncertainty.of_mean(seen.nn_ms)


def mean(seen: Beats, _: float) -> CI:
    return _mean_ms(seen)


def rate(seen: Beats, _: float) -> CI:
    mean_ms = _mean_ms(seen)
    return None if mean_ms is None or mean_ms[0] <= 0 else (60_000.0 / mean_ms[1], 60_000.0 / mean_ms[0])


def deviation(seen: Beats, value: float) -> CI:
    return of_positive(value, _deviation_error(seen))


def cv(seen: Beats, value: float) -> CI:
    mean_ms = rr.mean(seen.nn_ms)
    return of_positive(value, standard_error(moved_by_deviation(seen.nn_ms) - (seen.nn_ms - mean_ms) / mean_ms))


def rms(seen: Beats, value: float) -> CI:
    return of_positive(value, _rms_error(seen))


def ln_rms(seen: Beats, value: float) -> CI:
    found = rms(seen, math.exp(value))
    return None if found is None else (math.log(found[0]), math.log(found[1]))


def difference_deviation(seen: Beats, value: float) -> CI:
    return of_positive(value, _width_error(seen))


def sum_deviation(seen: Beats, value: float) -> CI:
    return of_positive(value, standard_error(_moved_by_length(seen)))


def sd_ratio(seen: Beats, value: float) -> CI:
    return of_positive(value, _ratio_error(seen))


def cvi(seen: Beats, value: float) -> CI:
    found = of_positive(10.0**value, standard_error(_moved_by_width(seen) + _moved_by_length(seen)))
    return None if found is None else (math.log10(found[0]), math.log10(found[1]))


def share(beyond_ms: float) -> Sureness:
    return lambda seen, _: uncertainty.of_share((np.abs(seen.diff_ms) > beyond_ms).astype(np.float64))


def asymmetry(seen: Beats, value: float) -> CI:
    square = seen.diff_ms * seen.diff_ms
    error = uncertainty.of_mean((square * (seen.diff_ms > 0) - value * square) / rr.mean(square))
    return None if error is None else (max(value + error[0], 0.0), min(value + error[1], 1.0))


def turns(seen: Beats, _: float) -> CI:
    return uncertainty.of_share(seen.turns.astype(np.float64))


def power(band_hz: tuple[float, float]) -> Sureness:
    return lambda seen, value: uncertainty.of_power(value, _DEGREES[band_hz](seen))


def lf_hf(seen: Beats, value: float) -> CI:
    return uncertainty.of_ratio(value, _DEGREES[LF_HZ](seen), _DEGREES[HF_HZ](seen))


def lf_nu(seen: Beats, value: float) -> CI:
    found = lf_hf(seen, value / (1 - value)) if value < 1 else None
    return None if found is None else (found[0] / (1 + found[0]), found[1] / (1 + found[1]))


def hf_nu(seen: Beats, value: float) -> CI:
    found = lf_nu(seen, 1 - value)
    return None if found is None else (1 - found[1], 1 - found[0])
