"""Welltory's readings with self-rated feelings, and scores of them against each person's own past."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from agent.scoring.channels import CHANNELS
from agent.scoring.index import Standing, strain
from agent.signal.heart import artifacts, rr

BEFORE_S = 60 * 86_400
LEAST = 5  # readings of the past
_PARTS = ("night", "morning", "day", "evening")


@dataclass(frozen=True)
class Feeler:
    """One person, oldest first; only readings with a feeling count, all of them make the past."""

    t_s: np.ndarray
    part: np.ndarray
    ln_rmssd: np.ndarray
    hr_bpm: np.ndarray
    rated: np.ndarray
    bad: np.ndarray
    sleep: np.ndarray


def read(folder: Path) -> list[Feeler]:
    """People with at least three readings felt below 0 and three not."""
    rows = defaultdict(list)
    with (folder / "hrv_measurements.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            rr_ms = np.array([float(one) for one in row["rr_data"].split(",") if one])
            if rr_ms.size < 30:
                continue
            at = datetime.fromisoformat(row["measurement_datetime"])
            ln, hr = _measured(rr_ms)
            feel = float(row["how_feel"]) if row["how_feel"] else np.nan
            sleep = float(row["how_sleep"]) if row["how_sleep"] else np.nan
            rows[row["user_code"]].append((at.timestamp(), at.hour // 6, ln, hr, feel, sleep))
    people = []
    for seen in rows.values():
        t_s, part, ln, hr, feel, sleep = np.array(sorted(seen, key=lambda one: one[0])).T
        rated = np.isfinite(feel)
        bad = feel[rated] < 0
        if bad.sum() >= 3 and (~bad).sum() >= 3:
            people.append(Feeler(t_s, part, ln, hr, rated, bad, sleep[rated]))
    return people


def _measured(rr_ms: np.ndarray) -> tuple[float, float]:
    good = artifacts.labels(rr_ms) == 0
    diff = np.diff(rr_ms)[good[1:] & good[:-1]]
    rmssd = rr.rmssd_ms(diff) if diff.size >= 20 else np.nan
    return (float(np.log(rmssd)) if rmssd > 0 else np.nan), float(60_000 / rr_ms[good].mean())


def past_z(person: Feeler, name: str) -> np.ndarray:
    """Deviation of each reading from the 60 days before it, in shrunk own deviations; NaN with less than five."""
    value = getattr(person, name)
    prior = CHANNELS[name].prior
    z = np.full(value.size, np.nan)
    for n in range(value.size):
        past = (person.t_s < person.t_s[n]) & (person.t_s >= person.t_s[n] - BEFORE_S) & np.isfinite(value)
        if past.sum() < LEAST or not np.isfinite(value[n]):
            continue
        middle = np.median(value[past])
        same = past & (person.part == person.part[n])
        # a time of day is learnt as five readings of it come in
        shift = np.sum(value[same] - middle) / (5.0 + same.sum())
        variance = (prior.weight * prior.scale**2 + past.sum() * np.var(value[past])) / (prior.weight + past.sum())
        z[n] = (value[n] - middle - shift) / np.sqrt(variance)
    return z[person.rated]


def index(person: Feeler) -> np.ndarray:
    """The strain index of each reading, from both channels of the heart."""
    ln, hr = past_z(person, "ln_rmssd"), past_z(person, "hr_bpm")
    made = np.full(ln.size, np.nan)
    for n in range(ln.size):
        seen = {}
        if np.isfinite(ln[n]):
            seen["ln_rmssd"] = Standing(-ln[n], 0.0)
        if np.isfinite(hr[n]):
            seen["hr_bpm"] = Standing(hr[n], 0.0)
        if seen:
            made[n] = strain(seen).index
    return made


def own_past(person: Feeler) -> np.ndarray:
    """Share of the person's earlier feelings that were bad: self-report, not physiology."""
    before = np.concatenate(([0], np.cumsum(person.bad)[:-1]))
    return (1 + before) / (3 + np.arange(person.bad.size))


SCORES = {
    "ours: the index of heart rate and lnRMSSD": index,
    "heart rate alone": lambda person: past_z(person, "hr_bpm"),
    "lnRMSSD alone": lambda person: -past_z(person, "ln_rmssd"),
    "self-report: own past feelings": own_past,
    "self-report: self-rated sleep": lambda person: -person.sleep,
}


def auc(score: np.ndarray, bad: np.ndarray) -> float:
    """Mann-Whitney, over readings with a score; NaN with fewer than three of either."""
    use = np.isfinite(score)
    high, low = score[use & bad], score[use & ~bad]
    if high.size < 3 or low.size < 3:
        return float("nan")
    apart = high[:, None] - low[None]
    return float(np.mean((apart > 0) + 0.5 * (apart == 0)))
