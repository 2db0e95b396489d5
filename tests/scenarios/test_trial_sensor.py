"""A new sensor and its number cost two files and two rows, and then really run: measured, consented to, drawn on every
page, checked by doctor, and refused by each profile that does not list their (signal, kind).
"""

import difflib
import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.process, pytest.mark.long]

ROOT = Path(__file__).parents[2]

SENSOR = '''"""A trial sensor: skin temperature, made up."""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass

from agent.model import NS_PER_S, Sample
from agent.sources.context import Surroundings
from agent.sources.spec import SensorCheck


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration may say of this source."""

    every_s: int = 1


async def samples(settings: Settings, context: Surroundings) -> AsyncGenerator[Sample, None]:
    """A steady 33 degrees."""
    t_ns = context.clock.now_ns()
    while True:
        t_ns += settings.every_s * NS_PER_S
        await context.clock.sleep_until(t_ns)
        yield Sample(t_ns, "skin_degc", 33.0)


def check(settings: Settings, _: Surroundings) -> Iterator[SensorCheck]:
    """What doctor says."""
    yield SensorCheck("trial", ok=True, words=f"measures every {settings.every_s} s")
'''

NUMBER = '''"""The trial sensor's one number."""

from agent.model import Window
from agent.tables.feature_spec import FeatureSpec, Measured


def _mean(window: Window) -> Measured:
    series = window.series["skin_degc"]
    value = series.value[series.inside]
    return Measured(float(value.mean()), value.size, 1.0, 0.0)


ROWS = (
    FeatureSpec(
        name="skin_mean_degc",
        feature_id=900,
        kind="recovery",
        signal="SIGNAL",
        needs=("skin_degc",),
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
        formula="mean of the samples",
    ),
)
'''

SOURCE_ROW = """        SourceSpec(
            name="trial",
            module="agent.sources.trial",
            channels=("skin_degc",),
            ends=False,
            signal="SIGNAL",
            needs_consent=True,
            title="Trial patch",
            words="A made-up sensor that shows what a new one costs.",
            unit="skin temperature in degrees",
            switched_off="Switched off. The patch is not read any more.",
            check="agent.sources.trial:check",
        ),
"""
NUMBER_ROW = '    "agent.features.trial",\n'
SIGNAL_ROW = '        SignalSpec("skin", "skin", "samples", frozenset({"recovery"}), "docs/skin.md"),\n'

