"""What a row of DAYS holds."""

from dataclasses import dataclass
from typing import Literal

from agent.tables.signals import Kind

DayRelease = Literal["whole", "live_only"]

GRADES = {
    "A": "several studies that compare people with themselves, or a large register",
    "B": "one such study, or validated measurement without an outcome",
    "C": "plausible, and not shown",
    "-": "no evidence: it is shown, and counts for nothing",
}


@dataclass(frozen=True, slots=True)
class DaySpec:
    """One number of a day.

    Attributes:
        name: With its unit.
        feature_id: The wire format's id, in one numbering with `FeatureSpec`; given once, never reused.
        signal: What the person consents to, a row of SIGNALS.
        kind: What policy allows or denies.
        low, high: Range; an importer's value beyond it is not kept.
        step: Rounding of what leaves.
        release: ``whole``, or ``live_only``: it never leaves this machine.
        title: What the page calls it.
        words: What the person reads before saying yes.
        evidence: A row of GRADES.
        because: The evidence, with its source.
    """

    name: str
    feature_id: int
    signal: str
    kind: Kind
    low: float
    high: float
    step: float
    release: DayRelease
    title: str
    words: str
    evidence: str
    because: str
