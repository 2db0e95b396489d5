"""'Days' through the real templates in every state, its decisions, and a calendar from bytes to marks."""

import asyncio
import io
import json
import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from agent.config import Settings
from agent.control import export
from agent.days.settings import DaysSettings
from agent.days.store import DayStore
from agent.errors import PolicyDenied, WrongUse
from agent.model import NS_PER_S
from agent.page import forms, queries, reader, roster
from agent.page.web import uploads
from agent.page.web.pages import Pages
from agent.privacy.vault import open_vault
from agent.session.session import Session
from agent.system.clock import VirtualClock
from agent.system.run_mode import RunMode
from agent.tables.days import DAYS, MOODS
from agent.tables.profiles import PROFILES
from agent.weeks import day_report
from agent.weeks.days import KnownDays, of
from tests.agent.page.test_states import NAMES
from tests.support import drawn_days
from tests.support.virtual_time import START_UTC_S

NOW_S = START_UTC_S
CANARY = "Kanarienvogel-Übergabe 4711"


@pytest.fixture
def store(tmp_path):
    made = DayStore(tmp_path / "history.db", open_vault(tmp_path, "file"))
    yield made
    made.close()


def rendered(profile, made) -> str:
    async def long_query(job, **_):
        assert job == "days"
        return json.loads(json.dumps(made))

    html = asyncio.run(Pages({"profile": profile.as_json(), "names": NAMES}).render("days", {}, None, long_query))
    assert html
    return html


@pytest.mark.parametrize("name", PROFILES)
def test_empty_and_full_under_every_profile(store, name):
    profile = PROFILES[name]
    empty = rendered(profile, day_report.days(KnownDays(), profile, NOW_S, drawn_days.offset_s))
    drawn_days.kept(store, NOW_S)
    full = rendered(profile, day_report.days(of(store), profile, NOW_S, drawn_days.offset_s))
    for html in (empty, full):
        assert "unknown" not in html
        assert 'id="help"' not in html or 'tabindex="-1" hidden></div>' in html, "nobody is offered help by a program"
        assert "findahelpline" not in html
    assert "No sleep was imported" in empty
    assert "Choose your calendar" in empty
    assert "Nothing was imported yet" in empty
    assert 'class="plot' not in empty, "an empty state has a sketch of what will be there, and no empty chart"
    assert empty.count('class="sketch"') == (3 if name != "eu-workplace" else 2)
    assert "sketch" not in full
    assert not re.search(r">[^<]*[a-z]_[a-z][^<]*<", full), "no machine name"
    assert full.count("<figure") == (5 if name != "eu-workplace" else 4)
    assert full.count("url(#sleep_h-hatch)") > 5
    is_work = name == "eu-workplace"
    for html in (empty, full):
        forbidden = [word for word in (*profile.forbidden_words, *(("journal", *MOODS) if is_work else ())) if word in html.lower()]  # fmt: skip
        assert forbidden == []
    assert (drawn_days.WORDS in full) != is_work


def test_a_policy_that_denies_every_kind_of_days_has_no_such_page():
    every = {row.kind for row in DAYS.values()}
    for name, profile in PROFILES.items():
        assert "days" in Pages({"profile": profile.as_json(), "names": {}}).menu(), name
        tight = Pages({"profile": profile.without(every).as_json(), "names": {}}).menu()
        assert ("days" in tight) == (not profile.purposes), name  # where nothing leaves, nothing need be hidden


@pytest.fixture
def session_of(tmp_path):
    with ExitStack() as parts:

        def made(name: str, profile: str = "") -> Session:
            settings = Settings(state_dir=tmp_path / name, profile=profile or name, key_store="file")
            settings.state_dir.mkdir(mode=0o700)

            async def here() -> Session:  # it wants a loop
                clock = VirtualClock(START_UTC_S * NS_PER_S)
                return Session(settings, PROFILES[profile or name], clock, RunMode(serves=False), parts)

            return asyncio.run(here())

        yield made


def asked(session, name, /, **with_):
    return asyncio.run(queries.answered(session, name, with_))


def test_an_entry_is_written_and_removed_and_distressed_alone_brings_help(session_of):
    session = session_of("personal")
    for mood in MOODS:
        answer = asked(session, "journal", mood=mood, words="own words", country="AT")
        assert ("help" in answer) == (mood == "distressed"), mood
        assert "own words" not in json.dumps(answer)
    assert any("142" in line for line in answer["help"])
    assert any("findahelpline" in line for line in answer["help"]), "a language is no address"
    assert "own words" not in json.dumps(asked(session, "notes"))
    last = session.days.entries()[-1]
    asked(session, "unjournal", at_utc_s=last.at_utc_s)
    assert len(session.days.entries()) == 3
    with pytest.raises(WrongUse, match="already removed"):
        asked(session, "unjournal", at_utc_s=last.at_utc_s)
    anywhere = asked(session, "journal", mood="distressed")
    assert sum("findahelpline" in line for line in anywhere["help"]) == 1


