"""`wardbeat camera` on the files of an agent that does not run, and through one that does."""

import json
import subprocess
import sys
import time

import pytest
import yaml

from agent.cli import main
from agent.control import camera_words
from agent.control.camera_words import CameraWish, decode_camera, encode_camera
from agent.errors import WrongUse
from agent.outbox import Outbox, camera_plan
from agent.outbox.camera_plan import CameraPlan
from agent.privacy.vault import open_vault
from agent.windows.history import History, Told
from tests.support import page_agent
from tests.support.machine import within_s


@pytest.fixture
def call(tmp_path, capsys):
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "state"), "key_store": "file"}))

    def called(*words):
        code = main(["--config", str(file), "camera", *words])
        told = capsys.readouterr()
        return code, told.out, told.err

    return called


def kept(tmp_path):
    with Outbox(tmp_path / "state/outbox.db", open_vault(tmp_path / "state", "file"), None) as outbox:
        return camera_plan.plan(outbox)


def test_a_plan_is_chosen_shown_and_taken_back_while_no_agent_runs(tmp_path, call):
    code, _, words = call("at", "13:00", "09:00", "--minutes", "5")
    assert code == 0
    assert "The camera runs at 09:00, 13:00, for 5 min, and is closed at all other times." in words
    days = [line.split()[:3] for line in words.splitlines() if "13:00 to 13:05" in line]
    assert 1 <= len(days) == len({tuple(day) for day in days})  # today's, and tomorrow's once today's is over
    assert kept(tmp_path) == CameraPlan("at", 5, (540, 780))
    code, out, _ = call("--json")
    assert json.loads(out)["plan"]["at_min"] == [540, 780]
    assert json.loads(out)["now"] is None
    assert call("always")[0] == 0
    assert kept(tmp_path) == CameraPlan()


def test_a_plan_is_tried_without_keeping_it(tmp_path, call):
    code, _, words = call("at", "09:00", "--try")
    assert code == 0
    assert "09:00 to 09:10" in words
    assert kept(tmp_path) == CameraPlan()


def test_sessions_of_noted_shifts_are_listed_and_a_missing_shift_is_named(tmp_path, call):
    assert "No shift is known yet." in call("per-shift", "2")[2]
    history = History(tmp_path / "state/history.db", open_vault(tmp_path / "state", "file"))
    begins_s = int(time.time()) // 60 * 60 + 3600
    history.tell(Told(begins_s, "shift", "day", {"until_utc_s": begins_s + 8 * 3600}))
    history.close()
    _, out, _ = call("--json")
    starts = [one["start_utc_s"] - begins_s for one in json.loads(out)["sessions"]]
    assert starts == [115 * 60, 355 * 60]
    _, _, words = call("skip")
    assert words.count("skipped by you") == 1
    assert call("skip", "--rest")[2].count("skipped by you") >= 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("at",), "1 to 12 times"), (("at", "25:00"), "not a time"), (("at", "9"), "not a time"), (("at", "09:00", "09:05"), "15 minutes after"),
        (("per-shift",), "how often"), (("per-shift", "x"), "how often"), (("per-shift", "9"), "9 camera sessions"), (("at", "09:00", "--minutes", "90"), "90 minutes"),
        (("skip", "09:00"), "skip takes no"), (("show", "--try"), "--try says nothing"), (("always", "--rest"), "only for skip"), (("skip",), "could be skipped"),
    ],
)  # fmt: skip
def test_wrong_use_is_named_and_changes_nothing(tmp_path, call, words, why):
    code, _, said = call(*words)
    assert code == 2
    assert why in said
    assert not (tmp_path / "state").exists() or kept(tmp_path) == CameraPlan()


@pytest.mark.parametrize("argument", ["", "{", "[]", '{"what": "show"}', '{"what": "open", "plan": {}}', '{"what": "choose", "plan": {}}',
                                      '{"what": ["show"], "plan": null}', '{"what": "choose", "plan": null, "more": 1}'])  # fmt: skip
def test_what_is_no_wish_is_refused(argument):
    with pytest.raises(WrongUse):
        decode_camera(argument)


def test_a_wish_comes_back_as_it_was():
    for wish in (CameraWish("show"), CameraWish("choose", CameraPlan("at", 5, (540,))), CameraWish("rest")):
        assert decode_camera(encode_camera(wish)) == wish
    assert set(camera_words.WHATS) == {"show", "try", "choose", "skip", "rest"}


@pytest.mark.process
def test_the_running_agent_is_asked_and_status_and_doctor_name_the_plan(tmp_path):
    with page_agent.living(tmp_path, profile="personal", enrolled=False, sensors=()) as living:
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump({"state_dir": str(living.state), "profile": "personal", "key_store": "file"}))

        def call(*words):
            command = [sys.executable, "-m", "agent.cli", "--config", str(file), *words]
            return subprocess.run(command, capture_output=True, text=True, timeout=within_s(60))

        made = call("camera", "at", "09:00", "21:00")
        assert made.returncode == 0, made.stderr
        assert living.agent.appointments.plan == CameraPlan("at", 10, (540, 1260))
        assert json.loads(call("status", "--json").stdout)["camera"]["how"] == "at"
        assert "camera_plan" in call("status").stderr
        checks = {one["check_id"]: one for one in json.loads(call("doctor", "--json").stdout)}
        assert checks["camera_plan"]["ok"]
        assert "camera session" in checks["camera_plan"]["words"]
        skipped = call("camera", "skip")
        assert "Skipped" in skipped.stderr, skipped.stderr
