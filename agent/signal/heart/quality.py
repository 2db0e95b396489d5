"""Whether a waveform is good enough to take beats from, and whether the body was still."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal.heart.rr import Floats

# Feasible beats: Orphanidou et al. (2015), doi:10.1109/JBHI.2014.2338351
_HR_BPM: Final = (30.0, 200.0)  # theirs: 40 to 180; athletes at rest and children are ours too
_LONGEST_S: Final = 3.0
_MOST_RATIO: Final = 2.2
_FEWEST_BEATS: Final = 4
# Standard deviation of acceleration within a second, in g: sitting hands stay below; chosen by us.
STILL_G: Final = 0.03


@dataclass(frozen=True, slots=True)
class Quality:
    """What a stretch of waveform is worth.

    Attributes:
        skewness: Third standardised moment; a clean pulse wave is skewed to the right (above 0).
        correlation: Mean correlation of each beat with the mean beat; NaN for too few beats.
        feasible: Whether the beats can be a heart's: 30 to 200 a minute, none longer than 3 s, neighbours alike.
    """

    skewness: float
    correlation: float
    feasible: bool

    def is_good(self, least_correlation: float) -> bool:
        """Whether beats of this stretch may be used."""
        return self.feasible and self.correlation >= least_correlation


def quality(wave: Floats, fs_hz: float, beats_s: Floats) -> Quality:
    """Judge a stretch.

    Args:
        wave: Samples, shape ``(n,)``.
        fs_hz: Samples a second.
        beats_s: Its beats, in s from the first sample.

    Source: Elgendi (2016), doi:10.3390/bioengineering3040021 (skewness); Orphanidou et al. (2015).
    """
    return Quality(skewness(wave), template_correlation(wave, fs_hz, beats_s), is_feasible(beats_s))


def skewness(values: Floats) -> float:
    """Third standardised moment; NaN for a constant."""
    apart = values - values.mean() if values.size else values
    spread = float(np.sqrt(np.mean(apart**2))) if values.size else 0.0
    return float(np.mean(apart**3)) / spread**3 if spread > 0 else float("nan")


def is_feasible(beats_s: Floats) -> bool:
    """Whether these can be the beats of a heart."""
    if beats_s.size < _FEWEST_BEATS:
        return False
    apart_s = np.diff(beats_s)
    bpm = 60.0 / float(apart_s.mean())
    alike = float(apart_s.max() / apart_s.min()) <= _MOST_RATIO if apart_s.min() > 0 else False
    return bool(_HR_BPM[0] <= bpm <= _HR_BPM[1] and apart_s.max() <= _LONGEST_S and alike)


def pieces(wave: Floats, fs_hz: float, beats_s: Floats, half: int) -> Floats:
    """A wave around each beat that has room, each about its own mean.

    Args:
        wave: Samples, shape ``(n,)``.
        fs_hz: Samples a second.
        beats_s: Beats, in s from the first sample.
        half: Samples to either side.

    Returns:
        Shape ``(b, 2 half + 1)``.
    """
    middles = np.round(beats_s * fs_hz).astype(np.int64)
    middles = middles[(middles >= half) & (middles + half < wave.size)]
    cut = wave[middles[:, None] + np.arange(-half, half + 1)]
    return np.asarray(cut - cut.mean(axis=1, keepdims=True))


def template_correlation(wave: Floats, fs_hz: float, beats_s: Floats) -> float:
    """Mean correlation of each beat with the mean of all, each as wide as the median beat; NaN for too few."""
    if beats_s.size < _FEWEST_BEATS:
        return float("nan")
    half = max(int(float(np.median(np.diff(beats_s))) * fs_hz / 2), 1)
    each = pieces(wave, fs_hz, beats_s, half)
    if len(each) < _FEWEST_BEATS:
        return float("nan")
    template = each.mean(axis=0)
    size = np.sqrt(np.sum(each**2, axis=1) * float(template @ template))
    return float(np.mean(np.divide(each @ template, size, out=np.zeros(size.size), where=size > 0)))


def still_01(acceleration_g: Floats, fs_hz: float) -> Floats:
    """For each whole second, 1 where the body was still, else 0.

    A pulse wave gives heart rate while moving, never its variability (notes: interval errors of 32 to 80 ms).

    Args:
        acceleration_g: Three axes, shape ``(n, 3)``, in g.
        fs_hz: Samples a second.
    """
    n = int(fs_hz)
    size = np.sqrt(np.sum(acceleration_g**2, axis=1))
    seconds = size[: size.size // n * n].reshape(-1, n)
    return np.asarray(np.std(seconds, axis=1) < STILL_G, dtype=np.float64)
