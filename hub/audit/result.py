"""The result of an audit."""

import dataclasses
from typing import Any

from agent.scoring.audit import Audit
from agent.scoring.population import WATERMARK


@dataclasses.dataclass(frozen=True, slots=True)
class Report:
    """The result of one audit.

    Attributes:
        audits: By scorer: ``ours`` and the biased ones.
        contributions: Mean absolute points of each channel, by group.
        most_missed_points: The largest distance between a sum of points and the number minus 50.
        second_reading: fairlearn's version, the rates compared, and their largest difference.
        made_utc: ISO 8601.
    """

    people: int
    seed: int
    audits: dict[str, Audit]
    contributions: tuple[dict[str, Any], ...]
    most_missed_points: float
    second_reading: dict[str, Any]
    made_utc: str
    version: str

    @property
    def holds(self) -> bool:
        """Whether ours passes and every biased scorer fails."""
        return all(audit.verdict == ("passes" if name == "ours" else "fails") for name, audit in self.audits.items())


def as_json(made: Report) -> dict[str, Any]:
    """The report as plain values."""
    return {
        "watermark": WATERMARK,
        "version": made.version,
        "made_utc": made.made_utc,
        "people": made.people,
        "seed": made.seed,
        "holds": made.holds,
        "scorers": {
            name: {
                "verdict": audit.verdict,
                "findings": [dataclasses.asdict(one) for one in audit.findings],
                "rates": [dataclasses.asdict(one) for one in audit.rates],
                "calibration": [dataclasses.asdict(one) for one in audit.calibration],
            }
            for name, audit in made.audits.items()
        },
        "contributions": list(made.contributions),
        "most_missed_points": made.most_missed_points,
        "fairlearn": made.second_reading,
    }
