"""Made rosters whose truth is known by other arithmetic: differences of moments in UTC, and minutes that are counted.

Nothing here is imported from the code under test.
"""

import itertools
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",  # half an hour off
    "America/Santiago",  # southern; clocks change at midnight
    "Australia/Sydney",
    "Australia/Lord_Howe",  # summer time of half an hour
    "Pacific/Auckland",
    "Asia/Kathmandu",  # 5:45, no summer time
)
FORMS = ("zoned", "travel", "floating", "recurring", "described")
TIMES = {
    "Early shift": ("06:00", "14:00"),
    "Late shift": ("14:00", "22:00"),
    "Night shift": ("21:00", "07:00"),
    "Long day": ("07:00", "19:30"),
    "Odd night": ("22:45", "06:15"),
    "Short morning": ("05:30", "09:50"),
}
TITLES = tuple(TIMES)
NEXT = {"Europe/Berlin": "America/New_York", "America/New_York": "Europe/Berlin", "America/St_Johns": "Europe/Berlin",
        "America/Santiago": "America/New_York", "Australia/Sydney": "Asia/Kathmandu", "Australia/Lord_Howe": "Australia/Sydney",
        "Pacific/Auckland": "Australia/Sydney", "Asia/Kathmandu": "Europe/Berlin"}  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """A shift as a ward plans it: two times on the wall, and where."""

    title: str
    start: datetime
    end: datetime

    @property
    def start_utc(self):
        return self.start.astimezone(UTC)

    @property
    def end_utc(self):
        return self.end.astimezone(UTC)

    @property
    def hours(self):
        return (self.end_utc - self.start_utc).total_seconds() / 3600


@dataclass(frozen=True)
class Roster:
    """A calendar and what is true of it.

    Attributes:
        changes: (moment in s of UTC, zone), where the person is from then on.
        truth: Day since 1970 -> value by name.
    """

    name: str
    ics: bytes
    changes: tuple[tuple[int, ZoneInfo], ...]
    first_day: int
    last_day: int
    shifts: tuple[Planned, ...]
    truth: dict[int, dict[str, float]]


def rosters(seed=20261129):
    """Forty: each form in each zone, around a change of the clock where there is one."""
    rng = random.Random(seed)
    return [made(form, zone, rng) for zone in ZONES for form in FORMS]


def made(form, name, rng):
    zone = ZoneInfo(name)
    change = rng.choice(clock_changes(zone) or [date(2026, 5, 13)])
    eve = change - timedelta(days=1)
    monday = change - timedelta(days=change.weekday() + 14)
    if form == "recurring":
        entries, ics = recurring(zone, name, monday, rng)
        shifts = united(entries)
        changes = ((0, zone),)
    else:
        second = ZoneInfo(NEXT[name]) if form == "travel" else zone
        flight = monday + timedelta(days=16)  # the Wednesday of the third week, without a shift
        shifts = [
            planned(title, day, zone if day < flight else second)
            for day in (monday + timedelta(days=n) for n in range(35))
            if day != flight
            and (title := "Night shift" if day == eve else rng.choice((*TITLES, "", "", "")))
            and not (form == "travel" and abs((day - flight).days) == 1)
        ]
        at_s = int(datetime.combine(flight, time(12), UTC).timestamp())
        changes = ((0, zone), (at_s, second)) if form == "travel" else ((0, zone),)
        shifts = entries = apart(shifts)
        ics = written(form, shifts, name, zone)
    last_day = max(number(entry.start) for entry in entries)
    return Roster(
        f"{form} {name}", ics, changes, number(shifts[0].start), last_day, tuple(shifts), truth(shifts, last_day)
    )


def planned(title, day, zone):
    start, end = (time.fromisoformat(word) for word in TIMES[title])
    last = day + timedelta(days=end <= start)
    return Planned(title, datetime.combine(day, start, zone), datetime.combine(last, end, zone))


def apart(shifts):
    """Without the ones that begin before the one before has ended."""
    kept = []
    for shift in shifts:
        if not kept or kept[-1].end_utc < shift.start_utc:
            kept.append(shift)
    return kept


def clock_changes(zone):
    """Days of 2026 in which the zone's offset changes."""
    noons = [datetime(2026, 2, 1, 12, tzinfo=zone) + timedelta(days=n) for n in range(300)]
    return [later.date() for sooner, later in itertools.pairwise(noons) if sooner.utcoffset() != later.utcoffset()]


def number(moment):
    """The day of a moment on its own clock, since 1970."""
    return (moment.date() - date(1970, 1, 1)).days


def truth(shifts, last_day):
    """Values of each day from the first shift to the day on which the last entry begins."""
    found = {}
    worked = {number(shift.start) for shift in shifts}
    for day in range(min(worked), last_day + 1):
        here = [shift for shift in shifts if number(shift.start) == day]
        rests = []
        for shift in here:
            before = [other for other in shifts if other.start_utc < shift.start_utc]
            if before:
                rest_h = (shift.start_utc - before[-1].end_utc).total_seconds() / 3600
                rests += [rest_h] if rest_h <= 168 else []
        row = {
            "shift_hours_h": sum(shift.hours for shift in here),
            "short_rests_n": float(any(rest < 11 for rest in rests)),
            "night_shifts_n": float(sum(is_night(shift) for shift in here)),
            "days_off_n": float(not here),
            "consecutive_days_n": float(next(n for n in range(99) if day - n not in worked)),
        }
        if rests:
            row["shortest_rest_h"] = min(rests)
        if here:
            row["longest_shift_h"] = max(shift.hours for shift in here)
        found[day] = row
    return found