# a whole run of the agent with the new sensor, below a profile that lists (skin, recovery) or does not
RUN = '''
import asyncio, html, json, sys, time
from pathlib import Path

from tests.support.world import OPERATOR, make_world
from agent.config import Settings
from agent import pipeline, sources
from agent.commands import doctor_checks as doctor
from agent.commands.doctor_agent import Said
from agent.enrollment import consent_key
from agent.errors import PolicyDenied
from agent.features import FEATURES
from agent.outbox import ledger
from agent.page import queries, reader
from agent.page.process import _hello
from agent.page.web.pages import Pages
from agent.privacy.consent import text
from agent.system.clock import VirtualClock, aligned_start_ns
from agent.system.run_mode import RunMode
from agent.tables.profiles import Profile, profile_named

folder = Path(sys.argv[1])
profile = profile_named(sys.argv[2])
enrolled = bool(profile.recipients)
found = {}
begin_ns = aligned_start_ns(time.time_ns())
if enrolled:
    world = make_world(folder, profile=profile.name, consent=False, from_utc_s=begin_ns // 10**9)
    settings = world.settings
else:
    settings = Settings(state_dir=folder / "state", profile=profile.name, key_store="file")
    settings.state_dir.mkdir(mode=0o700)
settings = settings.model_copy(update={"sources": {"trial": sources.settings_type("trial")()}})
if enrolled:
    world.settings = settings
    signals = consent_key.signals(settings)
    wanted = consent_key.grants(profile, OPERATOR, signals)
    found["asked"] = [*signals]
    found["text"] = text(profile, wanted, 90)
    try:
        world.give_consent(begin_ns // 10**9)
    except PolicyDenied as denied:
        found["refused"] = str(denied)


async def person(session):
    """Wait for a window, then look at every page."""
    if not session.sensors.may_open("trial"):
        found["closed"] = [state.words for state in session.board.states() if state.part == "source.trial"]
    else:
        while session.last_summary is None:
            await asyncio.sleep(0.02)
        found["measured"] = {one.name: one.value for one in session.last_summary.values}
        found["sealed"] = [line for row in ledger.rows(session.outbox) if row.kind == "summary" for line in row.said]
    pages = Pages(_hello(session))

    async def ask(name, with_=None):
        return json.loads(json.dumps(await queries.answered(session, name, with_ or {})))

    async def long_query(job, **with_):
        return json.loads(reader.JOBS[job](reader.Wanted(settings.state_dir, settings.key_store, profile, (8, 18), with_)))

    drawn = {}
    for name in pages.menu():
        drawn[name] = await pages.render(name, {}, ask, long_query)
    if "measured" in found and "skin_mean_degc" in found["measured"]:
        drawn["about"] = await pages.render("about/skin_mean_degc", {}, ask, long_query)
    found["pages"] = {name: html.unescape(drawn[name] or "") for name in drawn}
    found["switch"] = (await ask("sensor", {"name": "trial", "on": False}))["words"]
    stop.set()
    await asyncio.Event().wait()


async def main():
    global stop
    stop = asyncio.Event()
    clock = VirtualClock(begin_ns)

    async def drive(_):
        await clock.drive(turns=64)

    extra = {"person": person, "drive": drive}
    await pipeline.run(settings, profile, clock, mode=RunMode(serves=False), stop=stop, extra_tasks=extra)


asyncio.run(main())
# switched off above, so doctor leaves it alone; its own check is asked beside the others
asked_alone = doctor._sensor("trial", settings.sources["trial"], settings, Said())
found["doctor"] = {check.check_id: check.words for check in (*doctor.checks(settings, profile), *asked_alone)}
print(json.dumps(found))
'''


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Copies of the whole tree with the two files and the two rows; a signal that is new has its row, too."""

    @functools.cache
    def made(signal: str) -> Path:
        tree = tmp_path_factory.mktemp(signal) / "tree"
        for part in ("agent", "hub", "tests", "copilot", "firmware_sim", "models", "docs"):
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
        for file in ROOT.glob("*.*"):
            if file.is_file():
                shutil.copy(file, tree / file.name)
        (tree / "agent/sources/trial.py").write_text(SENSOR)
        (tree / "agent/features/trial.py").write_text(NUMBER.replace("SIGNAL", signal))
        add_row(tree / "agent/sources/__init__.py", "    for spec in (\n", SOURCE_ROW.replace("SIGNAL", signal))
        add_row(tree / "agent/features/__init__.py", "MODULES: Final = (\n", NUMBER_ROW)
        if signal == "skin":
            add_row(tree / "agent/tables/signals.py", "    for spec in (\n", SIGNAL_ROW)
        assert call(tree, "-m", "agent.features", ".").returncode == 0  # what `make schema` does
        call(tree, "-m", "compileall", "-q", "agent", "hub", "copilot", "firmware_sim", "tests")
        return tree

    def copied(tmp_path: Path, signal: str) -> Path:
        return shutil.copytree(made(signal), tmp_path / "tree")  # with times, so that compiled modules are valid

    return copied


def add_row(file: Path, before: str, row: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1
    head, tail = text.split(before)
    end = tail.index("\n    )\n") if before.startswith("    for") else tail.index("\n)\n")
    file.write_text(f"{head}{before}{tail[: end + 1]}{row}{tail[end + 1 :]}")


def call(tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(tree)}
    env.pop("PYTHONPYCACHEPREFIX", None)  # compiled modules lie in the tree
    return subprocess.run([sys.executable, *words], cwd=tree, env=env, capture_output=True, text=True, check=False)


def ran(tree: Path, folder: Path, profile: str) -> dict:
    folder.mkdir()
    done = call(tree, "-c", RUN, str(folder), profile)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def laws(tree: Path) -> subprocess.CompletedProcess[str]:
    return call(tree, "-m", "pytest", "-q", "tests/laws/test_tables.py", "-p", "no:cacheprovider")


def changed(tree: Path) -> dict[str, list[str]]:
    """Python files of the agent that are new, and the lines added to the others."""
    found: dict[str, list[str]] = {}
    for path in sorted((tree / "agent").rglob("*.py")):
        name = path.relative_to(tree).as_posix()
        before = ROOT / name
        if not before.exists():
            found[name] = ["new"]
        elif before.read_text() != path.read_text():
            lines = difflib.ndiff(before.read_text().splitlines(), path.read_text().splitlines())
            found[name] = [line[2:] for line in lines if line.startswith(("+ ", "- "))]
    return found


def test_a_sensor_of_a_known_signal_costs_two_files_and_two_rows_and_the_laws_find_it(planted, tmp_path):
    tree = planted(tmp_path, "heart")
    cost = changed(tree)
    assert sorted(name for name in cost if cost[name] == ["new"]) == [
        "agent/features/trial.py",
        "agent/sources/trial.py",
    ]
    assert cost["agent/features/__init__.py"] == NUMBER_ROW.splitlines()
    assert cost["agent/sources/__init__.py"] == SOURCE_ROW.replace("SIGNAL", "heart").splitlines()
    assert len(cost) == 4
    rows = json.loads((tree / "agent/wire/schema_v1.json").read_text())["features"]
    assert rows[-1]["id"] == 900
    assert rows[:-1] == json.loads((ROOT / "agent/wire/schema_v1.json").read_text())["features"], "schema 1 only grows"
    assert "skin_mean_degc" in (tree / "docs/heart.md").read_text()

    found = laws(tree)  # every line of it may leave, so a person has to say so in the golden file
    assert found.returncode == 1
    assert "PROFILES, row care: skin_mean_degc is not in tests/golden/releases.json" in found.stdout

    golden = json.loads((tree / "tests/golden/releases.json").read_text())
    for name in ("care", "research", "eu-workplace"):
        golden[name].append("skin_mean_degc")
    (tree / "tests/golden/releases.json").write_text(json.dumps(golden))
    assert laws(tree).returncode == 0, laws(tree).stdout[-3000:]


@pytest.mark.parametrize(
    ("file", "old", "new", "fault"),
    [
        ("agent/features/trial.py", "A made-up number of a made-up trial sensor over five minutes.", "Skin",
         "FEATURES, row skin_mean_degc: words"),
        ("agent/features/trial.py", '("skin_degc",)', '("sweat_degc",)', "needs a channel that a source yields"),
        ("agent/features/trial.py", 'kind="recovery"', 'kind="fatigue"', "signal may carry this kind"),
        ("agent/features/trial.py", 'signal="heart"', 'signal="aura"', "signal is a row of SIGNALS"),
        ("agent/sources/__init__.py", 'title="Trial patch"', 'title=""', "SOURCES, row trial: title"),
        ("agent/sources/__init__.py", "agent.sources.trial:check", "agent.sources.trial:look",
         "SOURCES, row trial: check for doctor"),
    ],
)  # fmt: skip
def test_a_row_that_lacks_something_is_named_with_its_place(planted, tmp_path, file, old, new, fault):
    tree = planted(tmp_path, "heart")
    text = (tree / file).read_text()
    assert old in text
    (tree / file).write_text(text.replace(old, new))

    found = laws(tree)

    assert found.returncode == 1
    assert fault in found.stdout


def test_the_sensor_runs_is_consented_to_drawn_checked_and_released(planted, tmp_path):
    tree = planted(tmp_path, "skin")
    profiles = tree / "agent/tables/profiles.py"
    profiles.write_text(profiles.read_text().replace("_CARE: Final = _WORKPLACE | {\n",
                                                     '_CARE: Final = _WORKPLACE | {\n    ("skin", "recovery"),\n'))  # fmt: skip

    found = ran(tree, tmp_path / "care", "care")

    assert found["asked"] == ["skin"]
    assert "skin_mean_degc: A made-up number" in found["text"]
    assert found["measured"]["skin_mean_degc"] == pytest.approx(33.0)
    assert any("skin_mean_degc 33" in line for line in found["sealed"]), found["sealed"]
    assert found["doctor"]["trial"] == "measures every 1 s"
    assert found["switch"] == "Switched off. The patch is not read any more."
    assert "skin_mean_degc" in found["pages"]["today"]
    assert "Trial patch" in found["pages"]["today"]
    assert "Trial patch" in found["pages"]["privacy"]
    assert "skin_mean_degc" in found["pages"]["privacy"]
    assert "summary: skin" in found["pages"]["sharing"], "its numbers are one level down"
    assert "samples" in found["pages"]["about"]
    assert {"today", "weeks", "sharing", "privacy", "check-in", "first", "help", "about"} <= set(found["pages"])
    assert all(found["pages"].values())
    assert "skin_mean_degc" in (tree / "docs/skin.md").read_text()


@pytest.mark.parametrize("profile", ["care", "research", "eu-workplace"])
def test_a_profile_that_does_not_list_the_pair_opens_keeps_and_shows_nothing_of_it(planted, tmp_path, profile):
    tree = planted(tmp_path, "skin")

    found = ran(tree, tmp_path / "state", profile)

    assert "skin" in found["refused"]
    assert found["closed"] == ["off: you did not consent to skin"] or not found["closed"]
    assert "measured" not in found
    assert not any("skin_mean_degc" in page for page in found["pages"].values())
    assert laws(tree).returncode == 0, "nothing of it may leave, so the golden file stands"


def test_where_nothing_leaves_the_person_sees_it_all_the_same(planted, tmp_path):
    found = ran(planted(tmp_path, "skin"), tmp_path / "state", "personal")

    assert found["measured"]["skin_mean_degc"] == pytest.approx(33.0)
    assert found["sealed"] == []
    assert "skin_mean_degc" in found["pages"]["today"]
