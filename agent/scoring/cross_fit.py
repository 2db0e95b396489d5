"""Fitting a fusion: ten folds by person, then calibration on what each fold's people were predicted without them.

    1  each fold: core fitted to the others, t and v of the fold's people
    2  scale fitted to all of these; core fitted to everyone: that is the fusion
    3  evidence: each fold's people by a scale fitted to the t and v of the others

Below 2,000 labelled weeks of 200 people there is no fusion: a perfect model's calibration error is .037 at 500 weeks
and .019 at 2,000, so that fewer cannot separate a calibrated one from another.

Source: Vovk (2015), doi:10.1007/s10472-013-9368-4, for intervals from residuals of all folds. Their coverage is not
guaranteed to a figure, as one of a single split is; it is measured (`make bench-scoring PART=fusion`). Derived: limits
as the constants say.
"""

import hashlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.errors import WrongUse
from agent.scoring.answer_scale import groups, interval, probability_01, scale
from agent.scoring.calibration import auc_within_people, calibration_interval
from agent.scoring.channels import CHANNELS
from agent.scoring.conformal import held_01
from agent.scoring.fused import arrays, channels_of, core, fused
from agent.scoring.fusion import Abstained, Evidence, Fusion
from agent.scoring.person_weeks import LAST_ANSWER, Table
from agent.scoring.student_t import Floats

WEEKS: Final = 2000
PEOPLE: Final = 200
EACH: Final = 10  # weeks of the rarer label for each input (Peduzzi et al. 1996, doi:10.1016/S0895-4356(96)00236-3)
INPUT_WEEKS: Final = 200  # below, it is no input; its coefficient's standard error would be near .2 logits
INPUT_PEOPLE: Final = 20  # two in each fold
MOST_ERROR: Final = 0.03  # a fusion whose calibration error is surely larger says nothing
FOLDS: Final = 10


def fit(table: Table, fold: NDArray[np.int64] | None = None) -> Fusion | Abstained:
    """Fit a fusion, or say why there is none; steps in the module.

    Args:
        table: Labelled person-weeks.
        fold: Of each row, shape ``(n,)``; None: `folds`.

    Returns:
        A fusion. Or the reason: fewer than 2,000 weeks of 200 people, fewer than ten weeks of the rarer label for each
        input, no channel that enough people had, or probabilities that people left out do not bear out.

    Raises:
        WrongUse: A person's weeks stand in several folds, so that the person would be tested on what was learnt of
            them; or there is one fold.

    Source: see the module.
    """
    if fold is not None:
        check_folds(table.person, fold)
    weeks, people = table.score.size, int(np.unique(table.person).size)
    if weeks < WEEKS or people < PEOPLE:
        return Abstained("few", f"{weeks:,} of {WEEKS:,} labelled weeks, {people:,} of {PEOPLE} people")
    fold = folds(table.person) if fold is None else fold
    inputs = usable(table)
    if not channels_of(inputs):
        return Abstained("no_channel", f"no channel was measured in {INPUT_WEEKS} weeks of {INPUT_PEOPLE} people")
    at_cut = int(table.label.sum())
    if min(at_cut, weeks - at_cut) < EACH * len(inputs):
        why = f"{at_cut:,} weeks at or above the cut, {weeks - at_cut:,} below; {EACH * len(inputs)} of each are needed"
        return Abstained("one_label", why)
    value, sd = arrays(inputs, table.target, table.weeks)
    t, v, of_last = np.empty(weeks), np.empty(weeks), np.zeros(weeks)
    for held in np.unique(fold):
        out = fold == held
        found = fused(core(value[~out], sd[~out], table.label[~out]), value[out], sd[out])
        t[out], v[out] = found.t, found.v
        if LAST_ANSWER in inputs:
            of_last[out] = found.parts[:, inputs.index(LAST_ANSWER)]
    of_group = groups(inputs, table.weeks, table.target.cut)
    evidence = _evidence(table, fold, t, v, of_group, of_last)
    error = evidence.calibration
    if error.low > MOST_ERROR:
        return Abstained("not_borne_out", f"calibration error {error.error:.3f}, at least {error.low:.3f}")
    made = scale(t, v, of_group, table)
    return Fusion(table.target, inputs, core(value, sd, table.label), made, evidence, table.watermark)


def folds(person: NDArray[np.str_], count: int = FOLDS) -> NDArray[np.int64]:
    """Fold of each row, by person: people in the order of a hash of their names, dealt out in turn.

    Args:
        person: Shape ``(n,)``.
        count: Number of folds.

    Returns:
        0 to count - 1, shape ``(n,)``; whatever the order of the rows.

    Source: definition.
    """
    names, row = np.unique(person, return_inverse=True)
    digest = [hashlib.sha256(name.encode()).digest() for name in names.tolist()]
    fold = np.empty(names.size, dtype=np.int64)
    fold[np.array(sorted(range(names.size), key=digest.__getitem__), dtype=np.int64)] = np.arange(names.size) % count
    return np.asarray(fold[row])


def check_folds(person: NDArray[np.str_], fold: NDArray[np.int64]) -> None:
    """Refuse folds that split a person.

    Args:
        person: Shape ``(n,)``.
        fold: Shape ``(n,)``.

    Raises:
        WrongUse: Somebody's weeks stand in several folds, or there is one fold.

    Source: definition.
    """
    if fold.shape != person.shape:
        raise WrongUse(f"cross-fitting: {person.size} rows and {fold.size} folds")
    if person.size and np.unique(fold).size == 1:
        raise WrongUse("cross-fitting: one fold leaves nobody out")
    pairs = np.unique(np.column_stack((np.unique(person, return_inverse=True)[1], fold)), axis=0)
    split = pairs.shape[0] - np.unique(person).size
    if split:
        raise WrongUse("cross-fitting: a person's weeks stand in several folds", remedy="Make the folds by person.")


def usable(table: Table) -> tuple[str, ...]:
    """Inputs that enough people had and that vary: 200 weeks of 20 people.

    Args:
        table: Labelled person-weeks.

    Returns:
        Rows of CHANNELS in their order, then the last answer.

    Source: see the module.
    """
    weeks = table.weeks
    measured = np.where(np.isfinite(weeks.sd), weeks.z, np.nan)
    columns: dict[str, Floats] = dict(zip(weeks.channels, measured.T, strict=True))
    columns[LAST_ANSWER] = weeks.last_answer
    found = []
    for name in (*CHANNELS, LAST_ANSWER):
        there = np.isfinite(columns[name]) if name in columns else np.zeros(0, dtype=bool)
        many = there.sum() >= INPUT_WEEKS and np.unique(table.person[there]).size >= INPUT_PEOPLE
        if many and float(np.ptp(columns[name][there])) > 0.0:
            found.append(name)
    return tuple(found)


def _evidence(
    table: Table, fold: NDArray[np.int64], t: Floats, v: Floats, of_group: NDArray[np.int64], of_last: Floats
) -> Evidence:
    p, low, high = np.empty_like(t), np.empty_like(t), np.empty_like(t)
    for held in np.unique(fold):
        out = fold == held
        others = scale(t[~out], v[~out], of_group[~out], table.rows(~out))
        p[out] = probability_01(others, t[out], v[out])
        low[out], high[out] = interval(others, t[out], v[out], of_group[out])
    label, person = table.label, table.person
    within_auc, within = auc_within_people(t - of_last, label, person)
    return Evidence(
        label.size, int(np.unique(person).size), int(label.sum()), calibration_interval(p, label, person),
        float(held_01(low, high, table.score, table.target.step).mean()), within_auc, within,
    )  # fmt: skip
