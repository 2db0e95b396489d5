"""Engines: a row each, the same gates for all, and a remedy for what is missing. The package itself, where it is installed."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import numpy as np
import pytest

from agent import cli
from agent.commands import doctor_checks as doctor
from agent.config import Settings, load
from agent.errors import ConfigInvalid, EngineMissing
from agent.perception import engines, store
from agent.perception.engines import ENGINES, Engine
from agent.perception.expression import Expressed
from agent.perception.face import Watcher
from agent.signal.face.actions import ACTIONS
from agent.sources import settings_type
from agent.sources.camera.process import Process
from agent.sources.camera.protocol import Wanted
from agent.sources.camera.states import CameraState
from agent.tables.profiles import profile_named
from firmware_sim.face import Portrait, Shown
from tests.support.processes import shared_file, system_tool

ROOT = pathlib.Path(__file__).parents[3]
# an environment with `wardbeat[mediapipe]`: what `make bench-face` sets up
PEER = pathlib.Path(os.environ.get("PEER", ROOT / ".venv-face" / "bin" / "python"))
STILL = Shown(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
PLANTED = Engine(
    name="planted", words="a reader of this test", reader="tests.agent.perception.test_engines:PlantedReader"
)


class PlantedReader:
    """Tells a smile of one half of every face that it is given."""

    read: int = 0

    def __init__(self, expression):
        del expression

    def __call__(self, frame, laid, *, with_eyes):
        type(self).read += 1
        return Expressed({"smile_left": 0.5, "smile_right": 0.5}, (0.25, 0.25) if with_eyes else None)


@pytest.fixture
def portrait():
    return Portrait()


@pytest.fixture
def planted(monkeypatch):
    module = sys.modules[__name__]
    monkeypatch.setitem(sys.modules, "tests.agent.perception.test_engines", module)
    monkeypatch.setitem(ENGINES, "planted", PLANTED)
    monkeypatch.setattr(PlantedReader, "read", 0)


def test_one_file_and_one_row_add_an_engine(planted, portrait):
    look = Watcher(engine="planted").look_once(portrait.frame(STILL))
    assert look.gate is None
    assert set(look.actions) == set(ACTIONS)
    assert (look.actions["smile_left"], look.lids_01) == (0.5, (0.25, 0.25))
    assert look.actions["jaw_open"] is None  # it did not say


def test_an_engine_is_not_asked_behind_a_closed_gate(planted, portrait):
    watcher = Watcher(engine="planted")
    frame = portrait.frame(STILL)
    both = np.concatenate([frame[:, 160:480], frame[:, 160:480]], axis=1)
    for spoilt in ((frame * 0.05).astype(np.uint8), both, np.full_like(frame, 90)):
        assert watcher.look_once(spoilt).gate is not None
    assert PlantedReader.read == 0


def test_a_face_that_the_engine_does_not_see_is_not_read(planted, portrait, monkeypatch):
    monkeypatch.setattr(PlantedReader, "__call__", lambda *_, **__: None)
    look = Watcher(engine="planted").look_once(portrait.frame(STILL))
    assert (look.faces, look.gate, set(look.actions.values())) == (1, "unsteady", {None})


def test_a_package_that_is_missing_or_not_silent_is_refused_with_the_remedy(monkeypatch):
    engine = ENGINES["mediapipe"]
    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    with pytest.raises(EngineMissing, match="not installed") as refused:
        engines.must_be_installed(engine)
    assert "wardbeat[mediapipe]" in refused.value.remedy
    monkeypatch.setattr(engines, "find_spec", lambda _: object())
    for release, silent in (("0.10.33", True), ("0.10.18", True), ("0.10.35", False), ("1.2.2", False), ("1.0.0rc1", False), ("0.10.9", False)):  # fmt: skip
        monkeypatch.setattr(metadata, "version", lambda _, release=release: release)
        if silent:
            assert engines.must_be_installed(engine) == release
            continue
        with pytest.raises(EngineMissing, match=re.escape(release)) as refused:
            engines.must_be_installed(engine)
        assert "wardbeat[mediapipe]" in refused.value.remedy


def test_the_extra_allows_no_release_beyond_the_silent_ones():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for engine in ENGINES.values():
        assert engine.extra in extras, engine.name
        if engine.releases is None:
            continue
        (wanted,) = (one for one in extras[engine.extra] if one.startswith(engine.package))
        first, last = engine.releases
        assert wanted == f"{engine.package}>={first},<={last}"


def test_an_engine_of_no_row_is_named_with_the_choices(tmp_path):
    settings = tmp_path / "config.yaml"
    settings.write_text("face: {engine: medipipe}\n")
    with pytest.raises(ConfigInvalid, match="litert, mediapipe"):
        load(settings)
    settings.write_text("face: {engine: mediapipe}\n")
    assert load(settings)[0].face.engine == "mediapipe"
    assert Settings().face.engine == "litert"


def test_doctor_names_the_missing_package_and_the_missing_model(monkeypatch, tmp_path):
    settings = Settings(
        state_dir=tmp_path / "none", sources={"webcam": settings_type("webcam")()}, face={"engine": "mediapipe"}
    )

    def said():
        return {check.check_id: check for check in doctor.checks(settings, profile_named("personal"))}["face_engine"]

    monkeypatch.setattr(engines, "find_spec", lambda _: None)
    assert (said().ok, "wardbeat[mediapipe]" in said().remedy) == (False, True)
    monkeypatch.setattr(engines, "find_spec", lambda _: object())
    monkeypatch.setattr(metadata, "version", lambda _: "0.10.33")
    monkeypatch.setenv("WARDBEAT_MODELS", str(tmp_path))
    assert (said().ok, "models fetch --from" in said().remedy) == (False, True)
    assert "face_landmarker.task" in said().words
    shutil_copy(shared_file("models/face_landmarker.task"), tmp_path)
    assert said().ok


def shutil_copy(file, folder):
    (folder / file.name).write_bytes(file.read_bytes())


def test_the_camera_says_at_the_start_that_the_engine_is_missing(monkeypatch):
    monkeypatch.setattr(engines, "find_spec", lambda _: None)

    class Out:
        def write(self, line):
            pass

        def flush(self):
            pass

    opened = []
    ended = Process(Wanted("0", engine="mediapipe"), Out(), opened.append).run()
    assert ended is CameraState.NO_ENGINE
    assert not opened  # no light goes on for it


def test_the_model_is_taken_from_a_folder(monkeypatch, tmp_path, capsys):
    task = shared_file("models/face_landmarker.task")
    into = tmp_path / "into"
    assert cli.main(["models", "fetch", "--from", str(store.places()[0]), "--into", str(into)]) == 0
    monkeypatch.setenv("WARDBEAT_MODELS", str(into))
    with pytest.raises(EngineMissing, match="face_landmarker"):
        store.optional("face_landmarker.task")
    assert cli.main(["models", "fetch", "--from", str(task.parent), "--into", str(into)]) == 0
    assert len(store.optional("face_landmarker.task")) == task.stat().st_size
    (into / "face_landmarker.task").write_bytes(b"another")
    with pytest.raises(EngineMissing, match="not the file"):
        store.optional("face_landmarker.task")


# ---- the package itself

PROGRAM = """
import json, sys
from dataclasses import asdict
from agent.perception.face import Watcher
from firmware_sim.face import Portrait, Shown
watcher, portrait = Watcher(engine="mediapipe"), Portrait()
still, told = dict(smile_01=0.0, brows_01=0.0, jaw_01=0.0, shut_01=0.0, x_px=0.0, y_px=0.0), {}
for name in ("", "smile_01", "brows_01", "jaw_01", "shut_01"):
    told[name] = asdict(watcher.look_once(portrait.frame(Shown(**{**still, **({name: 1.0} if name else {})}))))
