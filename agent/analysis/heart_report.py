"""What `wardbeat analyze` tells people: what the recording is, each window's numbers, and what could not be told."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from agent.analysis.heart import Analysis, Recorded, names
from agent.features import FEATURES
from agent.model import FeatureValue
from agent.signal.heart.artifacts import Label
from agent.tables.feature_spec import REASONS

MAIN: Final = (
    "hr_mean_bpm", "rmssd_ms", "sdnn_ms", "pnn50_01", "lf_ms2", "hf_ms2", "lf_hf_ratio", "dfa_alpha1", "resp_rate_bpm",
)  # fmt: skip
_SHORT_GAP_S: Final = 3.0


def lines(found: Analysis, *, every: bool, beats: bool) -> Iterator[str]:
    """The answer in lines.

    Args:
        found: The analysis.
        every: All 36 numbers, not the usual nine.
        beats: Every interval with its label, too.
    """
    recorded = found.recorded
    yield _recording(recorded)
    yield from _doubts(recorded)
    for start_s, end_s, values in found.windows:
        yield ""
        yield _window(start_s - recorded.start_s, end_s - recorded.start_s, values)
        shown = [one for one in values if every or one.name in MAIN]
        for one in shown:
            if one.value is not None:
                yield f"  {one.name:<22}{one.value:10.4g}  n {one.n:<5}{_sure(one)}"
        yield from withheld(shown)
    yield ""
    yield from _left_out(found)
    yield "In brackets: 95 % of such intervals hold the true value. What each number means: docs/heart.md" + (
        "" if every else "; --all shows 36"
    )
    if beats:
        yield ""
        yield f"{'t_s':>12} {'rr_ms':>9}  label"
        for t_s, rr_ms, name in zip(recorded.t_s, recorded.rr_ms, names(recorded), strict=True):
            yield f"{t_s:12.3f} {rr_ms:9.1f}  {name}"


def _recording(recorded: Recorded) -> str:
    faulty = int(np.count_nonzero(recorded.label))
    kinds = ", ".join(
        f"{int(np.count_nonzero(recorded.label == one))} {one.name.lower()}"
        for one in Label
        if one and np.any(recorded.label == one)
    )
    which = f" ({kinds})" if kinds else ""
    return f"{recorded.t_s.size} intervals over {recorded.length_s:.0f} s, {faulty} of them faulty{which}"


def _doubts(recorded: Recorded) -> Iterator[str]:
    """What the file may be instead."""
    rr_ms = recorded.rr_ms
    if rr_ms.size > 20 and float(np.median(rr_ms)) < 250:
        yield "note: these look like heart rates in beats per minute, not like intervals in ms"
    elif rr_ms.size > 20 and float(np.mean(np.diff(rr_ms) > 0)) > 0.9:
        yield "note: these rise from line to line; they may be times or sample numbers, not intervals in ms"
    elif not np.any(recorded.label == Label.NORMAL):
        yield "note: none of these intervals could come from a heart; this may be another kind of file (--signal, --fs)"


def _window(start_s: float, end_s: float, values: Sequence[FeatureValue]) -> str:
    one = values[0]
    gap = "no gap" if one.longest_gap_s <= _SHORT_GAP_S else f"longest gap {one.longest_gap_s:.1f} s"
    return f"{start_s:.0f} to {end_s:.0f} s: valid beats cover {one.coverage_01:.0%}, {one.edited_01:.1%} edited, {gap}"


def _sure(one: FeatureValue) -> str:
    return "" if one.ci_low is None or one.ci_high is None else f"({one.ci_low:.4g} to {one.ci_high:.4g})"


def withheld(shown: Sequence[FeatureValue]) -> Iterator[str]:
    """One line a reason, with the limit where all that share it have one limit."""
    for reason, words in REASONS.items():
        here = [one.name for one in shown if one.value is None and one.reason == reason]
        if not here:
            continue
        limits = {
            "window_short": {f"{FEATURES[name].min_span_s} s" for name in here},
            "coverage_low": {f"{FEATURES[name].min_coverage_01:.0%}" for name in here},
            "edited_high": {f"at most {FEATURES[name].most_edited_01:.0%}" for name in here},
            "too_few_samples": {f"{FEATURES[name].min_samples}" for name in here},
        }.get(reason, set())
        needs = f" (needed: {limits.pop()})" if len(limits) == 1 else ""
        yield f"  withheld, {words}{needs}: {', '.join(here)}"


def _left_out(found: Analysis) -> Iterator[str]:
    """What lies in no window, and which window would hold it."""
    length_s, start_s = found.recorded.length_s, found.recorded.start_s
    if not found.windows:
        fits = f"; --window {int(length_s)} takes it whole" if length_s >= 10 else ""
        yield f"No window: the recording is shorter than half of {found.wish.window_s:g} s{fits}."
        return
    end_s = max(end for _, end, _ in found.windows) - start_s
    if length_s - end_s > 1:
        yield f"{end_s:.0f} to {length_s:.0f} s is in no window: it is shorter than half a window."
    elif end_s - length_s > _SHORT_GAP_S:
        yield f"The recording ends at {length_s:.0f} s; the rest of the last window counts as missing."
