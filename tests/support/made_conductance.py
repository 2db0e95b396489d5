"""Made-up skin conductance: responses of a known number on a drifting level, with the faults of real sensors.

A response is a biexponential curve (Bateman) scaled to its amplitude; the intervals between responses have an inverse
Gaussian distribution, as spontaneous ones do (Subramanian et al., 2020, doi:10.1073/pnas.2004403117).
"""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Made:
    """A made-up record: samples in uS, and the onsets and amplitudes of its responses."""

    value_us: np.ndarray
    fs_hz: float
    onset_s: np.ndarray
    amplitude_us: np.ndarray
    step_s: np.ndarray


@dataclass(frozen=True)
class Recipe:
    """What a record is made of; every amount is in uS, s, Hz or per minute."""

    rate_per_min: float = 5.0
    amplitude_us: float = 0.2
    noise_us: float = 0.001
    fs_hz: float = 4.0
    length_s: float = 600.0
    spread: float = 0.3  # standard deviation of the amplitudes' logarithm
    cv: float = 0.6  # of the intervals between onsets
    least_apart_s: float = 2.0
    level_us: float = 4.0
    drift_us: float = 0.3
    step_us: float = 0.0  # of the converter
    steps_per_min: float = 0.0  # of movement
    jump_us: float = 0.3
    rise_s: tuple[float, float] = field(default=(0.5, 1.0))  # shorter time constant
    fall_s: tuple[float, float] = field(default=(2.0, 6.0))  # longer one


def bateman(t_s, rise_s, fall_s):
    """A response of height 1 that begins at 0."""
    after = np.maximum(t_s, 0.0)
    peak_s = np.log(fall_s / rise_s) * rise_s * fall_s / (fall_s - rise_s)
    top = np.exp(-peak_s / fall_s) - np.exp(-peak_s / rise_s)
    return (np.exp(-after / fall_s) - np.exp(-after / rise_s)) / top


def onsets_s(recipe, rng):
    """Onsets from 5 s on, none in the last 5 s."""
    mean_s = 60.0 / recipe.rate_per_min if recipe.rate_per_min else np.inf
    found, at_s = [], 5.0
    if not np.isfinite(mean_s):
        return np.zeros(0)
    free_s = max(mean_s - recipe.least_apart_s, 0.1)
    at_s += rng.uniform(0, mean_s)
    while at_s < recipe.length_s - 5:
        found.append(at_s)
        at_s += recipe.least_apart_s + rng.wald(free_s, free_s / recipe.cv**2)
    return np.array(found)


def made(recipe: Recipe, seed: int = 0) -> Made:
    """A record by its recipe."""
    rng = np.random.default_rng(seed)
    t_s = np.arange(round(recipe.length_s * recipe.fs_hz)) / recipe.fs_hz
    onset_s = onsets_s(recipe, rng)
    amplitude_us = recipe.amplitude_us * np.exp(rng.normal(0, recipe.spread, onset_s.size))
    slow = sum(
        rng.normal(0, 1) * np.sin(2 * np.pi * t_s / period_s + rng.uniform(0, 6.28)) for period_s in (900, 400, 170)
    )
    value_us = recipe.level_us + recipe.drift_us * slow
    for at_s, height_us in zip(onset_s, amplitude_us, strict=True):
        begin, end = np.searchsorted(t_s, [at_s, at_s + 60])
        shape = bateman(t_s[begin:end] - at_s, rng.uniform(*recipe.rise_s), rng.uniform(*recipe.fall_s))
        value_us[begin:end] += height_us * shape
    step_s = np.sort(rng.uniform(5, recipe.length_s - 5, rng.poisson(recipe.steps_per_min * recipe.length_s / 60)))
    for at_s in step_s:
        value_us += recipe.jump_us * rng.choice([-1, 1]) * rng.uniform(0.5, 1.5) * (t_s >= at_s)
    value_us = value_us + rng.normal(0, recipe.noise_us, t_s.size)
    if recipe.step_us:
        value_us = np.round(value_us / recipe.step_us) * recipe.step_us
    return Made(value_us, recipe.fs_hz, onset_s, amplitude_us, step_s)


@dataclass(frozen=True)
class Score:
    """Responses that were there, that were found, and both."""

    there: int = 0
    found: int = 0
    both: int = 0
    withheld: int = 0
    records: int = 0

    def __add__(self, other):
        return Score(
            self.there + other.there,
            self.found + other.found,
            self.both + other.both,
            self.withheld + other.withheld,
            self.records + other.records,
        )

    @property
    def recall(self):
        return self.both / self.there if self.there else 1.0

    @property
    def precision(self):
        return self.both / self.found if self.found else 1.0


WITHIN_S = 1.5


def scored(record: Made, whole) -> Score:
    """How the responses of an analyzed record (`eda.numbers.Record`) compare with those that were made.

    One that stands where the record cannot be read counts for neither.
    """
    if whole.reason:
        return Score(withheld=1, records=1)
    readable, fs_hz = whole.prepared.readable, whole.prepared.fs_hz
    at = np.clip(((record.onset_s[:, None] + np.array([0.0, 0.75, 1.5])) * fs_hz).astype(int), 0, readable.size - 1)
    is_there = readable[at].all(axis=1) if record.onset_s.size else np.zeros(0, dtype=bool)
    free = whole.responses.onset_s.tolist()
    both, beside = 0, 0
    for onset_s, counts in zip(record.onset_s, is_there, strict=True):
        near = [one for one in free if abs(one - onset_s) <= WITHIN_S]
        if near:
            free.remove(min(near, key=lambda one, at_s=onset_s: abs(one - at_s)))
            both += int(counts)
            beside += int(not counts)
    return Score(int(is_there.sum()), whole.responses.onset_s.size - beside, both, 0, 1)
