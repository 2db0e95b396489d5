"""Skin conductance and acceleration: what is found of what was made, what is withheld, and what no file can break.

    make bench-channels         PART=grid|faults|real|planted|acceleration|mutated SEEDS=4 FILES=10000

Every part prints its table; a line that does not hold stands at the end, and exit 1.
"""

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import parts
from tests.support import channel_files
from tests.support.made_acceleration import quantised, rotated, still, walking
from tests.support.made_conductance import Recipe, Score, made, scored

from agent.analysis.channels.analysis import Wish, analyze
from agent.analysis.channels.printed import as_json
from agent.errors import WrongUse
from agent.signal.activity import numbers as activity
from agent.signal.eda import numbers as eda
from agent.signal.eda.prepared import prepared

SEEDS = int(os.environ.get("SEEDS", "4"))
FILES = int(os.environ.get("FILES", "10000"))
SHARED = Path(os.environ.get("WARDBEAT_SHARED", ROOT / "../shared"))
RATES = (1, 5, 10, 15)
RECALL, PRECISION, USUAL_WITHHELD = 0.95, 0.9, 0.1


def whole_of(recipe, seed):
    record = made(recipe, seed)
    return record, eda.record(prepared(record.value_us, record.fs_hz), record.fs_hz)


def score_of(recipe, seeds):
    return sum((scored(*whole_of(recipe, seed)) for seed in seeds), Score())


def cell(score):
    if score.withheld == score.records:
        return f"{'withheld':>18}"
    return f"  {score.recall:.2f} {score.precision:.2f} {score.withheld / score.records:6.0%}  "


def table(recipes, title):
    """A row a recipe, a column a rate: recall, precision, share withheld; the sum of all."""
    print(f"\n{title:<26}" + "".join(f"{f'{rate} a minute':>18}" for rate in RATES))
    total = Score()
    for place, (name, recipe) in enumerate(recipes):
        row = []
        for rate in RATES:
            score = score_of(replace(recipe, rate_per_min=rate), range(100 * place, 100 * place + SEEDS))
            held = score.recall >= RECALL and score.precision >= PRECISION
            parts.check(f"{title} {name}, {rate} a minute: {score.recall:.3f} {score.precision:.3f}", holds=held)
            row.append(cell(score))
            total += score
        print(f"{name:<26}" + "".join(row), flush=True)
    return total


def grid():
    print("recall, precision, share of the records whose count is withheld; 10 minutes each")
    total, usual = Score(), Score()
    for fs_hz in (4.0, 16.0, 128.0):
        rows = [
            (f"noise {noise:g} size {size:g} uS", Recipe(amplitude_us=size, noise_us=noise, fs_hz=fs_hz))
            for noise in (0.0, 0.001, 0.005, 0.02)
            for size in (0.01, 0.02, 0.05, 0.2, 1.0)
        ]
        total += table(rows, f"{fs_hz:g} Hz")
        likely = [recipe for _, recipe in rows if recipe.amplitude_us >= 0.05 and recipe.noise_us <= 0.005]
        for recipe in likely:
            for rate in RATES:
                usual += score_of(replace(recipe, rate_per_min=rate), range(7, 7 + SEEDS))
    for name, score in (("all", total), ("sizes >= .05 uS, noise <= .005 uS", usual)):
        share = score.withheld / score.records
        print(f"{name}: recall {score.recall:.3f}, precision {score.precision:.3f}, withheld {share:.1%}")
    parts.check(f"withheld at usual sizes and noise: {usual.withheld / usual.records:.1%}",
                holds=usual.withheld <= USUAL_WITHHELD * usual.records)  # fmt: skip


def faults():
    base = Recipe(amplitude_us=0.3, noise_us=0.002, fs_hz=8.0)
    rows = [
        ("converter of .001 uS", replace(base, step_us=0.001)),
        ("converter of .01 uS", replace(base, step_us=0.01)),
        ("converter of .02 uS", replace(base, step_us=0.02)),
        ("a step of .3 uS in 5 min", replace(base, steps_per_min=0.2)),
        ("two steps a minute", replace(base, steps_per_min=2.0)),
        ("level drifts by 1 uS", replace(base, drift_us=1.0)),
        ("sizes vary more", replace(base, spread=0.6)),
        ("slow responses", replace(base, rise_s=(1.0, 2.0), fall_s=(4.0, 10.0))),
        ("fast responses", replace(base, rise_s=(0.3, 0.6), fall_s=(1.5, 3.0))),
        ("at random, 1.5 s apart", replace(base, cv=1.0, least_apart_s=1.5)),
        ("at random, 1 s apart", replace(base, cv=1.0, least_apart_s=1.0)),
    ]
    total = table(rows, "8 Hz, .3 uS, noise .002")
    print(
        f"all: recall {total.recall:.3f}, precision {total.precision:.3f}, withheld {total.withheld / total.records:.0%}"
    )


def real():
    file = SHARED / "data/signals/eda/e4_EDA.csv"
    if not file.exists():
        print("WARDBEAT_SHARED does not hold the record")
        return
    found = analyze(Wish(file, "eda"))
    for window in found.windows:
        rate, level = window.number("scr_rate_per_min"), window.number("scl_us")
        print(f"{window.start_s:5.0f} to {window.end_s:5.0f} s  level {level.value:.3f} uS  responses {rate.value}"
              f"  {eda.REASONS.get(rate.reason, '')}")  # fmt: skip
        parts.check(f"real record at {window.start_s:.0f} s gives a count", holds=rate.value is None)


