"""The roster as a strip: shifts at their hours, nights apart, days that are not known hatched, each day read out."""

from agent.page.web import roster_chart
from agent.page.web.local import Locals


def roster() -> dict:
    days = [{"day": f"2026-11-{day:02d}", "is_known": day != 12, "is_today": day == 11} for day in range(9, 14)]
    pieces = [
        {"day": "2026-11-09", "from_h": 6.0, "until_h": 14.0, "kind": "day"},
        {"day": "2026-11-10", "from_h": 21.0, "until_h": 24.0, "kind": "night"},
        {"day": "2026-11-11", "from_h": 0.0, "until_h": 7.0, "kind": "night"},
    ]
    shifts = [
        {"start_utc_s": 1_794_200_000, "end_utc_s": 1_794_228_800, "kind": "day"},
        {"start_utc_s": 1_794_300_000, "end_utc_s": 1_794_336_000, "kind": "night"},
    ]
    return {"days": days, "pieces": pieces, "shifts": shifts}


def test_shifts_stand_at_their_hours_and_each_day_is_read_out():
    chart = roster_chart.strip(roster(), Locals({}).of("en"))
    picture = str(chart.picture)
    assert picture.count('class="interval"') == 1
    assert picture.count('class="night"') == 2
    assert picture.count('class="chosen"') == 1
    assert picture.count("url(#roster-hatch)") == 1
    for words in ("day shift, 06:00 to 14:00", "night shift, 21:00 to 00:00", "night shift, 00:00 to 07:00", ": not imported", ": no shift"):  # fmt: skip
        assert words in picture, words
    assert chart.summary == "2 shifts, of which at night: 1. Days that were not imported: 1."
    assert [line[2] for line in chart.rows] == ["day shift", "night shift"]
    assert [kind for kind, _ in chart.key] == ["interval", "night", "hatch"]


def test_without_gaps_the_legend_has_none():
    made = roster()
    for one in made["days"]:
        one["is_known"] = True
    chart = roster_chart.strip(made, Locals({}).of("en"))
    assert [kind for kind, _ in chart.key] == ["interval", "night"]
    assert "url(#roster-hatch)" not in str(chart.picture)
