"""The heart's numbers, from beat intervals (channel ``rr_ms``)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agent.features.spec import FeatureSpec, Measured
from agent.model import Window
from agent.signal import rr

TASK_FORCE = "10.1161/01.CIR.93.5.1043"
SHAFFER = "10.3389/fpubh.2017.00258"


@dataclass(frozen=True, slots=True)
class Beats:
    """A window's beats, ready for formulas.

    Attributes:
        nn_ms: Good intervals that end inside the window, shape ``(n,)``.
        diff_ms: Their valid successive differences, shape ``(m,)``.
        coverage_01: Share of the window that good intervals fill.
        edited_01: Share of intervals that were marked.
    """

    nn_ms: rr.Floats
    diff_ms: rr.Floats
    coverage_01: float
    edited_01: float


def beats(window: Window) -> Beats:
    """Mark, pair and count the beats of a window; a beat belongs to the window of its end."""
    series = window.series["rr_ms"]
    good = series.good & rr.plausible(series.value)
    adjacent = rr.neighbours(series.t_ns / 1e6, series.value)
    inside = good[series.lead :]
    nn_ms = series.value[series.lead :][inside]
    return Beats(
        nn_ms=nn_ms,
        diff_ms=rr.successive_diffs(series.value, good, adjacent),
        coverage_01=min(1.0, float(np.sum(nn_ms)) / 1000.0 / window.span_s),
        edited_01=float(np.mean(~inside)) if inside.size else 0.0,
    )


def _of_beats(formula: Callable[[rr.Floats], float]) -> Callable[[Window], Measured]:
    def compute(window: Window) -> Measured:
        seen = beats(window)
        return Measured(formula(seen.nn_ms), seen.nn_ms.size, seen.coverage_01, seen.edited_01)

    return compute


def _of_pairs(formula: Callable[[rr.Floats], float]) -> Callable[[Window], Measured]:
    def compute(window: Window) -> Measured:
        seen = beats(window)
        return Measured(formula(seen.diff_ms), seen.diff_ms.size, seen.coverage_01, seen.edited_01)

    return compute


def _row(
    feature_id: int,
    name: str,
    compute: Callable[[Window], Measured],
    limits: tuple[float, float, float],
    words: str,
    source: str = TASK_FORCE,
) -> FeatureSpec:
    low, high, step = limits
    return FeatureSpec(
        name=name,
        feature_id=feature_id,
        kind="recovery",
        signal="heart",
        needs=("rr_ms",),
        compute=compute,
        span_s=300,
        # Plain for now: half a window at 30 beats a minute, and four fifths of its time.
        # Chosen by us; minima per metric with their papers are the issue "Heart".
        min_samples=75,
        min_coverage_01=0.8,
        low=low,
        high=high,
        step=step,
        release="whole",
        words=words,
        source=source,
    )


ROWS = (
    _row(
        1,
        "hr_mean_bpm",
        _of_beats(rr.hr_mean_bpm),
        (20.0, 250.0, 0.1),
        "Your mean heart rate over five minutes, in beats a minute.",
        SHAFFER,
    ),
    _row(
        2,
        "rmssd_ms",
        _of_pairs(rr.rmssd_ms),
        (0.0, 500.0, 0.1),
        "How much neighbouring heart beats differ over five minutes (RMSSD), in ms; higher often means more rest.",
    ),
    _row(
        3,
        "sdnn_ms",
        _of_beats(rr.sdnn_ms),
        (0.0, 500.0, 0.1),
        "How much your beat intervals spread over five minutes (SDNN), in ms.",
    ),
    _row(
        4,
        "pnn50_01",
        _of_pairs(rr.pnn50_01),
        (0.0, 1.0, 0.001),
        "The share of neighbouring beats that differ by more than 50 ms over five minutes.",
        SHAFFER,
    ),
)
