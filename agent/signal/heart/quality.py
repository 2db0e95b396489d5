"""How like each other the beats of a waveform are, and whether the body was still."""

from typing import Final

import numpy as np

from agent.signal.heart.rr import Floats

_FEWEST_BEATS: Final = 4
_AROUND: Final = 20  # beats compared with one mean beat; it is taken of as many more
# Standard deviation of acceleration within a second, in g: sitting hands stay below; chosen by us.
STILL_G: Final = 0.03


def skewness(values: Floats) -> float:
    """Third standardised moment, ``mean((x - m)^3) / mean((x - m)^2)^(3/2)``.

    Args:
        values: x in any unit, shape ``(n,)``; m is their mean.

    Returns:
        No unit; NaN for a constant.

    Source: Elgendi (2016), doi:10.3390/bioengineering3040021
    """
    centred = values - values.mean() if values.size else values
    spread = float(np.sqrt(np.mean(centred**2))) if values.size else 0.0
    return float(np.mean(centred**3)) / spread**3 if spread > 0 else float("nan")


def beat_segments(wave: Floats, fs_hz: float, beats_s: Floats, half: int) -> Floats:
    """The wave around each beat that has enough samples to either side, each minus its own mean.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        beats_s: Beats, in s from the first sample, shape ``(b,)``.
        half: Samples to either side of a beat.

    Returns:
        In the unit of `wave`, shape ``(c, 2 half + 1)``, c at most b.

    Source: Orphanidou et al. (2015), doi:10.1109/JBHI.2014.2338351 (template matching).
    """
    middles = np.round(beats_s * fs_hz).astype(np.int64)
    middles = middles[(middles >= half) & (middles + half < wave.size)]
    cut = wave[middles[:, None] + np.arange(-half, half + 1)]
    return np.asarray(cut - cut.mean(axis=1, keepdims=True))


def template_correlation(wave: Floats, fs_hz: float, beats_s: Floats) -> float:
    """Mean correlation of each beat with the mean beat: mean over beats of ``x t / sqrt((x x) (t t))``.

    x is a segment as wide as the median interval, about its own mean; t is the mean of all.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        beats_s: Beats, in s from the first sample, shape ``(b,)``.

    Returns:
        -1 to 1, no unit; NaN for fewer than four beats.

    Source: Orphanidou et al. (2015), doi:10.1109/JBHI.2014.2338351
    """
    if beats_s.size < _FEWEST_BEATS:
        return float("nan")
    half = max(int(float(np.median(np.diff(beats_s))) * fs_hz / 2), 1)
    segments = beat_segments(wave, fs_hz, beats_s, half)
    if len(segments) < _FEWEST_BEATS:
        return float("nan")
    template = segments.mean(axis=0)
    size = np.sqrt(np.sum(segments**2, axis=1) * float(template @ template))
    return float(np.mean(np.divide(segments @ template, size, out=np.zeros(size.size), where=size > 0)))


def likeness(wave: Floats, fs_hz: float, beats_s: Floats, half_s: float) -> Floats:
    """Correlation of each beat with the mean of those that are most alike around it.

    The mean beat of up to 41 beats is taken twice: of all, then of the half that is most like the first mean.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        beats_s: Beats, in s from the first sample, shape ``(b,)``.
        half_s: What is compared, to either side of a beat, in s; at most half the median interval.

    Returns:
        -1 to 1, shape ``(b,)``; NaN for a beat at the edge, and for all where there are fewer than four.

    Source: Orphanidou et al. (2015), doi:10.1109/JBHI.2014.2338351 (template matching); Li, Mark and Clifford (2008),
        doi:10.1088/0967-3334/29/1/002 (a template of the usual beats, each beat compared by itself).
    """
    found = np.full(beats_s.size, np.nan)
    if beats_s.size < _FEWEST_BEATS:
        return found
    half = max(int(min(float(np.median(np.diff(beats_s))) / 2, half_s) * fs_hz), 1)
    middles = np.round(beats_s * fs_hz).astype(np.int64)
    whole = np.flatnonzero((middles >= half) & (middles + half < wave.size))
    if whole.size < _FEWEST_BEATS:
        return found
    segments = beat_segments(wave, fs_hz, beats_s, half)
    segments /= np.maximum(np.sqrt(np.sum(segments**2, axis=1, keepdims=True)), 1e-12)
    for begin in range(0, whole.size, _AROUND):
        low, high = max(begin - _AROUND // 2, 0), min(begin + _AROUND + _AROUND // 2, whole.size)
        near = segments[low:high]
        first = near @ _unit(np.median(near, axis=0))
        best = near[first >= np.median(first)]
        end = min(begin + _AROUND, whole.size)
        found[whole[begin:end]] = segments[begin:end] @ _unit(best.mean(axis=0))
    return found


def _unit(values: Floats) -> Floats:
    return np.asarray(values / max(float(np.sqrt(values @ values)), 1e-12))


def still_01(acceleration_g: Floats, fs_hz: float) -> Floats:
    """For each whole second, 1 where the body was still: ``SD(|a|) < 0.03 g``, ``|a| = sqrt(x^2 + y^2 + z^2)``.

    A pulse wave gives the heart rate of a moving body, never its variability: interval errors are 32 to 80 ms.

    Args:
        acceleration_g: Three axes in g, shape ``(n, 3)``.
        fs_hz: Samples per second.

    Returns:
        0 or 1, shape ``(floor(n / floor(fs_hz)),)``.

    Derived: sitting hands stay below 0.03 g; chosen by us.
    """
    n = int(fs_hz)
    size = np.sqrt(np.sum(acceleration_g**2, axis=1))
    seconds = size[: size.size // n * n].reshape(-1, n)
    return np.asarray(np.std(seconds, axis=1) < STILL_G, dtype=np.float64)
