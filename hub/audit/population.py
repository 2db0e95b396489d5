"""Draw a simulated population, score it, and audit how each scorer treats groups of people.

Our scorer must pass and each of three biased scorers must fail, otherwise the audit itself has failed.
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.errors import WrongUse
from agent.scoring import rates
from agent.scoring.audit import audit
from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, by_day, stretches
from agent.scoring.index import Standing, strain
from agent.scoring.level import deviation
from agent.scoring.population import Population, population
from agent.scoring.scorers import SCORERS, Scored, score
from agent.system.host import make_folders
from hub.audit import fairlearn_check
from hub.audit.page import as_html
from hub.audit.result import Report, as_json

PART: Final = 500  # people drawn at once: some 700 MB while they are scored
_EXPLAINED: Final = 200


def report(people: int, seed: int) -> Report:
    """Draw people, score them with our scorer and three biased ones, and audit each.

    Args:
        people: How many; 10,000 are enough for a verdict on every group.
        seed: The same seed draws the same people.

    Raises:
        Missing: fairlearn is not installed.
        WrongUse: Too few people for any group.
    """
    if people < rates.LEAST_PEOPLE:
        raise WrongUse(f"{people} people are too few for every group", remedy="Use 10,000: --people 10000")
    loaded = fairlearn_check.load()
    parts: dict[str, list[Scored]] = {name: [] for name in SCORERS}
    groups: list[dict[str, np.ndarray[Any, Any]]] = []
    explained: list[dict[str, Any]] = []
    missed = 0.0
    for place, drawn in enumerate(drawn_parts(people, seed)):
        groups.append(drawn.groups)
        for name, scorer in SCORERS.items():
            parts[name].append(score(drawn, scorer))
        if not place:
            explained, missed = _contributions(drawn)
    together = {name: np.concatenate([part[name] for part in groups]) for name in groups[0]}
    scored = {name: _joined(of_scorer) for name, of_scorer in parts.items()}
    audits = {name: audit(one, together) for name, one in scored.items()}
    second = fairlearn_check.compare(loaded, scored["ours"], together, audits["ours"])
    made_utc = datetime.now(tz=UTC).isoformat(timespec="seconds")
    return Report(people, seed, audits, tuple(explained), missed, second, made_utc, metadata.version("wardbeat"))


def drawn_parts(people: int, seed: int) -> Iterator[Population]:
    """The people of a report, in parts; the same seed draws the same people."""
    begins = range(0, people, PART)
    # seeds of the parts differ between any two seeds
    seeds = np.random.SeedSequence(seed).generate_state(len(begins)).tolist()
    for place, begin in enumerate(begins):
        yield population(min(PART, people - begin), seeds[place])


def write(made: Report, folder: Path) -> tuple[Path, Path]:
    """Write `audit.json` and `audit.html` into a folder, which is created; returns both paths."""
    make_folders(folder)
    words = folder / "audit.json"
    page = folder / "audit.html"
    words.write_text(json.dumps(as_json(made), indent=1) + "\n", encoding="utf-8")
    page.write_text(as_html(made), encoding="utf-8")
    return words, page


def _joined(parts: Sequence[Scored]) -> Scored:
    return Scored(
        *(np.concatenate([getattr(one, field.name) for one in parts]) for field in dataclasses.fields(Scored))
    )


def _contributions(drawn: Population) -> tuple[list[dict[str, Any]], float]:
    """Mean absolute points by group of some people's last week, and how far any sum is from index - 50."""
    people = min(_EXPLAINED, drawn.level.shape[0])
    last = (drawn.level.shape[1] - 1,)
    standings = {}
    for name, readings in (("ln_rmssd", drawn.ln_rmssd), ("hr_bpm", drawn.hr_bpm)):
        seen = stretches(readings, by_day(readings), last)
        answer = deviation(seen, CHANNELS[name].prior)
        there = seen.n[:, -WEEK_DAYS:].sum(axis=1) > 0
        standings[name] = (
            CHANNELS[name].toward_strain * answer.value / answer.usual_sd,
            answer.sd / answer.usual_sd,
            there,
        )
    points = {name: np.full(people, np.nan) for name in standings}
    missed = 0.0
    for person in range(people):
        at_hand = {name: Standing(float(z[person]), float(sd[person]))
                   for name, (z, sd, there) in standings.items() if there[person]}  # fmt: skip
        if at_hand:
            made = strain(at_hand)
            missed = max(missed, abs(sum(made.points.values()) - (made.index - 50.0)))
            for name, value in made.points.items():
                points[name][person] = abs(value)
    rows = []
    for grouping, labels in drawn.groups.items():
        for label in np.unique(labels).tolist():
            inside = (labels[:people] == label) & np.isfinite(points["ln_rmssd"])
            if inside.sum() >= rates.LEAST_PEOPLE:
                means = {name: float(np.nanmean(of_channel[inside])) for name, of_channel in points.items()}
                rows.append({"grouping": grouping, "group": label, "weeks": int(inside.sum()), "points": means})
    return rows, missed
