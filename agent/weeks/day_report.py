"""What 'Days' shows: the journal, numbers of days, the roster and where each came from.

One pass over what was imported or written. A day that nobody imported is absent, never 0.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Final

from agent.days.store import Rostered
from agent.tables.days import DAYS, MOODS
from agent.tables.profiles import Profile
from agent.weeks.days import SHOWN_DAYS, KnownDays, day_words

ROSTER_DAYS: Final = 14
"""Days of the roster that are shown before today, and from today on."""

WEEK_ROWS: Final = ("shift_hours_h", "night_shifts_n", "short_rests_n")
_ENTRIES: Final = 20
_WEEK: Final = 7
_DAY_S: Final = 86_400
_HOUR_S: Final = 3600
_OWN_PARTS: Final = ("schedule", "journal")  # signals that have a part of the page to themselves

Offset = Callable[[int], int]
"""Seconds east of UTC of the person's clock, at a moment in s of UTC."""


def days(known: KnownDays, profile: Profile, now_utc_s: int, offset_s: Offset) -> dict[str, Any]:
    """All of the page's 'Days' that this profile shows.

    Args:
        known: What was imported and written.
        profile: The policy in force: of a kind that it does not show, nothing is here.
        now_utc_s: Now, in s of UTC.
        offset_s: Of the person's clock.

    Returns:
        ``today`` and ``days``: the days of all charts, such as 2026-11-29; ``numbers``: by row of DAYS; ``journal`` and
        ``roster``: None where the profile has none; ``sources``: of what was imported.
    """
    today = (now_utc_s + offset_s(now_utc_s)) // _DAY_S
    rows = known.as_json(profile, today)
    return {
        "today": day_words(today),
        "days": [day_words(day) for day in range(today - SHOWN_DAYS + 1, today + 1)],
        "has_sleep": profile.shows("sleep"),
        "numbers": [
            {"name": name, "title": spec.title, "from_zero": spec.low == 0.0, "rows": rows[name]}
            for name, spec in DAYS.items()
            if name in rows and spec.signal not in _OWN_PARTS
        ],
        "journal": _journal(known, today) if profile.shows("text") else None,
        "roster": _roster(known, today, offset_s) if profile.shows("schedule") else None,
        "sources": [
            {"name": name, "first": day_words(first), "last": day_words(last), "days": n}
            for name, first, last, n in known.sources
        ],
    }


def _journal(known: KnownDays, today: int) -> dict[str, Any]:
    """Counts of the last 60 days that have an entry, and the newest entries with their words."""
    counts: dict[int, dict[str, int]] = {}
    for entry in known.entries:
        if today - SHOWN_DAYS < entry.day <= today:
            counts.setdefault(entry.day, dict.fromkeys(MOODS, 0))[entry.mood] += 1
    return {
        "days": [{"day": day_words(day), "counts": counts[day]} for day in sorted(counts)],
        "entries": [asdict(entry) for entry in known.entries[: -_ENTRIES - 1 : -1]],
        "entries_n": len(known.entries),
    }


def _roster(known: KnownDays, today: int, offset_s: Offset) -> dict[str, Any]:
    """Shifts of the days around today, and counts of three weeks."""
    values: dict[int, dict[str, float]] = {}
    for one in known.values:
        if DAYS[one.value.name].signal == "schedule" and one.value.name in WEEK_ROWS:
            values.setdefault(one.value.day, {})[one.value.name] = one.value.value
    first, last = today - ROSTER_DAYS, today + ROSTER_DAYS
    pieces = [piece for shift in known.shifts for piece in _pieces(shift, offset_s) if first <= piece["at"] <= last]
    with_shift = {piece["at"] for piece in pieces}
    monday = today - (today + 3) % _WEEK  # 1970 began on a Thursday
    return {
        "days": [
            {"day": day_words(day), "is_known": day in values or day in with_shift, "is_today": day == today}
            for day in range(first, last + 1)
        ],
        "pieces": [{name: part for name, part in piece.items() if name != "at"} for piece in pieces],
        "shifts": [
            asdict(shift)
            for shift in known.shifts
            if any(first <= piece["at"] <= last for piece in _pieces(shift, offset_s))
        ],
        "weeks": [_week(monday + weeks * _WEEK, values) for weeks in (-1, 0, 1)],
        "is_empty": not values and not known.shifts,
    }


def _week(monday: int, values: dict[int, dict[str, float]]) -> dict[str, Any]:
    """Sums over the days of a week that are known; None where none is."""
    of_week = [values[day] for day in range(monday, monday + _WEEK) if day in values]
    sums = {name: [one[name] for one in of_week if name in one] for name in WEEK_ROWS}
    return {
        "first_day": day_words(monday),
        "days": len(of_week),
        "sums": {name: round(sum(found), 2) if found else None for name, found in sums.items()},
    }


def _pieces(shift: Rostered, offset_s: Offset) -> Iterator[dict[str, Any]]:
    """The parts of a shift, by day on the person's clock: from and until an hour of that day."""
    start_s = shift.start_utc_s + offset_s(shift.start_utc_s)
    end_s = shift.end_utc_s + offset_s(shift.end_utc_s)
    for day in range(start_s // _DAY_S, (end_s - 1) // _DAY_S + 1):
        from_s, until_s = max(start_s - day * _DAY_S, 0), min(end_s - day * _DAY_S, _DAY_S)
        yield {
            "at": day,
            "day": day_words(day),
            "from_h": round(from_s / _HOUR_S, 2),
            "until_h": round(until_s / _HOUR_S, 2),
            "kind": shift.kind,
        }
