"""Imported days in a person's weeks: shown with their coverage, allowed by the profile, exported and erased."""

import json

import pytest

from agent.commands.weeks import in_words
from agent.config import Settings
from agent.control import client, export
from agent.days.store import DayStore, Entry, Rostered
from agent.model import DayValue
from agent.privacy.vault import open_vault
from agent.scoring.columns import columns_of
from agent.tables.profiles import PROFILES
from agent.weeks import days, scores
from agent.weeks.shifts import shifts_of
from agent.windows.history import History, Told

TODAY = 20_100


@pytest.fixture
def kept(tmp_path):
    settings = Settings(state_dir=tmp_path, key_store="file")
    vault = open_vault(tmp_path, "file")
    History(tmp_path / "history.db", vault).close()
    store = DayStore(tmp_path / "history.db", vault)
    span = range(TODAY - 90, TODAY)
    store.say("watch", span, [DayValue(day, "sleep_h", 7.0 + (day * 37 % 41) / 40, 0.9) for day in span])
    shifts = {TODAY - 3: [Rostered((TODAY - 3) * 86_400, (TODAY - 3) * 86_400 + 28_800, "day")]}
    rests = [DayValue(day, "short_rests_n", float(day % 11 == 0), 1.0) for day in span]
    store.say("calendar", span, rests, shifts)
    store.write(Entry((TODAY - 1) * 86_400, TODAY - 1, "distressed", "a canary sang"))
    store.close()
    return settings, vault


def made(settings, profile):
    return scores.of(columns_of([]), [], PROFILES[profile], 13, TODAY * 86_400 - 1, days.known(settings))


def test_sleep_and_roster_appear_with_coverage_and_source(kept):
    shown = made(kept[0], "care").as_json()
    assert shown["values_of_days"]["sleep_h"][-1] == {
        "day": "2025-01-11", "value": 7.125, "coverage_01": 0.9, "source": "watch", "revision": 1,
    }  # fmt: skip
    last = shown["weeks"][-1]
    assert last["channels"]["sleep_h"]["readings"] >= 6
    assert sum(last["points"].values()) == pytest.approx(last["index"] - 50, abs=0.06)
    assert set(last["points"]) == {"sleep_h", "short_rests_per_week"}
    assert "steps_n" not in shown["values_of_days"], "absent is not nought"


def test_a_workplace_shows_roster_and_sleep_and_no_journal(kept):
    assert {"sleep_h", "short_rests_n"} <= set(made(kept[0], "eu-workplace").days)
    assert not any(name.startswith("journal") for name in made(kept[0], "eu-workplace").days)
    assert "journal_distressed_n" in made(kept[0], "personal").days
    tight = PROFILES["eu-workplace"].without(["sleep"])
    assert "sleep_h" not in scores.of(columns_of([]), [], tight, 13, TODAY * 86_400 - 1, days.known(kept[0])).days


def test_everything_is_exported_and_the_erasure_takes_it(kept):
    settings, vault = kept
    held = json.dumps(export.history_held(settings, vault))
    for word in ("sleep_h", "calendar", "2025-01-11", "a canary sang", "distressed"):
        assert word in held
    client.carry_out(settings, "erase")
    assert days.known(settings) == days.KnownDays()
    assert "canary" not in json.dumps(export.history_held(settings, vault))


def test_a_noted_shift_stands_before_one_of_the_roster():
    told = [Told(1000, "shift", "night", {"until_utc_s": 5000})]
    rostered = [Rostered(2000, 6000, "day"), Rostered(7000, 9000, "day")]
    assert [(one.start_utc_s, one.kind) for one in shifts_of(told, rostered)] == [(1000, "night"), (7000, "day")]


def test_the_terminal_shows_sleep_and_roster_with_the_days_that_are_known(kept):
    lines = in_words(made(kept[0], "care"))
    slept = next(line for line in lines if line.startswith("How long you slept"))
    assert "h a night, usually" in slept
    assert "of 7 days imported" in slept
    assert any(line.startswith("Rests of less than 11 h") for line in lines)
