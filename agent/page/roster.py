"""A calendar that the person gives at the page: its titles, shown once, and the import of the shifts that they tick.

Runs in the reader's process (`agent.page.reader`). The calendar is read in a separate process with limits
(`agent.days.calendar`); no title is kept, only keyed digests of those that the person ticked.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from agent.days.calendar.importer import titles
from agent.days.calendar.reasons import LIMITS, WORDS, Title, Unread
from agent.days.calendar.results import DayRange
from agent.days.settings import DaysSettings
from agent.days.store import DayStore
from agent.days.taken import CALENDAR, CalendarTaken, Offset, calendar_marks, take_calendars
from agent.errors import PolicyDenied, WrongUse
from agent.page import forms
from agent.tables.profiles import Profile

FILE_MOST: Final = LIMITS.file_bytes
_TITLES_MOST: Final = 400
_DAY_S: Final = 86_400
_WHEN: Final = "was found in the last 400 and the next 60 days"


@dataclass(frozen=True, slots=True)
class RosterImport:
    """Where a calendar goes, and how it is read.

    Attributes:
        store: Where days and marks are kept.
        key: Of the digests of titles.
        settings: The person's usual hours.
        now_utc_s: Now, in s of UTC.
        offset_s: Of the person's clock.
    """

    store: DayStore
    key: bytes
    settings: DaysSettings
    now_utc_s: int
    offset_s: Offset

    def shown_titles(self, calendar: bytes) -> dict[str, Any]:
        """The distinct titles of a calendar, for the person's screen alone, the most frequent first.

        Raises:
            WrongUse: No entry with a title and hours was found.
        """
        today = (self.now_utc_s + self.offset_s(self.now_utc_s)) // _DAY_S
        marks = calendar_marks(self.store)
        found = asyncio.run(titles([calendar], days=DayRange.around(today), key=self.key))
        if not found:
            raise WrongUse(
                f"no entry with a title and hours {_WHEN}",
                remedy="Export the calendar again as iCalendar (.ics), and choose that file.",
            )
        return {
            "titles": [_shown(title, marks) for title in found[:_TITLES_MOST]],
            "left_off": max(len(found) - _TITLES_MOST, 0),
        }

    def keep(self, calendar: bytes, marked: forms.Marked) -> dict[str, Any]:
        """Import a calendar: shifts, values of days, and the digests of what the person ticked.

        Args:
            calendar: The file.
            marked: Digests that were ticked, and those that were shown and not ticked.

        Raises:
            WrongUse: No entry with hours was found; nothing was changed.
        """
        known = self.store.marks(CALENDAR)
        others = {digest for digest in marked.others if known.get(digest) == "shift"}
        kept = {digest: mark for digest, mark in known.items() if digest not in others}
        self.store.keep_marks(CALENDAR, kept | dict.fromkeys(marked.shifts, "shift"))
        made = asyncio.run(
            take_calendars(
                self.store,
                [calendar],
                key=self.key,
                offset_s=self.offset_s,
                now_utc_s=self.now_utc_s,
                settings=self.settings,
            )
        )
        if made.changes is None:
            self.store.keep_marks(CALENDAR, known)
            unread = _unread(made.imported.unread)
            raise WrongUse(
                f"no entry with hours {_WHEN}.{unread}", remedy="Export the calendar again, and choose that file."
            )
        return {"words": _words(made)}


def require(profile: Profile) -> None:
    """Refuse where the profile shows no roster.

    Raises:
        PolicyDenied: It shows none.
    """
    if not profile.shows("schedule"):
        raise PolicyDenied(
            f"the profile {profile.name!r} has no roster", remedy="Nothing was read. 'wardbeat note' keeps shifts."
        )


def _words(made: CalendarTaken) -> str:
    shifts, changes = made.imported.shifts, made.changes
    told = f"Imported shifts: {len(shifts)}, at night: {sum(shift.kind == 'night' for shift in shifts)}."
    if changes is not None:
        told += f" New days: {changes.added}, changed: {changes.changed}, the same: {changes.same}."
    return told + _unread(made.imported.unread)


def _unread(unread: Sequence[Unread]) -> str:
    """Why entries were not read, and how many."""
    if not unread:
        return ""
    return " Not read: " + "; ".join(f"{row.count} ({WORDS[row.reason]})" for row in unread) + "."


def _shown(title: Title, marks: Mapping[str, str]) -> dict[str, Any]:
    return {
        "digest": title.digest,
        "where": title.where,
        "text": title.text,
        "count": title.count,
        "is_shift": marks.get(title.digest) == "shift",
    }
