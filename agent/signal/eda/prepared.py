"""Skin conductance at a working rate, with the noise of the record and the reason why a sample cannot be read.

samples ─▶ mean of blocks, 4 to 8 a second ─▶ single odd samples replaced ─▶ noise, steps of the converter
        └▶ not known, no contact, at the converter's limit, a step, a moving hand ─▶ `Cause` of each sample
"""

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agent.signal.heart.rr import Bools, Floats
from agent.signal.heart.waves import blocks_of, bridged

WORKING_HZ: Final = 4.0
LEAST_HZ: Final = 3.9
"""A response rises within 1 to 3 s; below four samples a second its rise has fewer than four samples."""

CONTACT_US, MOST_US = 0.05, 100.0
"""Range of a skin: below it no contact (Kleckner et al. 2018, doi:10.1109/TBME.2017.2758643: 0.05 uS); above it no skin
(their 60 uS, and Boucsein's examples of up to 100 uS)."""

_ODD, _ALIKE = 6.0, 0.5  # a single sample so many noises off, while its neighbours are alike
_AROUND: Final = 5
_CALM_01: Final = 0.25
_CALM_Z: Final = 0.31864  # quantile .25 of |x| of a normal x of variance 1
_THIRD: Final = math.sqrt(20.0)  # standard deviation of a third difference of white noise of variance 1
_STEP_HZ, _SLOW_HZ, _SIDE_S = 16.0, 8.0, 1.0
_REST_01: Final = 0.3  # of a step, beside it: a response goes on for half of its fastest quarter of a second, and more
_STEP_NOISES, _STEP_US = 10.0, 0.02
_STEP_BEFORE_S, _STEP_AFTER_S = 1.0, 2.0
_CLIPPED_TIMES: Final = 3  # longer than any other line without change
_FEWEST: Final = 16
_DIGITS: Final = 9


class Cause(IntEnum):
    """Why a sample cannot be read; 0 where it can."""

    READABLE = 0
    MISSING = 1
    NO_CONTACT = 2
    SATURATED = 3
    STEP = 4
    MOVING = 5


@dataclass(frozen=True, slots=True)
class Prepared:
    """A record at its working rate.

    Attributes:
        value_us: Conductance in uS, without gaps: a straight line stands where it cannot be read, shape ``(n,)``.
        fs_hz: Samples per second, 4 to 8; the record's own rate where that is lower.
        cause: `Cause` of each sample, int8, no unit, shape ``(n,)``.
        noise_us: Standard deviation of the sensor's noise from sample to sample.
        step_us: Step of the converter; 0 where none shows.
    """

    value_us: Floats
    fs_hz: float
    cause: NDArray[np.int8]
    noise_us: float
    step_us: float

    @property
    def readable(self) -> Bools:
        """Which samples can be read.

        Returns:
            Shape ``(n,)``.

        Source: definition.
        """
        return np.asarray(self.cause == Cause.READABLE)


def prepared(value_us: Floats, fs_hz: float, moving: Bools | None = None) -> Prepared:
    """A record at its working rate: means of blocks of ``floor(fs / 4)`` samples.

    Args:
        value_us: Conductance in uS on an even grid, NaN where it is not known, shape ``(n,)``.
        fs_hz: Samples per second.
        moving: Where an accelerometer beside it says that the hand moved, shape ``(n,)``; None where there is none.

    Returns:
        The record; its noise is 0 for fewer than 16 samples that can be read.

    Source: definition. Limits: see the constants of this module.
    """
    width = max(int(fs_hz / WORKING_HZ), 1)
    step_us = converter_step_us(value_us)
    count = value_us.size // width
    raw = value_us[: count * width].reshape(count, width)
    clipped = _saturated(value_us)[: count * width].reshape(count, width).any(axis=1)
    value = raw.mean(axis=1)
    at_hz = fs_hz / width
    cause = np.zeros(count, dtype=np.int8)
    if moving is not None:
        cause[moving[: count * width].reshape(count, width).any(axis=1)] = Cause.MOVING
    missing = ~np.isfinite(value)
    value = bridged(value, np.asarray(missing))
    off = value < CONTACT_US
    known = ~(missing | off | clipped)
    noise = noise_us(value, np.asarray(known))
    value = _without_odd(value, noise)
    cause[_steps(value_us, fs_hz, count) & known] = Cause.STEP
    cause[clipped | (value > MOST_US)] = Cause.SATURATED
    cause[off] = Cause.NO_CONTACT
    cause[missing] = Cause.MISSING
    return Prepared(bridged(value, np.asarray(cause != 0)), at_hz, cause, noise, step_us)


