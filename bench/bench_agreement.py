"""How often the 95 % intervals of `wardbeat agreement` hold the true value: `make bench-agreement PART=exact|kappa|fleiss|icc|limits`.

Each cell of the table is a population whose true value is known by its formula. Studies are drawn from it, and the package's
own functions give the interval. A cell is as wanted from .93 to .97; two standard errors of the simulation are allowed
beyond. The package draws 10,000 times for an interval, the bench 2,000 times for the sake of its length: the ends
then move by some .06 standard errors, and the share by less than .002. STUDIES=1000 DRAWS=10000 UNITS="50 100".
"""

import math
import os
import sys

import numpy as np

from agent.agreement import bland_altman, draws, fleiss, icc, kappa
from agent.scoring.student_t import normal_cdf
from parts import check, run

STUDIES = int(os.environ.get("STUDIES", "1000"))
UNITS = [int(text) for text in os.environ.get("UNITS", "50 100").split()]
LOW, HIGH = 0.93, 0.97
draws.DRAWS = icc.DRAWS = int(os.environ.get("DRAWS", "2000"))


def report(cell: str, inside: dict[str, list[bool]], often: tuple[str, ...] = ()) -> None:
    """One line: each interval's share, and in brackets what it is compared with.

    `often` names intervals that may hold the true value more often: counts of a few units leave steps between shares.
    """
    parts = []
    for name, held in inside.items():
        share, of = float(np.mean(held)), len(held)
        error = math.sqrt(0.95 * 0.05 / of)
        is_wanted = LOW - 2 * error <= share <= (1.0 if name in often else HIGH + 2 * error)
        parts.append(f"{name} {share:.3f}{'' if is_wanted else ' !'}")
        if not name.startswith("("):
            check(f"{cell}: {name} holds the true value in {share:.3f} of {of}", holds=is_wanted)
    print(f"{cell:<54} {'  '.join(parts)}", flush=True)


def holds(found, true: float) -> bool:
    return found.low - 1e-12 <= true <= found.high + 1e-12


def plain_interval(value: float, error: float, true: float) -> bool:
    """The interval of the textbook, for comparison: value and 1.96 standard errors."""
    return abs(value - true) <= 1.96 * error


# ---- two raters on categories


def by_chance(shares: list[float], true: float) -> np.ndarray:
    """Both raters use each category equally often, and kappa is `true` by construction."""
    pi = np.array(shares)
    return true * np.diag(pi) + (1 - true) * np.outer(pi, pi)


def apart(first: float, second: float, true: float) -> np.ndarray:
    """Two categories, which the raters use unequally often."""
    differ = (1 - true) * (first * (1 - second) + second * (1 - first))
    only_first, only_second = (differ + first - second) / 2, (differ - first + second) / 2
    return np.array([[first - only_first, only_first], [only_second, 1 - first - only_second]])


def of_normal(cuts: list[float], rho: float, shift: float = 0.0) -> np.ndarray:
    """Two normal variables with a correlation, cut into ordered categories; the second rater's cuts may be shifted."""
    x = np.linspace(-6, 6, 1201)
    weight = np.exp(-x * x / 2)
    weight /= weight.sum()
    edges = np.array([-math.inf, *cuts, math.inf])
    place = np.digitize(x, cuts)
    beyond = ((edges + shift)[None, :] - rho * x[:, None]) / math.sqrt(1 - rho * rho)
    rows = weight[:, None] * np.diff(normal_cdf(np.clip(beyond, -40, 40)), axis=1)
    table = np.zeros((len(cuts) + 1, len(cuts) + 1))
    np.add.at(table, place, rows)
    return table / table.sum()


TABLES = {
    **{f"2 categories, {p:.0%} and {1 - p:.0%}, kappa {k}": by_chance([p, 1 - p], k)
       for p in (0.5, 0.7, 0.9) for k in (0.0, 0.4, 0.6, 0.8, 0.9)},
    "2 categories, 50% and 60%, kappa 0.4": apart(0.5, 0.6, 0.4),
    "2 categories, 20% and 35%, kappa 0.4": apart(0.2, 0.35, 0.4),
    "2 categories, 80% and 90%, kappa 0.3": apart(0.8, 0.9, 0.3),
    "3 categories alike, kappa 0.4": by_chance([1 / 3] * 3, 0.4),
    "3 categories 80/15/5, kappa 0.4": by_chance([0.8, 0.15, 0.05], 0.4),
    "3 categories 80/15/5, kappa 0.8": by_chance([0.8, 0.15, 0.05], 0.8),
    "5 categories alike, kappa 0.6": by_chance([0.2] * 5, 0.6),
    "5 categories alike, kappa 0.9": by_chance([0.2] * 5, 0.9),
    "5 categories 70/15/5/5/5, kappa 0.6": by_chance([0.7, 0.15, 0.05, 0.05, 0.05], 0.6),
    "4 steps, correlation 0.5": of_normal([-0.67, 0.0, 0.67], 0.5),
    "4 steps, correlation 0.9": of_normal([-0.67, 0.0, 0.67], 0.9),
    "5 steps, most in the first, correlation 0.8": of_normal([0.25, 0.84, 1.28, 1.64], 0.8),
    "5 steps, correlation 0.95": of_normal([-0.84, -0.25, 0.25, 0.84], 0.95),
    "5 steps, correlation 0": of_normal([-0.84, -0.25, 0.25, 0.84], 0.0),
    "5 steps, second rater higher, correlation 0.7": of_normal([-0.84, -0.25, 0.25, 0.84], 0.7, 0.5),
    "10 steps, correlation 0.8": of_normal([-1.28, -0.84, -0.52, -0.25, 0.0, 0.25, 0.52, 0.84, 1.28], 0.8),
}  # fmt: skip


