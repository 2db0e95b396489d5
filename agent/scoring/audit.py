"""What a scorer does to groups of people: rates with simultaneous intervals, and a gate that a release must pass.

Rates of person-weeks, per label of each grouping:

    coverage             scored weeks whose 90 % interval holds the truth
    flag without cause   weeks whose whole interval is on the side of strain, of scored weeks whose truth is not
    flag after a fall    such weeks, of scored weeks within four weeks after a true fall of 20 %
    abstention           weeks without a number, of weeks in which anything was read
    calibration          the named probability "below your normal": mean of |said - seen| over tenths of what was said
    message              change alarms for 91 worn days, of people who have not fallen

Weeks of one person hang together, so errors are those of a ratio over people (cluster-robust); the intervals hold all
at once (Bonferroni over the labels of a table). Labels with fewer than LEAST_PEOPLE people are suppressed.

The gate looks at all six. Flags after a fall and abstention differ where data differ (nights are worn less): no
scorer removes that without making others unequal. So they may differ, and no more than the data explain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from agent.scoring.scorers import Scored
from agent.scoring.student_t import Floats

Verdict = Literal["passes", "fails", "not enough people"]

LEAST_PEOPLE: Final = 20
COVERAGE: Final = (0.85, 0.95)  # of every group; 88 to 92 % of all
# what the upper end of a gap between two groups may be; ours lies below .015 with 10,000 people
CAUSELESS_GAP: Final = 0.02
FOUND_RATIO: Final = 0.6  # of the group where most falls are flagged; nights are worn less, and have .8 of it
ABSTENTION_GAP: Final = 0.1
CALIBRATION: Final = 0.06  # of any group; a perfect probability has .02 at 2,000 weeks
MESSAGES: Final = 0.6  # for 91 worn days, of any group; shipped for .25
EFFECTIVE_WEEKS: Final = 860  # a share of .9 is known to 2 points from so many independent weeks on
RATES: Final = ("coverage", "flag without cause", "flag after a fall", "abstention")
MITIGATION: Final = {
    "coverage": "Give this group's own scale more weight, or look for noise that depends on the sensor.",
    "flag without cause": "Look for a context that this group has and the scorer does not know: a shift, an hour.",
    "flag after a fall": "Look for what widens this group's interval beyond its data, or moves its level.",
    "abstention": "Look for a condition of scoring that this group meets less often than it is worn.",
    "calibration": "Fit no correction: find which part of the model does not hold for this group.",
    "message": "Look for swings of this group that the filters do not expect: sensor, shift, a longer memory.",
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
    """All of it."""

    rates: tuple[Rate, ...]
    calibration: tuple[Calibration, ...]
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Of all findings: one that fails fails it, else one that cannot be said leaves it unsaid."""
        seen = {finding.verdict for finding in self.findings}
        return "fails" if "fails" in seen else "not enough people" if "not enough people" in seen else "passes"


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
    findings: list[Finding] = []
    for grouping, labels in everyone.items():
        of = {rate: [one for one in rates if one.grouping == grouping and one.rate == rate] for rate in RATES}
        findings.append(_covered(of["coverage"]))
        findings.append(_calibrated([one for one in calibration if one.grouping == grouping], np.unique(labels).size))
        names = np.unique(labels).tolist()
        messages = [_message_rate(scored, grouping, label, labels == label, len(names)) for label in names]
        findings.append(_messaged(messages))
        rates += messages
        if grouping in groups:
            findings.append(_alike(of["flag without cause"], CAUSELESS_GAP))
            findings.append(_found(of["flag after a fall"]))
            findings.append(_alike(of["abstention"], ABSTENTION_GAP))
    if not groups:
        findings.append(Finding("everyone", "coverage", "not enough people", "no groups were given"))
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
    if rate == "flag without cause":
        base = scored.scored & (scored.truth >= 0.0)
        return scored.flagged & base, base
    if rate == "flag after a fall":
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
    half = _simultaneous(labels) * error
    effective = max(value * (1.0 - value), 1e-3) / error**2
    return Rate(grouping, label, rate, people, weeks, value, max(0.0, value - half), min(1.0, value + half), effective)


