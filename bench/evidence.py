"""What the evidence is worth: the right paper first, refusals, calibration by cross-fitting, time at 100,000 passages.

    make bench-evidence           PART=right|speed|weights   FIT=yes writes copilot/confidence.json

Questions: own_questions.jsonl, questions.jsonl, voices.jsonl and unseen.jsonl of tests/copilot. All but the first were
written without the program; voices in the speech of six people who talk around their subject; unseen after the search
was made, and neither search nor confidence is fitted on it. Each line has ``question``, ``papers`` (ids that answer it;
none: it is out of scope) and ``kind``. Exit 1: a sentence is unquoted, or a bound of issue 27 is missed on the second or
the last file.
"""

import dataclasses
import json
import math
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

from bench import evidence_weights
from copilot import answer as answers
from copilot import confidence, reading, scope
from copilot.answer import Answer, answer, searched
from copilot.library import Library
from copilot.papers import Passage, own_paper, sha256_of
from copilot.ranking import gap
from copilot.scope import Refusal
from copilot.words import joined

ROOT = Path(__file__).parents[1]
FILES = {
    "own": ROOT / "tests/copilot/own_questions.jsonl",
    "independent": ROOT / "tests/copilot/questions.jsonl",
    "voices": ROOT / "tests/copilot/voices.jsonl",
    "unseen": ROOT / "tests/copilot/unseen.jsonl",
    "short": ROOT / "tests/copilot/short.jsonl",
}
HELD = ("unseen", "short")
"""Files on which nothing is fitted."""

FOLDS, BINS, TREES, RATE = 10, 5, 1000, 0.03
OTHERS_COUNT = 3.0
"""How often a question of somebody else counts beside one of ours in the fit: ours are many, and harder on purpose."""

PASSAGES = int(os.environ.get("PASSAGES", "100000"))
BOUNDS = {"right of answered": 0.85, "answered": 0.80, "refused": 0.95}
FLOOR_LEAST = 0.35


@dataclass(frozen=True)
class Tried:
    """One question and what the search made of it."""

    question: str
    kind: str
    papers: tuple[str, ...]
    source: str
    reason: str  # of a refusal before the confidence; empty where there is a first paper
    first: str
    features: tuple[float, ...]

    @property
    def is_in_scope(self) -> bool:
        return bool(self.papers)

    @property
    def is_right(self) -> bool:
        return self.first in self.papers


def questions() -> list[tuple[str, dict]]:
    found = []
    for source, file in FILES.items():
        if file.exists():
            found += [
                (source, json.loads(line)) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()
            ]
    return found


def tried(library: Library, source: str, row: dict) -> Tried:
    question, papers = row["question"], tuple(row["papers"])
    refused = scope.refusal(question)
    first, features = "", ()
    if refused is None:
        _, found = searched(library, answers.mended(library, question)[0])
        if isinstance(found, Refusal):
            refused = found
        else:
            standing = [one for one in found if one.paper.retraction is None]
            if standing:
                first = standing[0].paper.id
                features = confidence.values_of(dataclasses.replace(standing[0].features, gap=gap(standing)))
            else:
                refused = answers._nothing(())
    return Tried(question, row.get("kind", ""), papers, source, refused.reason if refused else "", first, features)


def fitted(rows: list[Tried]) -> confidence.Model:
    """Gradient boosting with trees of one fork, each on a part of questions and features; every run draws the same."""
    y = [row.is_right for row in rows]
    made = GradientBoostingClassifier(
        max_depth=1, n_estimators=TREES, learning_rate=RATE, subsample=0.5, max_features=0.3, min_samples_leaf=15,
        random_state=0,
    ).fit(np.array([row.features for row in rows]), y,
          sample_weight=[1.0 if row.source == "own" else OTHERS_COUNT for row in rows])  # fmt: skip
    base = math.log(sum(y) / (len(y) - sum(y)))
    forks: dict[int, Counter[float]] = {number: Counter() for number in range(len(confidence.NAMES))}
    lowest = [0.0] * len(confidence.NAMES)
    for (one,) in made.estimators_:
        tree = one.tree_
        leaves = RATE * tree.value[:, 0, 0]
        if tree.node_count == 1:
            base += leaves[0]
            continue
        feature = int(tree.feature[0])
        lowest[feature] += leaves[1]
        forks[feature][round(float(tree.threshold[0]), 5)] += leaves[2] - leaves[1]
    return confidence.Model(base, tuple(steps(lowest[number], forks[number]) for number in forks), 0.0)


