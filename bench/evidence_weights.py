"""The weights of rank and choice, by pairwise logistic models: what is right against what is not, within a question.

A part of bench/evidence.py. Both are fitted with a ridge; the shares are by cross-fitting over questions.
"""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from copilot import choosing, ranking
from copilot.answer import Answer, Quote, answer, mended, searched
from copilot.library import Library
from copilot.scope import Refusal, refusal

SENTENCES = Path(__file__).parents[1] / "tests/copilot/sentences.jsonl"
FOLDS, RIDGE, WRONG_MOST = 10, 5.0, 12


class Choice(NamedTuple):
    """One question: of each that may be chosen its numbers, and whether it is right."""

    values: np.ndarray  # shape (choices, names)
    is_right: np.ndarray


class Marked(NamedTuple):
    """Of the answers whose first paper is right, shares."""

    n: int
    first_01: float
    anywhere_01: float
    limits_n: int
    limits_shown_n: int


def place(library: Library, quote: Quote) -> str:
    """A sentence as the list of marked ones names it: its passage, and its number there."""
    spans = library.index.passage(quote.passage_id).spans
    return f"{quote.passage_id}/{[tuple(span) for span in spans].index((quote.start, quote.stop))}"


def rows() -> list[dict]:
    """Questions with the sentences that somebody marked: those that answer, and those that limit them."""
    return [json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines()]


def marked(library: Library) -> Marked:
    """How many answers begin with a marked sentence, have one, and show what limits it."""
    first, anywhere, limits = [], [], []
    for row in rows():
        made = answer(library, row["question"])
        if isinstance(made, Answer) and made.quotes[0].paper.id in row["papers"]:
            shown = [place(library, quote) for quote in made.quotes]
            first.append(shown[0] in row["best"])
            anywhere.append(not set(shown).isdisjoint(row["best"]))
            limits += [one in shown for one in row["needed"]]
    return Marked(len(first), float(np.mean(first)), float(np.mean(anywhere)), len(limits), sum(limits))


def fitted(choices: Sequence[Choice]) -> np.ndarray:
    """Weights: logistic regression of the differences between right and wrong, by Newton's method."""
    pairs = np.array([
        (right - wrong) / np.sqrt(one.is_right.sum() * (~one.is_right).sum())
        for one in choices
        for right in one.values[one.is_right]
        for wrong in one.values[~one.is_right]
    ])  # fmt: skip
    scale = np.maximum(pairs.std(0), 1e-3)
    z, beta = pairs / scale, np.zeros(pairs.shape[1])
    for _ in range(30):
        p = 1 / (1 + np.exp(-np.clip(z @ beta, -30, 30)))
        beta += np.linalg.solve(
            z.T @ (z * (p * (1 - p))[:, None]) + RIDGE * np.eye(len(beta)), z.T @ (1 - p) - RIDGE * beta
        )
    return beta / scale


def right_01(choices: Sequence[Choice], weights: np.ndarray) -> float:
    """How often the best is right."""
    return float(np.mean([one.is_right[np.argmax(one.values @ weights)] for one in choices]))


def cross_fitted_01(choices: Sequence[Choice]) -> float:
    order = random.Random(1).sample(range(len(choices)), len(choices))
    hits = 0.0
    for fold in range(FOLDS):
        out = set(order[fold::FOLDS])
        weights = fitted([one for number, one in enumerate(choices) if number not in out])
        hits += right_01([choices[number] for number in out], weights) * len(out)
    return hits / len(choices)


def of_papers(library: Library, questions: Sequence[dict]) -> list[Choice]:
    """The best sentence of a right paper, and the best ones of others."""
    made = []
    for row in questions:
        found = candidates(library, row["question"])[1]
        right = [one for one in found if one.paper.id in row["papers"]][:1]
        wrong = [one for one in found if one.paper.id not in row["papers"]][:WRONG_MOST]
        if right and wrong:
            values = [[getattr(one.features, name) for name in ranking.WEIGHTS] for one in right + wrong]
            made.append(Choice(np.array(values), np.arange(len(values)) < 1))
    return made


def of_sentences(library: Library) -> list[Choice]:
    """The sentences of the right paper that comes first."""
    made = []
    for row in rows():
        asked, found = candidates(library, row["question"])
        paper = next((one.paper.id for one in found if one.paper.id in row["papers"]), "")
        said = [one for one in found if one.paper.id == paper]
        number = {one: [tuple(span) for span in one.stored.spans].index(tuple(one.span)) for one in said}
        is_right = np.array([f"{one.stored.passage.id}/{number[one]}" in row["best"] for one in said], bool)
        if is_right.any() and not is_right.all():
            values = [[choosing.signs(asked, one)[name] for name in choosing.SIGNS] for one in said]
            made.append(Choice(np.array(values), is_right))
    return made


def candidates(library: Library, question: str) -> tuple:
    if refusal(question) is not None:
        return None, ()
    asked, found = searched(library, mended(library, question)[0])
    return asked, () if isinstance(found, Refusal) else found


def report(library: Library, questions: Callable[[], list[tuple[str, dict]]]) -> bool:
    """Print fitted weights beside those that are used, and how often each choice is right."""
    known = [row for source, row in questions() if source in ("own", "voices") and row["papers"]]
    for name, choices, used in (
        ("papers", of_papers(library, known), ranking.WEIGHTS),
        ("sentences of the right paper", of_sentences(library), choosing.SIGNS),
    ):
        weights = fitted(choices)
        scale = np.abs(list(used.values())).sum() / np.abs(weights).sum()  # only their ratios count
        print(f"\n{name}, {len(choices)} questions: right first with the weights in use "
              f"{right_01(choices, np.array(list(used.values()))):.3f}, as fitted by cross-fitting {cross_fitted_01(choices):.3f}")  # fmt: skip
        for sign, value in zip(used, weights, strict=True):
            print(f"  {sign:<18} in use {used[sign]:>6.2f}   fitted {scale * value:>6.2f}")
    return True
