"""The pages' made-up past looks the same on every date: no test of the page depends on today."""

import datetime as dt
import os
import time

import pytest

from agent.privacy.vault import open_vault
from agent.scoring.instruments import CHECK_IN
from agent.tables.profiles import PROFILES
from agent.weeks import report
from agent.windows.history import History
from tests.support import page_agent

# each weekday; both clock changes of three zones; a leap day; a year's and a month's edge
DATES = [
    *(f"2026-11-{day:02}" for day in range(23, 30)),
    "2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-10-04",
    "2028-02-29", "2026-12-31", "2027-01-01", "2027-02-01",
]  # fmt: skip

HOURS = (0, 5, 12, 23)
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
EVERY_HOUR = bool(os.environ.get("EVERY_HOUR"))


@pytest.mark.slow
@pytest.mark.parametrize("zone", ZONES if EVERY_HOUR else ("America/New_York", "Australia/Lord_Howe"))
@pytest.mark.long
def test_one_week_of_the_past_is_a_gap_and_one_is_worth_a_check_in_on_every_date(tmp_path, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for number, date in enumerate(DATES):
            for hour in HOURS if EVERY_HOUR else (HOURS[number % len(HOURS)],):
                now_s = int(dt.datetime.fromisoformat(f"{date}T{hour:02}:30").astimezone().timestamp())
                folder = tmp_path / f"{number}-{hour}"
                folder.mkdir()
                page_agent.past(folder, 100, now_s, face=False)
                history = History(folder / "history.db", open_vault(folder, "file"))
                weeks = report.weeks(history, PROFILES["care"], now_s)["weeks"]
                history.close()
                gaps = [week for week in weeks if not week["points"]]
                assert len(gaps) == 1, (zone, date, hour)
                assert len(weeks) in (13, 14)
                assert CHECK_IN in [week["notable"] for week in weeks], (zone, date, hour)
    finally:
        monkeypatch.undo()
        time.tzset()