def test_without_a_journal_its_decisions_are_refused(session_of):
    session = session_of("eu-workplace")
    for name, with_ in (("journal", {"mood": "distressed"}), ("unjournal", {"at_utc_s": 5})):
        with pytest.raises(PolicyDenied, match="no journal"):
            asked(session, name, **with_)
    assert session.days.entries() == []
    with pytest.raises(WrongUse, match="no number"):
        asked(session, "about", name="journal_negative_n")


@pytest.mark.parametrize(
    ("name", "with_"),
    [
        ("journal", {}),
        ("journal", {"mood": "furious"}),
        ("journal", {"mood": 1}),
        ("journal", {"mood": "neutral", "words": "x" * 2001}),
        ("journal", {"mood": "neutral", "words": ["x"]}),
        ("journal", {"mood": "neutral", "country": "de"}),
        ("journal", {"mood": "neutral", "country": "DE\n"}),
        ("journal", {"mood": "neutral", "at_utc_s": 5}),
        ("unjournal", {}),
        ("unjournal", {"at_utc_s": True}),
        ("unjournal", {"at_utc_s": -1}),
        ("forget-source", {"source": "calendar"}),
        ("forget-source", {"source": "calendar", "sure": False}),
        ("forget-source", {"source": "calendar", "sure": 1}),
        ("forget-source", {"source": "", "sure": True}),
        ("forget-source", {"source": "nothing of mine", "sure": True}),
    ],
)
def test_forged_forms_are_refused_and_change_nothing(session_of, name, with_):
    session = session_of("personal")
    drawn_days.kept(session.days, NOW_S)
    session.days.keep_marks("calendar", {"ab" * 32: "shift"})
    before = (session.days.days(), session.days.entries(), session.days.marks("calendar"))
    with pytest.raises(WrongUse):
        asked(session, name, **with_)
    assert (session.days.days(), session.days.entries(), session.days.marks("calendar")) == before


def test_a_forgotten_source_takes_its_days_and_a_calendar_its_marks(session_of):
    session = session_of("personal")
    drawn_days.kept(session.days, NOW_S)
    session.days.keep_marks("calendar", {"ab" * 32: "shift"})
    days = sum(one.source == "apple_health" for one in session.days.days())
    answer = asked(session, "forget-source", source="apple_health", sure=True)
    assert answer == {"words": f"Days that were forgotten: {days}."}
    assert session.days.marks("calendar") != {}
    asked(session, "forget-source", source="calendar", sure=True)
    assert (session.days.days(), session.days.marks("calendar")) == ([], {})
    assert len(session.days.entries()) == 34, "the journal is the person's, and no import"


@pytest.mark.parametrize("name", DAYS)
def test_each_number_of_a_day_says_how_good_its_evidence_is(session_of, name):
    answer = asked(session_of("personal"), "about", name=name)
    pages = Pages({"profile": PROFILES["care"].as_json(), "names": {}})

    async def ask(question, with_):
        assert (question, with_) == ("about", {"name": name})
        return answer

    html = asyncio.run(pages.render(f"about/{name}", {}, ask, None))
    assert DAYS[name].because.split("'")[0] in html
    assert ("Evidence grade" in html) == (DAYS[name].evidence != "-")


def test_a_number_that_may_not_leave_here_says_so(session_of):
    leaves = {name: asked(session_of(name), "about", name="sleep_h")["leaves"] for name in PROFILES}
    assert leaves == {"personal": False, "care": True, "research": True, "eu-workplace": False}
    assert asked(session_of("care2", "care"), "about", name="busy_h")["leaves"] is False


# ---- a calendar


def importing(store) -> roster.RosterImport:
    return roster.RosterImport(store, b"k" * 32, DaysSettings(), NOW_S, drawn_days.offset_s)


def marked(found, *shifts: str) -> forms.Marked:
    digests = {one["text"]: one["digest"] for one in found["titles"]}
    chosen = [digests[title] for title in shifts]
    return forms.Marked(shifts=chosen, others=[one for one in digests.values() if one not in chosen])


