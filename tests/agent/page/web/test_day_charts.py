"""Pictures of days: what was not imported is a gap, each day is read out, and every value stands in the table."""

import pytest

from agent.page.web import day_charts
from agent.page.web.local import Local, Locals
from agent.tables.days import DAYS as DAY_ROWS
from agent.tables.days import MOODS

DAYS = [f"2026-11-{day:02d}" for day in range(1, 31)]


@pytest.fixture
def local() -> Local:
    return Locals({f"number.{row.name}": row.title for row in DAY_ROWS.values()}).of("en")


def row(day: str, value: float) -> dict:
    return {"day": day, "value": value, "coverage_01": 0.9, "source": "apple_health"}


def test_a_day_that_was_not_imported_is_hatched_and_says_so(local):
    rows = [row(DAYS[2], 6.0), row(DAYS[29], 7.25)]
    one = {"name": "sleep_h", "title": "sleep", "from_zero": True, "rows": rows}
    chart = day_charts.numbers(one, DAYS, local)
    picture = str(chart.picture)
    assert picture.count("url(#sleep_h-hatch)") == 28
    assert picture.count('class="interval"') == 2
    assert picture.count(": no data") == 28
    assert ": 7.2 hours" in picture
    assert chart.title == "Sleep"
    assert chart.summary == "Latest: 7.2 hours on Mon 30 Nov 2026. Days with data: 2; days without: 28." or (
        chart.summary == "Latest: 7.2 hours on Mon 30 Nov. Days with data: 2; days without: 28."
    )
    assert [line[1:] for line in chart.rows] == [("7.2", "Apple Health; 90\u202f% of the day"), ("6", "Apple Health; 90\u202f% of the day")]  # fmt: skip
    whole = day_charts.numbers(one | {"rows": [row(day, 5.0) for day in DAYS]}, DAYS, local)
    assert "hatch" not in [kind for kind, _ in whole.key]
    assert "hatch" in [kind for kind, _ in chart.key]


def test_a_number_whose_zero_means_nothing_is_a_dot(local):
    one = {"name": "resting_hr_bpm", "title": "resting heart rate", "from_zero": False, "rows": [row(DAYS[5], 61.0)]}
    picture = str(day_charts.numbers(one, DAYS, local).picture)
    assert picture.count("<circle") == 1
    assert 'class="interval"' not in picture


def test_a_journal_has_a_lane_for_each_mood_and_says_each_day(local):
    none = dict.fromkeys(MOODS, 0)
    counts = [
        {"day": DAYS[3], "counts": none | {"positive": 2, "negative": 1}},
        {"day": DAYS[9], "counts": none | {"neutral": 1}},
    ]
    chart = day_charts.journal(counts, DAYS, local)
    picture = str(chart.picture)
    assert all(f">{mood}<" in picture for mood in MOODS)
    assert picture.count('class="interval"') == 3
    assert picture.count("no entry") == 28
    assert chart.summary == "4 entries, on 2 of the last 60 days."
    assert [line[1] for line in chart.rows] == ["neutral 1", "positive 2, negative 1"]
    empty = day_charts.journal([], DAYS, local)
    assert (empty.rows, empty.summary) == ((), "You wrote no entry in the last 60 days.")


def test_a_source_has_the_name_that_people_know(local):
    assert [day_charts.source_words(one, local) for one in ("apple_health", "google_fit", "calendar", "oura")] == [
        "Apple Health", "Google Fit", "Calendar", "Oura",
    ]  # fmt: skip
