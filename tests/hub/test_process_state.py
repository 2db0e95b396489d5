"""Signs of life of the processes beside `hub run`: who works, who ended, who was killed, and since when something waits."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import process_state
from hub.cli import main
from hub.process_state import PROCESSES, SignOfLife, read_all
from hub.store.tables import CHANGED
from tests.support.world import make_world, owning


def test_a_process_that_works_is_up_and_one_that_ended_is_not_called_killed(tmp_path):
    sign, now = SignOfLife(tmp_path, "score"), int(time.time())
    assert read_all(tmp_path) == []
    sign.alive()
    (state,) = read_all(tmp_path)
    assert state.is_up(now)
    assert not state.is_up(now + 100)
    assert not state.is_ended
    sign.end()
    (state,) = read_all(tmp_path)
    assert state.is_ended
    assert not state.is_up(now)


def test_something_waits_since_nothing_last_did(tmp_path, monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr(process_state.time, "time", lambda: now_s[0])
    sign = SignOfLife(tmp_path, "alerts", now_s=lambda: now_s[0])
    sign.clear()
    now_s[0] = 400.0
    sign.alive()
    assert read_all(tmp_path)[0].behind_s(400) == 300
    sign.clear()
    now_s[0] = 405.0
    sign.alive()
    assert read_all(tmp_path)[0].behind_s(405) == 305, "written each ten seconds"
    now_s[0] = 411.0
    sign.alive()
    assert read_all(tmp_path)[0].behind_s(411) == 11


def test_a_full_disk_ends_no_process(tmp_path, caplog):
    said = []
    sign = SignOfLife(tmp_path, "care", lambda: said.append(1))
    tmp_path.joinpath("process.care.json").mkdir()
    sign.alive()
    assert said == [1]
    assert "process.care.json cannot be written" in caplog.text


@given(st.binary(max_size=80))
def test_any_file_is_a_state_or_left_out(tmp_path_factory, content):
    folder = tmp_path_factory.mktemp("hub")
    (folder / "process.score.json").write_bytes(content)
    assert read_all(folder) == []


@pytest.mark.parametrize("name", ["other", "score-", "score-100", "../score", "alerts"])
def test_a_file_that_another_name_stands_in_is_left_out(tmp_path, name):
    state = {"name": name, "written_utc_s": 1, "clear_utc_s": 1}
    (tmp_path / "process.score.json").write_text(json.dumps(state))
    assert read_all(tmp_path) == []


def test_parts_of_one_process_stand_beside_each_other(tmp_path):
    for name in ("score-2", "score-1"):
        SignOfLife(tmp_path, name).alive()
    assert [state.name for state in read_all(tmp_path)] == ["score-1", "score-2"]
    assert {state.start_again for state in read_all(tmp_path)} == {PROCESSES["score"]}


def test_show_names_a_process_that_was_killed_and_people_who_wait(tmp_path, capsys):
    world = make_world(tmp_path)
    world.receiver()
    sign = SignOfLife(world.hub, "alerts")
    sign.alive()
    assert main(["show", str(world.hub), "--json"]) == 0
    file = world.hub / "process.alerts.json"
    state = json.loads(file.read_text())
    file.write_text(json.dumps(state | {"written_utc_s": int(time.time()) - 500}))
    assert main(["show", str(world.hub), "--json"]) == 1
    assert "alerts gave no sign of life for 50" in capsys.readouterr().err
    sign.end()
    with owning(world.hub) as db:
        db.execute(CHANGED.insert(), {"device": b"x", "taken_ms": int(time.time() - 90) * 1000})
    assert main(["show", str(world.hub), "--json"]) == 1
    assert "What changed is not followed" in capsys.readouterr().err
    world.close()
