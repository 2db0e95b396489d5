"""The change alarm's parts of `bench_scoring`: what it raises without a change, what it finds, and beside the optimum.

Two optima at the same rate of false alarms. One knows the person (mean, scale, phi, share) and the size of the change,
and looks for its day as ours does. The other also knows the day: it asks on the 28 days after it alone, and is allowed
as many false alarms on them as the budget gives for so many worn days. Nothing that does not know the day can reach it.
"""

import os
from dataclasses import replace

import numpy as np

from parts import check
from agent.scoring import change_detector
from agent.scoring.daily import Days
from agent.scoring.messages import predictive_value_01, predictive_words
from agent.scoring.population import WATERMARK
from models.change_alarm import (
    DAYS,
    PRIOR,
    QUARTER_DAYS,
    Drawn,
    Limit,
    draw,
    false_alarms,
    found,
    shipped,
    threshold_for,
)

PEOPLE = int(os.environ.get("PEOPLE", "10000"))
CHANGE_ON, AFTER = 100, 130
BUDGETS = (0.25, 1.0)
NAMED = Drawn(0.6, 0.7, 3)
# found within 14 and 28 days, at the named process with three readings a day
WANTED = {0.25: (None, 0.52), 1.0: (0.64, 0.82)}
PHIS, SHARES, READINGS = (0.0, 0.3, 0.6, 0.9), (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9), (1, 3, 6)


