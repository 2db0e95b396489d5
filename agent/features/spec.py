"""What a row of FEATURES holds, and how a row becomes a number or a reason."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from agent.model import FeatureValue, Window

Kind = Literal["recovery", "fatigue", "expression", "affect", "strain", "self_report"]
Release = Literal["whole", "median_of_spans", "live_only"]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a compute function answers: the number (NaN for none) and what it rests on."""

    value: float
    n: int
    coverage_01: float
    edited_01: float


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """One number we compute for people.

    Attributes:
        name: With its unit.
        feature_id: The treaty's id; given once, never reused.
        kind: What policy allows or denies.
        signal: What the person consents to, such as ``heart``.
        needs: Channels it is computed from.
        compute: Pure; window in, `Measured` out.
        span_s: Length of window it is defined on.
        min_samples: Fewer, and it is withheld.
        min_coverage_01: Less, and it is withheld.
        low, high: Range that may be released; beyond it is withheld.
        step: Rounding of what leaves.
        release: How it may leave, or ``live_only``.
        words: What the person reads before saying yes.
        source: DOI of its definition.
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


def evaluate(spec: FeatureSpec, window: Window) -> FeatureValue:
    """The feature's value over a window, or None with its reason."""
    if any(channel not in window.series for channel in spec.needs):
        return FeatureValue(spec.name, None, 0, 0.0, 0.0, reason="no_signal")
    seen = spec.compute(window)
    reason = ""
    if seen.n < spec.min_samples or math.isnan(seen.value):
        reason = "too_few_samples"
    elif seen.coverage_01 < spec.min_coverage_01:
        reason = "coverage_low"
    elif not spec.low <= seen.value <= spec.high:
        reason = "out_of_range"
    value = None if reason else seen.value
    return FeatureValue(spec.name, value, seen.n, seen.coverage_01, seen.edited_01, reason=reason)