def is_night(shift):
    """Whether any minute of it is before six on the wall."""
    minutes = int((shift.end_utc - shift.start_utc).total_seconds() // 60)
    return any((shift.start_utc + timedelta(minutes=n)).astimezone(shift.start.tzinfo).hour < 6 for n in range(minutes))


# ---- calendars


def calendar(*parts):
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Made//Roster//EN",
        *(line for part in parts for line in part),
        "END:VCALENDAR",
    ]
    return "\r\n".join([*lines, ""]).encode()


def event(uid, title, *lines):
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}@roster.example",
        "DTSTAMP:20260101T000000Z",
        f"SUMMARY:{title}",
        *lines,
        "END:VEVENT",
    ]


def wall(moment):
    return f"{moment:%Y%m%dT%H%M%S}"


def written(form, shifts, name, zone):
    """One event a shift, as the form has it."""
    parts, tzid = [], name
    if form == "described":
        tzid = f"Ward clock of {name.rpartition('/')[2]}"
        parts.append(vtimezone(tzid, zone))
    for n, shift in enumerate(shifts):
        if form == "floating":
            lines = [f"DTSTART:{wall(shift.start)}", f"DTEND:{wall(shift.end)}"]
        elif form == "travel" and n % 2:  # half of them in UTC
            lines = [f"DTSTART:{wall(shift.start_utc)}Z", f"DURATION:PT{int(shift.hours * 60)}M"]
        elif form == "travel":
            lines = [f"DTSTART;TZID={shift.start.tzinfo.key}:{wall(shift.start)}", f"DTEND:{wall(shift.end_utc)}Z"]
        else:
            lines = [f"DTSTART;TZID={tzid}:{wall(shift.start)}", f"DTEND;TZID={tzid}:{wall(shift.end)}"]
        parts.append(event(n, shift.title, *lines))
    return calendar(*parts)


def recurring(zone, name, monday, rng):
    """A fortnight that repeats three times, one weekly exception, one shift that was moved, one that was cancelled."""
    shifts, parts = [], []
    for day in sorted({5, *rng.sample(range(14), 7)}):  # the Saturday of the third week, before most changes
        title = "Night shift" if day == 5 else rng.choice(TITLES)
        starts = [planned(title, monday + timedelta(days=day + 14 * n), zone) for n in range(3)]
        first, uid = starts[0], f"series {day}"
        lines = [
            f"DTSTART;TZID={name}:{wall(first.start)}",
            f"DTEND;TZID={name}:{wall(first.end)}",
            "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=3",
        ]
        fate = "stays" if day == 5 else rng.choice(("stays", "exception", "moved", "cancelled"))
        place = f"RECURRENCE-ID;TZID={name}:{wall(starts[1].start)}"
        if fate == "exception":
            lines.append(f"EXDATE:{wall(starts[1].start_utc)}Z")
        parts.append(event(uid, title, *lines))
        if fate == "moved":
            later = Planned(title, starts[1].start + timedelta(hours=1), starts[1].end + timedelta(hours=1))
            parts.append(
                event(
                    uid,
                    title,
                    place,
                    f"DTSTART;TZID={name}:{wall(later.start)}",
                    f"DTEND;TZID={name}:{wall(later.end)}",
                )
            )
            shifts += [starts[0], later, starts[2]]
        elif fate == "cancelled":
            parts.append(event(uid, title, place, f"DTSTART;TZID={name}:{wall(starts[1].start)}", "STATUS:CANCELLED"))
            shifts += [starts[0], starts[2]]
        else:
            shifts += [start for n, start in enumerate(starts) if n != 1 or fate == "stays"]
    return shifts, calendar(*parts)


def united(shifts):
    """Overlapping ones as one, as a person works them."""
    kept = []
    for shift in sorted(shifts, key=lambda one: one.start_utc):
        if kept and shift.start_utc <= kept[-1].end_utc:
            last = kept.pop()
            end = max(last, shift, key=lambda one: one.end_utc).end
            shift = Planned(last.title, last.start, end)
        kept.append(shift)
    return kept


def vtimezone(tzid, zone):
    """A zone described by each of its changes of 2025 to 2027."""
    lines = ["BEGIN:VTIMEZONE", f"TZID:{tzid}"]
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    offsets = [moment.astimezone(zone).utcoffset()]
    lines += part("STANDARD", datetime(2020, 1, 1), offsets[0], offsets[0])
    for _ in range(24 * 365 * 3 * 2):
        moment += timedelta(minutes=30)
        offset = moment.astimezone(zone).utcoffset()
        if offset != offsets[-1]:
            onset = (moment + offsets[-1]).replace(tzinfo=None)
            lines += part("DAYLIGHT" if offset > offsets[-1] else "STANDARD", onset, offsets[-1], offset)
            offsets.append(offset)
    return [*lines, "END:VTIMEZONE"]


def part(kind, onset, before, after):
    return [
        f"BEGIN:{kind}",
        f"DTSTART:{wall(onset)}",
        f"TZOFFSETFROM:{signed(before)}",
        f"TZOFFSETTO:{signed(after)}",
        f"END:{kind}",
    ]


def signed(offset):
    minutes = int(offset.total_seconds() // 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