def _simultaneous(labels: int) -> float:
    """Half the width of a 95 % interval that holds for all labels at once, in standard errors (Bonferroni)."""
    return NormalDist().inv_cdf(1.0 - 0.025 / labels)


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


def _message_rate(scored: Scored, grouping: str, label: str, inside: NDArray[np.bool_], labels: int) -> Rate:
    people = int(inside.sum())
    raised, quarters = scored.messages[inside], scored.watched[inside]
    if people < LEAST_PEOPLE or not quarters.sum():
        return Rate(grouping, label, "message", people, 0, None)
    value = float(raised.sum() / quarters.sum())
    error = float(np.sqrt(max(np.sum((raised - value * quarters) ** 2), 1.0)) / quarters.sum())
    half = _simultaneous(labels) * error
    return Rate(
        grouping, label, "message", people, int(quarters.sum() * 13), value, max(0.0, value - half), value + half
    )


def _shown(rows: Sequence[Rate]) -> list[Rate]:
    return sorted((row for row in rows if row.value is not None), key=lambda row: row.value or 0.0)


def _words(rows: Sequence[Rate]) -> str:
    return ", ".join(f"{row.label} {row.value:.1%}" for row in rows if row.value is not None)


def _judged(grouping: str, rate: str, *, fails: bool, known: bool, wanted: str, seen: str) -> Finding:
    """What is within its limit passes only where that is known, too."""
    if fails:
        return Finding(grouping, rate, "fails", f"wanted {wanted}: {seen}", MITIGATION[rate])
    if not known:
        return Finding(grouping, rate, "not enough people", f"wanted {wanted}, and too wide an interval to say: {seen}")
    return Finding(grouping, rate, "passes", seen)


def _alike(rows: Sequence[Rate], limit: float) -> Finding:
    """The gap between the highest and the lowest label, and the upper end of its interval, at most `limit`."""
    shown = _shown(rows)
    gap, most = 0.0, 1.0
    if len(shown) > 1:
        low, high = shown[0], shown[-1]
        gap = (high.value or 0.0) - (low.value or 0.0)
        most = gap + float(np.hypot(high.high - (high.value or 0.0), (low.value or 0.0) - low.low))
    known = most <= limit and len(shown) == len(rows)
    wanted, seen = f"gaps of {limit:.0%} at most", _words(shown)
    return _judged(rows[0].grouping, rows[0].rate, fails=gap > limit, known=known, wanted=wanted, seen=seen)


def _found(rows: Sequence[Rate]) -> Finding:
    shown = _shown(rows)
    wanted, seen = f"no group below {FOUND_RATIO:.0%} of another", _words(shown)
    ratio, known = 1.0, False
    if len(shown) > 1:
        most = max(shown[-1].value or 0.0, 1e-9)
        ratio = (shown[0].value or 0.0) / most
        known = shown[0].low / most >= 0.4 and len(shown) == len(rows)
    return _judged(rows[0].grouping, rows[0].rate, fails=ratio < FOUND_RATIO, known=known, wanted=wanted, seen=seen)


def _calibrated(rows: Sequence[Calibration], labels: int) -> Finding:
    worst = max((row.error for row in rows), default=0.0)
    least = min((row.weeks for row in rows), default=0)
    seen = ", ".join(f"{row.label} {row.error:.3f}" for row in rows)
    known = len(rows) == labels and least >= EFFECTIVE_WEEKS
    wanted = f"{CALIBRATION} at most"
    fails = worst > CALIBRATION and least >= EFFECTIVE_WEEKS
    return _judged(
        rows[0].grouping if rows else "everyone", "calibration", fails=fails, known=known, wanted=wanted, seen=seen
    )


def _messaged(rows: Sequence[Rate]) -> Finding:
    shown = _shown(rows)
    seen = ", ".join(f"{row.label} {row.value:.2f}" for row in shown)
    wanted = f"{MESSAGES:g} for 91 worn days at most"
    fails = any(row.low > MESSAGES for row in shown)
    known = len(shown) == len(rows) and all(row.high <= 1.5 * MESSAGES for row in shown)
    return _judged(rows[0].grouping, "message", fails=fails, known=known, wanted=wanted, seen=seen)
