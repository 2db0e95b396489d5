"""`make change-thresholds`: draw people of every listed process, set the thresholds, and write the table that ships."""

import json
import os
import sys
from pathlib import Path

import numpy as np

from agent.scoring import change_detector
from agent.scoring.daily import Days
from models.change_alarm import DAYS, LIMITS, Limit, draw, false_alarms, shipped, threshold_for

TABLE = Path("agent/scoring/tables/change_alarm.json")
BUDGETS = (1.0, 0.25)
SEED = 20_000  # `make bench-scoring` draws with others


def drawn_for(limit: Limit, people: int) -> Days:
    """People of one process; the seed is its place in LIMITS, so that any part can be drawn again."""
    return draw(np.random.default_rng(SEED + LIMITS.index(limit)), limit.process, people)[0]


def words(limit: Limit) -> dict[str, float | int | None]:
    return {name: getattr(limit.process, name) for name in limit.process.__dataclass_fields__} | {"most": limit.most}


def main() -> int:
    people = int(os.environ.get("PEOPLE", "600"))
    days = {limit: drawn_for(limit, people) for limit in LIMITS}
    made: dict[str, float] = {}
    decided: dict[str, object] = {}
    for budget in BUDGETS:
        threshold, decides = threshold_for(budget, days, shipped, report=True)
        made[f"{budget:g}"] = round(threshold, 2)
        rate = false_alarms(shipped(days[decides], made[f"{budget:g}"]), days[decides].n)
        decided[f"{budget:g}"] = words(decides) | {"false_alarms": round(rate, 3)}
        print(f"budget {budget:g}: {threshold:.3f}, decided by {decided[f'{budget:g}']}", flush=True)
    card = {
        "name": "thresholds of the change alarm, by false alarms for 91 worn days",
        "made_by": "make change-thresholds",
        "log_threshold": made,
        "decided_by": decided,
        "drawn": {"people": people, "days": DAYS, "first_seed": SEED, "processes": len(LIMITS)},
        "detector": change_detector.settings(),
        "limits": [words(limit) for limit in LIMITS],
        "not_for": "People whose days hang together by more than .9, or a bank or rule other than those under 'detector'.",
    }
    TABLE.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
