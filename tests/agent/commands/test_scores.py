"""The weekly log, check-ins, notes and the audit as a person meets them; what is said lives and dies with the history."""

import json
import math
import shutil
import time
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import yaml

from agent.model import FeatureValue, Summary
from agent.privacy.vault import open_vault
from agent.scoring.columns import columns_of
from agent.scoring.observations import SelfReport, Shift, record
from agent.scoring.weeks import weekly_log
from agent.tables.profiles import profile_named
from agent.weeks.scores import of
from agent.windows.history import History, Told
from tests.support.terminal import call, on_terminal

NOW_S = int(time.time()) // 300 * 300


def window(start_s, hr_bpm, ln_rmssd, perclos_01=None):
    values = [
        FeatureValue("hr_mean_bpm", hr_bpm, 300, 0.95, 0.0),
        FeatureValue("rmssd_ms", None if ln_rmssd is None else math.exp(ln_rmssd), 300, 0.95, 0.0),
    ]
    if perclos_01 is not None:
        values.append(FeatureValue("perclos_01", perclos_01, 1500, 0.9, 0.0))
    return Summary(start_s, start_s + 300, tuple(values))


def face(day):
    """What a workplace must not see."""
    return FeatureValue("brow_down_share_01", 0.1 + 0.001 * (day % 17), 1500, 0.9, 0.0)


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
            one = window(start_s, 65 + 25 * (n % 2) + rng.normal(0, 2), ln - 0.5 * (n % 2))
            made.append(Summary(one.start_utc_s, one.end_utc_s, (*one.values, face(day + n))))
    return made


@pytest.fixture(scope="module")
def a_hundred_days(tmp_path_factory):
    """A state folder with a hundred days, made once."""
    state = tmp_path_factory.mktemp("hundred") / "state"
    state.mkdir(mode=0o700)
    history = History(state / "history.db", open_vault(state, "file"))
    for summary in worn(100, fall_from=92):
        history.keep(summary)
    history.close()
    return state


@pytest.fixture
def home(a_hundred_days, tmp_path):
    """Settings and a state folder with a hundred days."""
    state = shutil.copytree(a_hundred_days, tmp_path / "state")
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(state), "profile": "personal", "key_store": "file"}))
    return file


def under(home, profile):
    settings = yaml.safe_load(home.read_text()) | {"profile": profile}
    home.write_text(yaml.safe_dump(settings))


# ---- from summaries to readings


def test_a_reading_is_three_hours_at_rest():
    start_s = 1_700_006_400  # 00:00 UTC
    seen = [
        window(start_s + 300 * n, hr, ln) for n, (hr, ln) in enumerate([(60, 3.0), (62, 3.2), (90, 2.0), (95, 2.2)])
    ]
    made = record(seen)
    # the lower quartile is 61.5: what lies above 76.5 is no rest
    assert made.channels["ln_rmssd"].value[0, 0, 0] == pytest.approx(3.1)
    assert made.channels["hr_bpm"].value[0, 0, 0] == pytest.approx(61.0)
    assert made.worn_h[0] == pytest.approx(4 / 12)
    assert made.coverage_01[0] == pytest.approx(0.95)


def test_withheld_windows_give_no_reading_but_count_as_worn():
    made = record([window(1_700_006_400, 60, None)])
    assert "ln_rmssd" not in made.channels
    assert made.channels["hr_bpm"].is_present.sum() == 1
    assert made.worn_h.sum() == pytest.approx(1 / 12)


def test_a_reading_knows_its_shift_and_hour_on_the_person_s_clock():
    start_s = 1_700_006_400
    night = Shift(start_s - 3600, start_s + 6 * 3600, "night")
    made = record([window(start_s + 600, 60, 3.0), window(start_s + 10 * 3600, 60, 3.0)], shifts=[night])
    context = made.channels["ln_rmssd"].context[0, 0]
    assert context[0].tolist() == [1, 0, 0, 0, 1]
    assert context[3].tolist() == [0, 1, 0, 0, 0]
    moved = record([window(start_s + 600, 60, 3.0)], utc_offset_s=lambda _: -3600)
    assert moved.channels["ln_rmssd"].context[0, 0, 7].tolist() == [0, 0, 1, 0, 0]


def test_what_is_said_becomes_a_channel():
    made = record([window(1_700_006_400, 60, 3.0)], self_reports=[SelfReport(1_700_018_000, "mood_0_10", 7.0)])
    assert made.channels["mood_0_10"].value[0, 0].tolist()[1] == 7.0


def test_nothing_measured_is_an_empty_log():
    made = of(columns_of([]), [], profile_named("personal"), 13, NOW_S)
    assert made.as_json()["weeks"] == []


# ---- the commands