def steps(lowest: float, forks: Counter[float]) -> confidence.Steps:
    """What a feature adds, from what it adds at its lowest, and by how much more behind each fork."""
    most = sorted(forks)
    adds = np.cumsum([lowest, *(forks[one] for one in most)])
    return confidence.Steps(tuple(most), tuple(round(float(one), 4) for one in adds))


def likely(model: confidence.Model, row: Tried) -> float:
    return model.of_values(row.features)


def cross_fitted(rows: list[Tried]) -> np.ndarray:
    """Of each question the confidence by a model that has not seen it."""
    order = random.Random(1).sample(range(len(rows)), len(rows))
    found = np.zeros(len(rows))
    for fold in range(FOLDS):
        out = set(order[fold::FOLDS])
        model = fitted([row for place, row in enumerate(rows) if place not in out])
        for place in out:
            found[place] = likely(model, rows[place])
    return found


def ece(p: np.ndarray, y: np.ndarray) -> float:
    """Expected calibration error over bins of equal size."""
    parts = np.array_split(np.argsort(p, kind="stable"), min(BINS, len(p)))
    return float(sum(abs(p[part].mean() - y[part].mean()) * len(part) for part in parts) / len(p))


def perfect_bound(p: np.ndarray, draws: int = 4000) -> float:
    """What a perfectly calibrated answerer shows at most, 95 times in 100, with these confidences."""
    rng = np.random.default_rng(2)
    return float(np.quantile([ece(p, rng.random(len(p)) < p) for _ in range(draws)], 0.95))


GROUPS = {"drug": "drug", "dose": "drug", "diagnosis": "person", "about a named person": "person", "one employee": "person",
          "profession": "profession", "other profession": "profession", "order": "order", "patient": "patients"}  # fmt: skip


def group(kind: str) -> str:
    """Which of the kinds of issue 27 a question out of scope is; what is none of them is a near miss."""
    return next((name for start, name in GROUPS.items() if kind.startswith(start)), "near")


def floor_of(rows: list[Tried], p: np.ndarray) -> float:
    """From our own questions alone: the middle between the lowest floor that refuses 95 of 100 questions out of scope, each
    kind counted alike, and the highest at which 85 of 100 with known papers are answered. The lowest where there is
    nothing between.
    """
    value = {row.question: float(one) for row, one in zip(rows, p, strict=True)}
    own = [row for row in ALL if row.source == "own"]
    inside = [row for row in own if row.is_in_scope]
    kinds: dict[str, list[Tried]] = {}
    for row in own:
        if not row.is_in_scope:
            kinds.setdefault(group(row.kind), []).append(row)

    def refused(floor: float) -> float:
        shares = [np.mean([value.get(row.question, 0.0) < floor for row in of]) for of in kinds.values()]
        return float(np.mean(shares))

    def answered(floor: float) -> float:
        return float(np.mean([value.get(row.question, 0.0) >= floor for row in inside]))

    grid = np.arange(FLOOR_LEAST, 0.9, 0.01)
    low = next((one for one in grid if refused(one) >= BOUNDS["refused"]), 0.9)
    high = max((one for one in grid if answered(one) >= BOUNDS["right of answered"]), default=low)
    print("own questions, refused by kind at the floor:", {
        name: round(float(np.mean([value.get(row.question, 0.0) < (low + high) / 2 for row in of])), 3)
        for name, of in sorted(kinds.items())})  # fmt: skip
    return round(float(max(low, (low + high) / 2)), 2)


