"""A calendar that the person gives at the page: its titles, shown once, and the import of the shifts that they tick.

Runs in the reader's process (`agent.page.reader`). The calendar is read in a process of its own with limits
(`agent.days.calendar`); no title is kept, only keyed digests of those that the person ticked.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from agent.days.calendar.importer import read_calendars, titles
from agent.days.calendar.reasons import LIMITS, WORDS, Mark, Title, Unread
from agent.days.calendar.results import DayRange, Imported, Wanted
from agent.days.calendar.shift_days import local_day
from agent.days.calendar.wall import Offset
from agent.days.store import CALENDAR, Changes, DayStore, Rostered
from agent.errors import PolicyDenied, WrongUse
from agent.page import forms
from agent.tables.profiles import Profile

FILE_MOST: Final = LIMITS.file_bytes
_TITLES_MOST: Final = 400
_DAY_S: Final = 86_400


def require(profile: Profile) -> None:
    """Refuse where the profile shows no roster.

    Raises:
        PolicyDenied: It shows none.
    """
    if not profile.shows("schedule"):
        raise PolicyDenied(
            f"the profile {profile.name!r} has no roster", remedy="Nothing was read. 'wardbeat note' keeps shifts."
        )


def shown_titles(store: DayStore, calendar: bytes, now_utc_s: int, offset_s: Offset) -> dict[str, Any]:
    """The distinct titles of a calendar, for the person's screen alone, the most frequent first.

    Args:
        store: Where marks lie.
        calendar: The file.
        now_utc_s: Now, in s of UTC.
        offset_s: Of the person's clock.

    Raises:
        WrongUse: No entry with hours was found.
    """
    marks, days = store.marks(), DayRange.around(_today(now_utc_s, offset_s))
    found = asyncio.run(titles([calendar], days=days, key=store.mark_key()))
    if not found:
        seen = asyncio.run(_read(store, calendar, {}, days, offset_s))
        raise WrongUse(_nothing(seen.unread), remedy="Export the calendar again as iCalendar (.ics), and choose that.")
    return {
        "titles": [_shown(title, marks) for title in found[:_TITLES_MOST]],
        "left_off": max(len(found) - _TITLES_MOST, 0),
    }


def keep(store: DayStore, calendar: bytes, marked: forms.Marked, now_utc_s: int, offset_s: Offset) -> dict[str, Any]:
    """Import a calendar: shifts, values of days, and the digests of what the person ticked.

    Args:
        store: Where they are kept.
        calendar: The file.
        marked: Digests that were ticked, and those that were shown and not ticked.
        now_utc_s: Now, in s of UTC.
        offset_s: Of the person's clock.

    Raises:
        WrongUse: No entry with hours was found; nothing was changed.
    """
    known = store.marks()
    marks: dict[str, Mark] = {
        digest: "ignored" if mark == "ignored" else "shift"
        for digest, mark in known.items()
        if mark == "ignored" or digest not in marked.others
    }
    marks |= dict.fromkeys(marked.shifts, "shift")
    days = DayRange.around(_today(now_utc_s, offset_s))
    made = asyncio.run(_read(store, calendar, marks, days, offset_s))
    if made.covered is None:
        raise WrongUse(_nothing(made.unread), remedy="Export the calendar again as iCalendar (.ics), and choose that.")
    changes = _say(store, made, made.covered, offset_s)
    store.keep_marks(marks)
    return {"words": _words(made, made.covered, changes)}


async def _read(
    store: DayStore, calendar: bytes, marks: Mapping[str, Mark], days: DayRange, offset_s: Offset
) -> Imported:
    return await read_calendars([calendar], Wanted(days, offset_s), marks=marks, key=store.mark_key())


def _say(store: DayStore, made: Imported, covered: DayRange, offset_s: Offset) -> Changes:
    shifts: dict[int, list[Rostered]] = defaultdict(list)
    for shift in made.shifts:
        day = local_day(shift.start_utc_s, offset_s)
        shifts[day].append(Rostered(shift.start_utc_s, shift.end_utc_s, shift.kind))
    days = range(min([covered.first_day, *shifts]), max([covered.last_day, *shifts]) + 1)
    return store.say(CALENDAR, days, made.values, shifts)


def _words(made: Imported, covered: DayRange, changes: Changes) -> str:
    days = covered.last_day - covered.first_day + 1
    nights = sum(shift.kind == "night" for shift in made.shifts)
    told = f"Imported: {len(made.shifts)} shifts, {nights} of them at night, on {days} days. "
    told += f"New days: {changes.added}, changed: {changes.changed}, the same: {changes.same}."
    return f"{told} {_unread(made.unread)}" if made.unread else told


def _nothing(unread: Sequence[Unread]) -> str:
    told = "no entry with hours was found in the last 400 and the next 60 days"
    return f"{told}. {_unread(unread)}" if unread else told


def _unread(unread: Sequence[Unread]) -> str:
    return "Not read: " + "; ".join(f"{row.count} ({WORDS[row.reason]})" for row in unread) + "."


def _shown(title: Title, marks: Mapping[str, str]) -> dict[str, Any]:
    return {
        "digest": title.digest,
        "where": title.where,
        "text": title.text,
        "count": title.count,
        "is_shift": marks.get(title.digest) == "shift",
    }


def _today(now_utc_s: int, offset_s: Offset) -> int:
    return (now_utc_s + offset_s(now_utc_s)) // _DAY_S