@pytest.mark.process
def test_weeks_tells_the_log_and_the_fall(home):
    told = call("--config", home, "weeks", "--json")
    assert told.returncode == 0, told.stderr
    weeks = json.loads(told.stdout)["weeks"]
    assert len([week for week in weeks if not week["last_seven_days"]]) == 13
    assert weeks[0]["index"] is None
    assert weeks[0]["reason"].startswith("learning")
    last = weeks[-1]
    assert last["low"] <= last["index"] <= last["high"]
    assert sum(last["points"].values()) == pytest.approx(last["index"] - 50, abs=0.06)
    assert any(week["notable"] == "worth a check-in" for week in weeks[-3:])
    assert all(0 < week["measured_h"] < 10 for week in weeks)
    words = call("--config", home, "weeks")
    assert "DEVIATION FROM YOUR NORMAL" in words.stderr
    assert "nor burnout" in words.stderr
    assert words.stdout == ""


@pytest.mark.process
def test_a_workplace_reads_no_index_and_no_denied_word(home):
    under(home, "eu-workplace")
    words, told = call("--config", home, "weeks"), call("--config", home, "weeks", "--json")
    assert json.loads(told.stdout)["weeks"][-1]["index"] is None
    assert set(json.loads(told.stdout)["weeks"][-1]["channels"]) == {"ln_rmssd", "hr_bpm"}
    for text in (words.stderr, told.stdout):
        for word in profile_named("eu-workplace").forbidden_words:
            assert word not in text.lower(), word
    for asked in ("cbi", "mood", "bogus"):
        denied = call("--config", home, "check-in", asked)
        assert denied.returncode == 2
        assert "tired" in denied.stderr
        assert "mood" not in denied.stderr


@pytest.mark.process
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
    kept = b"".join(file.read_bytes() for file in Path(state).glob("history.db*"))
    assert b"single" not in kept
    assert b"mood" not in kept


@pytest.mark.process
def test_a_wrong_answer_is_asked_again_and_none_keeps_nothing(home):
    code, seen = on_terminal("--config", home, "check-in", typed=[("burnout?", "9"), ("from 1 to 5", "2")])
    assert code == 0, seen
    assert "is not counted as burnout" in seen
    code, _ = on_terminal("--config", home, "check-in", typed=[("burnout?", "")])
    assert code == 3
    assert len(json.loads(call("--config", home, "weeks", "--json").stdout)["check_ins"]) == 1
    piped = call("--config", home, "check-in", input="3\n")
    assert piped.returncode == 3
    assert "PIN" not in piped.stderr


def local(days_ago, hour=12):
    return (datetime.fromtimestamp(NOW_S - 86_400 * days_ago)).strftime(f"%Y-%m-%dT{hour:02}:00")


@pytest.mark.process
def test_a_noted_change_learns_anew_and_can_be_taken_back(home):
    before = json.loads(call("--config", home, "weeks", "--json").stdout)["weeks"]
    assert call("--config", home, "note", "medication").returncode == 0
    told = json.loads(call("--config", home, "weeks", "--json").stdout)["weeks"]
    assert told[-1]["index"] is None
    assert "since the change you noted" in told[-1]["reason"]
    assert "medication" in call("--config", home, "note", "list").stderr
    assert call("--config", home, "note", "remove", "2").returncode == 2
    assert call("--config", home, "note", "remove", "1").returncode == 0
    assert json.loads(call("--config", home, "weeks", "--json").stdout)["weeks"] == before


@pytest.mark.process
def test_an_illness_that_is_over_is_left_out_and_what_was_before_stays(home):
    noted = call("--config", home, "note", "illness", "--from", local(20), "--until", local(13))
    assert noted.returncode == 0, noted.stderr
    weeks = json.loads(call("--config", home, "weeks", "--json").stdout)["weeks"]
    assert weeks[-1]["index"] is not None


@pytest.mark.process
@pytest.mark.parametrize(
    "words",
    [
        ("shift",),
        ("shift", "--from", "yesterday", "--until", "today"),
        ("shift", "--from", local(1, 21), "--until", local(1, 7)),
        ("shift", "--from", local(9), "--until", local(1)),
        ("shift", "--from", "1926-11-20T21:00", "--until", "1926-11-21T07:00"),
        ("medication", "--from", local(-5)),
        ("medication", "--kind", "night"),
        ("illness", "--from", local(5), "--until", local(9)),
        ("remove",),
    ],
)
def test_a_note_that_cannot_be_is_refused(home, words):
    refused = call("--config", home, "note", *words)
    assert refused.returncode == 2, refused.stderr
    assert "there are no notes" in call("--config", home, "note", "list").stderr.lower()


@pytest.mark.process
def test_no_message_comes_during_a_shift(home):
    assert "This week is worth a check-in" in call("--config", home, "weeks").stderr
    begins, ends = (datetime.fromtimestamp(time.time() + 3600 * hours).isoformat()[:16] for hours in (-2, 6))
    noted = call("--config", home, "note", "shift", "--kind", "night", "--from", begins, "--until", ends)
    assert noted.returncode == 0, noted.stderr
    again = call("--config", home, "note", "shift", "--from", begins, "--until", ends)
    assert again.returncode == 2
    during = call("--config", home, "weeks")
    assert "worth a check-in" not in during.stderr.splitlines()[-1]
    assert "This week is worth" not in during.stderr
    assert "You are on a shift" in during.stderr


