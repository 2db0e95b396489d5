"""A waveform to beat intervals that say which of them may be trusted, and whether the body was still.

wave, right way up ─▶ beats (`pulses`) ─▶ quality of each 10 s (`quality`) ─▶ intervals, doubtful ones marked
acceleration ──────────────────────────────────────────────────────────────▶ still or not, second by second
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.signal import pulses, quality
from agent.signal.rr import Bools, Floats

_STRETCH_S: Final = 10.0  # Orphanidou et al. (2015), doi:10.1109/JBHI.2014.2338351: quality is judged over 10 s
_FEWEST_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Found:
    """Intervals between a waveform's beats.

    Attributes:
        t_s: When each ended, from the first sample, ascending, shape ``(n,)``.
        rr_ms: Their lengths, shape ``(n,)``.
        good: False where the wave is too bad to trust the beat, shape ``(n,)``.
        still_01: For each whole second, 1 where the body was still, else 0; None where nobody knows.
    """

    t_s: Floats
    rr_ms: Floats
    good: Bools
    still_01: Floats | None


def intervals(wave: Floats, fs_hz: float, recipe: pulses.Recipe, acceleration_g: Floats | None = None) -> Found:
    """Intervals of a waveform.

    Args:
        wave: Samples, shape ``(n,)``, any unit.
        fs_hz: Samples a second.
        recipe: `pulses.ECG` or `pulses.PPG`.
        acceleration_g: Three axes beside the wave, shape ``(n, 3)``, in g, or None.

    Raises:
        ValueError: Too few samples a second for the recipe.
    """
    wave = pulses.upright(wave, fs_hz) if recipe.upward else pulses.cleaned(wave)
    at_s = pulses.beats_s(wave, fs_hz, recipe)
    low_hz, high_hz = recipe.shape_hz
    shape = pulses.band_pass(wave, fs_hz, (low_hz, min(high_hz, 0.35 * fs_hz))) if at_s.size else wave
    bad = [
        (begin_s, end_s)
        for begin_s, end_s in _stretches(wave.size / fs_hz)
        if not _is_good(shape, fs_hz, recipe, at_s, begin_s, end_s)
    ]
    ends = at_s[1:]
    good = np.ones(ends.size, dtype=bool)
    for begin_s, end_s in bad:
        good &= (ends < begin_s) | (at_s[:-1] >= end_s)
    still = None if acceleration_g is None else quality.still_01(acceleration_g, fs_hz)
    return Found(ends, np.diff(at_s) * 1000.0, good, still)


def _stretches(length_s: float) -> list[tuple[float, float]]:
    """Every 10 s; a rest shorter than 5 s goes with the stretch before."""
    begins = np.arange(0.0, max(length_s - _FEWEST_S, 1e-9), _STRETCH_S)
    return list(zip(begins.tolist(), [*begins[1:].tolist(), length_s], strict=True))


def _is_good(shape: Floats, fs_hz: float, recipe: pulses.Recipe, at_s: Floats, begin_s: float, end_s: float) -> bool:
    low, high = int(begin_s * fs_hz), int(end_s * fs_hz)
    inside = at_s[(at_s >= begin_s) & (at_s < end_s)] - low / fs_hz
    return quality.quality(shape[low:high], fs_hz, inside).is_good(recipe.least_correlation)
