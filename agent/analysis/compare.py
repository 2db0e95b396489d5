"""`wardbeat analyze A B --compare`: the same numbers of two recordings, and whether their intervals exclude equality.

Both are one window of the same length, from the start of each (or from --from): many numbers grow with the length.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from agent import __version__
from agent.analysis.heart import Analysis, Wish, analyze
from agent.analysis.heart_json import feature_as_json
from agent.analysis.heart_report import MAIN, why
from agent.analysis.study import Recordings
from agent.analysis.windowing import ENDS, Span, own_s
from agent.model import FeatureValue

RULE: Final = (
    "Different: the 95 % intervals of A and B do not overlap. That is stricter than a test of the difference (Schenker"
    " and Gentleman 2001, doi:10.1198/000313001317097960), because an interval from one recording may be too narrow."
    " Of pairs of five minutes of one simulated heart, 1 % were called different where beats vary at random, and up to"
    " 17 % where slow rhythms wander."
)
LIMIT: Final = (
    "It says that these two recordings differ, not why: a body changes from hour to hour by more than such an interval."
)


@dataclass(frozen=True, slots=True)
class Pair:
    """One number of both.

    Attributes:
        name: The number.
        a, b: What each recording gave.
        difference: b - a; None where either is withheld.
    """

    name: str
    a: FeatureValue
    b: FeatureValue
    difference: float | None = None

    @property
    def is_different(self) -> bool | None:
        """Whether the intervals exclude equality: they do not overlap. None where either has none."""
        a, b = self.a, self.b
        if a.ci_low is None or a.ci_high is None or b.ci_low is None or b.ci_high is None:
            return None
        return a.ci_high < b.ci_low or b.ci_high < a.ci_low


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two recordings.

    Attributes:
        names: Of A and B.
        found: The analysis of each; its one window has the length that was compared.
        length_s: Of both windows.
        pairs: One for each number.
    """

    names: tuple[str, str]
    found: tuple[Analysis, Analysis]
    length_s: float
    pairs: tuple[Pair, ...]


def compare(wish: Wish, named: Recordings, *, is_window_given: bool) -> Comparison:
    """Set two recordings side by side.

    Args:
        wish: What is asked of each.
        named: Two recordings.
        is_window_given: Whether the wish's window limits the length that is compared.

    Raises:
        RecordingUnreadable, WrongUse: One of them cannot be read.
    """
    a, b = (analyze(replace(wish, file=file)) for _, file in named.files)
    lengths = [found.recorded.length_s for found in (a, b)] + ([wish.window_s] if is_window_given else [])
    length_s = own_s(min(lengths), ENDS * min(found.recorded.beat_s for found in (a, b)))
    a, b = (replace(found, spans=[_span(found, length_s)]) for found in (a, b))
    (_, _, of_a), (_, _, of_b) = (next(iter(found.windows)) for found in (a, b))
    first, second = (name for name, _ in named.files)
    pairs = tuple(_pair(one, other) for one, other in zip(of_a, of_b, strict=True))
    return Comparison((first, second), (a, b), length_s, pairs)


def _span(found: Analysis, length_s: float) -> Span:
    return Span(0.0, length_s, is_last=length_s >= found.recorded.length_s)


def _pair(a: FeatureValue, b: FeatureValue) -> Pair:
    return Pair(a.name, a, b, None if a.value is None or b.value is None else b.value - a.value)


# ---- what is printed


def lines(found: Comparison, *, every: bool) -> Iterator[str]:
    """For people.

    Args:
        found: The comparison.
        every: All numbers, not the usual ones.
    """
    yield f"A  {found.names[0]}"
    yield f"B  {found.names[1]}"
    yield f"{_part(found)} of each"
    for label, one in zip("AB", found.found, strict=True):
        edited_01 = found.pairs[0].a.edited_01 if label == "A" else found.pairs[0].b.edited_01
        size, length_s = one.recorded.rr_ms.size, one.recorded.length_s
        yield f"  {label}: {size} intervals over {length_s:.0f} s, {edited_01:.1%} edited"
    yield ""
    yield f"  {'':<22}{'A':<32}{'B':<32}{'B - A':>9}"
    shown = [pair for pair in found.pairs if every or pair.name in MAIN]
    for pair in shown:
        if pair.difference is not None:
            row = f"  {pair.name:<22}{_with_interval(pair.a):<32}{_with_interval(pair.b):<32}{pair.difference:+9.4g}"
            yield f"{row}  {verdict(pair)}".rstrip()
    for pair in shown:
        if pair.difference is None:
            yield f"  {pair.name:<22}withheld: {why_withheld(pair, found.length_s)}"
    yield ""
    yield RULE
    yield LIMIT


def _with_interval(one: FeatureValue) -> str:
    return f"{one.value:.4g}" + ("" if one.ci_low is None else f" ({one.ci_low:.4g} to {one.ci_high:.4g})")


def verdict(pair: Pair) -> str:
    """In words."""
    return {True: "different", False: "not clearly different", None: ""}[pair.is_different]


def why_withheld(pair: Pair, length_s: float) -> str:
    """Which of both lacks the number, and why."""
    parts = [(label, one) for label, one in (("A", pair.a), ("B", pair.b)) if one.value is None]
    return "; ".join(f"{label}: {why(one, length_s)}" for label, one in parts)


def _part(found: Comparison) -> str:
    whole = all(one.recorded.length_s - found.length_s < 1 for one in found.found)
    return f"All {found.length_s:.0f} s" if whole else f"The first {found.length_s:.0f} s"


def as_json(found: Comparison) -> str:
    """One object."""
    numbers = {
        pair.name: {
            "a": feature_as_json(pair.a),
            "b": feature_as_json(pair.b),
            "difference": pair.difference,
            "is_different": pair.is_different,
        }
        for pair in found.pairs
    }
    about = {"a": found.names[0], "b": found.names[1], "length_s": found.length_s}
    return json.dumps({**about, "numbers": numbers, "rule": RULE, "version": __version__}, allow_nan=False)