ALL: list[Tried] = []


def report(name: str, rows: list[Tried], p: dict[str, float], floor: float) -> bool:
    """Print the figures of one file; whether issue 27's bounds hold."""
    inside, outside = [row for row in rows if row.is_in_scope], [row for row in rows if not row.is_in_scope]
    if not inside or not outside:
        return True
    shown = [row for row in inside if not row.reason and p[row.question] >= floor]
    wrongly = [row for row in outside if not row.reason and p[row.question] >= floor]
    right = sum(row.is_right for row in shown)
    figures = {
        "right of answered": right / max(1, len(shown)),
        "answered": len(shown) / len(inside),
        "refused": 1 - len(wrongly) / len(outside),
    }
    print(f"\n{name}: {len(inside)} questions with known papers, {len(outside)} out of scope")
    print(f"  right paper first   {right} of {len(shown)} answered ({figures['right of answered']:.1%}; at least 85 %)")
    print(f"  answered            {len(shown)} of {len(inside)} ({figures['answered']:.1%}; at least 80 %)")
    print(
        f"  refused             {len(outside) - len(wrongly)} of {len(outside)} ({figures['refused']:.1%}; at least 95 %)"
    )
    everyone = shown + wrongly
    values, hits = np.array([p[row.question] for row in everyone]), np.array([row.is_right for row in everyone], float)
    found, bound = ece(values, hits), perfect_bound(values)
    print(
        f"  calibration         ECE {found:.3f}, {len(everyone)} answers; a perfectly calibrated answerer: up to {bound:.3f}"
    )
    print(f"  refused by          {dict(Counter(row.reason or 'floor' for row in outside if row not in wrongly))}")
    print("  the weakest ten:")
    faults = [(0.0, row) for row in inside if row.reason] + [
        (p[row.question], row) for row in shown if not row.is_right
    ]
    faults += [(p[row.question], row) for row in wrongly]
    faults += [(p[row.question], row) for row in inside if not row.reason and p[row.question] < floor]
    for value, row in (
        faults[:10]
        + sorted(((p[row.question], row) for row in shown if row.is_right), key=lambda one: one[0])[
            : max(0, 10 - len(faults))
        ]
    ):
        what = row.reason or f"{value:.2f} {row.first}"
        print(f"    {row.question[:70]:<72} {what:<34} wanted {', '.join(row.papers) or 'a refusal'}")
    return all(figures[key] >= least for key, least in BOUNDS.items()) and (found <= 0.05 or found <= bound)


def right(library: Library) -> bool:
    ALL[:] = [tried(library, source, row) for source, row in questions()]
    ranked = [row for row in ALL if not row.reason and row.source not in HELD]
    values, model = cross_fitted(ranked), fitted(ranked)
    p = {row.question: float(value) for row, value in zip(ranked, values, strict=True)}
    floor = floor_of(ranked, values)
    print(f"floor {floor:.2f}; {len(ranked)} questions reach the confidence, the others are refused by rule")
    p |= {row.question: likely(model, row) for row in ALL if not row.reason and row.source in HELD}
    held = {source: report(source, [row for row in ALL if row.source == source], p, floor) for source in FILES}
    if os.environ.get("FIT") == "yes":
        write(model, floor, len(ranked))
    return held.get("independent", True) and held.get("unseen", True)


def write(model: confidence.Model, floor: float, n: int) -> None:
    made = {
        "floor_01": floor,
        "base": round(model.base, 4),
        "fitted_on": f"{n} questions that reach the confidence, of {sum(row.source not in HELD for row in ALL)}; by make bench-evidence FIT=yes",
    }
    lines = ",\n  ".join(
        f"{json.dumps(name)}: {json.dumps(dataclasses.asdict(one))}"
        for name, one in zip(confidence.NAMES, model.steps, strict=True)
    )
    written = json.dumps(made, indent=1).removesuffix("\n}") + f',\n "steps": {{\n  {lines}\n }}\n}}\n'
    confidence.FILE.write_text(written, encoding="utf-8")
    print(f"written: {confidence.FILE.name}")


