"""The tables of the model card: every person once as a stranger (four folds), three seeds of the fold that ships.

Written into models/expression.md between its two marks.
"""

import os
from pathlib import Path

import numpy as np

from models.expression.people import FOLDS, TEST_FOLD, people
from models.expression.rows import BROWS, EYE, LOWER, Rows
from models.expression.train import Judged, Trained, split, train
from models.expression.warps import MOVEMENTS

CARD = Path(__file__).parents[1] / "expression.md"
MARKS = ("<!-- tables -->", "<!-- end of tables -->")
SHOWN = (*LOWER, *BROWS, "squint", "eye_closure", "gaze_x", "gaze_y")
DRIVEN = {"smile_left": "smile_left", "jaw_open": "jaw_open", "brow_down": "brow_down", "brow_inner_up": "brow_inner_up",
          "brow_outer_up": "brow_outer_up", "upper_lip_up": "upper_lip_up", "eye_closure": "close_left",
          "gaze_x": "gaze_x", "lip_press": "lip_press", "pucker": "pucker", "funnel": "funnel",
          "dimple": "dimple", "stretch": "stretch_left"}  # fmt: skip
RELEASED = ("smile_left", "smile_right", "jaw_open", "brow_down", "brow_inner_up", "brow_outer_up", "upper_lip_up",
            "squint", "eye_closure")  # fmt: skip


def columns(lower: np.ndarray, brows: np.ndarray, eyes: np.ndarray) -> dict[str, np.ndarray]:
    """Actions by name, of targets or of outputs."""
    told = {name: lower[:, place] for place, name in enumerate(LOWER)}
    told |= {name: brows[:, place] for place, name in enumerate(BROWS)}
    eye = {name: eyes[:, :, place] for place, name in enumerate(EYE)}
    told |= {"squint": eye["squint"].mean(axis=1), "eye_closure": eye["eye_closure"].mean(axis=1)}
    told["gaze_x"] = (eye["look_out"] - eye["look_in"])[:, 1] - (eye["look_out"] - eye["look_in"])[:, 0]
    told["gaze_y"] = (eye["look_up"] - eye["look_down"]).sum(axis=1)
    return told


def strangers(
    rows: Rows, trained: Trained, unseen: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], Rows]:
    """What was read of strangers without a cover, what the teacher says, and their rows."""
    chosen = rows.where(unseen & (rows.cover < 0))
    out = trained.actions(chosen)
    return columns(out["lower"], out["brows"], out["eyes"]), columns(chosen.lower, chosen.brows, chosen.eye), chosen