def the_kappa() -> None:
    """Every number of a pair on categories."""
    rng = np.random.default_rng(1)
    for n in UNITS:
        for cell, p in TABLES.items():
            k = len(p)
            true = {kappa._name(one): float(kappa.kappa(p, kappa.disagreement(k, one))) for one in kappa.WEIGHTINGS}
            true["agreement_01"] = float(np.trace(p))
            true["pabak"] = (k * true["agreement_01"] - 1) / (k - 1)
            if k == 2:
                true |= {"prevalence_index": p[0, 0] - p[1, 1], "bias_index": p[0, 1] - p[1, 0]}
                true = {name: value for name, value in true.items() if name not in ("kappa_linear", "kappa_quadratic")}
            inside: dict[str, list[bool]] = {name: [] for name in true}
            textbook: list[bool] = []
            for _ in range(STUDIES):
                table = rng.multinomial(n, np.maximum(p, 0).ravel() / p.sum()).reshape(k, k)
                found = kappa.pair_numbers(table, is_ordered=k > 2)
                if found["kappa"].low is None:
                    continue  # one category: no number is given
                for name, value in true.items():
                    inside[name].append(holds(found[name], value))
                textbook.append(plain_interval(found["kappa"].value, found["kappa"].standard_error, true["kappa"]))
            # below five units apart on average, hardly any study can leave out a bias of 0
            often = ("bias_index",) if n * (1 - true["agreement_01"]) <= 5 else ()
            report(f"{n} units, {cell}", inside | {"(1.96 standard errors)": textbook}, often)


def the_exact() -> None:
    """Two categories without simulation: the interval of each possible table, weighted by how likely the table is."""
    for n in [int(text) for text in os.environ.get("EXACT", "20 30 50").split()]:
        tables = [
            (a, b, c, n - a - b - c) for a in range(n + 1) for b in range(n + 1 - a) for c in range(n + 1 - a - b)
        ]
        ends = np.full((len(tables), 2), np.nan)
        for place, table in enumerate(tables):
            found = kappa.pair_numbers(np.array(table).reshape(2, 2), is_ordered=False)["kappa"]
            if found.low is not None:
                ends[place] = found.low, found.high
        counts = np.array(tables)
        ways = [math.lgamma(n + 1) - sum(math.lgamma(count + 1) for count in table) for table in tables]
        known = np.isfinite(ends[:, 0])
        for share in (0.5, 0.7, 0.8, 0.9, 0.95):
            parts = []
            for true in (0.0, 0.2, 0.4, 0.6, 0.8, 0.9):
                p = by_chance([share, 1 - share], true).ravel()
                likely = np.where(known, np.exp(np.array(ways) + counts @ np.log(p)), 0.0)
                held = likely @ ((ends[:, 0] <= true + 1e-12) & (true - 1e-12 <= ends[:, 1])) / likely.sum()
                parts.append(f"{true} {held:.3f}{'' if LOW <= held <= HIGH else ' !'}")
                check(
                    f"{n} units, {share:.0%}: kappa {true} is held in {held:.4f}", holds=n < 50 or LOW <= held <= HIGH
                )
            print(f"{n} units, {share:.0%} in one category, kappa  {'  '.join(parts)}", flush=True)


# ---- many raters on categories


def fleiss_draws(rng, n: int, m: int, shares: list[float], true: float, kind: str) -> np.ndarray:
    """Counts of a study. ``mixed``: a share of units is rated alike; ``spread``: each unit has different chances."""
    pi = np.array(shares)
    if kind == "mixed":
        counts = rng.multinomial(m, pi, size=n)
        alike = rng.multinomial(1, pi, size=n) * m
        return np.where((rng.random(n) < true)[:, None], alike, counts)
    chances = rng.dirichlet(pi * (1 - true) / true, size=n)
    return rng.multinomial(m, chances / chances.sum(axis=1, keepdims=True))


