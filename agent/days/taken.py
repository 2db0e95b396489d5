"""What an import changes here: a calendar or an export replaces what its source said of the days that it covers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.days.calendar import importer
from agent.days.calendar.reasons import Mark, Reason
from agent.days.calendar.results import DayRange, Imported, UsualHours, Wanted
from agent.days.health import HealthImport, deviations
from agent.days.settings import DaysSettings
from agent.days.store import Changes, DayStore, Rostered
from agent.model import DayValue

CALENDAR: Final = "calendar"
_PERSON: Final = "person"
_DAY_S: Final = 86_400
_MIDDLE, _SPREAD = "sleep_midpoint_h", "sleep_midpoint_sd_h"

Offset = Callable[[int], int]
"""Seconds east of UTC of the person's clock, at a moment in s of UTC."""


@dataclass(frozen=True, slots=True)
class CalendarTaken:
    """What became of calendars.

    Attributes:
        imported: What they say.
        changes: What that changed here; None: they hold nothing of the days that are looked at.
    """

    imported: Imported
    changes: Changes | None


async def take_calendars(
    store: DayStore,
    files: Sequence[bytes | Reason],
    *,
    key: bytes,
    offset_s: Offset,
    now_utc_s: int,
    settings: DaysSettings,
) -> CalendarTaken:
    """Read calendars, and keep what they say under one source; shifts are what the person marked.

    Args:
        store: Where it is kept.
        files: Of `agent.days.calendar.folder.contents`; together they are one person's calendar.
        key: Of the digests of titles.
        offset_s: Of the person's clock.
        now_utc_s: Now.
        settings: Their usual hours.
    """
    days = DayRange.around((now_utc_s + offset_s(now_utc_s)) // _DAY_S)
    hours = UsualHours(settings.usual_from_h, settings.usual_until_h)
    wanted = Wanted(days, lambda utc_s: offset_s(int(utc_s)), hours)
    imported = await importer.read_calendars(files, wanted, marks=calendar_marks(store), key=key)
    if imported.covered is None:
        return CalendarTaken(imported, None)
    shifts: dict[int, list[Rostered]] = {}
    for shift in imported.shifts:
        day = (shift.start_utc_s + offset_s(shift.start_utc_s)) // _DAY_S
        shifts.setdefault(day, []).append(Rostered(shift.start_utc_s, shift.end_utc_s, shift.kind))
    covered = range(imported.covered.first_day, imported.covered.last_day + 1)
    return CalendarTaken(imported, store.say(CALENDAR, covered, imported.values, shifts))


def calendar_marks(store: DayStore) -> Mapping[str, Mark]:
    """What the person marked, by digest."""
    return {name: "shift" if value == "shift" else "ignored" for name, value in store.marks(CALENDAR).items()}


def mark_titles(store: DayStore, digests: Mapping[str, Mark]) -> None:
    """Keep marks beside those of earlier calendars."""
    store.keep_marks(CALENDAR, {**store.marks(CALENDAR), **digests})


def person_of(store: DayStore, source: str) -> str:
    """Digest of the account that an earlier import of this format named; empty for none."""
    return store.marks(_PERSON).get(source, "")


def take_health(store: DayStore, made: HealthImport) -> Changes:
    """Keep what an export says of each day that it covers; the spread of midpoints is that of all nights kept."""
    kept = {one.day: one for one in store.days() if one.source == made.format}
    covered = set(made.covered)
    middles = {day: one.values[_MIDDLE][0] for day, one in kept.items() if day not in covered and _MIDDLE in one.values}
    middles |= {value.day: value.value for value in made.values if value.name == _MIDDLE}
    values = [value for value in made.values if value.name != _SPREAD]
    values += [
        DayValue(day, name, *pair)
        for day, one in kept.items()
        if day not in covered
        for name, pair in one.values.items()
        if name != _SPREAD
    ]
    known = covered | set(kept)
    values += [value for value in deviations(middles) if value.day in known]
    changes = store.say(made.format, sorted(known), values)
    if made.person:
        store.keep_marks(_PERSON, {**store.marks(_PERSON), made.format: made.person})
    return changes
