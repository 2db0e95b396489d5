"""Labelled person-weeks for tests: a quick table by plain arrays, and tables on the drawn population, drawn once each."""

import functools

import numpy as np

from agent.scoring.cross_fit import fit
from agent.scoring.fusion import Abstained, Fusion
from agent.scoring.instruments import instruments
from agent.scoring.labelled import Drawn, labelled
from agent.scoring.person_weeks import Table, Weeks, target

SINGLE = target(instruments()["single"], "level")
CBI = target(instruments()["cbi"], "personal")
CHANNELS = ("ln_rmssd", "hr_bpm", "perclos_01", "tired_0_10")


def quick_table(people: int = 250, weeks: int = 10, seed: int = 1, effect: float = 0.8) -> Table:
    """Five answers by a rounded sum; no population behind it, and some hundred times as fast."""
    rng = np.random.default_rng(seed)
    n = people * weeks
    truth = rng.standard_normal((n, len(CHANNELS)))
    sd = rng.uniform(0.3, 0.9, truth.shape)
    z = (1.0 - sd**2) * truth + sd * np.sqrt(1.0 - sd**2) * rng.standard_normal(truth.shape)
    line = 1.8 + 0.5 * np.repeat(rng.standard_normal(people), weeks) + truth @ (effect * np.array([0.3, 0.2, 0.0, 0.5]))

    def answer():
        return np.clip(np.round(line + 0.5 * rng.standard_normal(n)), 1.0, 5.0)

    z[rng.random(z.shape) < 0.25] = np.nan
    z[:, 0] = np.where(np.isfinite(z).any(axis=1), z[:, 0], 0.0)
    last = np.where(rng.random(n) < 0.8, answer(), np.nan)
    names = np.repeat([f"{seed} {number}" for number in range(people)], weeks)
    return Table(SINGLE, names, Weeks(CHANNELS, z, sd, last), answer())


@functools.cache
def quick_fusion() -> Fusion:
    made = fit(quick_table())
    assert isinstance(made, Fusion), made
    return made


@functools.cache
def drawn(seed: int, people: int = 650) -> Drawn:
    return labelled(people, seed, SINGLE)


@functools.cache
def drawn_fusion(seed: int, people: int = 650) -> Fusion | Abstained:
    return fit(drawn(seed, people).table)