FLEISS = [
    (3, [0.5, 0.5], 0.6, "mixed"), (3, [0.9, 0.1], 0.4, "mixed"), (3, [0.9, 0.1], 0.8, "mixed"),
    (6, [0.9, 0.1], 0.8, "mixed"), (4, [0.5, 0.5], 0.4, "spread"), (4, [0.8, 0.2], 0.8, "spread"),
    (3, [0.9, 0.1], 0.9, "spread"), (5, [0.6, 0.3, 0.1], 0.4, "spread"), (4, [0.2] * 5, 0.7, "spread"),
    (3, [0.6, 0.2, 0.1, 0.05, 0.05], 0.7, "spread"), (10, [0.2] * 5, 0.9, "spread"), (10, [0.7, 0.3], 0.2, "spread"),
    (8, [0.5, 0.5], 0.05, "spread"),
]  # fmt: skip


def the_fleiss() -> None:
    """Fleiss' kappa."""
    rng = np.random.default_rng(2)
    for n in UNITS:
        for m, shares, true, kind in FLEISS:
            found = [fleiss.fleiss(fleiss_draws(rng, n, m, shares, true, kind)) for _ in range(STUDIES)]
            mix = "/".join(f"{100 * share:.0f}" for share in shares)
            cell = f"{n} units, {m} raters, {mix}, {true}, {kind}"
            report(cell, {"fleiss_kappa": [holds(one, true) for one in found if one.low is not None]})


# ---- many raters on an interval scale


def the_icc() -> None:
    """All four ICCs, with raters that differ by a share of what is not between units."""
    rng = np.random.default_rng(3)
    for n in UNITS:
        for k in (2, 3, 5, 8):
            for true in (0.0, 0.2, 0.5, 0.8, 0.95):
                for of_raters in (0.0, 0.1, 0.5):
                    rater, rest = (1 - true) * of_raters, (1 - true) * (1 - of_raters)
                    consistent = true / (true + rest)
                    inside: dict[str, list[bool]] = {name: [] for name in icc.NAMES}
                    published: list[bool] = []
                    for _ in range(STUDIES):
                        x = math.sqrt(true) * rng.normal(size=(n, 1)) + math.sqrt(rest) * rng.normal(size=(n, k))
                        found = icc.iccs(x + math.sqrt(rater) * rng.normal(size=(1, k)))
                        own = icc.iccs(x + math.sqrt(rater) * rng.normal(size=(n, k)))  # other raters for each unit
                        inside["icc_1_1"].append(holds(own["icc_1_1"], true))
                        inside["icc_2_1"].append(holds(found["icc_2_1"], true))
                        inside["icc_3_1"].append(holds(found["icc_3_1"], consistent))
                        inside["icc_2_k"].append(holds(found["icc_2_k"], k * true / (1 + (k - 1) * true)))
                        if len(published) < 200:
                            low, high = icc.shrout_fleiss_interval(
                                icc.mean_squares(x + math.sqrt(rater) * rng.normal(size=(1, k)))
                            )
                            published.append(low <= true <= high)
                    cell = f"{n} units, {k} raters, {true}, raters {of_raters:.0%} of the rest"
                    report(cell, inside | {"(Shrout and Fleiss' ICC(2,1))": published})


# ---- two instruments


def the_limits() -> None:
    """Bias, limits and slopes of two instruments with a bias and errors of their own."""
    rng = np.random.default_rng(4)
    z = bland_altman.NINETY_FIVE
    for n in UNITS:
        for bias, sd_first, sd_second in ((0.0, 1.0, 1.0), (3.0, 1.0, 1.0), (-1.0, 2.0, 0.5), (5.0, 0.2, 0.1)):
            spread = math.hypot(sd_first, sd_second)
            # the slope of the difference on the mean of two normal variables: cov(d, m) / var(m)
            slope = (sd_first**2 - sd_second**2) / 2 / (100 + (sd_first**2 + sd_second**2) / 4)
            true = {"bias": bias, "lower_limit": bias - z * spread, "upper_limit": bias + z * spread, "slope": slope,
                    "spread_slope": 0.0}  # fmt: skip
            inside: dict[str, list[bool]] = {name: [] for name in true}
            textbook: list[bool] = []
            for _ in range(STUDIES):
                x = rng.normal(70, 10, n)
                found = bland_altman.differences(x + bias + rng.normal(0, sd_first, n), x + rng.normal(0, sd_second, n))
                for name, value in true.items():
                    inside[name].append(holds(found[name], value))
                sd = (found["upper_limit"].value - found["lower_limit"].value) / (2 * z)
                textbook.append(plain_interval(found["upper_limit"].value, sd * math.sqrt(3 / n), true["upper_limit"]))
            report(
                f"{n} units, bias {bias}, sd {sd_first} and {sd_second}", inside | {"(1.96 s sqrt(3 / n))": textbook}
            )


PARTS = {"exact": the_exact, "kappa": the_kappa, "fleiss": the_fleiss, "icc": the_icc, "limits": the_limits}

if __name__ == "__main__":
    print(
        f"{STUDIES} studies a cell; intervals from {draws.DRAWS:,} draws; '!' is outside .93 to .97 by two standard errors"
    )
    sys.exit(run(PARTS))
