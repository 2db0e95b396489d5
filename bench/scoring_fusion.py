"""Late fusion on drawn people: `make bench-scoring PART=fusion`; SEEDS=1,2,3 and WEEKS=10000 are of each table.

Each seed draws two populations. One is fitted, the other is never seen by the fit, and everything printed is of the
other one. Errors are over people.
"""

import os
from itertools import combinations

import numpy as np

from parts import check
from agent.errors import WrongUse
from agent.scoring import cross_fit
from agent.scoring.calibration import auc_within_people, calibration_interval
from agent.scoring.conformal import held_01
from agent.scoring.fusion import Abstained, Fusion, predict, predictions
from agent.scoring.index import Standing
from agent.scoring.instruments import instruments
from agent.scoring.labelled import Drawn, Nature, labelled
from agent.scoring.logistic import logistic, sigmoid
from agent.scoring.person_weeks import LAST_ANSWER, Inputs, Table, Weeks, target
from agent.scoring.population import WATERMARK
from agent.scoring.rates import calibration_error

SEEDS = [int(seed) for seed in os.environ.get("SEEDS", "1,2,3").split(",")]
ROWS = int(os.environ.get("WEEKS", "10000"))
ROWS_A_PERSON = 6
SINGLE = target(instruments()["single"], "level")
CBI = target(instruments()["cbi"], "personal")
# other inputs of the same kind: half and twice the effects, other noise, fewer cameras, more people at the cut
NATURES = {
    "as drawn": (SINGLE, Nature()),
    "the inventory": (CBI, Nature()),
    "weak effects, loud answers": (SINGLE, Nature(week=0.2, heart=0.05, noise=0.7)),
    "strong effects, more at the cut": (SINGLE, Nature(usual=0.9, week=0.6, heart=0.3, camera_01=0.2)),
}


def the_fusion() -> None:
    """Calibration, coverage and widening on people never fitted; abstention; planted breaches."""
    print(WATERMARK)
    print(
        "calibration error in ten bins of people never fitted, with the error that a perfect model has; 95 % over people"
    )
    print(
        f"{'':<42}{'weeks':>7}{'people':>7}{'at cut':>7}{'error':>8}{'':>16}{'perfect':>8}{'held':>7}{'':>14}{'width':>7}"
    )
    kept = None
    for name, (wanted, nature) in NATURES.items():
        for seed in SEEDS if name == "as drawn" else SEEDS[:1]:
            fitted, other = drawn(seed, wanted, nature), drawn(seed + 10_000, wanted, nature)
            fusion = cross_fit.fit(fitted.table)
            check(f"{name}, seed {seed}: it abstains", holds=isinstance(fusion, Fusion))
            if isinstance(fusion, Fusion):
                measured(f"{name}, seed {seed}", fusion, other.table)
                kept = kept or (fusion, fitted, other)
    if kept is not None:
        widths(kept[0], kept[2].table)
        every_subset(kept[0], kept[2].table)
        what_it_is_made_of(*kept)
        planted(*kept)
    abstentions()


