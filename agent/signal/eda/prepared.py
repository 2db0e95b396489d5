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
_CALM_01: Final = 0.25
_CALM_Z: Final = 0.31864  # quantile .25 of |x| of a normal x of variance 1
_THIRD: Final = math.sqrt(20.0)  # standard deviation of a third difference of white noise of variance 1
_FINE_HZ, _QUICK_HZ, _SIDE_S = 16.0, 14.0, 1.0
_REST_01: Final = 0.3  # of a step, beside it: a response goes on for half of its fastest quarter of a second, and more
_STEP_NOISES, _STEP_US = 10.0, 0.02
_STEP_S: Final = 0.5
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
        level_us: Conductance in uS, shape ``(n,)``.
        value_us: The same without its steps, and with a straight line where it cannot be read, in uS, shape ``(n,)``:
            what responses are looked for in.
        fs_hz: Samples per second, 4 to 8; the record's own rate where that is lower.
        cause: `Cause` of each sample, int8, no unit, shape ``(n,)``.
        noise_us: Standard deviation of the sensor's noise from sample to sample.
        step_us: Step of the converter; 0 where none shows.
        jump_us: Largest change over an eighth of a second (from sample to sample, where they are further apart) that
            begins within each sample, in uS, shape ``(n,)``.
        jump_noise_us: Standard deviation of such a change by noise alone.
    """

    level_us: Floats
    value_us: Floats
    fs_hz: float
    cause: NDArray[np.int8]
    noise_us: float
    step_us: float
    jump_us: Floats
    jump_noise_us: float

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
    level_us = _without_odd(value, noise)
    fine = _fine(value_us, fs_hz)
    value, near = _without_steps(level_us, at_hz, _steps(fine))
    cause[near & known] = Cause.STEP
    cause[clipped | (value > MOST_US)] = Cause.SATURATED
    cause[off] = Cause.NO_CONTACT
    cause[missing] = Cause.MISSING
    jump_us = _largest_change(fine, count)
    value = bridged(value, np.asarray(cause != 0))
    return Prepared(level_us, value, at_hz, cause, noise, step_us, jump_us, math.sqrt(2) * fine.noise)


def _without_steps(value: Floats, fs_hz: float, steps: list[tuple[float, float]]) -> tuple[Floats, Bools]:
    """What follows a step moved by its height, so that it leaves no slope; and the samples near one."""
    moved, near = value.copy(), np.zeros(value.size, dtype=bool)
    for at_s, height in steps:
        moved[math.ceil(at_s * fs_hz) :] -= height
        near[max(int((at_s - _STEP_S) * fs_hz), 0) : math.ceil((at_s + _STEP_S) * fs_hz) + 1] = True
    return moved, near


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
    if not value.size:
        return value
    padded = np.pad(value, 1, mode="edge")
    before, after = padded[:-2], padded[2:]
    middle = (before + after) / 2
    off = np.abs(value - middle)
    return np.where((off > _ODD * noise) & (np.abs(before - after) < _ALIKE * off), middle, value)


@dataclass(frozen=True, slots=True)
class _Fine:
    """A record at up to 32 samples a second: its changes over an eighth of a second, or from sample to sample."""

    value: Floats
    fs_hz: float
    noise: float
    jump: int
    change: Floats


def _fine(value_us: Floats, fs_hz: float) -> _Fine:
    width = max(int(fs_hz / _FINE_HZ), 1)
    value = value_us[: value_us.size // width * width].reshape(-1, width).mean(axis=1)
    value, known = bridged(value, ~np.isfinite(value)), np.isfinite(value)
    noise = noise_us(value, known)
    value = _without_odd(value, noise)
    jump = 2 if fs_hz / width >= _QUICK_HZ else 1
    change = value[jump:] - value[:-jump] if value.size > jump else np.zeros(0)
    return _Fine(value, fs_hz / width, noise, jump, change)


def _largest_change(fine: _Fine, count: int) -> Floats:
    """The largest change that begins within each working sample."""
    if not count:
        return np.zeros(0)
    place = np.minimum((np.arange(fine.change.size) * count) // max(fine.value.size, 1), max(count - 1, 0))
    found = np.zeros(count)
    np.maximum.at(found, place, np.abs(fine.change))
    return found


def _steps(fine: _Fine) -> list[tuple[float, float]]:
    """(when, by how much) the record changes at once, with calm on both sides; a response takes longer."""
    side = max(round(_SIDE_S * fine.fs_hz), 2)
    least = max(_STEP_NOISES * fine.noise, _STEP_US)
    size = np.abs(fine.change)
    found: list[tuple[float, float]] = []
    for place in np.flatnonzero(size >= least).tolist():
        near = size[max(place - fine.jump, 0) : place + fine.jump + 1]
        before = fine.value[max(place - side + 1, 0) : place + 1]
        after = fine.value[place + fine.jump : place + fine.jump + side]
        if size[place] < near.max() or min(before.size, after.size) < side:
            continue
        slopes, spreads = zip(*(_line(part, is_dense=fine.jump > 1) for part in (before, after)), strict=True)
        excess = size[place] - max(slopes) * fine.jump
        if excess < least or max(spreads) > _REST_01 * excess:
            continue
        if not found or place / fine.fs_hz - found[-1][0] >= _STEP_S:
            found.append((place / fine.fs_hz, float(fine.change[place])))
    return found


def _line(part: Floats, *, is_dense: bool) -> tuple[float, float]:
    """(change per sample, range around the line) of some samples; where they are few, (0, their range)."""
    slope = 0.0
    if is_dense:
        at = np.arange(part.size) - (part.size - 1) / 2
        slope = float(at @ part / (at @ at))
        part = part - slope * at
    return abs(slope), float(part.max() - part.min())


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
