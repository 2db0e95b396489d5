"""A made-up roster and made-up sleep for the demo's person, so that their weeks show something.

The roster is a calendar file that goes through the real importer.
"""

import asyncio
import datetime as dt
from contextlib import closing
from typing import Any, Final

import numpy as np

from agent.config import Settings
from agent.days import taken
from agent.days.calendar.titles import digest
from agent.days.store import DayStore
from agent.model import DayValue
from agent.privacy.vault import open_vault
from agent.scoring.columns import columns_of
from agent.tables.profiles import Profile
from agent.weeks import days, scores

SOURCE: Final = "made up"
DAYS: Final = 105
_DAY_S: Final = 86_400
_TITLE: Final = "Shift"
# hours of a day on which a shift begins and ends, over four weeks; the last two weeks hold the short rests
_EARLY, _LATE, _NIGHT = (6.0, 14.5), (13.5, 22.0), (21.0, 31.0)
_ROTA: Final = (
    (_EARLY, _EARLY, _EARLY, _EARLY, None, None, None),
    (_LATE, _LATE, _LATE, None, _LATE, None, None),
    (_NIGHT, _NIGHT, _NIGHT, None, None, _EARLY, None),
    (_EARLY, _EARLY, None, _LATE, _LATE, None, None),
)
_HARD: Final = (_LATE, _EARLY, _LATE, _EARLY, _NIGHT, _NIGHT, None)
_SLEPT_H: Final = {None: 7.8, _EARLY: 6.6, _LATE: 7.5, _NIGHT: 5.9}


def make_up(settings: Settings, now_utc_s: int, seed: int) -> None:
    """Fifteen weeks of shifts and nights until yesterday; the last week is a hard one.

    Args:
        settings: Of the demo's person.
        now_utc_s: The demo's now.
        seed: Of the nights.
    """
    rng = np.random.default_rng(seed)
    today = now_utc_s // _DAY_S
    rota = {day: _shift(day, today) for day in range(today - DAYS, today)}
    vault = open_vault(settings.state_dir, "file")
    key = vault.derive("calendar titles")
    with closing(DayStore(settings.state_dir / "history.db", vault)) as store:
        taken.mark_titles(store, {digest(key, "title", _TITLE): "shift"})
        asyncio.run(
            taken.take_calendars(
                store, [_calendar(rota)], key=key, offset_s=lambda _: 0, now_utc_s=now_utc_s, settings=settings.days
            )
        )
        store.say(SOURCE, list(rota), _nights(rota, rng))


def _shift(day: int, today: int) -> tuple[float, float] | None:
    if day >= today - 7:
        return _HARD[day - today + 7]
    return _ROTA[day // 7 % len(_ROTA)][day % 7]


def _calendar(rota: dict[int, tuple[float, float] | None]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0"]
    for day, shift in rota.items():
        if shift is not None:
            start, end = (_utc(day, hour) for hour in shift)
            lines += [
                "BEGIN:VEVENT",
                f"UID:{day}",
                f"DTSTART:{start}",
                f"DTEND:{end}",
                f"SUMMARY:{_TITLE}",
                "END:VEVENT",
            ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def _utc(day: int, hour: float) -> str:
    return dt.datetime.fromtimestamp(day * _DAY_S + hour * 3600, dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def _nights(rota: dict[int, tuple[float, float] | None], rng: np.random.Generator) -> list[DayValue]:
    made = []
    for day, shift in rota.items():
        before = rota.get(day - 1)
        is_short = before is not None and shift is not None and shift[0] + 24 - before[1] < 11
        slept_h = _SLEPT_H[shift] - 1.0 * is_short + 0.5 * float(rng.standard_t(5))
        made.append(DayValue(day, "sleep_h", float(np.clip(slept_h, 2.0, 11.0)), 0.95))
    return made


def last_week(settings: Settings, profile: Profile, now_utc_s: int) -> dict[str, Any]:
    """What the last seven days say, for the report; numbers that are not there are None.

    Args:
        settings, profile: Of the demo's person.
        now_utc_s: The demo's now.
    """
    made = scores.of(columns_of([]), [], profile, 13, now_utc_s, days.known(settings))
    week = made.log.weeks[-1]
    sleep, rests = week.channels.get("sleep_h"), week.channels.get("short_rests_per_week")
    return {
        "sleep_h": week.means.get("sleep_h"),
        "usual_sleep_h": None if sleep is None else sleep.usual,
        "short_rests": week.means.get("short_rests_per_week"),
        "usual_short_rests": None if rests is None else rests.usual,
        "index": None if week.strain is None else round(week.strain.index, 1),
        "low": None if week.strain is None else round(week.strain.low, 1),
        "high": None if week.strain is None else round(week.strain.high, 1),
    }