print(json.dumps(told))
"""


@pytest.mark.process
@pytest.mark.slow
def test_the_package_reads_the_same_result_silently(tmp_path):
    """Traced, CI unset: no connection, no file, no other program; what is planted is found."""
    if not PEER.is_file():
        pytest.skip("no environment with the mediapipe package: make bench-face sets .venv-face up")
    strace = system_tool("strace")
    models, home = tmp_path / "models", tmp_path / "home"
    models.mkdir()
    home.mkdir()
    for file in (
        *(store.place_of(file) for file in store.manifest().files),
        shared_file("models/face_landmarker.task"),
    ):
        shutil_copy(file, models)
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "PYTHONPYCACHEPREFIX")}
    environment |= {
        "HOME": str(home), "WARDBEAT_MODELS": str(models), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    plant = PROGRAM + (
        "import os, socket, subprocess\nsocket.socket().connect_ex(('127.0.0.1', 9))\n"
        f"open({str(home / 'left')!r}, 'w').close()\nsubprocess.run(['true'])\n"
    )
    seen = []
    for number, program in enumerate((PROGRAM, plant)):
        trace = tmp_path / f"trace-{number}"
        calls = "trace=connect,sendto,sendmsg,openat,creat,mkdir,mkdirat,rename,execve"
        words = [strace, "-f", "-e", calls, "-o", str(trace), str(PEER), "-W", "ignore", "-c", program]
        done = subprocess.run(words, env=environment, check=False, capture_output=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr[-500:]
        seen.append(_traces(trace.read_text(errors="replace")))
    assert seen[0] == (0, 0, 1)  # the program itself
    assert seen[1] == (1, 1, 2)
    told = json.loads(done.stdout.splitlines()[-1])
    assert all(set(look["actions"]) == set(ACTIONS) and look["gate"] is None for look in told.values())
    assert all(None not in look["actions"].values() for look in told.values())
    for name, action in (("smile_01", "smile_left"), ("brows_01", "brow_inner_up"), ("jaw_01", "jaw_open")):
        assert told[name]["actions"][action] > told[""]["actions"][action] + 0.3
    assert min(told["shut_01"]["lids_01"]) > 0.7 > 0.3 > max(told[""]["lids_01"])


def _traces(text):
    """Connections, files written or made, programs started."""
    lines = text.splitlines()
    written = [
        line for line in lines
        if re.search(r"O_WRONLY|O_RDWR|O_CREAT|\b(creat|mkdir|mkdirat|rename)\(", line)
        and "/dev/null" not in line and "= -1" not in line
    ]  # fmt: skip
    started = [line for line in lines if "execve(" in line and "= 0" in line]
    return sum("AF_INET" in line for line in lines), len(written), len(started)
