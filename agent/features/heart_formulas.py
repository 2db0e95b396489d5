"""From a window to its beats, and from beats to each of the heart's numbers; what several need is made once."""

import math
from collections.abc import Callable
from typing import Final

import numpy as np

from agent.model import NS_PER_S, Window
from agent.signal.heart import geometric, left_out, nonlinear, rhythm, rr
from agent.signal.heart.beats import Beats, cached
from agent.signal.heart.labelling import follows, labelled
from agent.signal.heart.spectrum import HF_HZ, LF_HZ, ROUNDING_MS2, VLF_HZ

Formula = Callable[[Beats], float]

# Share of seconds in which a body may move before a pulse wave's intervals are as wrong as a normal RMSSD (32 to 80 ms
# on running wrists): the seconds at the edges of a stretch at rest. Chosen by us.
MOST_MOVING_01: Final = 0.05
# Beats moved by chance add 6 jitter² to RMSSD²: a sixth too large from here on (d moves by e3 - 2 e2 + e1).
MOST_JITTER_01: Final = 0.2


def beats(window: Window) -> Beats:
    """The window's beats, labelled with what lies around it."""
    series = window.series["rr_ms"]
    t_s = (series.t_ns - window.start_ns) / NS_PER_S
    label = labelled(t_s, series.value, series.good) if series.label is None else series.label
    still = window.series.get("still_01")
    moving_01 = 0.0 if still is None else 1.0 - float(np.mean(still.value[still.inside]))
    jitter = window.series.get("jitter_ms")
    jitter_ms = 0.0 if jitter is None else float(np.mean(jitter.value[jitter.inside]))
    joined = follows(t_s, series.value)
    return Beats(0.0, window.span_s, t_s, series.value, label, joined, moving_01, jitter_ms, series.good)


def intervals(seen: Beats) -> int:
    return int(seen.nn_ms.size)


def differences(seen: Beats) -> int:
    return int(seen.diff_ms.size)


def unbroken(seen: Beats) -> int:
    return int(seen.corrected[1].size)


@cached
def why_no_variability(seen: Beats) -> str:
    if seen.is_irregular:
        return "rhythm_irregular"
    inside = seen.inside
    if left_out.has_pauses(seen.rr_ms[inside], seen.label[inside], seen.is_measured[inside]):
        return "pauses_left_out"
    if rhythm.is_paced(seen.nn_ms):
        return "rhythm_paced"
    if seen.moving_01 > MOST_MOVING_01:
        return "moving"
    return "noisy" if seen.jitter_ms > MOST_JITTER_01 * rmssd(seen) else ""


@cached
def why_no_rate(seen: Beats) -> str:
    """What was left out could have moved the mean: then it is the labels' mean, not the heart's."""
    inside = seen.inside
    return left_out.why_rate_is_moved(
        seen.rr_ms[inside], seen.label[inside], seen.is_measured[inside], irregular=seen.is_irregular
    )


# ---- formulas that need more than one line


@cached
def mean(seen: Beats) -> float:
    return rr.mean(seen.nn_ms) if seen.nn_ms.size else math.nan


@cached
def sdnn(seen: Beats) -> float:
    return rr.sdnn_ms(seen.nn_ms)


@cached
def rmssd(seen: Beats) -> float:
    return rr.rmssd_ms(seen.diff_ms)


@cached
def sd1(seen: Beats) -> float:
    return geometric.sd1_ms(seen.diff_ms)


@cached
def sd2(seen: Beats) -> float:
    return geometric.sd2_ms(seen.nn_ms, seen.diff_ms)


@cached
def baevsky(seen: Beats) -> float:
    return geometric.baevsky_si(seen.trendless_ms)


def tinn(seen: Beats) -> float:
    width_ms = geometric.tinn_ms(seen.nn_ms)
    return width_ms if width_ms >= sdnn(seen) else math.nan  # two hills are no triangle


def turning(seen: Beats) -> float:
    return nonlinear.share_of(seen.inflections)


@cached
def vlf(seen: Beats) -> float:
    return math.nan if seen.spectrum is None else seen.spectrum.power_ms2(VLF_HZ)


@cached
def lf(seen: Beats) -> float:
    return math.nan if seen.spectrum is None else seen.spectrum.power_ms2(LF_HZ)


@cached
def hf(seen: Beats) -> float:
    return math.nan if seen.spectrum is None else seen.spectrum.power_ms2(HF_HZ)


def peak(band_hz: tuple[float, float]) -> Formula:
    return lambda seen: math.nan if seen.spectrum is None else seen.spectrum.peak_hz(band_hz)


def share(part: Formula, seen: Beats) -> float:
    both = lf(seen) + hf(seen)
    return part(seen) / both if both > ROUNDING_MS2 else math.nan


def lf_hf(seen: Beats) -> float:
    return lf(seen) / hf(seen) if hf(seen) > ROUNDING_MS2 else math.nan


def total(seen: Beats) -> float:
    return vlf(seen) + lf(seen) + hf(seen)


@cached
def fluctuations(seen: Beats) -> tuple[nonlinear.Ints, rr.Floats]:
    return nonlinear.fluctuations(seen.corrected[1], (nonlinear.ALPHA1_BOXES[0], nonlinear.ALPHA2_BOXES[1]))


def dfa(boxes: tuple[int, int]) -> Formula:
    return lambda seen: nonlinear.slope(*fluctuations(seen), boxes)


def sampen(seen: Beats) -> float:
    return nonlinear.sampen(seen.corrected[1])


def breath(seen: Beats) -> float:
    return seen.breath_bpm
