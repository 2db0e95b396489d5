"""Drawn person-weeks with answers whose probability is known, on top of `agent.scoring.population`; SYNTHETIC.

It is not the model of `agent.scoring.fused`:

* heart standings are what the scorer makes of drawn readings; one person in seven has no beats, only a rate
* a person's tendency is skewed and stays; the week's strain is a slow process with heavy tails; both are hidden
* strain moves face and check-ins by amounts that differ between people, in some the other way round; what is measured
  of them has noise that the stated standard deviation misses by a seventh
* the heart moves the answer along a bent line, whose slope differs and is below 0 for one in eight
* who is strained answers less often and shows the face less often, and answers rise a little over the study

An answer is made of items: level, strain and heart, noise with wide tails and the person's own width, rounded; one in
thirty is any answer. So the probability of a score at or above the cut is a finite sum. At the single item 18 weeks
in a hundred are at or above it; of the weeks whose hidden state is, nearly eight in ten are, of the others one in ten.

Source: mean and spread of the inventory, Kristensen et al. (2005), doi:10.1080/02678370500297720; errors of the single
item, Dolan et al. (2015), doi:10.1007/s11606-014-3112-6. Derived: all else is chosen by us to be worse than measured.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.scoring.channels import CHANNELS
from agent.scoring.daily import WEEK_DAYS, by_day, stretches
from agent.scoring.level import BEFORE_DAYS, Stretches, deviation
from agent.scoring.logistic import sigmoid
from agent.scoring.person_weeks import Table, Target, Weeks
from agent.scoring.population import WATERMARK, Population, population
from agent.scoring.scorers import is_scored
from agent.scoring.student_t import Floats, normal_cdf
from agent.scoring.week_rows import MOST_Z

WEEKS: Final = 10
_LAST_DAY: Final = 48  # of the first week: 42 days before it
_PART: Final = 250  # people drawn at once: some 600 MB
_LEVELS: Final = 5  # answers of an item
_LAPSES: Final = 1 / 30
_WIDE: Final = 0.15  # share of answers with twice the noise
_ANY_ITEM: Final = 0.65  # an inventory's items are met more easily than the single one, in levels
_LOADS: Final = {
    "perclos_01": 0.3, "yawns_per_min": 0.2, "brow_down_share_01": 0.2, "smile_share_01": 0.1,
    "tired_0_10": 0.5, "mood_0_10": 0.5,
}  # fmt: skip
_LOAD_SD: Final = 0.2


@dataclass(frozen=True, slots=True)
class Nature:
    """How strong everything is, in levels of an item (0 to 4), where it is no share.

    Attributes:
        usual: Mean level of all people.
        between: Standard deviation of people's levels.
        week: Of the week's strain.
        heart: Mean effect of the heart's deviation.
        noise: Of an answer.
        camera_01: Share of people who have the camera on.
    """

    usual: float = 0.65
    between: float = 0.6
    week: float = 0.35
    heart: float = 0.12
    noise: float = 0.5
    camera_01: float = 0.5


@dataclass(frozen=True, slots=True)
class Drawn:
    """Labelled person-weeks and their truth.

    Attributes:
        table: As a fusion is fitted to.
        at_cut_01: Known probability of the label, shape ``(n,)``.
        week: Number of the week in the study, a count, shape ``(n,)``; for the model that must not be.
    """

    table: Table
    at_cut_01: Floats
    week: NDArray[np.int64]


def labelled(people: int, seed: int, target: Target, weeks: int = WEEKS, nature: Nature | None = None) -> Drawn:
    """Draw people who answer in some weeks; the same seed draws the same.

    Args:
        people: How many; ten weeks of one give about five rows.
        seed: Of the generator.
        target: What they answer: a scale whose items have five answers.
        weeks: Length of the study.
        nature: How strong everything is.

    Returns:
        Rows of all weeks with an answer in which something was measured.

    Source: see the module.
    """
    begins = range(0, people, _PART)
    seeds = np.random.SeedSequence(seed).spawn(len(begins))
    parts = [
        _part(min(_PART, people - begin), begin, seeds[place], target, weeks, nature or Nature())
        for place, begin in enumerate(begins)
    ]
    every = [part.table for part in parts]
    together = Weeks(
        every[0].weeks.channels,
        *(np.concatenate([getattr(one.weeks, name) for one in every]) for name in ("z", "sd", "last_answer")),
    )
    return Drawn(
        Table(
            target,
            np.concatenate([one.person for one in every]),
            together,
            np.concatenate([one.score for one in every]),
            WATERMARK,
        ),
        np.concatenate([part.at_cut_01 for part in parts]),
        np.concatenate([part.week for part in parts]),
    )


def _part(people: int, begin: int, seed: np.random.SeedSequence, target: Target, weeks: int, nature: Nature) -> Drawn:
    rng = np.random.default_rng(seed)
    readings = population(people, int(rng.integers(2**31)), days=_LAST_DAY + 1 + WEEK_DAYS * (weeks - 1))
    last_days = [_LAST_DAY + WEEK_DAYS * week for week in range(weeks)]
    strain = _strain(rng, people, weeks)
    level = nature.usual + nature.between * (rng.gamma(2.0, np.sqrt(0.5), people) - np.sqrt(2.0))
    slope = nature.heart * (1.0 + 0.9 * rng.standard_normal(people))
    heart = np.tanh(_heart_truth(readings, last_days)) * 1.5
    line = level[:, None] + nature.week * strain + slope[:, None] * heart + 0.01 * np.arange(weeks)
    noise = nature.noise * np.exp(0.25 * rng.standard_normal(people))
    score, at_cut_01 = _answers(rng, line, np.broadcast_to(noise[:, None], line.shape), target)
    answers = rng.random(line.shape) < sigmoid(rng.normal(0.6, 0.8, people)[:, None] - 0.35 * strain)
    last = _last_answer(np.where(answers, score, np.nan), target)

    z, sd = _standings(rng, strain, nature)
    beats = rng.random(people) >= 1 / 7
    for name, of_channel in (("ln_rmssd", readings.ln_rmssd), ("hr_bpm", readings.hr_bpm)):
        of_weeks = stretches(of_channel, by_day(of_channel), last_days)
        wanted = is_scored(of_weeks).reshape(weeks, people).T & answers
        if name == "ln_rmssd":
            wanted &= beats[:, None]
        z[name], sd[name] = _heart(name, of_weeks, wanted)
    channels = tuple(name for name in CHANNELS if name in z)
    rows = answers & np.any([np.isfinite(z[name]) for name in channels], axis=0)
    who, week = np.nonzero(rows)
    columns = [np.stack([part[name][rows] for name in channels], axis=1) for part in (z, sd)]
    at_hand = Weeks(channels, columns[0], columns[1], last[rows])
    names = np.array([f"drawn {seed.entropy} {begin + number}" for number in range(people)])
    return Drawn(Table(target, names[who], at_hand, score[rows], WATERMARK), at_cut_01[rows], week)


def _strain(rng: np.random.Generator, people: int, weeks: int) -> Floats:
    """AR(1) by week, correlation .3 to .9 by person, steps of Student's distribution with 5 degrees; variance 1."""
    phi = rng.uniform(0.3, 0.9, people)
    steps = rng.standard_t(5, (people, weeks)) / np.sqrt(5.0 / 3.0)
    strain = np.empty_like(steps)
    strain[:, 0] = steps[:, 0]
    for week in range(1, weeks):
        strain[:, week] = phi * strain[:, week - 1] + np.sqrt(1.0 - phi**2) * steps[:, week]
    return np.asarray(strain)


