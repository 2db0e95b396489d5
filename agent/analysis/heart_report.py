"""What `wardbeat analyze` tells people: what the recording is, each window's numbers, and what could not be told."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from agent.analysis.heart import Analysis, Timed, names
from agent.analysis.notes import notes_of
from agent.analysis.recorded import Recorded
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
    yield from head(found.recorded)
    for timed in found.windows:
        yield from window(found.recorded, timed, every=every)
    yield from tail(found, every=every, beats=beats)


def head(recorded: Recorded) -> Iterator[str]:
    """What the recording is, and what is doubtful about it."""
    yield _recording(recorded)
    if recorded.dialect:
        yield f"read as: {recorded.dialect}"
    if recorded.cut_s:
        yield f"from {recorded.cut_s:.0f} to {recorded.cut_s + recorded.length_s:.0f} s of the recording"
    for note in notes_of(recorded):
        yield f"note: {note}"


def window(recorded: Recorded, timed: Timed, *, every: bool) -> Iterator[str]:
    """One window: its numbers, and what was withheld."""
    start_s, end_s, values = timed
    begin_s = start_s - recorded.start_s + recorded.cut_s
    yield ""
    yield _window(begin_s, begin_s + end_s - start_s, values)
    shown = [value for value in values if every or value.name in MAIN]
    for value in shown:
        if value.value is not None:
            yield f"  {value.name:<22}{value.value:10.4g}  n {value.n:<5}{_sure(value)}"
    yield from withheld(shown, end_s - start_s)


def tail(found: Analysis, *, every: bool, beats: bool) -> Iterator[str]:
    """What lies in no window, how the numbers are to be read, and the intervals where they are wanted."""
    recorded = found.recorded
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


def _window(start_s: float, end_s: float, values: Sequence[FeatureValue]) -> str:
    one = values[0]
    gap = "no gap" if one.longest_gap_s <= _SHORT_GAP_S else f"longest gap {one.longest_gap_s:.1f} s"
    return f"{start_s:.0f} to {end_s:.0f} s: valid beats cover {one.coverage_01:.0%}, {one.edited_01:.1%} edited, {gap}"


def _sure(one: FeatureValue) -> str:
    return "" if one.ci_low is None or one.ci_high is None else f"({one.ci_low:.4g} to {one.ci_high:.4g})"


def withheld(shown: Sequence[FeatureValue], span_s: float) -> Iterator[str]:
    """One line a reason and limit; of a window that is too short, the least length that each number needs.

    Args:
        shown: Numbers of one window.
        span_s: Its length.
    """
    groups: dict[str, list[str]] = {}
    for reason in REASONS:
        for value in shown:
            if value.value is None and value.reason == reason:
                groups.setdefault(why(value, span_s), []).append(value.name)
    for words, names_of_it in groups.items():
        yield f"  withheld, {words}: {', '.join(names_of_it)}"


def why(value: FeatureValue, span_s: float) -> str:
    """Why a number is withheld, in words, with what it needs and what there is."""
    spec, words = FEATURES[value.name], REASONS[value.reason]
    if value.reason == "window_short":
        return f"needs {spec.min_span_s} s; this is {min(round(span_s), spec.min_span_s - 1)} s"
    if value.reason == "too_few_samples":
        return f"{words} (needs {spec.min_samples}; there are {value.n})"
    if value.reason == "coverage_low":
        return f"{words} (needs {spec.min_coverage_01:.0%}; {value.coverage_01:.0%} is there)"
    if value.reason == "edited_high":
        return f"{words} (at most {spec.most_edited_01:.0%}; here {value.edited_01:.0%})"
    return words


def _left_out(found: Analysis) -> Iterator[str]:
    """What lies in no window."""
    recorded = found.recorded
    end_s = max(span.end_s for span in found.spans)
    if recorded.length_s - end_s > 1:
        begin_s, until_s = (recorded.cut_s + at_s for at_s in (end_s, recorded.length_s))
        yield f"{begin_s:.0f} to {until_s:.0f} s is in no window: it is shorter than half a window."
