"""`wardbeat import`: a roster and exports become days; twice is once; another person's export changes nothing."""

import os
from pathlib import Path

import pytest

from agent.cli import main
from agent.config import Settings
from agent.days import taken
from agent.days.health import HealthImport
from agent.days.store import DayStore
from agent.model import DayValue
from agent.privacy.vault import Vault
from agent.weeks import days

pytestmark = pytest.mark.process

EVENT = """BEGIN:VEVENT
UID:{n}
DTSTART;TZID=Europe/Berlin:{start}
DTEND;TZID=Europe/Berlin:{end}
SUMMARY:{title}
LOCATION:canary ward
END:VEVENT
"""
SHARED = Path(os.environ.get("WARDBEAT_SHARED", "../shared")) / "data/signals/imports"


def calendar(*events):
    made = "".join(EVENT.format(n=n, start=start, end=end, title=title) for n, (start, end, title) in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{made}END:VCALENDAR\n"


ROSTER = calendar(
    ("20261103T210000", "20261104T070000", "Canary night"),
    ("20261104T160000", "20261105T000000", "Canary late"),
    ("20261105T090000", "20261105T100000", "Canary talk"),
)


@pytest.fixture
def call(tmp_path, capsys):
    (tmp_path / "settings.yaml").write_text(f"state_dir: {tmp_path}/state\nkey_store: file\n")

    def run(*words, code=0):
        assert main(["--config", str(tmp_path / "settings.yaml"), *map(str, words)]) == code
        return capsys.readouterr().err

    return run


def known(tmp_path):
    return days.known(Settings(state_dir=tmp_path / "state", key_store="file"))


def test_a_roster_becomes_shifts_and_days_and_twice_is_once(call, tmp_path, caplog):
    (tmp_path / "r.ics").write_text(ROSTER)
    said = call("import", "calendar", tmp_path / "r.ics", "--shift", "canary NIGHT", "--shift", "Canary late")
    assert "2 shifts" in said
    assert "canary" not in said.lower()
    again = call("import", "calendar", tmp_path / "r.ics")
    assert "0 days are new, 0 changed, 0 gone" in again
    held = known(tmp_path)
    assert [(one.end_utc_s - one.start_utc_s) // 3600 for one in held.shifts] == [10, 8]
    by_name = {(one.value.day, one.value.name): one.value.value for one in held.values}
    first = held.shifts[0].start_utc_s // 86_400
    assert by_name[first + 1, "short_rests_n"] == 1.0
    assert by_name[first + 1, "shortest_rest_h"] == 9.0
    assert by_name[first, "night_shifts_n"] == 1.0
    assert not [row for row in caplog.records if "canary" in row.getMessage().lower()]
    raw = b"".join(file.read_bytes() for file in (tmp_path / "state").iterdir() if file.is_file())
    assert b"anary" not in raw


def test_the_person_marks_titles_on_the_terminal_once(call, tmp_path, monkeypatch):
    (tmp_path / "r.ics").write_text(ROSTER)
    shown = []
    monkeypatch.setattr("agent.commands.terminal.show_words", shown.append)
    monkeypatch.setattr("agent.commands.terminal.ask_words", lambda _: "1, 2")
    call("import", "calendar", tmp_path / "r.ics")
    assert all(title in shown[0] for title in ("Canary night", "Canary late", "Canary talk"))
    call("import", "calendar", tmp_path / "r.ics")
    assert len(shown) == 1
    monkeypatch.setattr("agent.commands.terminal.ask_words", lambda _: "9")
    assert "list of numbers" in call("import", "calendar", tmp_path / "r.ics", "--mark", code=2)


@pytest.mark.parametrize(
    ("words", "reason"),
    [(("calendar",), "wants a file"), (("forget",), "wants a source"), (("calendar", "/nowhere.ics"), "no such calendar"),
     (("forget", "watch"), "nothing was imported"), (("health", "/nowhere.xml"), "no file")],
)  # fmt: skip
def test_what_cannot_be_done_is_named(call, words, reason):
    (code,) = {"no such calendar": (3,)}.get(reason, (2,))
    assert reason in call("import", *words, code=code)


def test_an_export_of_health_is_read_and_forgotten(call, tmp_path):
    if not SHARED.is_dir():
        pytest.skip("the shared exports are not here")
    assert "2 days are new" in call("import", "health", SHARED / "apple_export_fixture.xml")
    assert "2 as before" in call("import", "health", SHARED / "apple_export_fixture.xml")
    assert "apple_health" in call("import", "list")
    call("import", "forget", "apple_health")
    assert "Nothing was imported" in call("import", "list")


OURA = "date,Bedtime Start,Bedtime End,Total Sleep Duration,Steps\n" + "".join(
    f"2026-11-{day:02d},2026-11-{day - 1:02d}T23:00:00+01:00,2026-11-{day:02d}T07:00:00+01:00,25200,{day * 100}\n"
    for day in range(2, 21)
)


def test_columns_of_a_table_are_confirmed_by_the_person(call, tmp_path, monkeypatch):
    (tmp_path / "oura.csv").write_text(OURA)
    shown = []
    monkeypatch.setattr("agent.commands.terminal.show_words", shown.append)
    monkeypatch.setattr("agent.commands.terminal.ask_words", lambda _: "no")
    assert "not confirmed" in call("import", "health", tmp_path / "oura.csv", code=2)
    assert "steps" in shown[0]
    monkeypatch.setattr("agent.commands.terminal.ask_words", lambda _: "yes")
    assert "19 days are new" in call("import", "health", tmp_path / "oura.csv")
    values = {one.value.name for one in known(tmp_path).values}
    assert {"sleep_h", "steps_n"} <= values


# ---- what an import changes


@pytest.fixture
def store(tmp_path):
    made = DayStore(tmp_path / "history.db", Vault(bytes(32), "a test"))
    yield made
    made.close()


def export(first, middles, person="a" * 64):
    values = []
    for day, middle in enumerate(middles, first):
        values += [DayValue(day, "sleep_h", 7.0, 1.0), DayValue(day, "sleep_midpoint_h", middle, 1.0)]
    return HealthImport("oura", tuple(values), tuple(range(first, first + len(middles))), (), person, (), len(middles))


def spreads(store):
    return {
        one.day: one.values["sleep_midpoint_sd_h"][0] for one in store.days() if "sleep_midpoint_sd_h" in one.values
    }


def test_the_spread_of_midpoints_is_that_of_all_nights_kept(store):
    middles = [3.0 + (n * 7 % 5) / 10 for n in range(28)]
    taken.take_health(store, export(100, middles))
    whole = spreads(store)
    other = DayStore(store_path(store, "other"), Vault(bytes(32), "a test"))
    taken.take_health(other, export(100, middles[:14]))
    taken.take_health(other, export(114, middles[14:]))
    assert spreads(other) == whole
    assert whole
    assert taken.take_health(other, export(114, middles[14:])).same == 28
    assert taken.person_of(other, "oura") == "a" * 64
    other.close()


def store_path(store, name):
    path = Path(store._db.execute("PRAGMA database_list").fetchone()[2])
    return path.with_name(f"{name}.db")


def test_marks_of_a_second_calendar_stand_beside_those_of_the_first(store):
    taken.mark_titles(store, {"b" * 64: "shift"})
    taken.mark_titles(store, {"c" * 64: "shift"})
    assert len(taken.calendar_marks(store)) == 2
