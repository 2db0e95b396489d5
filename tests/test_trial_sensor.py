"""A new sensor with one number costs two files and two rows; the laws find it at once, and find it lacking words."""

import difflib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

SENSOR = '''"""A trial sensor: skin temperature, made up."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from agent.system.clock import Clock
from agent.model import NS_PER_S, Sample


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration may say of this source."""

    every_s: int = 1


async def samples(settings: Settings, clock: Clock) -> AsyncGenerator[Sample, None]:
    """A steady 33 degrees."""
    t_ns = clock.now_ns()
    while True:
        t_ns += settings.every_s * NS_PER_S
        await clock.sleep_until(t_ns)
        yield Sample(t_ns, "skin_hz", 33.0)
'''

FEATURE = '''"""The trial sensor's one number."""

from agent.features.spec import FeatureSpec, Measured
from agent.model import Window


def _mean(window: Window) -> Measured:
    series = window.series["skin_hz"]
    value = series.value[series.inside]
    return Measured(float(value.mean()), value.size, 1.0, 0.0)


ROWS = (
    FeatureSpec(
        name="skin_mean_hz",
        feature_id=900,
        kind="recovery",
        signal="skin",
        needs=("skin_hz",),
        compute=_mean,
        span_s=300,
        min_samples=10,
        min_coverage_01=0.5,
        low=0.0,
        high=100.0,
        step=0.1,
        release="whole",
        words="A made-up number of a made-up trial sensor over five minutes.",
        source="10.1000/trial",
    ),
)
'''

SOURCE_ROW = """        SourceSpec(
            name="trial",
            module="agent.sources.trial",
            channels=("skin_hz",),
            ends=False,
            words="A made-up sensor that shows what a new one costs.",
        ),
"""


def planted(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    for part in ("agent", "hub", "tests", "firmware_sim", "models", "docs"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    for file in ("config.example.yaml", "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, tree / file)
    (tree / "agent/sources/trial.py").write_text(SENSOR)
    (tree / "agent/features/trial.py").write_text(FEATURE)
    row = tree / "agent/sources/__init__.py"
    row.write_text(row.read_text().replace("    for spec in (\n", "    for spec in (\n" + SOURCE_ROW, 1))
    table = tree / "agent/features/__init__.py"
    table.write_text(
        table.read_text()
        .replace("from agent.features import face, heart\n", "from agent.features import face, heart, trial\n")
        .replace("(*heart.ROWS, *face.ROWS)", "(*heart.ROWS, *face.ROWS, *trial.ROWS)")
    )
    return tree


def call(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run([sys.executable, *words], cwd=tree, env=env, capture_output=True, text=True, check=False)


def laws(tree: Path) -> subprocess.CompletedProcess[str]:
    return call(tree, "-m", "pytest", "-q", "tests/laws", "-p", "no:cacheprovider")


def changed(tree: Path) -> tuple[list[str], list[str]]:
    new, edited = [], []
    for path in sorted((tree / "agent").rglob("*.py")):
        before = ROOT / path.relative_to(tree)
        if not before.exists():
            new.append(path.relative_to(tree).as_posix())
        elif before.read_text() != path.read_text():
            edited.append(path.relative_to(tree).as_posix())
    return new, edited


def test_a_trial_sensor_costs_two_files_and_two_rows_and_the_laws_find_it(tmp_path):
    tree = planted(tmp_path)
    assert changed(tree) == (
        ["agent/features/trial.py", "agent/sources/trial.py"],
        ["agent/features/__init__.py", "agent/sources/__init__.py"],
    )
    schema = call(tree, "-m", "agent.features")
    before = (tree / "agent/wire/schema_v1.json").read_text()
    (tree / "agent/wire/schema_v1.json").write_text(schema.stdout)
    added = [line for line in difflib.ndiff(before.splitlines(), schema.stdout.splitlines()) if line.startswith("- ")]
    assert len(added) <= 1, "schema 1 only grows"
    assert [row["id"] for row in json.loads(schema.stdout)["features"]][-1] == 900

    whole = laws(tree)
    assert whole.returncode == 0, whole.stdout[-2000:]

    (tree / "agent/features/trial.py").write_text(
        FEATURE.replace("A made-up number of a made-up trial sensor over five minutes.", "HRV")
    )
    wordless = laws(tree)
    assert wordless.returncode == 1
    assert "skin_mean_hz: words" in wordless.stdout

    (tree / "agent/features/trial.py").write_text(FEATURE.replace('("skin_hz",)', '("sweat_hz",)'))
    unfed = laws(tree)
    assert "needs a channel that a source yields" in unfed.stdout


def test_the_trial_number_is_consented_released_and_known_to_the_hub(tmp_path):
    tree = planted(tmp_path)
    (tree / "agent/wire/schema_v1.json").write_text(call(tree, "-m", "agent.features").stdout)
    script = """
from agent.privacy import consent, gate
from agent.privacy.policy import PROFILES
from agent.model import FeatureValue, Summary
from agent.wire.consent import Grant
from agent.wire.message import SummaryMessage, Plaintext, encode_plaintext, decode_plaintext
care = PROFILES['care']
assert consent.releasable_signals(care) == ('face', 'heart', 'skin')
record = consent.give(care, 'd', 1, [Grant('skin', 'care', 'x')], 0)
summary = Summary(300, 600, (FeatureValue('hr_mean_bpm', 60.0, 300, 1.0, 0.0), FeatureValue('skin_mean_hz', 33.04, 300, 1.0, 0.0)))
(released,) = gate.release(summary, care, record, 'x', ())
assert [(v.feature_id, v.v) for v in released.values] == [(900, 331)], released
message = SummaryMessage.of(released)
assert decode_plaintext(encode_plaintext(Plaintext(bytes(16), 0, 1, bytes(32), (message,)))).messages == (message,)
print('ok')
"""
    done = call(tree, "-c", script)
    assert done.stdout.strip() == "ok", done.stderr[-2000:]
