"""The weekly log, check-ins, notes and the audit as a person meets them; what is said lives and dies with the history."""

import json
import math
import time

import numpy as np
import pytest
import yaml

from agent.history import History, Told
from agent.model import FeatureValue, Summary
from agent.privacy.policy import profile_named
from agent.privacy.vault import open_vault
from agent.scores import of
from agent.scoring.record import Said, Shift, record
from test_commands import call, on_terminal

NOW_S = int(time.time()) // 300 * 300


def window(start_s, hr_bpm, ln_rmssd, perclos_01=None):
    values = [
        FeatureValue("hr_mean_bpm", hr_bpm, 300, 0.95, 0.0),
        FeatureValue("rmssd_ms", None if ln_rmssd is None else math.exp(ln_rmssd), 300, 0.95, 0.0),
    ]
    if perclos_01 is not None:
        values.append(FeatureValue("perclos_01", perclos_01, 1500, 0.9, 0.0))
    return Summary(start_s, start_s + 300, tuple(values))


def worn(days, now_s=NOW_S, fall_from=None, seed=1):
    """Windows of eight hours a day, one every half hour; the heart is quick in every second one."""
    rng = np.random.default_rng(seed)
    made = []
    for day in range(days):
        if rng.random() < 0.2:
            continue
        for n in range(16):
            start_s = (now_s - (days - day) * 86_400 + n * 1800) // 300 * 300
            ln = 3.5 + rng.normal(0, 0.2) - (0.35 if fall_from is not None and day >= fall_from else 0.0)
            made.append(window(start_s, 65 + 25 * (n % 2) + rng.normal(0, 2), ln - 0.5 * (n % 2)))
    return made