def planted():
    """The real record with clear responses added, and the same with the responses as small as its noise."""
    rng_free = Recipe(
        rate_per_min=4, amplitude_us=1.0, noise_us=0.0, fs_hz=4.0, level_us=0.0, drift_us=0.0, length_s=2400
    )
    clear = made(rng_free, 3)
    file = SHARED / "data/signals/eda/e4_EDA.csv"
    if file.exists():
        under = np.loadtxt(file)[2:][-clear.value_us.size :]
    else:
        under = 0.08 + np.round(np.random.default_rng(1).normal(0, 0.002, clear.value_us.size) / 0.00128) * 0.00128
    for scale in (1.0, 0.3, 0.1, 0.03, 0.01):
        value = under + scale * clear.value_us
        whole = eda.record(prepared(value, 4.0), 4.0)
        score = scored(replace(clear, value_us=value), whole)
        words = f"recall {score.recall:.2f} precision {score.precision:.2f}" if not whole.reason else whole.reason
        print(
            f"responses of {scale:g} uS on the record: {words}; smallest counted {whole.responses.smallest_us:.3f} uS"
        )
        held = bool(whole.reason) or (score.recall >= RECALL and score.precision >= PRECISION)
        parts.check(f"planted {scale}: {words}", holds=held and not (scale >= 0.3 and whole.reason))
        parts.check(f"buried {scale} is counted", holds=scale > 0.02 or bool(whole.reason))
    for noise in (0.001, 0.1):
        whole = whole_of(Recipe(rate_per_min=5, amplitude_us=0.2, noise_us=noise), 1)[1]
        print(
            f"5 responses of .2 uS a minute, noise {noise:g} uS: {whole.reason or f'{whole.responses.size_us.size} counted'}"
        )
        parts.check(f"noise {noise}: {whole.reason}", holds=bool(whole.reason) == (noise > 0.01))


def acceleration():
    gain, offset = np.array([1.03, 0.97, 1.02]), np.array([0.03, -0.02, 0.04])
    worn = np.concatenate([walking(3600, 20), still(7200, 20, noise_g=0.003), walking(3600, 20)])
    rows = [
        ("still", still(300, 32), 32.0, {"enmo_mg": (0, 3), "mad_mg": (0, 3), "still_01": (1, 1)}),
        ("still, 1/64 g", quantised(still(300, 32, (0.3, 0.5, 0.8))), 32.0, {"enmo_mg": (0, 20), "mad_mg": (0, 10)}),
        ("walking .3 g", np.concatenate([still(60, 50), walking(240, 50)]), 50.0,
         {"enmo_mg": (74.5, 79), "mad_mg": (151, 155.5), "still_01": (0.19, 0.21), "longest_still_s": (59, 61)}),
        ("rotated", rotated(32), 32.0, {"enmo_mg": (0, 3), "gravity_error_mg": (0, 1)}),
        ("rotated, not calibrated", rotated(32) * gain + offset, 32.0, {"enmo_mg": (0, 3), "gravity_error_mg": (0, 2)}),
        ("still, 50 mg off", still(300, 32) + np.array([0, 0, 0.05]), 32.0, {"enmo_mg": "gravity_off", "mad_mg": (0, 3)}),
        ("two hours taken off", worn, 20.0, {"nonwear_01": (0.49, 0.51), "enmo_mg": (90, 97), "still_01": (0, 0.01)}),
        ("never still", walking(240, 50), 50.0, {"enmo_mg": "gravity_unknown", "mad_mg": (189, 193)}),
        ("8 Hz", still(300, 8), 8.0, {"enmo_mg": "rate_low", "mad_mg": "rate_low", "still_01": (1, 1)}),
        ("at its limit", np.clip(walking(300, 32, swing_g=1.6), -2, 2), 32.0, {"enmo_mg": "saturated"}),
    ]  # fmt: skip
    for name, axes_g, fs_hz, wanted in rows:
        found = {one.name: one for one in activity.numbers(activity.record(axes_g, fs_hz), 0, len(axes_g) / fs_hz)}
        shown = []
        for number, limits in wanted.items():
            one = found[number]
            held = one.reason == limits if isinstance(limits, str) else (
                one.value is not None and limits[0] <= one.value <= limits[1])  # fmt: skip
            parts.check(f"{name}: {number} {one}", holds=held)
            shown.append(f"{number} {one.reason or f'{one.value:.4g}'} (wanted {limits})")
        print(f"{name:<26}{'; '.join(shown)}")


def mutated():
    rng = np.random.default_rng(5)
    originals = channel_files.seeds(made(Recipe(length_s=90.0), 1).value_us, still(20, 20))
    counts = {"analyzed": 0}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "recording"
        for number in range(FILES):
            signal, data = originals[number % len(originals)]
            file.write_bytes(channel_files.mutated(data, rng))
            try:
                found = analyze(Wish(file, signal))
                as_json("recording", found, list(found.windows))
                counts["analyzed"] += 1
            except WrongUse as error:
                name = type(error).__name__
                counts[name] = counts.get(name, 0) + 1
                parts.check(f"file {number}: no remedy: {error}", holds=bool(error.remedy) and len(str(error)) < 500)
            except Exception as error:
                parts.check(f"file {number}: {type(error).__name__}: {error}", holds=False)
    print(f"{FILES} files: " + ", ".join(f"{count} {name}" for name, count in counts.items()))


PARTS = {"grid": grid, "faults": faults, "real": real, "planted": planted, "acceleration": acceleration,
         "mutated": mutated}  # fmt: skip

if __name__ == "__main__":
    sys.exit(parts.run(PARTS))
