"""What a scorer does to groups of people: rates with simultaneous intervals, and a gate that a release must pass.

Rates of person-weeks, per label of each grouping:

    coverage       scored weeks whose 90 % interval holds the truth
    false alarm    weeks flagged "above your normal", of scored weeks whose truth is not below 0
    true alarm     weeks flagged, of scored weeks within four weeks after a true fall of 20 %
    abstention     weeks without a number, of weeks in which anything was read
    calibration    the named probability "below your normal": mean of |said - seen| over tenths of what was said

Weeks of one person hang together, so errors are those of a ratio over people (cluster-robust); the intervals hold all
at once (Bonferroni over the labels of a table). Labels with fewer than LEAST_PEOPLE people are suppressed.

The gate looks at coverage and false alarms among scored weeks. Abstention and true alarms differ where people's data
differ (nights are worn less): no scorer removes that without making the others unequal, so they are told, not gated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from agent.scoring.level import Floats
from agent.scoring.scorers import Scored

Verdict = Literal["passes", "fails", "not enough people"]

LEAST_PEOPLE: Final = 20
COVERAGE: Final = (0.85, 0.95)  # of every group; 88 to 92 % of all
# beyond this no gap is waved through: half of what the false alarms of all may be. A fair scorer's gap in runs of
# 10,000 people lies below .01
FALSE_ALARM_GAP: Final = 0.025
EFFECTIVE_WEEKS: Final = 860  # a share of .9 is known to 2 points from so many independent weeks on
KNOWN_TO: Final = FALSE_ALARM_GAP / 2  # half an interval of a false-alarm rate that may be judged
RATES: Final = ("coverage", "false alarm", "true alarm", "abstention")
MITIGATION: Final = {
    "coverage": "Give this group's scale more weight: lower the prior's weight, or look for noise that depends on the "
    "sensor. Until it passes, do not release.",
    "false alarm": "Look for a context that this group has and the scorer does not know (shift, hour, a medicine), "
    "and add it to the contexts. Until it passes, do not release.",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """One share of one label; ``value`` None where it is suppressed."""

    grouping: str
    label: str
    rate: str
    people: int
    weeks: int
    value: float | None
    low: float = 0.0
    high: float = 1.0
    effective_weeks: float = 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far a named probability lies from what happened."""

    grouping: str
    label: str
    weeks: int
    error: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the gate."""

    grouping: str
    rate: str
    verdict: Verdict
    words: str
    mitigation: str = ""


@dataclass(frozen=True, slots=True)
class Audit:
    """All of it; `passes` is whether the gate lets a release through."""

    rates: tuple[Rate, ...]
    calibration: tuple[Calibration, ...]
    findings: tuple[Finding, ...]

    @property
    def passes(self) -> bool:
        return all(finding.verdict == "passes" for finding in self.findings)


def audit(scored: Scored, groups: dict[str, NDArray[np.str_]]) -> Audit:
    """Audit person-weeks by groups.

    Args:
        scored: Of m people.
        groups: Grouping to labels, shape ``(m,)``; "everyone" is added.
    """
    people = scored.scored.shape[0]
    everyone = {"everyone": np.full(people, "all"), **groups}
    rates, calibration = [], []
    for grouping, labels in everyone.items():
        names = np.unique(labels)
        for label in names.tolist():
            inside = labels == label
            rates += [_rate(scored, rate, grouping, label, inside, names.size) for rate in RATES]
            if inside.sum() >= LEAST_PEOPLE:
                there = scored.scored & inside[:, None]
                error = calibration_error(scored.below_01[there], scored.truth[there] < 0.0)
                calibration.append(Calibration(grouping, label, int(there.sum()), error))
    findings = [_covered([one for one in rates if one.grouping == grouping and one.rate == "coverage"])
                for grouping in everyone]  # fmt: skip
    findings += [_gap([one for one in rates if one.grouping == grouping and one.rate == "false alarm"])
                 for grouping in groups]  # fmt: skip
    return Audit(tuple(rates), tuple(calibration), tuple(findings))


def calibration_error(said_01: Floats, happened: NDArray[np.bool_], bins: int = 10) -> float:
    """Expected calibration error: mean over tenths of |mean said - share happened|, weighted by their size.

    >>> float(calibration_error(np.array([0.25, 0.25, 0.25, 0.25]), np.array([True, False, False, False])))
    0.0
    """
    place = np.minimum((said_01 * bins).astype(int), bins - 1)
    size = np.bincount(place, minlength=bins)
    said = np.bincount(place, said_01, bins)
    seen = np.bincount(place, happened, bins)
    return float(np.abs(said - seen).sum() / max(size.sum(), 1))


def counted(scored: Scored, rate: str) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """What a rate counts, and of what; both of shape ``(m, weeks)``."""
    if rate == "coverage":
        return scored.scored & (scored.low <= scored.truth) & (scored.truth <= scored.high), scored.scored
    if rate == "false alarm":
        base = scored.scored & (scored.truth >= 0.0)
        return scored.flagged & base, base
    if rate == "true alarm":
        base = scored.scored & scored.fell
        return scored.flagged & base, base
    return scored.worn & ~scored.scored, scored.worn


def _rate(scored: Scored, rate: str, grouping: str, label: str, inside: NDArray[np.bool_], labels: int) -> Rate:
    people = int(inside.sum())
    hit, of = (part[inside].sum(axis=1).astype(float) for part in counted(scored, rate))
    weeks = int(of.sum())
    if people < LEAST_PEOPLE or not weeks:
        return Rate(grouping, label, rate, people, weeks, None)
    value = float(hit.sum() / of.sum())
    error = float(np.sqrt(people / (people - 1) * np.sum((hit - value * of) ** 2)) / of.sum())
    # a rate of 0 or 1 has no spread to see: one more week of each kind keeps its error honest
    floor = float(np.sqrt(max(value * (1.0 - value), 1.0 / (weeks + 2)) / weeks)) if error == 0.0 else 0.0
    error = max(error, floor)
    half = NormalDist().inv_cdf(1.0 - 0.025 / labels) * error
    effective = max(value * (1.0 - value), 1e-3) / error**2
    return Rate(grouping, label, rate, people, weeks, value, max(0.0, value - half), min(1.0, value + half), effective)


def _covered(rows: Sequence[Rate]) -> Finding:
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


def _gap(rows: Sequence[Rate]) -> Finding:
    grouping = rows[0].grouping
    shown = sorted((row for row in rows if row.value is not None), key=lambda row: row.value or 0.0)
    words = ", ".join(f"{row.label} {row.value:.1%}" for row in shown)
    if len(shown) >= 2:
        gap = (shown[-1].value or 0.0) - (shown[0].value or 0.0)
        if gap > FALSE_ALARM_GAP:
            words = f"gap {gap:.1%}, wanted {FALSE_ALARM_GAP:.1%} at most: {words}"
            return Finding(grouping, "false alarm", "fails", words, MITIGATION["false alarm"])
    few = [row.label for row in rows if row.value is None or row.high - row.low > 2.0 * KNOWN_TO]
    if few or len(shown) < 2:
        words = f"a rate must be known to {KNOWN_TO:.2%}: {', '.join(few)}"
        return Finding(grouping, "false alarm", "not enough people", words)
    return Finding(grouping, "false alarm", "passes", words)
