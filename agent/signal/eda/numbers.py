"""The numbers of a window of skin conductance, each a value or the reason why it is withheld.

whole record ─▶ responses, and what forbids their count ─▶ windows ─▶ level, responses a minute, size, form, share read
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agent.signal.eda.excursions import COARSE, FINE
from agent.signal.eda.prepared import LEAST_HZ, Cause, Prepared, noise_us
from agent.signal.eda.responses import CRITERION_US, Responses, noise_floor_us, nothing, responses
from agent.signal.heart.rr import Bools, Floats
from agent.signal.number import Number

LEAST_S: Final = 60.0
LEVEL_LEAST_S: Final = 10.0
LEAST_READABLE_01: Final = 0.5
FEWEST: Final = 3
NEAR: Final = 1.5
MOST_NEAR_01: Final = 0.1
CLOSE: Final = 1.25
MOST_CLOSE_01, FEWEST_CLOSE = 0.04, 2
MOST_STEPS_PER_MIN, FEWEST_STEPS = 0.5, 2
_PIECE_S: Final = 10.0
_LOW_01: Final = 0.1

REASONS: Final = {
    "window_short": "the window is too short",
    "rate_low": "fewer than 4 samples a second do not show the rise of a response",
    "missing": "more than half of the window is not recorded",
    "no_contact": "the electrodes had no contact (below .05 uS) in most of what cannot be read",
    "saturated": "the conductance stood at the limit of the converter",
    "steps": "the electrodes moved: the conductance jumps more than once in two minutes",
    "moving": "the hand moved too much",
    "noise": "no response stands out of the noise of the record",
    "near_noise": "many responses hardly stand out of the noise, so others of their kind are lost in it",
    "overlap": "responses follow one another too fast to be counted one by one",
    "too_few": "fewer than three responses have a form of their own",
}
"""Codes of reasons, with words for people."""

_CAUSES: Final = {
    Cause.MISSING: "missing", Cause.NO_CONTACT: "no_contact", Cause.SATURATED: "saturated", Cause.STEP: "steps",
    Cause.MOVING: "moving",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Record:
    """A record with its responses.

    Attributes:
        prepared: At its working rate.
        responses: All of them.
        own_hz: Samples per second before.
        reason: Why none of its counts is given; empty where they are.
    """

    prepared: Prepared
    responses: Responses
    own_hz: float
    reason: str


def record(prepared: Prepared, own_hz: float) -> Record:
    """The responses of a record, and whether they may be counted.

    The count is withheld for fewer than 3.9 samples a second; for more than one step in two minutes; where nothing
    stands out of the noise and that noise is above .01 uS; where more than a tenth of the responses are below 1.5
    times the smallest that stands out, since as many again lie below; and where more than 4 % follow one another
    within 1.25 times the distance at which two keep their own peaks, since as many again are hidden.

    Args:
        prepared: The record.
        own_hz: Samples per second of the file.

    Returns:
        Both.

    Derived:
        On 10 minutes of simulated responses at 4 to 32 Hz, with noise of 0 to .01 uS, sizes of .01 to .3 uS and 1 to 15
        responses a minute, the two shares at which recall stays above .95 (`make bench-channels`).
    """
    found = responses(prepared) if own_hz >= LEAST_HZ else nothing()
    return Record(prepared, found, own_hz, _withheld(prepared, found, own_hz))


def _withheld(prepared: Prepared, found: Responses, own_hz: float) -> str:
    if own_hz < LEAST_HZ:
        return "rate_low"
    begins = np.flatnonzero(np.diff((prepared.cause == Cause.STEP).astype(np.int8), prepend=0) == 1)
    minutes = float(np.sum((prepared.cause == 0) | (prepared.cause == Cause.STEP))) / prepared.fs_hz / 60
    if begins.size > max(MOST_STEPS_PER_MIN * minutes, FEWEST_STEPS):
        return "steps"
    return _by_sizes(found.size_us, found.smallest_us) or _by_distances(found)


def _by_sizes(size_us: Floats, smallest_us: float) -> str:
    if not math.isfinite(smallest_us) or (not size_us.size and smallest_us > CRITERION_US):
        return "noise"
    near = int(np.sum(size_us < NEAR * smallest_us))
    return "near_noise" if near > MOST_NEAR_01 * size_us.size else ""


def _by_distances(found: Responses) -> str:
    apart_s = np.diff(found.onset_s)
    close = int(np.sum(apart_s < CLOSE * found.apart_s))
    return "overlap" if close >= FEWEST_CLOSE and close > MOST_CLOSE_01 * apart_s.size else ""


def numbers(whole: Record, begin_s: float, end_s: float) -> tuple[Number, ...]:
    """The numbers of the window [begin, end).

    Args:
        whole: The record.
        begin_s, end_s: In s from its first sample.

    Returns:
        Level, responses a minute, their mean amplitude, median rise and half recovery, the smallest counted, the noise,
        and the share that could be read.

    Source:
        Names and units: Boucsein et al. (2012), doi:10.1111/j.1469-8986.2012.01384.x. Each number: docs/recordings.md.
    """
    fs_hz = whole.prepared.fs_hz
    part = slice(max(round(begin_s * fs_hz), 0), min(round(end_s * fs_hz), whole.prepared.cause.size))
    cause = whole.prepared.cause[part]
    readable = np.asarray(cause == 0)
    seconds = int(np.sum(readable) / fs_hz)
    noise = noise_us(whole.prepared.level_us[part], readable)
    size = max(round((end_s - begin_s) * fs_hz), 1)
    is_short = end_s - begin_s < LEVEL_LEAST_S
    level = Number("scl_us", None, seconds, "window_short")
    shared = (
        level if is_short else _level(whole.prepared.level_us[part], readable, fs_hz, cause, size),
        Number("readable_01", min(float(np.sum(readable)) / size, 1.0), seconds),
        Number("noise_us", noise, seconds),
    )
    return (*shared, *_counted(whole, (begin_s, end_s), cause, noise, size))


def _level(level_us: Floats, readable: Bools, fs_hz: float, cause: np.ndarray, size: int) -> Number:
    """The median over pieces of 10 s of each one's lower decile: what lies below the responses."""
    name, seconds = "scl_us", int(np.sum(readable) / fs_hz)
    if np.sum(readable) < max(LEVEL_LEAST_S * fs_hz, LEAST_READABLE_01 * size):
        return Number(name, None, seconds, _main(cause, size))
    width = max(round(_PIECE_S * fs_hz), 1)
    count = level_us.size // width
    pieces = np.where(readable, level_us, np.nan)[: count * width].reshape(count, width)
    pieces = pieces[np.isfinite(pieces).any(axis=1)]
    return Number(name, float(np.median(np.nanquantile(pieces, _LOW_01, axis=1))), seconds)


