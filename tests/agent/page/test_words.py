"""The catalogue, the charts, quiet times and long_queries, without a browser."""

import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.commands import status as browser
from agent.errors import WrongUse
from agent.outbox import Outbox, consents, pauses
from agent.page import reader
from agent.page.web import charts, pages
from agent.page.web.pages import Pages
from agent.privacy.vault import open_vault
from agent.tables.profiles import PROFILES
from agent.weeks import report
from agent.windows.history import History, Told
from tests.support.page_agent import past
from tests.support.world import START_UTC_S

ROOM = Path(pages.__file__).parent
WORDS = {
    key: words
    for file in (ROOM / "words_en.json", *sorted((ROOM / "words/en").glob("*.json")))
    for key, words in json.loads(file.read_text(encoding="utf-8")).items()
}
BERLIN = ZoneInfo("Europe/Berlin")


# ---- the catalogue


def test_no_text_stands_in_a_template():
    for file in ROOM.glob("templates/*.html"):
        text = re.sub(r"{[%{#].*?[%}#]}", " ", file.read_text(), flags=re.DOTALL)
        bare = re.sub(r"<[^>]*>", " ", re.sub(r'<(\w+)[^>]*(?:"[^"]*"[^>]*)*>', " ", text))
        for command in ("wardbeat open", "wardbeat service install"):
            bare = bare.replace(command, "")
        assert re.findall(r"[A-Za-z]{3,}", bare) == [], file.name


def syllables(word: str) -> int:
    """By groups of vowels; a silent e at the end does not count."""
    word = re.sub(r"(?:[^laeiouy]es|[^laeiouy]e|ed)$", "", word.lower())
    return max(1, len(re.findall(r"[aeiouy]+", word)))


def grade(text: str) -> float:
    """Flesch-Kincaid grade level (Kincaid et al. 1975).

    >>> grade("The cat sat on the mat.") < 1 < 12 < grade("Institutional considerations necessitate interdisciplinary deliberation.")
    True
    """
    sentences = [one for one in re.split(r"[.!?:;]+\s|[.!?:;]+$|\n", text) if re.search(r"[a-zA-Z]", one)]
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / len(sentences) + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_the_reading_grade_is_eight_at_most():
    sentences = [re.sub(r"{\w+}", "ten", words) for words in WORDS.values() if len(words.split()) >= 5]
    whole = grade("\n".join(sentences))
    print(f"\ngrade of {len(sentences)} sentences together: {whole:.1f}")
    assert whole <= 8.0
    hard = [one for one in sentences if grade(one) > 13.0]
    assert hard == []
    assert (
        grade("Institutional considerations necessitate interdisciplinary deliberation regarding physiological data.")
        > 13
    )


@pytest.mark.parametrize("name", PROFILES)
def test_every_place_has_its_pages(name):
    profile = PROFILES[name]
    made = Pages({"profile": profile.as_json(), "names": {}})
    assert ("check-in" in made.menu()) == (not profile.purposes or "fatigue" in profile.kinds)
    assert made.with_index() == (name != "eu-workplace")
    assert "<main" in made.shell()


# ---- quiet times


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "outbox.db", open_vault(tmp_path, "file"), None) as made:
        yield made


def at(words: str) -> int:
    return int(datetime.fromisoformat(words).replace(tzinfo=BERLIN).timestamp())


def test_a_timed_pause_ends_by_itself_and_survives_a_restart(outbox):
    now_s = at("2026-11-22T10:00")
    pauses.pause_until(outbox, pauses.length_until("hour", now_s, BERLIN), now_s)
    assert pauses.turn(outbox, now_s + 3599, BERLIN) is None
    assert consents.is_paused(outbox)
    assert pauses.turn(outbox, now_s + 3600, BERLIN) is False
    assert not consents.is_paused(outbox)
    assert pauses.length_until("tomorrow", now_s, BERLIN) == at("2026-11-23T06:00")
    with pytest.raises(WrongUse, match="no pause lasts"):
        pauses.length_until("year", now_s)
    pauses.pause_until(outbox, None, now_s)
    assert pauses.turn(outbox, now_s + 10**7, BERLIN) is None  # the person ends it


def test_private_hours_pause_end_and_may_be_broken_by_the_person(outbox):
    pauses.set_hours(outbox, (pauses.Hours(22 * 60, 6 * 60),))
    assert pauses.turn(outbox, at("2026-11-22T21:59"), BERLIN) is None
    assert pauses.turn(outbox, at("2026-11-22T22:00"), BERLIN) is True
    assert pauses.ends_utc_s(outbox) == at("2026-11-23T06:00")
    pauses.resume(outbox, at("2026-11-22T23:00"), BERLIN)
    assert pauses.turn(outbox, at("2026-11-23T03:00"), BERLIN) is None  # the person wanted to be measured
    assert pauses.turn(outbox, at("2026-11-23T22:00"), BERLIN) is True  # the next night is private again
    assert pauses.turn(outbox, at("2026-11-24T06:00"), BERLIN) is False
    # a pause of the person's own goes on through them
    pauses.pause_until(outbox, None, at("2026-11-24T21:00"))
    assert pauses.turn(outbox, at("2026-11-24T22:00"), BERLIN) is None
    assert pauses.turn(outbox, at("2026-11-25T07:00"), BERLIN) is None