def unquoted(library: Library, made: Answer) -> int:
    known = library.corpus.passages()
    return sum(
        quote.passage_id in known and known[quote.passage_id].text[quote.start : quote.stop] != quote.text
        for quote in made.quotes
    )


def quoted(library: Library) -> bool:
    """Every sentence of every answer is its passage's; a planted change is counted."""
    faults = shown = 0
    last = None
    for _, row in questions():
        made = answer(library, row["question"])
        if isinstance(made, Answer):
            faults, shown, last = faults + unquoted(library, made), shown + len(made.quotes), made
    planted = dataclasses.replace(last, quotes=(dataclasses.replace(last.quotes[0], text=last.quotes[0].text + "."),))
    print(f"\n{shown} sentences shown, {faults} of them unquoted; planted: 1, found: {unquoted(library, planted)}")
    return faults == 0 and unquoted(library, planted) == 1


def sentences(library: Library) -> bool:
    """Answers begin with the sentence that a reader marked."""
    found = evidence_weights.marked(library)
    print(
        f"\nof {found.n} answers with a right paper first, {found.first_01:.1%} begin with a sentence that a reader marked, "
        f"{found.anywhere_01:.1%} have one; {found.limits_shown_n} of {found.limits_n} marked limits are shown"
    )
    return found.first_01 >= 0.75


def speed(library: Library) -> bool:
    """p95 of an answer in a library of many synthetic passages."""
    rng = np.random.default_rng(3)
    words = Counter(
        word
        for passage in library.corpus.passages().values()
        for word in re.findall(r"[A-Za-z]+", passage.text.lower())
    )
    names, weights = list(words), np.array(list(words.values()), float)
    weights /= weights.sum()
    began = time.perf_counter()

    def paper(number: int) -> object:
        drawn = rng.choice(names, size=(40, 3, 22), p=weights)
        texts = [" ".join(" ".join(one).capitalize() + "." for one in passage) for passage in drawn]
        name = f"own:made-{number}"
        passages = tuple(Passage(f"{name}-{n}", "results", text, sha256_of(text)) for n, text in enumerate(texts))
        return own_paper(name, " ".join(drawn[0, 0, :8]), {}, passages)

    library.index.add(paper(number) for number in range(PASSAGES // 40))
    library.look_again()
    print(f"\n{library.index.passages_n} passages, added in {time.perf_counter() - began:.0f} s")
    # a rule's refusal takes no time, and would flatter
    asked = [row for source, row in questions() if not tried(library, source, row).reason]
    joined.cache_clear()
    spent = []
    for row in asked:
        began = time.perf_counter()
        answer(library, row["question"])
        spent.append(1000 * (time.perf_counter() - began))
    p95 = float(np.quantile(spent, 0.95))
    print(
        f"{len(spent)} answers: median {np.median(spent):.1f} ms, p95 {p95:.1f} ms, longest {max(spent):.1f} ms (p95 below 50 ms)"
    )
    return p95 < 50.0


def main() -> int:
    part = os.environ.get("PART", "")
    with tempfile.TemporaryDirectory() as folder:
        blank = (
            confidence.Model(0.0, (confidence.Steps((), (0.0,)),) * len(confidence.NAMES), 0.0)
            if os.environ.get("FIT") == "yes"
            else None
        )
        library = Library(Path(folder), reading.load(), blank)
        held = []
        if part in ("", "right"):
            held += [right(library), quoted(library), sentences(library)]
        if part in ("", "weights"):
            held.append(evidence_weights.report(library, questions))
        if part in ("", "speed"):
            held.append(speed(library))
        library.close()
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
