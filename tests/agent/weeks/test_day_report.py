"""What 'Days' is given: shifts cut at midnight by the person's clock, sums with what they rest on, absence as absence."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent.days.chosen import Chosen
from agent.days.store import DayStore, Entry, Rostered
from agent.model import DayValue
from agent.privacy.vault import Vault
from agent.tables.days import DAYS, MOODS
from agent.tables.profiles import PROFILES
from agent.weeks import day_report
from agent.weeks.days import KnownDays, day_words, of
from tests.support import drawn_days

BERLIN = ZoneInfo("Europe/Berlin")
DAY_S = 86_400
VAULT = Vault(bytes(32), "a test")


def berlin_s(utc_s: int) -> int:
    return round(datetime.fromtimestamp(utc_s, BERLIN).utcoffset().total_seconds())


def at(words: str) -> int:
    return int(datetime.fromisoformat(words).replace(tzinfo=BERLIN).timestamp())


def report(known: KnownDays, now: str = "2026-11-25T12:00", profile: str = "personal") -> dict:
    made = day_report.days(known, PROFILES[profile], at(now), berlin_s)
    json.dumps(made, allow_nan=False)
    return made


def valued(*values: DayValue) -> KnownDays:
    return KnownDays(tuple(Chosen(value, "calendar", 1) for value in values))


def day(words: str) -> int:
    return at(f"{words}T12:00") // DAY_S


def test_a_night_shift_is_cut_at_midnight():
    night = Rostered(at("2026-11-24T21:00"), at("2026-11-25T07:15"), "night")
    made = report(KnownDays(shifts=(night,)))["roster"]
    assert made["pieces"] == [
        {"day": "2026-11-24", "from_h": 21.0, "until_h": 24.0, "kind": "night"},
        {"day": "2026-11-25", "from_h": 0.0, "until_h": 7.25, "kind": "night"},
    ]
    assert [one["day"] for one in made["days"] if one["is_today"]] == ["2026-11-25"]
    assert sum(one["is_known"] for one in made["days"]) == 2
    ends_at_midnight = Rostered(at("2026-11-24T14:00"), at("2026-11-25T00:00"), "day")
    assert len(report(KnownDays(shifts=(ends_at_midnight,)))["roster"]["pieces"]) == 1


def test_the_night_of_the_clock_change_shows_what_the_wall_shows():
    night = Rostered(at("2026-10-24T21:00"), at("2026-10-25T07:00"), "night")  # eleven hours of real time
    made = report(KnownDays(shifts=(night,)), "2026-10-25T12:00")["roster"]
    assert [(one["from_h"], one["until_h"]) for one in made["pieces"]] == [(21.0, 24.0), (0.0, 7.0)]


def test_sums_of_a_week_say_how_many_days_they_rest_on():
    known = valued(
        DayValue(day("2026-11-22"), "shift_hours_h", 9.0, 1.0),  # a Sunday: of the week before
        DayValue(day("2026-11-23"), "shift_hours_h", 8.0, 1.0),
        DayValue(day("2026-11-29"), "shift_hours_h", 10.0, 1.0),
        DayValue(day("2026-11-29"), "night_shifts_n", 1.0, 1.0),
    )
    last, this, following = report(known)["roster"]["weeks"]
    assert (last["first_day"], last["days"], last["sums"]["shift_hours_h"]) == ("2026-11-16", 1, 9.0)
    assert this["sums"] == {"shift_hours_h": 18.0, "night_shifts_n": 1.0, "short_rests_n": None}
    assert this["days"] == 2
    assert following["sums"] == dict.fromkeys(day_report.WEEK_ROWS), "not imported is not 0"


def test_only_days_that_were_imported_are_there():
    known = valued(DayValue(day("2026-11-25"), "steps_n", 0.0, 0.5), DayValue(day("2026-11-20"), "sleep_h", 7.0, 1.0),
                   DayValue(day("2026-09-01"), "sleep_h", 7.0, 1.0))  # fmt: skip
    made = report(known)
    assert [(one["name"], [row["day"] for row in one["rows"]]) for one in made["numbers"]] == [
        ("sleep_h", ["2026-11-20"]), ("steps_n", ["2026-11-25"])]  # fmt: skip
    assert made["numbers"][1]["rows"][0]["value"] == 0.0, "a 0 that was imported is a 0"
    assert len(made["days"]) == 60
    assert made["days"][-1] == made["today"] == "2026-11-25"


def test_the_journal_is_counted_by_day_and_its_newest_entries_come_first():
    entries = [Entry(at("2026-11-25T08:00") + n, day("2026-11-25"), MOODS[n % 4], f"entry {n}") for n in range(30)]
    entries.insert(0, Entry(at("2026-06-01T08:00"), day("2026-06-01"), "neutral"))
    made = report(KnownDays(entries=tuple(entries)))["journal"]
    assert made["days"] == [
        {"day": "2026-11-25", "counts": {"positive": 8, "neutral": 8, "negative": 7, "distressed": 7}}
    ]
    assert [one["words"] for one in made["entries"]] == [f"entry {n}" for n in range(29, 9, -1)]
    assert made["entries_n"] == 31


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_sees_its_kinds_and_no_others(tmp_path, profile):
    store, now_s = DayStore(tmp_path / "history.db", VAULT), at("2026-11-25T12:00")
    drawn_days.kept(store, now_s)
    made = day_report.days(of(store), PROFILES[profile], now_s, drawn_days.offset_s)
    store.close()
    assert all(PROFILES[profile].shows(DAYS[one["name"]].kind) for one in made["numbers"])
    assert (made["journal"] is None) == (profile == "eu-workplace")
    assert drawn_days.WORDS not in json.dumps(made) or profile != "eu-workplace"
    tight = PROFILES[profile].without({"schedule", "sleep", "activity", "recovery", "text"})
    if tight.purposes:
        bare = day_report.days(KnownDays(), tight, now_s, drawn_days.offset_s)
        assert (bare["journal"], bare["roster"], bare["numbers"], bare["has_sleep"]) == (None, None, [], False)
    assert {one["name"]: one["days"] for one in made["sources"]}["calendar"] == 40
    assert made["today"] == day_words(drawn_days.today(now_s))
