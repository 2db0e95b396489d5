"""What a scorer does to groups of people: rates by group (`rates`), and the gate that a release must pass (`gate`).

The gate checks all six rates. Flags after a fall and abstention differ where data differ (nights are worn less): no
scorer removes that without making others unequal. So they may differ, and no more than the data explain.

Derived: see `rates` and `gate`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.scoring.gate import (
    ABSTENTION_GAP,
    CAUSELESS_GAP,
    Finding,
    Verdict,
    calibration_finding,
    coverage_finding,
    fall_finding,
    gap_finding,
    message_finding,
)
from agent.scoring.rates import LEAST_PEOPLE, RATES, Calibration, Rate, calibration_error, message_rate, share_rate
from agent.scoring.scorers import Scored


@dataclass(frozen=True, slots=True)
class Audit:
    """Rates, calibration and findings.

    Attributes:
        rates: One per label and rate.
        calibration: One per label.
        findings: One per grouping and rate.
    """

    rates: tuple[Rate, ...]
    calibration: tuple[Calibration, ...]
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Verdict of all findings: fails where one fails, else not enough people where one has not enough, else passes.

        Returns: A verdict.
        Source: definition.
        """
        verdicts = {finding.verdict for finding in self.findings}
        return "fails" if "fails" in verdicts else "not enough people" if "not enough people" in verdicts else "passes"


def audit(scored: Scored, groups: dict[str, NDArray[np.str_]]) -> Audit:
    """Audit person-weeks by groups.

    Args:
        scored: Of m people.
        groups: Grouping to labels, shape ``(m,)``; "everyone" is added.

    Returns:
        Rates with intervals, calibration, and the gate's findings.

    Source: see the module.
    """
    people = scored.scored.shape[0]
    everyone = {"everyone": np.full(people, "all"), **groups}
    rates, calibration = [], []
    for grouping, labels in everyone.items():
        names = np.unique(labels)
        for label in names.tolist():
            inside = labels == label
            rates += [share_rate(scored, rate, grouping, label, inside, names.size) for rate in RATES]
            if inside.sum() >= LEAST_PEOPLE:
                there = scored.scored & inside[:, None]
                error = calibration_error(scored.below_01[there], scored.truth[there] < 0.0)
                calibration.append(Calibration(grouping, label, int(there.sum()), error))
    findings: list[Finding] = []
    for grouping, labels in everyone.items():
        rows = {name: [rate for rate in rates if rate.grouping == grouping and rate.rate == name] for name in RATES}
        findings.append(coverage_finding(rows["coverage"]))
        findings.append(
            calibration_finding([row for row in calibration if row.grouping == grouping], np.unique(labels).size)
        )
        names = np.unique(labels).tolist()
        messages = [message_rate(scored, grouping, label, labels == label, len(names)) for label in names]
        findings.append(message_finding(messages))
        rates += messages
        if grouping in groups:
            findings.append(gap_finding(rows["flag without cause"], CAUSELESS_GAP))
            findings.append(fall_finding(rows["flag after a fall"]))
            findings.append(gap_finding(rows["abstention"], ABSTENTION_GAP))
    if not groups:
        findings.append(Finding("everyone", "coverage", "not enough people", "no groups were given"))
    return Audit(tuple(rates), tuple(calibration), tuple(findings))
