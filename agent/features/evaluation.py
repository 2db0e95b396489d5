"""How a row of FEATURES becomes a number, or the reason why there is none."""

import math

from agent.model import FeatureValue, Window
from agent.tables.feature_spec import FeatureSpec, Measured


def evaluate(spec: FeatureSpec, window: Window) -> FeatureValue:
    """The feature's value over a window, or None with its reason (a row of `REASONS`)."""
    if any(channel not in window.series for channel in spec.needs):
        return FeatureValue(spec.name, None, 0, 0.0, 0.0, reason=spec.absent(window), longest_gap_s=window.span_s)
    seen = spec.compute(window)
    reason = _why_not(spec, window, seen)
    ci_low, ci_high = (None, None) if reason or seen.ci is None else seen.ci
    return FeatureValue(
        spec.name,
        None if reason else seen.value,
        seen.n,
        seen.coverage_01,
        seen.edited_01,
        ci_low,
        ci_high,
        reason,
        seen.longest_gap_s,
    )


def _why_not(spec: FeatureSpec, window: Window, seen: Measured) -> str:
    """The first reason that holds, the one that helps most first; empty for none."""
    enough = seen.n >= spec.min_samples and seen.coverage_01 >= spec.min_coverage_01 and not seen.reason
    clean = seen.edited_01 <= spec.most_edited_01 and seen.hole_s <= spec.most_hole_s
    if enough and clean and spec.low <= seen.value <= spec.high and window.span_s >= spec.min_span_s:
        return ""
    holds = (
        ("window_short", window.span_s < spec.min_span_s - 1e-6),
        (seen.reason, bool(seen.reason)),
        ("too_few_samples", seen.n < spec.min_samples),
        ("coverage_low", seen.coverage_01 < spec.min_coverage_01),
        ("edited_high", seen.edited_01 > spec.most_edited_01),
        ("gap_long", seen.hole_s > spec.most_hole_s),
        ("not_defined", not math.isfinite(seen.value)),
        ("out_of_range", not spec.low <= seen.value <= spec.high),
    )
    return next((reason for reason, true in holds if true), "")