@pytest.mark.process
def test_titles_are_shown_once_and_only_digests_of_shifts_are_kept(store, tmp_path, caplog):
    data = drawn_days.calendar(NOW_S, (CANARY, drawn_days.today(NOW_S) - 2, 12, 13)).encode()
    found = importing(store).shown_titles(data)
    texts = {one["text"]: one["count"] for one in found["titles"]}
    assert set(texts) == {*drawn_days.SHIFTS, "Team meeting", CANARY}
    assert texts["Team meeting"] == 3
    assert not any(one["is_shift"] for one in found["titles"]), "no program guesses which are shifts"
    answer = importing(store).keep(data, marked(found, *drawn_days.SHIFTS))
    shifts = of(store).shifts
    assert answer["words"].startswith(f"Imported shifts: {len(shifts)}, ")
    assert sum(one.kind == "night" for one in shifts) == texts["Nachtdienst"]
    assert len(shifts) == sum(texts[title] for title in drawn_days.SHIFTS)
    assert list(store.marks("calendar").values()) == ["shift"] * 3
    again = importing(store).shown_titles(data)
    assert {one["text"] for one in again["titles"] if one["is_shift"]} == set(drawn_days.SHIFTS)
    second = importing(store).keep(data, marked(again, *drawn_days.SHIFTS))
    assert "New days: 0, changed: 0" in second["words"]
    # unticked, it is no shift any more
    fewer = importing(store).keep(data, marked(again, "Frühdienst"))
    assert f"Imported shifts: {texts['Frühdienst']}, at night: 0." in fewer["words"]
    held = export.history_held(Settings(state_dir=tmp_path, key_store="file"), open_vault(tmp_path, "file"))
    assert held["marks"]["calendar"] == 1
    everything = json.dumps([held, answer, second, fewer], ensure_ascii=False) + caplog.text
    everything += "".join(file.read_bytes().decode("latin-1") for file in tmp_path.iterdir())
    for title in (*texts, CANARY.encode().decode("latin-1")):
        assert title not in everything, title


@pytest.mark.process
@pytest.mark.parametrize("data", [b"", b"no calendar", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", bytes(range(256)) * 50])
def test_a_file_without_entries_is_refused_and_changes_nothing(store, data):
    drawn_days.kept(store, NOW_S)
    before = store.days()
    with pytest.raises(WrongUse, match="no entry with"):
        importing(store).shown_titles(data)
    with pytest.raises(WrongUse, match="no entry with"):
        importing(store).keep(data, forms.Marked(shifts=[], others=[]))
    assert (store.days(), store.marks("calendar")) == (before, {})


def job(monkeypatch, capsys, folder, name, with_, body, profile="personal"):
    """A job of the reader, by its own entry; its exit code and its answer."""
    asked = {"job": name, "with": with_, "state_dir": str(folder), "key_store": "file",
             "profile": PROFILES[profile].as_json(), "usual_hours": [8.0, 18.0]}  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(asked).encode() + b"\n" + body)))
    code = reader.main()
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "with_",
    [{}, {"shifts": []}, {"shifts": ["x"], "others": []}, {"shifts": [], "others": [], "more": 1},
     {"shifts": ["AB" * 32], "others": []}, {"shifts": ["ab" * 32] * 401, "others": []}],
)  # fmt: skip
def test_a_forged_import_is_refused_before_the_file_is_read(monkeypatch, capsys, store, tmp_path, with_):
    data = drawn_days.calendar(int(time.time())).encode()
    code, answer = job(monkeypatch, capsys, tmp_path, "shifts", with_, data)
    assert (code, answer["refused"]["words"]) == (1, "the form was not valid")
    assert job(monkeypatch, capsys, tmp_path, "titles", {"more": 1}, data)[0] == 1
    assert (store.days(), store.marks("calendar")) == ([], {})


def test_the_page_takes_as_much_as_the_importer_reads():
    assert uploads.FILE_MOST == roster.FILE_MOST == 16 * 2**20
    script = (Path(uploads.__file__).parent / "static/days.js").read_text(encoding="utf-8")
    assert "FILE_MOST = 16 * 2 ** 20" in script
    assert "up to 16 MB" in rendered(
        PROFILES["personal"], day_report.days(KnownDays(), PROFILES["personal"], NOW_S, drawn_days.offset_s)
    )


def test_a_file_that_is_too_large_and_a_profile_without_a_roster_are_refused(monkeypatch, capsys, store, tmp_path):
    code, answer = job(monkeypatch, capsys, tmp_path, "titles", {}, b"x" * (roster.FILE_MOST + 1))
    assert (code, answer["refused"]["words"]) == (1, "the file is larger than 16 MB")
    with pytest.raises(PolicyDenied, match="no roster"):
        roster.require(PROFILES["care"].without({"schedule"}))
    assert store.days() == []