def noise_us(value_us: Floats, known: Bools) -> float:
    """Standard deviation of noise from sample to sample: ``q25(|d3|) / (.3186 sqrt(20))``.

    d3 is the third difference, which takes away what changes slowly; its lower quartile is that of the quiet moments
    between responses. White noise of variance s^2 has a third difference of variance 20 s^2.

    Args:
        value_us: Conductance in uS, shape ``(n,)``.
        known: Which samples count, shape ``(n,)``.

    Returns:
        In uS; 0 for fewer than 16 differences.

    Derived: variance of a third difference, 1 + 9 + 9 + 1; quartile of the normal distribution.
    """
    if value_us.size < 4:
        return 0.0
    good = sliding_window_view(known, 4).all(axis=1)
    third = np.abs(np.diff(value_us, 3)[good])
    if third.size < _FEWEST:
        return 0.0
    return float(np.quantile(third, _CALM_01)) / (_CALM_Z * _THIRD)


def converter_step_us(value_us: Floats) -> float:
    """The step of the converter: the median distance of the different values of a record.

    Args:
        value_us: Conductance in uS, NaN where it is not known, shape ``(n,)``.

    Returns:
        In uS; 0 for fewer than two values.

    Source: definition.
    """
    kinds = np.unique(np.round(value_us[np.isfinite(value_us)], _DIGITS))
    return float(np.median(np.diff(kinds))) if kinds.size > 1 else 0.0


def _without_odd(value: Floats, noise: float) -> Floats:
    """Single samples far from both neighbours, which are alike, become the neighbours' mean."""
    if value.size < _AROUND:
        return value
    padded = np.pad(value, 1, mode="edge")
    before, after = padded[:-2], padded[2:]
    middle = np.median(sliding_window_view(np.pad(value, _AROUND // 2, mode="edge"), _AROUND), axis=1)
    off = np.abs(value - middle)
    odd = (off > _ODD * noise) & (np.abs(before - after) < _ALIKE * off)
    return np.where(odd, (before + after) / 2, value)


def _steps(value_us: Floats, fs_hz: float, count: int) -> Bools:
    """Working samples from 1 s before to 2 s after a change that is over at once, with calm on both sides of it."""
    found = np.zeros(count, dtype=bool)
    width = max(int(fs_hz / _STEP_HZ), 1)
    value = value_us[: value_us.size // width * width].reshape(-1, width).mean(axis=1)
    value, known = bridged(value, ~np.isfinite(value)), np.isfinite(value)
    at_hz = fs_hz / width
    jump, side = (1 if at_hz < _SLOW_HZ else 2), max(round(_SIDE_S * at_hz), 2)
    if value.size < jump + 2 * side:
        return found
    noise = noise_us(value, known)
    value = _without_odd(value, noise)
    parts = sliding_window_view(value, side)
    change = value[side - 1 + jump : value.size - side + 1] - value[side - 1 : value.size - side + 1 - jump]
    spread = parts.max(axis=1) - parts.min(axis=1)
    rest = np.maximum(spread[: change.size], spread[side - 1 + jump : side - 1 + jump + change.size])
    large = (np.abs(change) >= max(_STEP_NOISES * noise, _STEP_US)) & (rest <= _REST_01 * np.abs(change))
    per_s = count / (value_us.size / fs_hz)
    for at_s in (np.flatnonzero(large) + side - 1) / at_hz:
        found[max(int((at_s - _STEP_BEFORE_S) * per_s), 0) : math.ceil((at_s + _STEP_AFTER_S) * per_s)] = True
    return found


def _saturated(value: Floats) -> Bools:
    """Lines without change at the record's highest value, three times as long as any below it, or above 100 uS."""
    found = np.asarray(value > MOST_US)
    if not np.isfinite(value).any():
        return found
    top = float(np.nanmax(value))
    at_top = blocks_of(np.asarray(value == top))
    same = np.concatenate([[False], value[1:] == value[:-1]]) & (value < top)
    elsewhere = max((end - begin for begin, end in blocks_of(np.asarray(same))), default=0) + 1
    for begin, end in at_top:
        if end - begin >= max(_CLIPPED_TIMES * elsewhere, _FEWEST // 2):
            found[begin:end] = True
    return found
