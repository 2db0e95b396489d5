"""PART=days of bench-scoring: do intervals hold the truth where sleep and a roster are in the weeks, too?"""

import os

import numpy as np

from agent.scoring.channels import CHANNELS, correlation
from agent.scoring.counted import counted_deviation
from agent.scoring.daily import by_day, stretches
from agent.scoring.index import Standing, strain
from agent.scoring.level import BEFORE_DAYS, deviation
from agent.scoring.population import WATERMARK, population
from agent.scoring.population_days import population_days
from agent.scoring.scorers import LAST_DAYS
from agent.scoring.student_t import phi
from agent.scoring.week_rows import DAYS_IN_WEEK, READINGS_IN_WEEK
from parts import check

_PEOPLE = int(os.environ.get("PEOPLE", "2000"))
_DAILY = ("sleep_h", "short_rests_per_week")
_MOST_Z = 4.0


def the_days() -> None:
    """Coverage by channel and of the index, with and without days; what removing a source does to the width."""
    print(WATERMARK)
    hits = {name: [] for name in (*_CHANNELS, "index without days", "index with days")}
    wider = []
    for part in range(-(-_PEOPLE // 250)):
        channels = _drawn(250, 4000 + part)
        for name, (answer, truth, is_scored) in channels.items():
            inside = (answer.low - 1e-9 <= truth) & (truth <= answer.high + 1e-9)
            hits[name] += inside[is_scored].tolist()
        for place in range(channels["ln_rmssd"][2].size):
            heart, both = (_index(channels, names, place) for names in (("ln_rmssd", "hr_bpm"), tuple(_CHANNELS)))
            if heart is not None:
                hits["index without days"].append(heart[0])
            if both is not None:
                hits["index with days"].append(both[0])
                wider += [both[2][name] for name in both[2]]
    print(f"{'':<26}{'weeks':>8}{'coverage':>10}")
    for name, found in hits.items():
        share = float(np.mean(found))
        print(f"{name:<26}{len(found):8d}{share:10.3f}")
        low, high = (0.88, 1.0) if name == "short_rests_per_week" else (0.88, 0.92)  # a known roster is exact
        check(f"coverage of {name} is {share:.3f}", holds=low <= share <= high)
    narrower = sum(one < -1e-9 for one in wider)
    print(f"{narrower} of {len(wider)} times an index was narrower with a source less")
    check(f"{narrower} narrower", holds=narrower == 0)


_CHANNELS = ("ln_rmssd", "hr_bpm", *_DAILY)


def _drawn(people: int, seed: int) -> dict:
    """Deviation, truth, and whether the week is scored, by channel; weeks of all people one after the other."""
    drawn = population(people, seed)
    days = population_days(drawn, seed + 1)
    made = {}
    for name, readings, level in (
        ("ln_rmssd", drawn.ln_rmssd, drawn.level),
        ("hr_bpm", drawn.hr_bpm, drawn.hr_level),
        ("sleep_h", days.sleep_h, days.sleep_level_h),
        ("short_rests_per_week", days.rests, days.rests_true),
    ):
        weeks = stretches(readings, by_day(readings), LAST_DAYS)
        prior = CHANNELS[name].prior
        answer = counted_deviation(weeks, prior.scale) if name in _DAILY[1:] else deviation(weeks, prior)
        truth = np.concatenate([_truth(level, last) for last in LAST_DAYS])
        before, week = weeks.n[:, :BEFORE_DAYS], weeks.n[:, BEFORE_DAYS:]
        is_scored = (week.sum(axis=1) >= READINGS_IN_WEEK) & ((week > 0).sum(axis=1) >= DAYS_IN_WEEK)
        is_scored &= (before.sum(axis=1) >= 42) & ((before > 0).sum(axis=1) >= 14) & (before[:, -7:].sum(axis=1) > 0)
        made[name] = (answer, truth, is_scored)
    return made


def _truth(level, last: int):
    first = max(0, last + 1 - 7 - BEFORE_DAYS)
    return level[:, last - 6 : last + 1].mean(axis=1) - level[:, first : last - 6].mean(axis=1)


def _index(channels: dict, names: tuple, place: int):
    """Whether the interval holds the true index; its width; and how much wider it is with one source less."""
    standings, true = {}, {}
    for name in names:
        answer, truth, is_scored = channels[name]
        if not is_scored[place]:
            continue
        usual, toward = float(answer.usual_sd[place]), CHANNELS[name].toward_strain
        z = min(max(float(answer.value[place]) / usual, -_MOST_Z), _MOST_Z)
        standings[name] = Standing(toward * z, float(answer.sd[place]) / usual)
        true[name] = toward * float(truth[place]) / usual
    if not standings:
        return None
    made = strain(standings)
    present = tuple(name for name in CHANNELS if name in standings)
    weights = np.array([CHANNELS[name].weight for name in present])
    s = float(weights @ np.array([true[name] for name in present]))
    s /= float(np.sqrt(weights @ correlation(present) @ weights))
    inside = made.low - 1e-9 <= 100.0 * phi(s) <= made.high + 1e-9
    less = {}
    for gone in _DAILY:
        if gone in standings and len(standings) > 1:
            other = strain({name: one for name, one in standings.items() if name != gone}, usual=standings)
            less[gone] = _z_width(other) - _z_width(made)
    return inside, made.high - made.low, less


def _z_width(made) -> float:
    """Width of the interval where it is not squeezed by the ends of the scale."""
    from statistics import NormalDist

    low, high = (min(max(one / 100.0, 1e-12), 1 - 1e-12) for one in (made.low, made.high))
    return NormalDist().inv_cdf(high) - NormalDist().inv_cdf(low)