def r(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's r."""
    return float(np.corrcoef(one, other)[0, 1]) if one.size > 9 else float("nan")


def interval(read: np.ndarray, taught: np.ndarray, who: np.ndarray, random: np.random.Generator) -> tuple[float, float]:
    """95 % interval of r by drawing people."""
    ids = np.unique(who)
    places = {one: np.flatnonzero(who == one) for one in ids}
    drawn = []
    for _ in range(300):
        some = np.concatenate([places[one] for one in random.choice(ids, ids.size)])
        drawn.append(r(read[some], taught[some]))
    low, high = np.nanpercentile(drawn, [2.5, 97.5])
    return float(low), float(high)


def make(file: Path) -> None:
    """Train, measure, write."""
    parts, lines = [], []
    judged = Judged.beside(file)
    told_eyes = np.full(judged.eyes.covered.shape, np.nan)
    seeds = [int(one) for one in os.environ.get("SEEDS", "1,2,3").split(",")]
    by_seed: dict[str, list[float]] = {}
    for fold in range(FOLDS):
        rows, canon, learnt = split(file, fold)
        for seed in seeds if fold == TEST_FOLD else seeds[:1]:
            trained = train(rows, canon, learnt, judged, seed)
            read, taught, chosen = strangers(rows, trained, ~learnt)
            if fold == TEST_FOLD:
                spoilt = chosen.spoilt
                for name in SHOWN:
                    by_seed.setdefault(name, []).append(r(read[name][spoilt], taught[name][spoilt]))
            if seed == seeds[0]:
                parts.append((read, taught, chosen))
                mine = np.isin(judged.eyes.person, np.unique(rows.person[~learnt]))
                found = trained.eye_cover(judged.eyes.rows[mine].reshape(-1, judged.eyes.rows.shape[2]))
                told_eyes[mine] = found.reshape(-1, 2)
    joined = [{name: np.concatenate([part[place][name] for part in parts]) for name in SHOWN} for place in (0, 1)]
    person = np.concatenate([part[2].person for part in parts])
    spoilt = np.concatenate([part[2].spoilt for part in parts])
    movement = np.concatenate([part[2].movement for part in parts])
    lines += _by_action(joined, person, spoilt, movement, by_seed, len(seeds))
    lines += _by_group(joined, person, spoilt)
    lines += ["", *_covered_eyes(judged, told_eyes)]
    text = CARD.read_text(encoding="utf-8")
    before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
    CARD.write_text(f"{before}{MARKS[0]}\n" + "\n".join(lines) + f"\n{MARKS[1]}{after}", encoding="utf-8")
    print("\n".join(lines))


def _covered_eyes(judged: Judged, told_01: np.ndarray) -> list[str]:
    """What the judge of covered eyes said of strangers, one look each; clips are nobody's fold."""
    known = ~np.isnan(told_01)
    covered, told = judged.eyes.covered[known], told_01[known] > 0.5
    return [
        "| covered eyes, one look, 51 strangers | eyes | told as covered |",
        "|---|---|---|",
        f"| behind lenses, bars, hands, edges | {covered.sum()} | {told[covered].mean():.1%} |",
        f"| bare, or behind clear glasses | {(~covered).sum()} | {told[~covered].mean():.1%} |",
    ]


def _by_action(
    joined: list[dict[str, np.ndarray]], person: np.ndarray, spoilt: np.ndarray, movement: np.ndarray,
    by_seed: dict[str, list[float]], seeds: int,
) -> list[str]:  # fmt: skip
    random = np.random.default_rng(1)
    read, taught = joined
    lines = [
        f"| action | degraded, 51 strangers | 95 % by person | clean | known movement | shipped fold, {seeds} seeds |",
        "|---|---|---|---|---|---|",
    ]
    for name in SHOWN:
        low, high = interval(read[name][spoilt], taught[name][spoilt], person[spoilt], random)
        known = ""
        if name in DRIVEN:
            known = f"{r(read[name][spoilt], movement[spoilt, MOVEMENTS.index(DRIVEN[name])]):.2f}"
        told = ", ".join(f"{one:.2f}" for one in by_seed[name])
        lines.append(
            f"| `{name}` | {r(read[name][spoilt], taught[name][spoilt]):.2f} | {low:.2f} to {high:.2f} "
            f"| {r(read[name][~spoilt], taught[name][~spoilt]):.2f} | {known} | {told} |"
        )
    return [*lines, ""]


def _by_group(joined: list[dict[str, np.ndarray]], person: np.ndarray, spoilt: np.ndarray) -> list[str]:
    random = np.random.default_rng(2)
    read, taught = joined
    everyone = people()
    lines = ["| group | people | mean r | smile | jaw | brows down | closure |", "|---|---|---|---|---|---|---|"]
    names = sorted({group for one in everyone for group in (one.gender, one.ethnicity)})
    for group in names:
        members = [place for place, one in enumerate(everyone) if group in (one.gender, one.ethnicity)]
        mine = spoilt & np.isin(person, members)
        told = []
        for name in ("smile_left", "jaw_open", "brow_down", "eye_closure"):
            low, high = interval(read[name][mine], taught[name][mine], person[mine], random)
            told.append(f"{r(read[name][mine], taught[name][mine]):.2f} ({low:.2f} to {high:.2f})")
        mean = np.mean([r(read[name][mine], taught[name][mine]) for name in RELEASED])
        lines.append(f"| {group or 'not told'} | {len(members)} | {mean:.2f} | {' | '.join(told)} |")
    return lines
