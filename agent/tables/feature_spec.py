"""What a row of FEATURES holds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from agent.model import Window
from agent.tables.signals import Kind

Release = Literal["whole", "median_of_spans", "live_only"]

REASONS = {
    "no_signal": "nothing was measured",
    "learning": "your neutral face is still being learned",
    "covered": "mouth and chin were covered",
    "eyes_hidden": "the eyes could not be read: too small, too blurred, or covered",
    "window_short": "the window is too short for this number",
    "rhythm_irregular": "the intervals change too abruptly (a loose strap, extra beats and a lively heart look alike)",
    "rhythm_paced": "the intervals are all alike: a device, not the heart's own rhythm, seems to set them",
    "pauses_left_out": "long pauses between beats (or beats that were not detected) could change it",
    "beats_left_out": "early or extra beats that were left out could change it",
    "doubt_left_out": "doubtful stretches that were left out could change it",
    "moving": "the body moved; a pulse wave then gives only the heart rate",
    "noisy": "noise shifts the beats by as much as the heart does",
    "too_few_samples": "too few valid beats",
    "coverage_low": "too much of the window is missing",
    "edited_high": "too many intervals were faulty",
    "gap_long": "there is a gap in the middle",
    "too_slow": "the camera was fast enough for too little of the time",
    "not_defined": "it is not defined for these beats (no single rhythm stands out, or all are equal)",
    "out_of_range": "outside what is possible for a body",
}


class Measured(NamedTuple):
    """What a compute function answers.

    Attributes:
        value: The number; NaN for none.
        n: Count it rests on.
        coverage_01, edited_01: Shares, as in `FeatureValue`.
        longest_gap_s: The longest stretch of the window without a good sample.
        hole_s: Time missing inside the series it was computed from, at most.
        ci: A 95 % interval.
        reason: Why it must not be used, whatever the limits say (a row of `REASONS`).
    """

    value: float
    n: int
    coverage_01: float
    edited_01: float
    longest_gap_s: float = 0.0
    hole_s: float = 0.0
    ci: tuple[float, float] | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One number we compute for people.

    Attributes:
        name: With its unit.
        feature_id: The wire format's id; given once, never reused.
        kind: What policy allows or denies.
        signal: What the person consents to, such as ``heart``.
        needs: Channels it is computed from.
        compute: Pure; window in, `Measured` out.
        span_s: Length of window it is released on.
        min_samples: Fewer, and it is withheld.
        min_coverage_01: Less, and it is withheld.
        low, high: Range that may be released; beyond it is withheld.
        step: Rounding of what leaves.
        release: How it may leave, or ``live_only``.
        words: What the person reads before saying yes.
        source: DOI of its definition.
        formula: In short.
        min_span_s: A shorter window withholds it.
        most_edited_01: A larger share of faulty samples withholds it.
        most_hole_s: A longer hole in the series withholds it; infinite where holes do not matter.
        detrended: Whether the slow trend was taken away before.
        absent: Why a channel is missing from a window.
        has_interval: Whether a 95 % interval is established for it.
    """

    name: str
    feature_id: int
    kind: Kind
    signal: str
    needs: tuple[str, ...]
    compute: Callable[[Window], Measured]
    span_s: int
    min_samples: int
    min_coverage_01: float
    low: float
    high: float
    step: float
    release: Release
    words: str
    source: str
    formula: str = ""
    min_span_s: int = 10
    most_edited_01: float = 1.0
    most_hole_s: float = math.inf
    detrended: bool = False
    absent: Callable[[Window], str] = lambda _: "no_signal"
    has_interval: bool = False