def drawn(seed: int, wanted, nature: Nature) -> Drawn:
    """ROWS labelled weeks and a few more, cut to ROWS."""
    made = labelled(-(-ROWS // ROWS_A_PERSON), seed, wanted, nature=nature)
    more = seed
    while made.table.score.size < ROWS:
        more += 1_000_000
        made = labelled(made.table.score.size // ROWS_A_PERSON + 300, more, wanted, nature=nature)
    return Drawn(made.table.rows(np.arange(ROWS)), made.at_cut_01[:ROWS], made.week[:ROWS])


def held(fusion: Fusion, table: Table):
    answer = predictions(fusion, table.weeks)
    return answer, held_01(answer.low, answer.high, table.score, table.target.step)


def over_people(value, person) -> float:
    """Standard error of a mean over people."""
    who = np.unique(person, return_inverse=True)[1]
    return float(np.sqrt(np.sum(np.bincount(who, value - value.mean()) ** 2)) / value.size)


def measured(name: str, fusion: Fusion, table: Table) -> None:
    answer, inside = held(fusion, table)
    found = calibration_interval(answer.at_cut_01, table.label, table.person)
    share, error = float(inside.mean()), over_people(inside, table.person)
    print(
        f"{name:<42}{table.score.size:7d}{np.unique(table.person).size:7d}{table.label.mean():7.1%}{found.error:8.4f}"
        f"{f'[{found.low:.4f}, {found.high:.4f}]':>16}{found.perfect:8.4f}{share:7.3f}"
        f"{f'[{share - 1.96 * error:.3f}, {share + 1.96 * error:.3f}]':>14}{(answer.high - answer.low).mean():7.2f}"
    )
    check(f"{name}: calibration error {found.error:.4f}", holds=found.error <= 0.03)
    check(f"{name}: the interval holds {share:.3f}", holds=0.88 <= share <= 0.92)


def widths(fusion: Fusion, table: Table) -> None:
    """Each input taken from every week that has it, and one after another until one channel is left."""
    answer, inside = held(fusion, table)
    width = answer.high - answer.low
    print(
        f"\nwithout an input, weeks that have it{'weeks':>8}{'width':>8}{'wider by':>10}{'at least':>10}{'held':>7}{'error':>8}"
    )
    print(f"{'(with all that they have)':<36}{width.size:8d}{width.mean():8.3f}{'':>20}{inside.mean():7.3f}")
    for name in fusion.inputs:
        less = table.weeks.without(name)
        other, held_less = held(fusion, Table(table.target, table.person, less, table.score))
        had = table.weeks.last_answer if name == LAST_ANSWER else table.weeks.z[:, table.weeks.channels.index(name)]
        there = np.isfinite(had) & np.isfinite(other.low)
        wider = (other.high - other.low - width)[there]
        error = calibration_error(other.at_cut_01[there], table.label[there])
        print(
            f"{name:<36}{there.sum():8d}{(other.high - other.low)[there].mean():8.3f}{wider.mean():10.5f}{wider.min():10.1e}"
            f"{held_less[there].mean():7.3f}{error:8.4f}"
        )
        check(f"without {name} {np.sum(wider <= 0)} weeks are not wider", holds=bool((wider > 0).all()))


def every_subset(fusion: Fusion, table: Table) -> None:
    """Every subset of a week's inputs beside the same with one less: all 2^k of some weeks."""
    rows = np.flatnonzero(np.isfinite(table.weeks.z).all(axis=1) & np.isfinite(table.weeks.last_answer))[:4]
    pairs = narrower = 0
    for row in rows:
        full = table.weeks
        standing = {name: (full.z[row, k], full.sd[row, k]) for k, name in enumerate(full.channels)}
        width = {}
        for size in range(len(fusion.inputs) + 1):
            for names in combinations(fusion.inputs, size):
                some = {name: as_standing(*standing[name]) for name in names if name != LAST_ANSWER}
                last = float(full.last_answer[row]) if LAST_ANSWER in names else None
                answer = predict(fusion, Inputs(some, last))
                width[frozenset(names)] = None if isinstance(answer, Abstained) else answer.high - answer.low
        for names, wide in width.items():
            for name in names:
                less = width[names - {name}]
                if wide is not None and less is not None:
                    pairs, narrower = pairs + 1, narrower + (less <= wide)
    print(f"every subset of {rows.size} weeks: {pairs} pairs, {narrower} not wider with one input less")
    check(f"{narrower} of {pairs} pairs are not wider", holds=pairs > 0 and narrower == 0)


def as_standing(z: float, sd: float) -> Standing:
    return Standing(float(z), float(sd))


def what_it_is_made_of(fusion: Fusion, fitted: Drawn, other: Drawn) -> None:
    """Log loss of parts of the inputs, and of the model that must not be: the week's number."""
    table = other.table
    no_channels = Weeks(
        table.weeks.channels, np.full_like(table.weeks.z, np.nan), table.weeks.sd, table.weeks.last_answer
    )
    heart = {name for name in fusion.inputs if name in ("ln_rmssd", "hr_bpm")}
    print("\nlog loss of people never fitted (less is better), and how well a person's own weeks are separated")
    rows = {
        "all inputs": predictions(fusion, table.weeks).at_cut_01,
        "without the last answer": predictions(fusion, table.weeks.without(LAST_ANSWER)).at_cut_01,
        "without the heart": predictions(fusion, without(table.weeks, heart)).at_cut_01,
        "always the same": np.full(table.score.size, fitted.table.label.mean()),
        "the known probability": other.at_cut_01,
        "week of the study alone: NOT A MODEL": by_time(fitted, other),
    }
    assert np.isnan(predictions(fusion, no_channels).at_cut_01).all()
    there = np.isfinite(np.array(list(rows.values()))).all(axis=0)
    print(f"{there.sum()} weeks that have all of these")
    for name, p in rows.items():
        auc, people = auc_within_people(p[there], table.label[there], table.person[there])
        print(f"{name:<38}{log_loss(p[there], table.label[there]):8.4f}   within people {auc:.3f} ({people})")
    q = np.digitize(rows["all inputs"], np.quantile(rows["all inputs"], (1 / 3, 2 / 3, 0.9)))
    inside = held(fusion, table)[1]
    shares = [f"{inside[q == k].mean():.3f}" for k in range(4)]
    print(f"held, by probability (lowest third, middle, next, highest tenth): {', '.join(shares)}")


def without(weeks: Weeks, names) -> Weeks:
    for name in names:
        weeks = weeks.without(name)
    return weeks


def by_time(fitted: Drawn, other: Drawn):
    def design(of: Drawn):
        return np.column_stack((np.ones(of.week.size), of.week))

    return sigmoid(design(other) @ logistic(design(fitted), fitted.table.label, np.zeros(2)).coefficients)


def log_loss(p, label) -> float:
    return float(-np.mean(np.where(label, np.log(p), np.log1p(-p))))


def planted(fusion: Fusion, fitted: Drawn, other: Drawn) -> None:
    """The same detectors on a model that is too sure, on an interval that is too narrow, and on folds by row."""
    table = other.table
    answer = predictions(fusion, table.weeks)
    sure = sigmoid(2.0 * np.log(answer.at_cut_01 / (1.0 - answer.at_cut_01)))
    error = calibration_interval(sure, table.label, table.person)
    print(f"\nplanted: logits twice as large: calibration error {error.error:.3f} [{error.low:.3f}, {error.high:.3f}]")
    check("a model that is too sure is not seen", holds=error.low > 0.03)
    middle, half = 0.5 * (answer.low + answer.high), 0.4 * (answer.high - answer.low)
    share = held_01(middle - half, middle + half, table.score, table.target.step).mean()
    print(f"planted: intervals a fifth narrower: held {share:.3f}")
    check("an interval that is too narrow is not seen", holds=share < 0.88)
    by_row = np.random.default_rng(5).permutation(np.arange(fitted.table.score.size) % cross_fit.FOLDS)
    try:
        cross_fit.fit(fitted.table, by_row)
        refused = False
    except WrongUse:
        refused = True
    check("folds by row are not refused", holds=refused)
    print("planted: folds by row are refused; what they would have hidden:")
    # a model that knows people: the share of a person's fitted weeks at the cut
    new = log_loss(known_people(fitted.table, table), table.label)
    for name, fold in (("by person", cross_fit.folds(fitted.table.person)), ("by row", by_row)):
        p = np.empty(fitted.table.score.size)
        for part in np.unique(fold):
            out = fold == part
            p[out] = known_people(fitted.table.rows(~out), fitted.table.rows(out))
        seen = log_loss(p, fitted.table.label)
        print(f"   a model of who it is, folds {name}: log loss {seen:.4f} left out, {new:.4f} of people never fitted")
        apart = new - seen
        check(f"folds {name}: {apart:.3f} apart", holds=apart > 0.03 if name == "by row" else abs(apart) < 0.03)


def known_people(fitted: Table, asked: Table):
    """Share of each person's own fitted weeks at the cut, shrunk to everyone's; nothing else."""
    prior = fitted.label.mean()
    names, who = np.unique(fitted.person, return_inverse=True)
    own = (np.bincount(who, fitted.label) + 2.0 * prior) / (np.bincount(who) + 2.0)
    of = dict(zip(names.tolist(), own.tolist(), strict=True))
    return np.array([of.get(name, prior) for name in asked.person.tolist()])


def abstentions() -> None:
    """Just below and at the limits; what a week must have."""
    print("\nabstention")
    long = labelled(260, 9, SINGLE, weeks=22).table
    many = labelled(420, 10, SINGLE).table
    names = np.unique(long.person)
    rows = {
        "1,999 weeks": (many.rows(np.arange(1999)), "few"),
        "2,000 weeks": (many.rows(np.arange(2000)), ""),
        "199 people": (long.rows(np.isin(long.person, names[:199])), "few"),
        "200 people": (long.rows(np.isin(long.person, names[:200])), ""),
        "no answer at the cut": (many.rows(~many.label), "one_label"),
        "nothing but answers": (
            Table(SINGLE, many.person, without(many.weeks, many.weeks.channels), many.score),
            "no_channel",
        ),
    }
    fusion = None
    for name, (table, wanted) in rows.items():
        table = table if name != "no answer at the cut" else repeated(table)
        answer = cross_fit.fit(table)
        reason = answer.reason if isinstance(answer, Abstained) else ""
        people = np.unique(table.person).size
        print(f"   {name:<24}{table.score.size:6d} weeks, {people:4d} people: {answer.words if reason else 'a fusion'}")
        check(f"{name}: {reason or 'a fusion'}", holds=reason == wanted)
        fusion = answer if isinstance(answer, Fusion) else fusion
    if fusion is not None:
        weeks = {"nothing": Inputs({}, 3.0), "never_seen": Inputs({"voice_pause_s": as_standing(1.0, 0.5)}, 3.0)}
        for reason, week in weeks.items():
            answer = predict(fusion, week)
            print(f"   a week: {answer.words if isinstance(answer, Abstained) else answer}")
            check(f"a week is not refused: {reason}", holds=isinstance(answer, Abstained) and answer.reason == reason)


def repeated(table: Table) -> Table:
    """Twice the rows, as other people."""
    again = table.rows(np.tile(np.arange(table.score.size), 2))
    person = np.concatenate((table.person, np.char.add(table.person, " again")))
    return Table(again.target, person, again.weeks, again.score)
