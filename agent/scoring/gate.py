"""The gate that a release must pass: six checks of rates by group, each with a verdict.

A check fails where a limit is exceeded. It passes where the interval too stays within the limit; in between, there are
not enough people.

Derived: the limits are ours, as the constants say; "known" means that the interval's end stays within the limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from agent.scoring.rates import Calibration, Rate

Verdict = Literal["passes", "fails", "not enough people"]

COVERAGE: Final = (0.85, 0.95)  # of every group; 88 to 92 % of all
# what the upper end of a gap between two groups may be; ours lies below .015 with 10,000 people
CAUSELESS_GAP: Final = 0.02
FOUND_RATIO: Final = 0.6  # of the group where most falls are flagged; nights are worn less, and have .8 of it
ABSTENTION_GAP: Final = 0.1
CALIBRATION: Final = 0.06  # of any group; a perfect probability has .02 at 2,000 weeks
MESSAGES: Final = 0.6  # for 91 worn days, of any group; shipped for .25
EFFECTIVE_WEEKS: Final = 860  # a share of .9 is known to 2 points from so many independent weeks on
MITIGATION: Final = {
    "coverage": "Give this group's own scale more weight, or look for noise that depends on the sensor.",
    "flag without cause": "Look for a context that this group has and the scorer does not know: a shift, an hour.",
    "flag after a fall": "Look for what widens this group's interval beyond its data, or moves its level.",
    "abstention": "Look for a condition of scoring that this group meets less often than it is worn.",
    "calibration": "Fit no correction: find which part of the model does not hold for this group.",
    "message": "Look for swings of this group that the filters do not expect: sensor, shift, a longer memory.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the gate.

    Attributes:
        grouping: The grouping.
        rate: What was checked.
        verdict: The result.
        words: What was wanted and what was observed.
        mitigation: What may help where it fails.
    """

    grouping: str
    rate: str
    verdict: Verdict
    words: str
    mitigation: str = ""


def coverage_finding(rows: Sequence[Rate]) -> Finding:
    """Coverage: fails outside 85 to 95 % of any label, 88 to 92 % of everyone.

    Args:
        rows: Rates of coverage of one grouping.

    Returns:
        Not enough people below 860 effective weeks: a share of .9 is then known to 2 points.

    Derived: ``1.96 sqrt(.9 * .1 / 860) = .02``.
    """
    grouping = rows[0].grouping
    low, high = (0.88, 0.92) if grouping == "everyone" else COVERAGE
    shown = [row for row in rows if row.value is not None]
    outside = [row for row in shown if row.value is not None and not low <= row.value <= high]
    words = ", ".join(f"{row.label} {row.value:.1%}" for row in shown if row.value is not None)
    if outside:
        return Finding(
            grouping, "coverage", "fails", f"wanted {low:.0%} to {high:.0%}: {words}", MITIGATION["coverage"]
        )
    few = [row.label for row in rows if row.value is None or row.effective_weeks < EFFECTIVE_WEEKS]
    if few:
        words = f"{EFFECTIVE_WEEKS} effective weeks are needed: {', '.join(few)}"
        return Finding(grouping, "coverage", "not enough people", words)
    return Finding(grouping, "coverage", "passes", words)


def gap_finding(rows: Sequence[Rate], limit: float) -> Finding:
    """Gap between the highest and the lowest label: fails above `limit`.

    Passes where ``gap + hypot(high end - high, low - low end) <= limit``.

    Args:
        rows: One rate of one grouping.
        limit: Largest gap, 0 to 1.

    Returns:
        Not enough people where the gap's upper end exceeds the limit, or a label is suppressed.

    Derived: the half widths of two independent rates add in squares.
    """
    shown = _shown(rows)
    gap, most = 0.0, 1.0
    if len(shown) > 1:
        low, high = shown[0], shown[-1]
        gap = (high.value or 0.0) - (low.value or 0.0)
        most = gap + float(np.hypot(high.high - (high.value or 0.0), (low.value or 0.0) - low.low))
    known = most <= limit and len(shown) == len(rows)
    wanted, observed = f"gaps of {limit:.0%} at most", _words(shown)
    return _finding(rows[0].grouping, rows[0].rate, fails=gap > limit, known=known, wanted=wanted, observed=observed)


def fall_finding(rows: Sequence[Rate]) -> Finding:
    """Flags after a fall: fails where the lowest label has less than 60 % of the highest.

    Args:
        rows: Rates of flags after a fall of one grouping.

    Returns:
        Not enough people where the lowest label's lower end is below 40 % of the highest, or a label is suppressed.

    Source: see the module.
    """
    shown = _shown(rows)
    wanted, observed = f"no group below {FOUND_RATIO:.0%} of another", _words(shown)
    ratio, known = 1.0, False
    if len(shown) > 1:
        most = max(shown[-1].value or 0.0, 1e-9)
        ratio = (shown[0].value or 0.0) / most
        known = shown[0].low / most >= 0.4 and len(shown) == len(rows)
    return _finding(
        rows[0].grouping, rows[0].rate, fails=ratio < FOUND_RATIO, known=known, wanted=wanted, observed=observed
    )


def calibration_finding(rows: Sequence[Calibration], labels: int) -> Finding:
    """Calibration: fails where the error of a label exceeds .06, from 860 weeks on.

    Args:
        rows: Calibration of one grouping.
        labels: Number of labels of the grouping.

    Returns:
        Not enough people below 860 weeks of a label, or where a label is suppressed.

    Source: see the module.
    """
    worst = max((row.error for row in rows), default=0.0)
    least = min((row.weeks for row in rows), default=0)
    observed = ", ".join(f"{row.label} {row.error:.3f}" for row in rows)
    known = len(rows) == labels and least >= EFFECTIVE_WEEKS
    wanted = f"{CALIBRATION} at most"
    fails = worst > CALIBRATION and least >= EFFECTIVE_WEEKS
    return _finding(
        rows[0].grouping if rows else "everyone",
        "calibration",
        fails=fails,
        known=known,
        wanted=wanted,
        observed=observed,
    )


def message_finding(rows: Sequence[Rate]) -> Finding:
    """Messages: fails where the lower end of a label exceeds .6 alarms for 91 worn days.

    Args:
        rows: Message rates of one grouping.

    Returns:
        Not enough people where an upper end exceeds .9, or a label is suppressed.

    Source: see the module.
    """
    shown = _shown(rows)
    observed = ", ".join(f"{row.label} {row.value:.2f}" for row in shown)
    wanted = f"{MESSAGES:g} for 91 worn days at most"
    fails = any(row.low > MESSAGES for row in shown)
    known = len(shown) == len(rows) and all(row.high <= 1.5 * MESSAGES for row in shown)
    return _finding(rows[0].grouping, "message", fails=fails, known=known, wanted=wanted, observed=observed)


def _shown(rows: Sequence[Rate]) -> list[Rate]:
    return sorted((row for row in rows if row.value is not None), key=lambda row: row.value or 0.0)


def _words(rows: Sequence[Rate]) -> str:
    return ", ".join(f"{row.label} {row.value:.1%}" for row in rows if row.value is not None)


def _finding(grouping: str, rate: str, *, fails: bool, known: bool, wanted: str, observed: str) -> Finding:
    """What is within its limit passes only where that is known, too."""
    if fails:
        return Finding(grouping, rate, "fails", f"wanted {wanted}: {observed}", MITIGATION[rate])
    if not known:
        return Finding(
            grouping, rate, "not enough people", f"wanted {wanted}, and too wide an interval to say: {observed}"
        )
    return Finding(grouping, rate, "passes", observed)