def _heart_truth(readings: Population, last_days: list[int]) -> Floats:
    """True deviation of both heart channels towards strain, in usual deviations, shape ``(m, weeks)``."""
    columns = []
    for last in last_days:
        week, past = slice(last + 1 - WEEK_DAYS, last + 1), slice(max(0, last + 1 - WEEK_DAYS - BEFORE_DAYS), last - 6)
        ln = readings.level[:, week].mean(axis=1) - readings.level[:, past].mean(axis=1)
        hr = readings.hr_level[:, week].mean(axis=1) - readings.hr_level[:, past].mean(axis=1)
        columns.append(0.5 * (hr / 4.0 - ln / 0.17))
    return np.stack(columns, axis=1)


def _heart(name: str, of_weeks: Stretches, wanted: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Standings of the weeks that are wanted, as `agent.scoring.weeks` makes them, shape ``(m, weeks)`` each."""
    people, weeks = wanted.shape
    rows = wanted.T.ravel()
    answer = deviation(
        Stretches(*(getattr(of_weeks, part)[rows] for part in ("mean", "n", "within", "context", "weights"))),
        CHANNELS[name].prior,
    )
    z, sd = np.full(rows.size, np.nan), np.full(rows.size, np.nan)
    z[rows] = CHANNELS[name].toward_strain * np.clip(answer.value / answer.usual_sd, -MOST_Z, MOST_Z)
    sd[rows] = answer.sd / answer.usual_sd
    return z.reshape(weeks, people).T.copy(), sd.reshape(weeks, people).T.copy()


def _standings(rng: np.random.Generator, strain: Floats, nature: Nature) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Face and check-ins: a posterior mean of strain and something else, and its stated standard deviation."""
    people = strain.shape[0]
    has_camera, checks_in = rng.random((people, 1)) < nature.camera_01, rng.random((people, 1)) < 0.7
    shown = has_camera & (rng.random(strain.shape) < sigmoid(1.4 - 0.35 * strain))
    z: dict[str, Floats] = {}
    sd: dict[str, Floats] = {}
    for name, usual_load in _LOADS.items():
        load = np.clip(rng.normal(usual_load, _LOAD_SD, (people, 1)), -0.5, 0.9)
        own = rng.standard_t(5, strain.shape) / np.sqrt(5.0 / 3.0)
        error = rng.uniform(0.4, 1.0, (people, 1)) * np.exp(0.2 * rng.standard_normal(strain.shape))
        seen = load * strain + np.sqrt(1.0 - load**2) * own
        seen = seen + error * rng.standard_t(5, strain.shape) / np.sqrt(5.0 / 3.0)
        by_hand = CHANNELS[name].group == "self_report"
        there = checks_in & (rng.random(strain.shape) < 0.75) if by_hand else shown
        share = 1.0 / (1.0 + error**2)
        misses = np.exp(0.15 * rng.standard_normal((people, 1)))
        z[name] = np.where(there, np.clip(share * seen, -MOST_Z, MOST_Z), np.nan)
        sd[name] = np.where(there, np.sqrt(share) * error * misses, np.nan)
    return z, sd


def _answers(rng: np.random.Generator, line: Floats, noise: Floats, target: Target) -> tuple[Floats, Floats]:
    """Scores drawn from items, and the probability of the label; of an item Phi-differences, of their sum a folding."""
    items = round((target.most - target.least) / target.step / (_LEVELS - 1))
    harder = np.linspace(-0.4, 0.4, items) - (_ANY_ITEM if items > 1 else 0.0) if items > 1 else np.zeros(1)
    edges = np.arange(_LEVELS - 1) + 0.5
    chances = np.ones((*line.shape, 1))
    level_sum = np.zeros(line.shape)
    for hard in harder.tolist():
        apart = edges - (line - hard)[..., None]
        below = (1.0 - _WIDE) * normal_cdf(apart / noise[..., None]) + _WIDE * normal_cdf(
            apart / noise[..., None] / 2.0
        )
        below = (1.0 - _LAPSES) * below + _LAPSES * np.arange(1, _LEVELS) / _LEVELS
        level_sum += (rng.random(line.shape)[..., None] >= below).sum(axis=-1)
        item = np.diff(below, axis=-1, prepend=0.0, append=1.0)
        longer = np.zeros((*line.shape, chances.shape[-1] + _LEVELS - 1))
        for place in range(_LEVELS):
            longer[..., place : place + chances.shape[-1]] += chances * item[..., place, None]
        chances = longer
    least_sum = int(np.ceil((target.cut - target.least) / target.step - 1e-9))
    return target.least + target.step * level_sum, chances[..., least_sum:].sum(axis=-1)


def _last_answer(given: Floats, target: Target) -> Floats:
    """The answer before each week that is young enough, in points, shape ``(m, weeks)``; NaN without one."""
    last = np.full(given.shape, np.nan)
    age = np.full(given.shape[0], np.inf)
    for week in range(1, given.shape[1]):
        fresh = np.isfinite(given[:, week - 1])
        age = np.where(fresh, WEEK_DAYS, age + WEEK_DAYS)
        last[:, week] = np.where(
            fresh, given[:, week - 1], np.where(age <= target.past_days, last[:, week - 1], np.nan)
        )
    return last