@pytest.fixture
def home(tmp_path):
    """Settings and a state folder with a hundred days."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(state), "profile": "personal", "key_store": "file"}))
    history = History(state / "history.db", open_vault(state, "file"))
    for summary in worn(100, fall_from=86):
        history.keep(summary)
    history.close()
    return file


def under(home, profile):
    settings = yaml.safe_load(home.read_text()) | {"profile": profile}
    home.write_text(yaml.safe_dump(settings))


# ---- from summaries to readings


def test_a_reading_is_the_quieter_half_of_three_hours():
    start_s = 1_700_006_400  # 00:00 UTC
    seen = [
        window(start_s + 300 * n, hr, ln) for n, (hr, ln) in enumerate([(60, 3.0), (62, 3.2), (90, 2.0), (95, 2.2)])
    ]
    made = record(seen)
    assert made.channels["ln_rmssd"].value[0, 0, 0] == pytest.approx(3.1)
    assert made.channels["hr_bpm"].value[0, 0, 0] == pytest.approx(61.0)
    assert made.worn_h[0] == pytest.approx(4 / 12)
    assert made.coverage_01[0] == pytest.approx(0.95)


def test_withheld_windows_give_no_reading_but_count_as_worn():
    made = record([window(1_700_006_400, 60, None)])
    assert "ln_rmssd" not in made.channels
    assert made.channels["hr_bpm"].there.sum() == 1
    assert made.worn_h.sum() == pytest.approx(1 / 12)


def test_a_reading_knows_its_shift_and_hour_on_the_person_s_clock():
    start_s = 1_700_006_400
    night = Shift(start_s - 3600, start_s + 6 * 3600, "night")
    made = record([window(start_s + 600, 60, 3.0), window(start_s + 10 * 3600, 60, 3.0)], shifts=[night])
    context = made.channels["ln_rmssd"].context[0, 0]
    assert context[0].tolist() == [1, 0, 0, 0, 1]
    assert context[3].tolist() == [0, 1, 0, 0, 0]
    moved = record([window(start_s + 600, 60, 3.0)], utc_offset_s=-3600)
    assert moved.channels["ln_rmssd"].context[0, 0, 7].tolist() == [0, 0, 1, 0, 0]


def test_what_is_said_becomes_a_channel():
    made = record([window(1_700_006_400, 60, 3.0)], said=[Said(1_700_018_000, "mood_0_10", 7.0)])
    assert made.channels["mood_0_10"].value[0, 0].tolist()[1] == 7.0


def test_nothing_measured_is_an_empty_log():
    made = of([], [], profile_named("personal"), 13, NOW_S)
    assert made.as_json()["weeks"] == []


# ---- the commands


def test_weeks_tells_the_log_and_the_fall(home):
    told = call("--config", home, "weeks", "--json")
    assert told.returncode == 0, told.stderr
    weeks = json.loads(told.stdout)["weeks"]
    assert len(weeks) == 13
    assert weeks[0]["index"] is None
    assert weeks[0]["reason"].startswith("learning")
    last = weeks[-1]
    assert last["low"] <= last["index"] <= last["high"]
    assert sum(last["points"].values()) == pytest.approx(last["index"] - 50, abs=0.06)
    assert any(week["notable"] == "worth a check-in" for week in weeks[-3:])
    assert all(week["worn_h"] == pytest.approx(week["worn_h"]) for week in weeks)
    words = call("--config", home, "weeks")
    assert "DEVIATION FROM YOUR NORMAL" in words.stderr
    assert "none of burnout" in words.stderr
    assert words.stdout == ""


def test_a_workplace_reads_no_index_and_no_denied_word(home):
    under(home, "eu-workplace")
    words, told = call("--config", home, "weeks"), call("--config", home, "weeks", "--json")
    assert json.loads(told.stdout)["weeks"][-1]["index"] is None
    assert json.loads(told.stdout)["weeks"][-1]["channels"]
    for text in (words.stderr, told.stdout):
        for word in profile_named("eu-workplace").forbidden_words:
            assert word not in text.lower(), word
    denied = call("--config", home, "check-in", "cbi")
    assert denied.returncode == 2
    assert "tired" in denied.stderr


def test_a_check_in_on_a_terminal_is_scored_kept_exported_and_forgotten(home):
    code, seen = on_terminal("--config", home, "check-in", typed=[("burnout?", "3")])
    assert code == 0, seen
    assert "3 and more" in seen
    code, seen = on_terminal("--config", home, "check-in", "mood", typed=[("0 to 10?", "4")])
    assert code == 0, seen
    log = json.loads(call("--config", home, "weeks", "--json").stdout)
    assert [one["scores"][0]["value"] for one in log["check_ins"]] == [3.0, 4.0]
    assert log["weeks"][-1]["means"]["mood_0_10"] == 4.0
    state = yaml.safe_load(home.read_text())["state_dir"]
    kept = b"".join(file.read_bytes() for file in __import__("pathlib").Path(state).glob("history.db*"))
    assert b"single" not in kept
    assert b"mood" not in kept


def test_a_wrong_or_absent_answer_keeps_nothing(home):
    code, _ = on_terminal("--config", home, "check-in", typed=[("burnout?", "9")])
    assert code == 2
    code, _ = on_terminal("--config", home, "check-in", typed=[("burnout?", "")])
    assert code == 3
    assert json.loads(call("--config", home, "weeks", "--json").stdout)["check_ins"] == []
    piped = call("--config", home, "check-in", input="3\n")
    assert piped.returncode == 3


def test_a_noted_change_learns_anew_and_a_shift_needs_an_end(home):
    assert call("--config", home, "note", "shift").returncode == 2
    assert call("--config", home, "note", "shift", "--from", "yesterday", "--until", "today").returncode == 2
    noted = call("--config", home, "note", "shift", "--from", "2026-11-20T21:00", "--until", "2026-11-21T07:00")
    assert noted.returncode == 0, noted.stderr
    assert call("--config", home, "note", "medication").returncode == 0
    weeks = json.loads(call("--config", home, "weeks", "--json").stdout)["weeks"]
    assert weeks[-1]["index"] is None


def test_erasing_the_history_forgets_what_was_said(tmp_path):
    history = History(tmp_path / "history.db", open_vault(tmp_path, "file"))
    history.tell(Told(NOW_S, "check-in", "single", {"s1": 2}))
    history.keep(window(NOW_S, 60, 3.0))
    assert [one.name for one in history.told()] == ["single"]
    history.erase()
    assert list(history.told()) == []
    history.close()


def test_the_audit_says_when_people_are_too_few(tmp_path):
    told = call("audit", "--people", "500", "--into", tmp_path / "made")
    assert told.returncode == 1
    assert "not enough people" in told.stderr
    assert (tmp_path / "made" / "audit.html").exists()
    assert call("audit", "--people", "3", "--into", tmp_path / "made").returncode == 2
