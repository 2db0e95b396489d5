"""Skin conductance responses, and the smallest one that the record's own noise allows to be counted.

rises of the record (`excursions`) ─▶ larger than white noise, than two steps of the converter, than .01 uS
rises of the record upside down   ─▶ what falls as fast as a response rises is noise: no skin does that
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agent.signal.eda.excursions import (
    COARSE,
    FINE,
    Excursions,
    Smoothing,
    excursions,
    slope_gain_per_s,
    slope_us_per_s,
)
from agent.signal.eda.prepared import Prepared
from agent.signal.heart.rr import Bools, Floats

Ints = NDArray[np.int64]

CRITERION_US: Final = 0.01
"""The smallest response by convention (Boucsein et al. 2012, doi:10.1111/j.1469-8986.2012.01384.x: .01 to .05 uS)."""

_NOISES: Final = 6.0  # white noise has .4 slopes an hour that stand out by so many of its standard deviations
_CONVERTER_STEPS: Final = (
    4.0  # a single step of the converter looks like a response of 1.2 steps, and parts a larger one
)
_NOISE_01: Final = 0.05  # of the rises that are kept, at most so many may be noise
_MARGIN: Final = 1.5
# The steepest fall of a response of 1 uS, over rise constants of .4 to 1.4 s and fall constants of 2 to 10 s: below .27
# uS/s until 3 s after the steepest rise, and below .27 exp(-(t - 3) / 6.5) from then on.
_FALL_PER_S, _FALL_FROM_S, _FALL_FADES_S, _FALL_S = 0.27, 3.0, 6.5, 20.0
# A step has .86 of its size in one change of a quarter of a second; the fastest response (rise constant .5 s) has .58.
_JUMP_01, _JUMP_NOISES, _AROUND_S = 0.7, 2.5, 0.75
_LEVEL_S: Final = 20.0
_HALF_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Responses:
    """The responses of a record, in order.

    Attributes:
        onset_s, peak_s: When each began and reached its peak, in s from the first sample, shape ``(r,)``.
        size_us: Prominence of its steepest slope over the slope of a response of 1 uS, in uS, shape ``(r,)``.
        amplitude_us: From trough to peak, in uS, shape ``(r,)``; NaN where another one began before the peak.
        rise_s: From onset to peak, in s, shape ``(r,)``; NaN likewise.
        half_recovery_s: From the peak until half of the amplitude is lost, in s, shape ``(r,)``; NaN where another one
            begins before that, or the record ends.
        smallest_us: Smaller ones cannot be distinguished from noise and do not count; infinite where none can.
        noise_floor_us: The size that white noise and the converter's steps alone would allow.
        apart_s: Responses that begin closer to each other may count as one.
    """

    onset_s: Floats
    peak_s: Floats
    size_us: Floats
    amplitude_us: Floats
    rise_s: Floats
    half_recovery_s: Floats
    smallest_us: float
    noise_floor_us: float
    apart_s: float


def responses(record: Prepared) -> Responses:
    """The responses of a record that are larger than its noise.

    A rise counts from the smallest size t on at which upside-down rises of ``t / 1.5`` and more number at most 5 % of
    the rises of t and more. An upside-down rise that is smaller than .6 of a rise up to 10 s before it is that one's
    fall, and counts for neither.

    Args:
        record: At its working rate.

    Returns:
        The responses.

    Source:
        Peaks of the slope: see `excursions`. The share of false ones by a mirrored search: Elias and Gygi (2007),
        doi:10.1038/nmeth1019 (target and decoy), Boucsein et al. (2012) for size and time limits.
    """
    by = FINE if noise_floor_us(record, FINE) <= CRITERION_US else COARSE
    floor_us = noise_floor_us(record, by)
    ups = excursions(record.value_us, record.fs_hz, record.noise_us, by)
    downs = excursions(-record.value_us, record.fs_hz, record.noise_us, by)
    is_up, is_down = _inside(ups, record.readable), _inside(downs, record.readable)
    size_us = ups.prominence_us_per_s / by.unit_per_s
    fall_us_per_s = np.minimum(_fall_us_per_s(record, by)[downs.peak], downs.prominence_us_per_s)
    is_up &= ~_abrupt(ups, record, by)
    is_down &= ~_abrupt(downs, record, by)
    is_down &= fall_us_per_s > _falls_us_per_s(ups.peak, size_us, downs.peak, record.fs_hz)
    mirrored_us = fall_us_per_s / by.unit_per_s
    smallest_us = smallest_told_us(size_us[is_up], mirrored_us[is_down], max(floor_us, CRITERION_US))
    kept = np.flatnonzero(is_up & (size_us >= smallest_us))
    onset, end = ups.onset[kept], ups.end[kept]
    height_us = ups.height_us[kept]
    whole = np.isfinite(height_us) & (height_us > 0)
    recovery_s = _half_recovery_s(record, onset, end, height_us)
    return Responses(
        onset / record.fs_hz,
        end / record.fs_hz,
        size_us[kept],
        np.where(whole, height_us, np.nan),
        np.where(whole, (end - onset) / record.fs_hz, np.nan),
        np.where(whole, recovery_s, np.nan),
        smallest_us,
        floor_us,
        by.apart_s,
    )


def nothing() -> Responses:
    """The responses of a record that is too slow to show any.

    Returns:
        None of them, and no size that could be told.

    Source: definition.
    """
    empty = np.zeros(0)
    return Responses(empty, empty, empty, empty, empty, empty, math.inf, math.inf, COARSE.apart_s)


def noise_floor_us(record: Prepared, by: Smoothing) -> float:
    """The smallest size that white noise and the converter do not reach: ``max(6 s g / u, 4 q)``.

    s is the noise from sample to sample, g the gain of the slope, u the slope of a response of 1 uS, q the converter's
    step.

    Args:
        record: At its working rate.
        by: How its slope is smoothed.

    Returns:
        In uS.

    Derived: see the constants of this module and of `excursions`.
    """
    slope_per_s = _NOISES * record.noise_us * slope_gain_per_s(record.fs_hz, by)
    return max(slope_per_s / by.unit_per_s, _CONVERTER_STEPS * record.step_us)


def smallest_told_us(size_us: Floats, mirrored_us: Floats, least_us: float) -> float:
    """The smallest size from which on rises differ from noise, by the rises of the record upside down.

    Args:
        size_us: Of rises, shape ``(u,)``.
        mirrored_us: Of rises upside down, shape ``(d,)``.
        least_us: No size below this one.

    Returns:
        In uS; infinite where no size keeps the share of noise at 5 %.

    Source: see `responses`.
    """
    mirrored = np.sort(mirrored_us)
    candidates = np.concatenate([[least_us], np.sort(size_us[size_us > least_us])])
    sizes = np.sort(size_us)
    above = sizes.size - np.searchsorted(sizes, candidates)
    noise = mirrored.size - np.searchsorted(mirrored, candidates / _MARGIN)
    good = np.flatnonzero(noise <= _NOISE_01 * above)
    return float(candidates[good[0]]) if good.size else math.inf


def _inside(found: Excursions, readable: Bools) -> Bools:
    """Whose rise can be read from its onset to its end."""
    so_far = np.concatenate([[0], np.cumsum(~readable)])
    return np.asarray(so_far[found.end + 1] == so_far[found.onset])


def _abrupt(found: Excursions, record: Prepared, by: Smoothing) -> Bools:
    """Rises of which a single change between two samples is the greater part: a step, not a response."""
    if not found.peak.size:
        return np.zeros(0, dtype=bool)
    half = round(_AROUND_S * record.fs_hz)
    padded = np.pad(record.jump_us, half, mode="edge")
    largest = sliding_window_view(padded, 2 * half + 1).max(axis=1)[found.peak]
    size_us = np.maximum(found.prominence_us_per_s, np.abs(found.slope_us_per_s)) / by.unit_per_s
    return np.asarray(largest - _JUMP_NOISES * record.jump_noise_us > _JUMP_01 * size_us)


def _fall_us_per_s(record: Prepared, by: Smoothing) -> Floats:
    """How fast the conductance falls, less the fall of its level over the 40 s around."""
    value_us, half = record.value_us, round(_LEVEL_S * record.fs_hz)
    if value_us.size < 2:
        return np.zeros(value_us.size)
    padded = np.pad(value_us, half, mode="edge")
    level_us_per_s = (padded[2 * half :] - padded[: padded.size - 2 * half]) / (2 * _LEVEL_S)
    return np.asarray(-slope_us_per_s(value_us, record.fs_hz, by) + np.minimum(level_us_per_s, 0.0))


def _falls_us_per_s(peak: Ints, size_us: Floats, at: Ints, fs_hz: float) -> Floats:
    """How fast the conductance may fall at each place because of the rises before it, at most."""
    found = np.zeros(at.size)
    first = np.searchsorted(peak, at - round(_FALL_S * fs_hz))
    last = np.searchsorted(peak, at)
    for place, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        over_s = np.maximum((at[place] - peak[begin:end]) / fs_hz - _FALL_FROM_S, 0.0)
        found[place] = float(np.sum(size_us[begin:end] * _FALL_PER_S * np.exp(-over_s / _FALL_FADES_S)))
    return found


def _half_recovery_s(record: Prepared, onset: Ints, end: Ints, height_us: Floats) -> Floats:
    found = np.full(onset.size, np.nan)
    most = round(_HALF_S * record.fs_hz)
    for place, (peak, height) in enumerate(zip(end.tolist(), height_us.tolist(), strict=True)):
        following = int(onset[place + 1]) if place + 1 < onset.size else record.value_us.size
        part = slice(peak, min(following, peak + most))
        lost = np.flatnonzero(record.value_us[part] <= record.value_us[peak] - height / 2)
        if lost.size and record.readable[peak : peak + int(lost[0]) + 1].all():
            found[place] = float(lost[0]) / record.fs_hz
    return found
