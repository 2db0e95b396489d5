"""How the acute model is made: read Stress-Predict, fit, and judge with every person left out in turn.

Everything that is fitted (logistic, cut, margin) is fitted again without the person it is then tried on; `left_out`
refuses a split that has anyone on both sides. Labels are of the laboratory's tasks; person 1 has none.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.scoring.arousal import FIRST_MINUTES, Model

ANSWERED = 0.5  # the share of minutes that a cautious model answers


@dataclass(frozen=True)
class Person:
    """One session by minutes: mean heart rate (NaN: too little), whether most of the minute was a task."""

    hr_bpm: np.ndarray
    task: np.ndarray


@dataclass(frozen=True)
class Tried:
    """One person, judged by a model that never saw them: labels, distance from the cut, whether it would answer."""

    task: np.ndarray
    beyond_cut: np.ndarray
    answers: np.ndarray
    p_01: np.ndarray
    margin: float


def read(folder: Path) -> dict[str, Person]:
    """People of `hr_label_1hz.csv` who have labels."""
    rows = defaultdict(list)
    with (folder / "hr_label_1hz.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["HR"] and row["Label"]:
                rows[row["Participant"]].append((float(row["Time(sec)"]), float(row["HR"]), float(row["Label"])))
    return {name: by_minute(np.array(seen)) for name, seen in rows.items() if np.ptp(np.array(seen)[:, 2]) > 0}


def by_minute(seen: np.ndarray) -> Person:
    """Rows of (seconds, heart rate, label) to minutes from the first row; a last part of a minute is left out."""
    minute = ((seen[:, 0] - seen[:, 0].min()) // 60).astype(int)
    hr, task = [], []
    for n in range(minute.max()):
        inside = seen[minute == n]
        hr.append(inside[:, 1].mean() if len(inside) >= 30 else np.nan)
        task.append(bool(len(inside)) and inside[:, 2].mean() >= 0.5)
    return Person(np.array(hr), np.array(task))


def fit(feature: np.ndarray, task: np.ndarray) -> Model:
    """Logistic by Newton's method, unweighted (so that p is calibrated), cut at the best balanced accuracy."""
    x = np.column_stack((np.ones_like(feature), feature))
    b = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ b))
        hessian = x.T @ (x * (p * (1 - p))[:, None]) + 1e-6 * np.eye(2)
        b = b + np.linalg.solve(hessian, x.T @ (task - p) - 1e-6 * b)
    logit = x @ b
    cuts = np.quantile(logit, np.linspace(0.05, 0.95, 91))
    cut = cuts[np.argmax([balanced_accuracy(task, logit >= one) for one in cuts])]
    margin = np.quantile(np.abs(logit - cut), 1 - ANSWERED)
    return Model(float(b[0]), float(b[1]), float(1 / (1 + np.exp(-cut))), float(margin))


def balanced_accuracy(task: np.ndarray, said: np.ndarray) -> float:
    """Mean of the shares found right among tasks and among the rest; NaN where one of them is empty."""
    task = task.astype(bool)
    if task.all() or not task.any():
        return float("nan")
    return float((np.mean(said[task]) + np.mean(~said[~task])) / 2)


def left_out(
    people: Mapping[str, Person],
    feature: Callable[[Person], np.ndarray],
    split: Callable[[str, str], bool] = lambda a, b: a != b,
) -> dict[str, Tried]:
    """Each person judged by a model of all others.

    Args:
        people: Of `read`.
        feature: One number a minute; NaN where there is none.
        split: Whether the second person may train for the first.

    Raises:
        ValueError: A split that has a person in train and test.
    """
    seen = {name: feature(one) for name, one in people.items()}
    use = {name: np.isfinite(x) & (np.arange(x.size) >= FIRST_MINUTES) for name, x in seen.items()}
    tried = {}
    for name, one in people.items():
        train = [other for other in people if split(name, other)]
        if name in train:
            raise ValueError(f"person {name} is in train and test")
        x = np.concatenate([seen[other][use[other]] for other in train])
        y = np.concatenate([people[other].task[use[other]] for other in train]).astype(float)
        model = fit(x, y)
        p = model.p_01(seen[name][use[name]])
        apart = _logit(p) - _logit(np.array(model.cut_01))
        tried[name] = Tried(one.task[use[name]], apart, np.abs(apart) >= model.margin, p, model.margin)
    return tried


def _logit(p: np.ndarray) -> np.ndarray:
    return np.log(p / (1 - p))
