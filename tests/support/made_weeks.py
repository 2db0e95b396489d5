"""Answers of the reader about the weeks, made by hand: rows of weeks, days, shifts, hours and faces."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from agent.page.web.local import Local, Locals

LAST = date(2026, 11, 29)
NOON_UTC_S = int(datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp())
DAY_S = 86_400


def local(language: str = "en") -> Local:
    """English words, and numbers with a point."""
    return Locals({"number.rmssd_ms": "RMSSD", "number.hr_mean_bpm": "rate"}).of(language)


def channel(deviation: float = -0.1, half: float = 0.05, usual: float = 3.5, readings: int = 12) -> dict[str, Any]:
    ends = {"deviation": deviation, "low": deviation - half, "high": deviation + half}
    return ends | {"standing": {"z": 1.0, "sd": 0.3}, "usual": usual, "readings": readings, "state": "established"}


def week(back: int = 0, **changes: Any) -> dict[str, Any]:
    """A week with an index, so many weeks before the last one."""
    made = {
        "first_day": (LAST - timedelta(6 + 7 * back)).isoformat(),
        "last_seven_days": not back,
        "index": 60.0,
        "low": 40.0,
        "high": 80.0,
        "points": {"ln_rmssd": 8.4, "hr_bpm": 1.6},
        "missing": [],
        "reason": "",
        "learning": None,
        "channels": {"ln_rmssd": channel(), "hr_bpm": channel(1.2, 0.4, 60.0)},
        "means": {},
        "measured_h": 30.5,
        "coverage_01": 0.9,
        "notable": "",
        "hub": None,
    }
    return made | changes


def gap(back: int = 0, reason: str = "nothing was measured in this week", **changes: Any) -> dict[str, Any]:
    """A week without a result."""
    nothing = {"index": None, "low": None, "high": None, "points": {}, "channels": {}, "reason": reason}
    return week(back, **(nothing | changes))


def day(back: int, rmssd_ms: float | None = 40.0, readings: int = 3) -> dict[str, Any]:
    named = {"day": (LAST - timedelta(back)).isoformat(), "rmssd_ms": rmssd_ms, "week_ms": rmssd_ms}
    return named | {"low_ms": None, "high_ms": None, "readings": readings if rmssd_ms is not None else 0}


def answer(weeks: list[dict[str, Any]] | None = None, **changes: Any) -> dict[str, Any]:
    """The whole answer."""
    rows = [week()] if weeks is None else weeks
    made = {
        "made_utc": "2026-11-29T12:00:00+00:00",
        "weeks": rows,
        "beats": [9000] * len(rows),
        "features": {"ln_rmssd": ["rmssd_ms"], "hr_bpm": ["hr_mean_bpm"]},
        "days": [day(back) for back in range(59, -1, -1)],
        "band": [30.0, 50.0],
        "values_of_days": {},
        "shifts": [],
        "check_ins": [],
        "hours": {"by_shift": False, "columns": [], "rows": []},
        "ribbons": {},
    }
    return made | changes
