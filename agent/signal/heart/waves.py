"""Whole waves: a band of them, their unknown parts, and what is usual in the seconds around."""

from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from agent.signal.heart.rr import Bools, Floats

_BIN_S: Final = 2.0  # a heart of 30 a minute has one beat in it
_BINS: Final = 8  # to either side: half of a disturbance of 30 s lies beyond them
_USUAL: Final = 0.45  # quantile of those bins: what is usual even where noise fills half of them
_PERIODS_S: Final = (0.25, 2.5)
_AS_LIKE_01: Final = 0.8


def period_s(band: Floats, fs_hz: float) -> float:
    """Usual interval of a pulse wave: the shortest lag at which it is nearly as like itself as at any.

    The autocorrelation r over lags from 0.25 to 2.5 s; its first maximum of at least 0.8 max(r).

    Args:
        band: The wave in the band of a beat's energy, in any unit, shape ``(n,)``.
        fs_hz: Samples per second.

    Returns:
        In s; 2.5 where no maximum is found.

    Source: definition of the autocorrelation. Derived: 0.8, above the likeness of a wave's second hill to its first.
    """
    low, high = int(_PERIODS_S[0] * fs_hz), min(int(_PERIODS_S[1] * fs_hz), band.size - 2)
    if high - low < 3:
        return _PERIODS_S[1]
    points = 1 << (2 * band.size - 1).bit_length()
    r = np.fft.irfft(np.abs(np.fft.rfft(band, points)) ** 2, points)[: high + 2]
    inner = r[low : high + 1]
    tops = (inner >= r[low - 1 : high]) & (inner > r[low + 1 : high + 2]) & (inner >= _AS_LIKE_01 * inner.max())
    return float(low + np.flatnonzero(tops)[0]) / fs_hz if tops.any() and inner.max() > 0 else _PERIODS_S[1]


def quiet_part(values: Floats, fs_hz: float, span_s: float) -> Floats:
    """The median of values over each part of `span_s`: beats fill less than half of a second, noise fills it.

    Args:
        values: At least 0, in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        span_s: Length of a part in s.

    Returns:
        In the unit of `values`, shape ``(n,)``, the same within each part.

    Derived: a QRS complex and its neighbours fill a third of a second.
    """
    width = max(round(span_s * fs_hz), 1)
    padded = np.pad(values, (0, -values.size % width), mode="edge")
    return np.asarray(np.repeat(np.median(padded.reshape(-1, width), axis=1), width)[: values.size])


def runs_of(flags: Bools, least: int) -> Bools:
    """Flags that stand in a run of at least so many.

    Args:
        flags: Shape ``(n,)``.
        least: Length of the shortest run that is kept.

    Returns:
        Shape ``(n,)``.

    Source: definition.
    """
    kept = np.zeros(flags.size, dtype=bool)
    for begin, end in blocks_of(flags):
        if end - begin >= least:
            kept[begin:end] = True
    return kept


def bridged(wave: Floats, unknown: Bools) -> Floats:
    """A wave with a straight line where it is not known, so that no step rings into what is known.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        unknown: Which samples are replaced, shape ``(n,)``.

    Returns:
        In the unit of `wave`, shape ``(n,)``; 0 where no sample is known.

    Source: definition.
    """
    if not unknown.any():
        return wave
    known = np.flatnonzero(~unknown)
    if not known.size:
        return np.zeros(wave.size)
    return np.interp(np.arange(wave.size), known, wave[known])


def cleaned(wave: Floats) -> Floats:
    """A wave with its median in place of NaN and infinities.

    Args:
        wave: Samples in any unit, shape ``(n,)``.

    Returns:
        In the unit of `wave`, shape ``(n,)``; 0 where no sample is finite.

    Source: definition.
    """
    known = np.isfinite(wave)
    return wave if known.all() else np.where(known, wave, np.median(wave[known]) if known.any() else 0.0)


def usual_mean(values: Floats, fs_hz: float) -> Floats:
    """What is usual around each sample: the 45 % quantile of the means of 17 stretches of 2 s.

    Args:
        values: At least 0, in any unit, shape ``(n,)``.
        fs_hz: Samples per second.

    Returns:
        In the unit of `values`, shape ``(n,)``, the same within each stretch.

    Derived: see the constants.
    """
    begins = _begins(values.size, fs_hz)
    size = np.diff(np.concatenate([begins, [values.size]]))
    return _usual(np.add.reduceat(values, begins) / size, size)


def usual_largest(values: Floats, fs_hz: float) -> Floats:
    """What is usual around each sample: the 45 % quantile of the largest values of 17 stretches of 2 s.

    Args:
        values: At least 0, in any unit, shape ``(n,)``.
        fs_hz: Samples per second.

    Returns:
        In the unit of `values`, shape ``(n,)``, the same within each stretch.

    Derived: see the constants.
    """
    begins = _begins(values.size, fs_hz)
    return _usual(np.maximum.reduceat(values, begins), np.diff(np.concatenate([begins, [values.size]])))


def _begins(size: int, fs_hz: float) -> NDArray[np.int64]:
    """Where stretches of 2 s begin; a last part goes with the one before."""
    width = max(round(_BIN_S * fs_hz), 1)
    return np.arange(0, max(size - width, 0) + 1, width)


def _usual(binned: Floats, size: NDArray[np.int64]) -> Floats:
    padded = np.pad(binned, _BINS, constant_values=np.nan)
    return np.asarray(np.repeat(np.nanquantile(sliding_window_view(padded, 2 * _BINS + 1), _USUAL, axis=1), size))


def band_pass(wave: Floats, fs_hz: float, band_hz: tuple[float, float]) -> Floats:
    """A wave's part in a band, without phase shift.

    The gain rises from 0 at 2/3 of the lower edge to 1 at the edge, and falls from 1 at the upper edge to 0 at 4/3 of
    it, both as a raised cosine. The wave is mirrored at both ends first.

    Args:
        wave: Samples in any unit, shape ``(n,)``.
        fs_hz: Samples per second.
        band_hz: Lower and upper edge in Hz.

    Returns:
        In the unit of `wave`, shape ``(n,)``.

    Source: definition.
    """
    mirrored = np.concatenate([wave[::-1], wave, wave[::-1]])  # so that the ends do not ring
    f_hz = np.fft.rfftfreq(mirrored.size, 1.0 / fs_hz)
    low, high = band_hz
    rise = np.clip((f_hz - low * 2 / 3) / (low / 3), 0.0, 1.0)
    fall = np.clip((high * 4 / 3 - f_hz) / (high / 3), 0.0, 1.0)
    gain = 0.25 * (1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall))
    kept = np.fft.irfft(np.fft.rfft(mirrored - wave.mean()) * gain, mirrored.size)
    return np.asarray(kept[wave.size : 2 * wave.size], dtype=np.float64)


def blocks_of(inside: Bools) -> list[tuple[int, int]]:
    """Where flags stand in a row.

    Args:
        inside: Flags, shape ``(n,)``.

    Returns:
        Places [begin, end) of each row, ascending.

    Source: definition.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