def the_alarm() -> None:
    """Lasting falls of 20 % found, beside two optima; false alarms over the grid, and of other kinds of people."""
    print(f"{WATERMARK}\nfalse alarms for 91 worn days; found within 7, 14, 28 days of a lasting fall of 20 %")
    rng = np.random.default_rng(1)
    for readings in (3, 20):
        beside_the_optimum(rng, replace(NAMED, readings=readings))
    for budget in BUDGETS:
        over_the_grid(budget, max(50, PEOPLE // 16))
        of_other_kinds(budget, max(50, PEOPLE // 10))
    slow = draw(rng, NAMED, max(50, PEOPLE // 10))[0]
    drifted = replace(slow, mean=slow.mean - change_detector.FALL * np.arange(DAYS) / 365)
    for budget, threshold in change_detector.BUDGETS.items():
        still, moved = (false_alarms(shipped(days, threshold), slow.n) for days in (slow, drifted))
        print(f"a drift of 20 % a year, budget {budget:g}: {moved:.2f} alarms, {still:.2f} without it")


def beside_the_optimum(rng: np.random.Generator, process: Drawn) -> None:
    """Ours, the optimum that knows the person, the one that knows the day too, and the usual 7-day mean."""
    (null, null_scale), (fall, scale) = (
        draw(rng, process, max(200, 4 * PEOPLE // 10)),
        draw(rng, process, max(200, 8 * PEOPLE // 10), AFTER, change_on=CHANGE_ON),
    )
    print(f"\n{words(process)}\n{'':<46}{'false':>7}{'7 d':>7}{'14 d':>7}{'28 d':>7}")
    best = change_detector.Process((process.phi,), (process.window_share,), mean_known=True)
    for budget in BUDGETS:
        threshold = change_detector.BUDGETS[budget]
        rate, seen = false_alarms(shipped(null, threshold), null.n), found(shipped(fall, threshold), CHANGE_ON)
        line(f"shipped threshold for {budget:g}", rate, seen)

        def knowing(days: Days, at: float, of=null_scale):
            return change_detector.watch(days, PRIOR, at, process=best, scale=of).alarms

        equal, _ = threshold_for(rate, {Limit(process, 1.0): null}, knowing)
        line("   person and size known", rate, found(knowing(fall, equal, scale), CHANGE_ON))
        line("   person, size and day known", rate, day_known(process, rate, null, null_scale, fall, scale))
        value = predictive_value_01(seen[2], rate * float(np.mean(null.n > 0)))
        print(f"   predictive value, 5 of 100 fall in a quarter: {value:.2f}. {predictive_words(value)}")
        check(f"{words(process)}: {rate:.2f} false alarms, budget {budget}", holds=rate <= 1.2 * budget)
        for days, share, goal in zip((14, 28), seen[1:], WANTED[budget], strict=True):
            check(
                f"{words(process)}: {share:.3f} found in {days} d, wanted {goal}", holds=goal is None or share >= goal
            )
    line("   7-day mean at one false alarm", *week_mean_alarm(null, fall))


def over_the_grid(budget: float, people: int) -> None:
    """False alarms in budgets; all rows but those of phi .9 and a share below .5 have a limit."""
    print(f"\nfalse alarms in budgets of {budget:g}; window share:" + "".join(f"{share:7}" for share in SHARES))
    threshold = change_detector.BUDGETS[budget]
    for place, (phi, readings) in enumerate((phi, readings) for phi in PHIS for readings in READINGS):
        row = []
        for share in SHARES:
            days = draw(np.random.default_rng((2, place, int(100 * share))), Drawn(phi, share, readings), people)[0]
            row.append(false_alarms(shipped(days, threshold), days.n) / budget)
            most = 1.2 if phi <= 0.6 else 2.0 if share >= 0.5 else np.inf
            check(f"phi {phi}, share {share}, {readings} a day: {row[-1]:.2f} budgets", holds=row[-1] <= most)
        print(f"   phi {phi}, {readings} a day{'':<26}" + "".join(f"{rate:7.2f}" for rate in row), flush=True)


def of_other_kinds(budget: float, people: int) -> None:
    """People unlike those of the grid; no limits."""
    threshold = change_detector.BUDGETS[budget]
    print(f"\nother kinds, threshold for {budget:g}\n{'':<46}{'budgets':>7}{'7 d':>7}{'14 d':>7}{'28 d':>7}")
    kinds = {
        "as named": (NAMED, {}), "one reading a day": (replace(NAMED, readings=1), {}),
        "six readings a day": (replace(NAMED, readings=6), {}), "no day missing": (replace(NAMED, missing_01=0.0), {}),
        "60 % of days missing": (replace(NAMED, missing_01=0.6), {}), "heavy tails (4 degrees)": (replace(NAMED, tail=4), {}),
        "scales' CV .4": (replace(NAMED, scale_cv=0.4), {}), "phi .3": (replace(NAMED, phi=0.3), {}),
        "phi .75": (replace(NAMED, phi=0.75), {}), "phi .95": (replace(NAMED, phi=0.95), {}),
        "share .02": (replace(NAMED, window_share=0.02), {}), "share .97": (replace(NAMED, window_share=0.97), {}),
        "three weeks before": (NAMED, {"from_day": 21}), "a rise of 25 %": (NAMED, {"change": -change_detector.FALL}),
        "a fall over 14 days": (NAMED, {"over_days": 14}), "a fall of 30 %": (NAMED, {"change": -float(np.log(0.7))}),
    }  # fmt: skip
    for place, (name, (process, how)) in enumerate(kinds.items()):
        rng, from_day = np.random.default_rng((3, place)), how.get("from_day", change_detector.FROM_DAY)
        change = how.get("change", change_detector.FALL)
        sought = change_detector.FALL * np.sign(change)
        change_on = 40 if from_day < 40 else CHANGE_ON
        null = draw(rng, process, people)[0]
        fall = draw(rng, process, people, AFTER, change_on=change_on, change=change, over_days=how.get("over_days", 1))[
            0
        ]
        raised, seen = (
            change_detector.watch(days, PRIOR, threshold, fall=sought, from_day=from_day).alarms
            for days in (null, fall)
        )
        line(name, false_alarms(raised, null.n, from_day) / budget, found(seen, change_on))


def the_budgets() -> None:
    """The thresholds again, by the worst of the processes that decide, from other seeds than the table's."""
    from agent.scoring.data import table

    print(WATERMARK)
    for name, decided in table("change_alarm")["decided_by"].items():
        budget, most = float(name), decided["most"]
        process = Drawn(**{key: decided[key] for key in Drawn.__dataclass_fields__})
        found_at = []
        for seed in (100, 101, 102):
            days = draw(np.random.default_rng(seed), process, max(200, PEOPLE // 10))[0]
            found_at.append(threshold_for(budget, {Limit(process, most): days}, shipped)[0])
        at = change_detector.BUDGETS[budget]
        print(f"{budget:g}: shipped {at}; {words(process)}: " + ", ".join(f"{value:.3f}" for value in found_at))
        check(f"{budget:g}: shipped {at}, again {np.mean(found_at):.3f}", holds=abs(at - np.mean(found_at)) < 0.15)


def evidence_of_known_change(days: Days, process: Drawn, scale: np.ndarray) -> np.ndarray:
    """Log likelihood ratio of a fall on CHANGE_ON for people of known mean, scale and process, shape ``(m, 28)``."""
    phi, share = process.phi, process.window_share
    slow, left, carried, ratio = (np.zeros(scale.size) for _ in range(4))
    left = left + 1.0 - share
    unit = -change_detector.FALL / scale
    out = []
    for day in range(CHANGE_ON + 28):
        is_read = days.n[:, day] > 0
        slow, carried = phi * slow, phi * carried
        left = phi**2 * left + (1.0 - share) * (1.0 - phi**2)
        variance = left + share / np.maximum(days.n[:, day], 1.0)
        gain, error = is_read * left / variance, days.mean[:, day] / scale - slow
        if day >= CHANGE_ON:
            moved = 1.0 - carried
            ratio = ratio + is_read * (unit * error * moved - 0.5 * (unit * moved) ** 2) / variance
            carried = carried + gain * moved
            out.append(ratio)
        slow, left = slow + gain * error, left - gain * left
    return np.stack(out, axis=1)


def day_known(process: Drawn, rate: float, null: Days, null_scale, fall: Days, scale) -> tuple[float, ...]:
    """Share found by who knows the day; on the 28 days after it as many false alarms as `rate` gives for them."""
    most = evidence_of_known_change(null, process, null_scale).max(axis=1)
    worn = float(np.mean(np.sum(null.n[:, CHANGE_ON : CHANGE_ON + 28] > 0, axis=1)))
    at = np.quantile(most, 1.0 - rate * worn / QUARTER_DAYS)
    of_fall = evidence_of_known_change(fall, process, scale)
    return tuple(float(np.mean(of_fall[:, :days].max(axis=1) > at)) for days in (7, 14, 28))


def week_mean_alarm(null: Days, fall: Days):
    """The usual app: mean of 7 days against 60, in own deviations; calibrated to one false alarm for 91 worn days."""

    def score(days):
        mean = days.mean
        z = np.full(mean.shape, np.nan)
        read = np.where(days.n > 0, mean, np.nan)
        for day in range(67, mean.shape[1]):
            past, week = read[:, day - 67 : day - 6], read[:, day - 6 : day + 1]
            some = np.isfinite(week).any(axis=1)
            z[some, day] = (np.nanmean(past[some], axis=1) - np.nanmean(week[some], axis=1)) / np.nanstd(
                past[some], axis=1
            )
        return np.nan_to_num(z, nan=-9.0)

    def alarms(z, threshold):
        raised, last = np.zeros(z.shape, dtype=bool), np.full(z.shape[0], -99)
        for day in range(67, z.shape[1]):
            hit = (z[:, day] > threshold) & (day - last >= 7)
            raised[hit, day], last[hit] = True, day
        return raised

    z0, z1 = score(null), score(fall)
    low, high = 0.0, 4.0
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if false_alarms(alarms(z0, middle), null.n) > 1 else (low, middle)
    return false_alarms(alarms(z0, high), null.n), found(alarms(z1, high), CHANGE_ON)


def words(process: Drawn) -> str:
    return f"phi {process.phi}, window share {process.window_share}, {process.readings} a day, {process.missing_01:.0%} missing"


def line(name: str, rate: float, seen) -> None:
    print(f"{name:<46}{rate:7.2f}" + "".join(f"{share:7.2f}" for share in seen), flush=True)