def test_a_timed_pause_that_ends_in_private_hours_goes_on_to_their_end(outbox):
    pauses.set_hours(outbox, (pauses.Hours(22 * 60, 6 * 60), pauses.Hours(6 * 60, 8 * 60)))
    pauses.pause_until(outbox, pauses.length_until("hour", at("2026-11-22T21:30"), BERLIN), at("2026-11-22T21:30"))
    assert pauses.turn(outbox, at("2026-11-22T22:30"), BERLIN) is True
    assert consents.is_paused(outbox)
    assert pauses.turn(outbox, at("2026-11-23T03:00"), BERLIN) is None
    assert pauses.turn(outbox, at("2026-11-23T06:00"), BERLIN) is True  # the next stretch follows at once
    assert len(consents.pauses(outbox)) == 1
    assert pauses.turn(outbox, at("2026-11-23T07:59"), BERLIN) is None
    assert pauses.turn(outbox, at("2026-11-23T08:00"), BERLIN) is False
    assert not consents.is_paused(outbox)


def test_private_hours_end_by_the_clock_on_the_wall_when_summer_ends(outbox):
    pauses.set_hours(outbox, (pauses.Hours(22 * 60, 6 * 60),))
    assert pauses.turn(outbox, at("2026-10-24T22:30"), BERLIN) is True
    assert pauses.ends_utc_s(outbox) == at("2026-10-25T06:00")  # a night of nine hours
    for wrong in ((60, 60), (-1, 5), (0, 1440)):
        with pytest.raises(WrongUse):
            pauses.set_hours(outbox, (pauses.Hours(*wrong),))


# ---- weeks


@pytest.fixture(scope="module")
def looked_back(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weeks")
    now_s = START_UTC_S
    past(folder, 100, now_s)
    history = History(folder / "history.db", open_vault(folder, "file"))
    made = report.weeks(history, PROFILES["personal"], now_s)
    history.close()
    return made


@pytest.mark.slow
def test_days_ribbons_and_beats_are_what_was_kept(looked_back, tmp_path):
    assert len(looked_back["days"]) == report.SHOWN_DAYS
    assert all(one["rmssd_ms"] is None for one in looked_back["days"] if not one["readings"])
    low, high = looked_back["band"]
    assert 20 < low < high < 60
    assert len(looked_back["beats"]) == len(looked_back["weeks"])
    assert sum(looked_back["beats"]) > 300 * 500
    worn = [one for one, week in zip(looked_back["beats"], looked_back["weeks"], strict=True) if week["measured_h"]]
    assert min(worn) > 0
    mondays = {week["first_day"] for week in looked_back["weeks"] if not week["last_seven_days"]}
    assert mondays <= {row["week"] for row in looked_back["ribbons"]["perclos_01"]}
    assert all(first <= middle <= last for row in looked_back["ribbons"].values() for one in row if one["quartiles"]
               for first, middle, last in [one["quartiles"]])  # fmt: skip
    assert looked_back["hours"]["by_shift"]
    history = History(tmp_path / "history.db", open_vault(tmp_path, "file"))
    nothing = report.weeks(history, PROFILES["eu-workplace"], START_UTC_S)
    history.tell(Told(0, "draft", "cbi", {"p1": 1}))
    assert report.weeks(history, PROFILES["care"], START_UTC_S)["check_ins"] == []
    history.close()
    assert (nothing["days"], nothing["weeks"], nothing["ribbons"]) == ([], [], {})


def test_pictures_say_what_their_tables_say(looked_back):
    said = Pages(
        {"profile": {"pages": ["now"], "kinds": [], "purposes": [], "name": "personal", "words": ""}, "names": {}}
    ).t
    made = charts.strip(looked_back["weeks"], said, with_index=True)
    assert len(made.rows) == len(looked_back["weeks"])
    assert str(made.svg).count("strip-hatch)") == sum(week["index"] is None for week in looked_back["weeks"])
    scored = [week for week in looked_back["weeks"] if week["points"]][-1]
    parts = charts.contributions(scored, looked_back["words"], said)
    assert abs(sum(float(cell) for _, cell in parts.rows[:-1]) - float(parts.rows[-1][1])) < 0.05
    assert abs(float(parts.rows[-1][1]) - (scored["index"] - 50)) < 0.1
    shown = charts.days(looked_back["days"], looked_back["band"], said)
    unread = [one for one in looked_back["days"] if one["rmssd_ms"] is None]
    assert str(shown.svg).count("days-hatch)") == len(unread) > 5
    assert str(shown.svg).count('class="trend"') >= 3  # no line over a gap
    evil = charts.ribbon("smile_share_01", "<script>alert(1)</script>", looked_back["ribbons"]["smile_share_01"], said)
    assert "<script>" not in str(evil.svg)
    for none in (charts.days([], None, said), charts.hours({"columns": [], "rows": [], "by_shift": False}, said),
                 charts.strip([], said, with_index=False)):  # fmt: skip
        assert none.summary


def test_a_cell_is_no_formula():
    assert reader._cell("=1+1") == "'=1+1"
    assert reader._cell(("@a", "b")) == "'@a; b"
    assert reader._cell(-5) == -5
    assert reader._cell("plain") == "plain"


def test_the_terminal_says_what_the_page_says():
    told = {
        "paused": False, "pause_until_utc_s": None, "hr_bpm": 61.7, "rmssd_ms": None, "coverage_01": 0.5, "listened_s": 60, "face": {"smile": 0.25},
        "beats": [[1.0, 900.0, "normal"], [2.0, 1000.0, None], [2.5, 500.0, "ectopic"]],
        "states": [{"part": "source.ble_strap", "level": "trouble", "words": "lost", "remedy": "Wear it."}],
    }  # fmt: skip
    lines = "\n".join(browser.in_words(told))
    assert "heart 62/min" in lines
    assert "withheld" in lines
    assert "▁█x" in lines
    assert "1 ectopic" in lines
    assert "→ Wear it." in lines
    assert browser.in_words(told | {"paused": True, "beats": []})[0].startswith("Paused")