def _main(cause: np.ndarray, size: int) -> str:
    """The most frequent cause; what lies beyond the record is missing."""
    counts = np.bincount(cause, minlength=len(Cause))
    counts[Cause.MISSING] += max(size - cause.size, 0)
    counts[0] = 0
    return _CAUSES[Cause(int(np.argmax(counts)))] if counts.any() else "missing"


def _counted(
    whole: Record, window_s: tuple[float, float], cause: np.ndarray, noise: float, size: int
) -> tuple[Number, ...]:
    """The numbers of responses."""
    found, fs_hz = whole.responses, whole.prepared.fs_hz
    by = FINE if found.apart_s == FINE.apart_s else COARSE
    floor_us = 0.0
    if math.isfinite(found.smallest_us):
        floor_us = noise_floor_us(replace(whole.prepared, noise_us=noise), by)
    smallest_us = max(found.smallest_us, floor_us)
    inside = (found.onset_s >= window_s[0]) & (found.onset_s < window_s[1]) & (found.size_us >= smallest_us)
    n, readable_s = int(np.sum(inside)), float(np.sum(cause == 0)) / fs_hz
    reason = whole.reason
    if not reason and smallest_us > found.smallest_us:
        reason = _by_sizes(found.size_us[inside], smallest_us)
    if reason != "rate_low" and np.sum(cause == 0) < LEAST_READABLE_01 * size:
        reason = _main(cause, size)
    if window_s[1] - window_s[0] < LEAST_S:
        reason = "window_short"
    elif not reason and readable_s < LEAST_S:
        reason = _main(cause, size)
    smallest = Number("scr_smallest_us", smallest_us, n) if math.isfinite(smallest_us) else (
        Number("scr_smallest_us", None, 0, "rate_low" if whole.own_hz < LEAST_HZ else "noise")
    )  # fmt: skip
    rate = Number("scr_rate_per_min", None if reason else 60 * n / readable_s, n, reason)
    forms = (
        ("scr_amplitude_us", found.amplitude_us, np.mean),
        ("scr_size_us", found.size_us, np.mean),
        ("scr_rise_s", found.rise_s, np.median),
        ("scr_half_recovery_s", found.half_recovery_s, np.median),
    )
    rest = []
    for name, values, of in forms:
        known = values[inside & np.isfinite(values)]
        why = reason or ("too_few" if known.size < FEWEST else "")
        rest.append(Number(name, None if why else float(of(known)), known.size, why))
    return rate, *rest, smallest
