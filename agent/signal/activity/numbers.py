"""The numbers of a window of acceleration, each a value or the reason why it is withheld.

whole record in g ─▶ gravity, calibration, hours not worn ─▶ windows ─▶ ENMO, MAD, still share, longest still stretch
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal.activity import movement
from agent.signal.activity.calibration import Calibration, calibration
from agent.signal.heart.rr import Bools, Floats
from agent.signal.number import Number

LEAST_HZ: Final = 19.5
STILL_LEAST_HZ: Final = 3.9
LEAST_S: Final = 10.0
LEAST_KNOWN_01: Final = 0.5
MOST_CLIPPED_01: Final = 0.01
_CLIPPED_FROM_G: Final = 1.5
_WRONG_GRAVITY_G: Final = 0.1

REASONS: Final = {
    "window_short": "the window is too short",
    "record_short": "less than an hour does not tell whether it was worn",
    "rate_low": "fewer than 20 samples a second do not show how a body moves",
    "rate_too_low": "fewer than 4 samples a second do not show stillness",
    "missing": "more than half of the window is not recorded",
    "not_worn": "nobody wore the sensor in most of the window",
    "gravity_off": "the still sensor does not feel 1 g, and the record shows too few positions to correct it",
    "gravity_unknown": "the sensor is never still for 30 s, so that nobody knows whether it feels 1 g",
    "saturated": "more than 1 % of the samples stand at the sensor's limit",
}
"""Codes of reasons, with words for people."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record in g.

    Attributes:
        axes_g: Corrected where it could be, NaN where it is not known, shape ``(n, 3)``.
        fs_hz: Samples per second.
        calibration: What gravity says of it.
        still, known: Of each whole second, shape ``(s,)``.
        not_worn: Of each quarter of an hour, shape ``(q,)``; None for less than an hour.
        is_clipped: Whether more than 1 % of its samples stand at its limit.
    """

    axes_g: Floats
    fs_hz: float
    calibration: Calibration
    still: Bools
    known: Bools
    not_worn: Bools | None
    is_clipped: bool


def record(axes_g: Floats, fs_hz: float) -> Record:
    """A record with what its gravity, its still seconds and its hours say.

    Args:
        axes_g: Three axes in g, NaN where they are not known, shape ``(n, 3)``.
        fs_hz: Samples per second.

    Returns:
        The record, its axes corrected where the calibration could be made.

    Source: see `calibration` and `movement`.
    """
    found = calibration(axes_g, fs_hz)
    limit_g = float(np.nanmax(np.abs(axes_g))) if np.isfinite(axes_g).any() else 0.0
    at_limit = float(np.mean((np.abs(axes_g) >= limit_g).any(axis=1))) if axes_g.size else 0.0
    if found.is_corrected:
        axes_g = np.asarray(found.gain * (axes_g + found.offset_g))
    still, known = movement.still_seconds(axes_g, fs_hz)
    is_clipped = limit_g >= _CLIPPED_FROM_G and at_limit > MOST_CLIPPED_01
    return Record(axes_g, fs_hz, found, still, known, movement.not_worn(axes_g, fs_hz), is_clipped)


def numbers(whole: Record, begin_s: float, end_s: float) -> tuple[Number, ...]:
    """The numbers of the window [begin, end); of what was worn, where the record tells.

    Args:
        whole: The record.
        begin_s, end_s: In s from its first sample.

    Returns:
        ENMO, MAD, still share, longest still stretch, share not worn, the error of gravity, share recorded.

    Source: see `movement` and `calibration`.
    """
    fs_hz = whole.fs_hz
    first, last = max(round(begin_s * fs_hz), 0), min(round(end_s * fs_hz), whole.axes_g.shape[0])
    axes_g = whole.axes_g[first:last]
    is_worn = _is_worn(whole, first, last)
    size = max(round((end_s - begin_s) * fs_hz), 1)
    known = np.asarray(np.isfinite(axes_g).all(axis=1))
    worn_g = np.where(is_worn[:, None], axes_g, np.nan)
    seconds = int(np.sum(known & is_worn) / fs_hz)
    shared = _shared_reason(known, is_worn, size, (end_s - begin_s))
    still, longest = _still(whole, (begin_s, end_s), is_worn, shared)
    not_worn = Number("nonwear_01", None, 0, "record_short")
    if whole.not_worn is not None:
        not_worn = Number(
            "nonwear_01", 1.0 - float(np.mean(is_worn)) if is_worn.size else 0.0, int(is_worn.size / fs_hz)
        )
    error = whole.calibration.error_g
    gravity = Number("gravity_error_mg", None, 0, "gravity_unknown")
    if math.isfinite(error):
        gravity = Number("gravity_error_mg", 1000 * error, int(whole.calibration.pieces * 10))
    enmo, mad = (shared or _moving_reason(whole, needs_gravity=needs) for needs in (True, False))
    return (
        Number("enmo_mg", None if enmo else movement.enmo_mg(worn_g), seconds, enmo),
        _mad(whole, worn_g, seconds, mad),
        still,
        longest,
        not_worn,
        gravity,
        Number("readable_01", min(float(np.sum(known)) / size, 1.0), int(np.sum(known) / fs_hz)),
    )


def _mad(whole: Record, worn_g: Floats, seconds: int, reason: str) -> Number:
    value = math.nan if reason else movement.mad_mg(worn_g, whole.fs_hz)
    if not reason and not math.isfinite(value):
        reason = "missing"
    return Number("mad_mg", None if reason else value, seconds, reason)


def _is_worn(whole: Record, first: int, last: int) -> Bools:
    if whole.not_worn is None:
        return np.ones(max(last - first, 0), dtype=bool)
    quarter = np.arange(first, max(last, first)) // round(movement.NONWEAR_STEP_S * whole.fs_hz)
    return np.asarray(~whole.not_worn[np.minimum(quarter, whole.not_worn.size - 1)])


def _shared_reason(known: Bools, is_worn: Bools, size: int, length_s: float) -> str:
    if length_s < LEAST_S:
        return "window_short"
    if np.sum(known) < LEAST_KNOWN_01 * size:
        return "missing"
    return "not_worn" if np.sum(known & is_worn) < LEAST_KNOWN_01 * size else ""


def _moving_reason(whole: Record, *, needs_gravity: bool) -> str:
    """MAD takes differences from a mean, which no offset changes; a gain of 10 % does."""
    found = whole.calibration
    if whole.fs_hz < LEAST_HZ:
        return "rate_low"
    if whole.is_clipped:
        return "saturated"
    if needs_gravity and not math.isfinite(found.error_g):
        return "gravity_unknown"
    is_off = found.error_g > _WRONG_GRAVITY_G or (needs_gravity and not found.is_sane)
    return "gravity_off" if is_off else ""


def _still(whole: Record, window_s: tuple[float, float], is_worn: Bools, reason: str) -> tuple[Number, Number]:
    part = slice(max(math.ceil(window_s[0]), 0), int(window_s[1]))
    still, known = whole.still[part], whole.known[part]
    if whole.not_worn is not None and is_worn.size and still.size:
        places = np.minimum((np.arange(still.size) * whole.fs_hz).astype(np.int64), is_worn.size - 1)
        still, known = still & is_worn[places], known & is_worn[places]
    n = int(np.sum(known))
    if not reason and whole.fs_hz < STILL_LEAST_HZ:
        reason = "rate_too_low"
    if not reason and not n:
        reason = "missing"
    share = None if reason else float(np.sum(still)) / n
    return (
        Number("still_01", share, n, reason),
        Number("longest_still_s", None if reason else movement.longest_s(still), n, reason),
    )
