"""Days of a made-up nurse: sleep and steps of a watch, a roster of three kinds of shifts, a journal; and its calendar."""

import datetime as dt

import numpy as np

from agent.days.store import DayStore, Entry, Rostered
from agent.model import DayValue
from agent.tables.days import MOODS

DAY_S = 86_400
HOUR_S = 3600
SHIFTS = {"Frühdienst": (6, 14), "Spätdienst": (14, 22), "Nachtdienst": (21, 31)}
"""Hours of the clock on the day of their beginning."""

PLAN = ("Frühdienst", "Frühdienst", "Spätdienst", None, None, "Nachtdienst", "Nachtdienst", None, None, "Frühdienst")
WORDS = "Two of us for the whole ward, and then the lift stood still."


def offset_s(utc_s: int) -> int:
    """Of this machine's clock."""
    return round(dt.datetime.fromtimestamp(utc_s).astimezone().utcoffset().total_seconds())


def today(now_s: int) -> int:
    return (now_s + offset_s(now_s)) // DAY_S


def moment(day: int, hour: float) -> int:
    """The moment in UTC at which this machine's clock shows an hour of a day."""
    wall_s = day * DAY_S + round(hour * HOUR_S)
    return wall_s - offset_s(wall_s - offset_s(wall_s))


def kept(store: DayStore, now_s: int, *, journal: bool = True) -> None:
    """60 days of everything, with gaps."""
    random, last = np.random.default_rng(7), today(now_s)
    watch = [day for day in range(last - 70, last) if day % 11 not in (3, 4)]
    values = [DayValue(day, "sleep_h", float(random.normal(6.6, 1.1)), 0.9) for day in watch]
    values += [DayValue(day, "steps_n", float(random.integers(3000, 16_000)), 0.8) for day in watch]
    values += [DayValue(day, "resting_hr_bpm", float(random.normal(61, 3)), 1.0) for day in watch if day % 3]
    store.say("apple_health", range(last - 70, last), values)
    roster, shifts = [], {}
    for day in range(last - 30, last + 10):
        title = PLAN[day % len(PLAN)]
        if title is not None:
            begin, end = SHIFTS[title]
            kind = "night" if title == "Nachtdienst" else "day"
            shifts[day] = [Rostered(moment(day, begin), moment(day, end), kind)]
        roster += [
            DayValue(day, "shift_hours_h", float(end - begin) if title else 0.0, 1.0),
            DayValue(day, "night_shifts_n", float(title == "Nachtdienst"), 1.0),
            DayValue(day, "short_rests_n", float(title == "Frühdienst" and day % len(PLAN) == 1), 1.0),
        ]
    store.say("calendar", range(last - 30, last + 10), roster, shifts)
    for number in range(34 if journal else 0):
        day = last - int(random.integers(0, 58)) if number else last
        mood = MOODS[int(random.choice(4, p=(0.4, 0.3, 0.2, 0.1)))]
        store.write(Entry(moment(day, 8) + number, day, mood, WORDS if number % 4 == 0 else ""))


def calendar(now_s: int, *more: tuple[str, int, float, float]) -> str:
    """The same roster as iCalendar, with a weekly meeting; ``more`` are entries of (title, day, from, until)."""
    last = today(now_s)
    entries = [(PLAN[day % len(PLAN)], day, *SHIFTS[PLAN[day % len(PLAN)]]) for day in range(last - 20, last + 10)
               if PLAN[day % len(PLAN)] is not None]  # fmt: skip
    entries += [("Team meeting", day, 10, 11) for day in range(last - 20, last, 7)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//A ward//EN"]
    for number, (title, day, begin, end) in enumerate([*entries, *more]):
        lines += ["BEGIN:VEVENT", f"UID:{number}@ward", f"SUMMARY:{title}", "DTSTAMP:20261101T000000Z",
                  f"DTSTART:{_utc(moment(day, begin))}", f"DTEND:{_utc(moment(day, end))}", "END:VEVENT"]  # fmt: skip
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _utc(utc_s: int) -> str:
    return dt.datetime.fromtimestamp(utc_s, tz=dt.UTC).strftime("%Y%m%dT%H%M%SZ")