@pytest.mark.process
def test_words_of_another_version_stop_nothing(home):
    state = Path(yaml.safe_load(home.read_text())["state_dir"])
    history = History(state / "history.db", open_vault(state, "file"))
    for told in (
        Told(NOW_S, "check-in", "cbi", {"zz": 1}), Told(NOW_S, "check-in", "mood", {"m1": 99}),
        Told(NOW_S, "check-in", "mood", {}), Told(NOW_S, "shift", "day", {}), Told(NOW_S, "change", "covid", {}),
        Told(NOW_S, "check-in", "gone", {"x": 0}), Told(-5, "shift", "night", {"until_utc_s": 10**13}),
    ):  # fmt: skip
        history.tell(told)
    history.keep(window(NOW_S + 86_400 * 3650, 60, 3.0))
    history.keep(window(0, 60, 3.0))
    history.close()
    told = call("--config", home, "weeks", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["weeks"][-1]["index"] is not None


def test_the_history_does_not_tell_an_illness_from_a_shift_by_its_size(tmp_path):
    history = History(tmp_path / "history.db", open_vault(tmp_path, "file"))
    for told in (
        Told(NOW_S, "change", "illness", {}), Told(NOW_S, "shift", "night", {"until_utc_s": NOW_S + 3600}),
        Told(NOW_S, "check-in", "mood", {"m1": 3}), Told(NOW_S, "change", "medication", {}),
    ):  # fmt: skip
        history.tell(told)
    sizes = {len(row[0]) for row in history._db.execute("SELECT sealed FROM told")}
    columns = [row[1] for row in history._db.execute("PRAGMA table_info(told)")]
    history.close()
    assert len(sizes) == 1
    assert columns == ["sealed"]


@pytest.mark.slow
def test_wearing_less_is_no_strain():
    """The same heart, from thirty windows a block to one."""
    moved = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        made = []
        for day in range(90):
            for block in range(3):
                for n in range(30 if day < 83 else 1):
                    active = abs(rng.normal(0, 8))
                    start_s = 1_700_006_400 + 86_400 * day + 10_800 * (block + 3) + 300 * n
                    made.append(window(start_s, 62 + active, 3.6 - 0.02 * active + rng.normal(0, 0.2)))
        week = weekly_log(record(made)).weeks[-1]
        moved.append(week.strain.low <= 50 <= week.strain.high)
    assert sum(moved) >= 5


@pytest.mark.process
def test_export_without_an_outbox_shows_what_was_said(home):
    assert on_terminal("--config", home, "check-in", typed=[("burnout?", "2")])[0] == 0
    made = json.loads(call("--config", home, "export").stdout)
    assert made["told"][0]["answers"][0]["answer"].startswith("Occasionally")


@pytest.mark.process
def test_doctor_names_a_history_that_cannot_be_read(home):
    seen = call("--config", home, "doctor", "--json")
    assert [one["ok"] for one in json.loads(seen.stdout) if one.get("check_id") == "history"] == [True]
    (Path(yaml.safe_load(home.read_text())["state_dir"]) / "history.db").write_bytes(b"torn" * 5000)
    seen = call("--config", home, "doctor")
    assert "history" in seen.stdout + seen.stderr
    assert "move it away" in seen.stdout + seen.stderr


def test_erasing_the_history_forgets_what_was_said(tmp_path):
    history = History(tmp_path / "history.db", open_vault(tmp_path, "file"))
    history.tell(Told(NOW_S, "check-in", "single", {"s1": 2}))
    history.keep(window(NOW_S, 60, 3.0))
    assert [one.name for one in history.told()] == ["single"]
    history.erase()
    assert list(history.told()) == []
    history.close()


@pytest.mark.process
@pytest.mark.long
def test_the_audit_says_when_people_are_too_few(tmp_path):
    told = call("audit", "--people", "500", "--into", tmp_path / "made")
    assert told.returncode == 1
    assert "not enough people" in told.stderr
    assert (tmp_path / "made" / "audit.html").exists()
    assert call("audit", "--people", "3", "--into", tmp_path / "made").returncode == 2


def test_400_days_are_kept_and_a_wrong_clock_forgets_nothing(tmp_path):
    history = History(tmp_path / "history.db", open_vault(tmp_path, "file"))
    history.keep(window(NOW_S, 60, 3.0))
    history.keep(window(NOW_S + 3650 * 86_400, 60, 3.0))
    assert len(list(history.summaries())) == 2
    with_clock_right = NOW_S + 402 * 86_400
    history._db.execute("BEGIN")
    for n in range(1000):
        history._db.execute(
            "INSERT INTO summary VALUES (?, ?, x'00')", (with_clock_right + 300 * n, with_clock_right + 300 * (n + 1))
        )
    history._db.execute("COMMIT")
    history.keep(window(with_clock_right + 300 * 1000, 60, 3.0))
    assert history._db.execute("SELECT count(*) FROM summary WHERE start_utc_s = ?", (NOW_S,)).fetchone() == (0,)
    history.close()
