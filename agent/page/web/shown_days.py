"""What is known of each of sixty days, and how it is said: heart, sleep, shifts, check-ins, the journal."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from agent.page.web.local import Local
from agent.system import host

Answer = dict[str, Any]

SHOWN_DAYS: Final = 60
MOODS: Final = ("positive", "neutral", "negative", "distressed")
_MINUTES: Final = 60


@dataclass(frozen=True, slots=True)
class Days:
    """What is known of each of some days.

    Attributes:
        days: Such as 2026-11-29, oldest first.
        read: Rows of the reader, by day.
        slept_h: By day.
        shifts: By the day on which they begin: kind, begin and end in s of UTC.
        check_ins: How many, by day.
        moods: Entries of the journal: how many of each mood, by day.
        band: The person's usual range, in ms.
    """

    days: tuple[str, ...]
    read: Mapping[str, Answer]
    slept_h: Mapping[str, float]
    shifts: Mapping[str, list[Answer]]
    check_ins: Mapping[str, int]
    moods: Mapping[str, Mapping[str, int]]
    band: tuple[float, float] | None


def of(made: Answer) -> Days:
    """The days of the reader's answer about the weeks: sixty, to the day on which it was made."""
    last = host.local_time(datetime.fromisoformat(made["made_utc"]).astimezone(UTC).timestamp()).date()
    days = tuple((last - timedelta(back)).isoformat() for back in range(SHOWN_DAYS - 1, -1, -1))
    shifts: dict[str, list[Answer]] = defaultdict(list)
    for one in made["shifts"]:
        shifts[host.local_time(one["start_utc_s"]).date().isoformat()].append(one)
    said: dict[str, int] = defaultdict(int)
    for one in made["check_ins"]:
        said[one["day"]] += 1
    moods: dict[str, dict[str, int]] = defaultdict(dict)
    for mood in MOODS:
        for row in made["values_of_days"].get(f"journal_{mood}_n", ()):
            if row["value"]:
                moods[row["day"]][mood] = int(row["value"])
    slept = {row["day"]: float(row["value"]) for row in made["values_of_days"].get("sleep_h", ())}
    read = {row["day"]: row for row in made["days"] if row["rmssd_ms"] is not None}
    return Days(days, read, slept, shifts, said, moods, None if made["band"] is None else tuple(made["band"]))


def says_of(known: Days, day: str, local: Local) -> str:
    """All that is known of a day, as a row of short statements."""
    row = known.read.get(day)
    if row is None:
        said = [local.t("weeks.day_none", day=local.forms.full_day(day))]
    else:
        value = local.forms.number(row["rmssd_ms"])
        said = [local.t("weeks.day_read", day=local.forms.full_day(day), value=value, n=row["readings"])]
    if day in known.slept_h:
        said.append(local.t("weeks.day_slept", hours=_hours(known.slept_h[day], local)))
    said += [_shift_says(one, local) for one in known.shifts.get(day, ())]
    said += _said_says(known, day, local)
    return " · ".join(said)


def _said_says(known: Days, day: str, local: Local) -> list[str]:
    said = []
    if known.check_ins.get(day):
        said.append(local.t("weeks.day_check_ins", n=known.check_ins[day]))
    moods = known.moods.get(day, {})
    if moods:
        names = ", ".join(local.word("mood", mood) for mood in moods)
        said.append(local.t("weeks.day_journal", n=sum(moods.values()), moods=names))
    return said


def _shift_says(one: Answer, local: Local) -> str:
    begins, ends = local.forms.clock(one["start_utc_s"]), local.forms.clock(one["end_utc_s"])
    return local.word("shift_says", one["kind"], begins=begins, ends=ends)


def _hours(hours: float, local: Local) -> str:
    minutes = round(hours * _MINUTES)
    return local.t("weeks.hours_minutes", h=minutes // _MINUTES, min=minutes % _MINUTES)


def is_known(known: Days, day: str) -> bool:
    """Whether anything is known of a day."""
    return any(day in one for one in (known.read, known.slept_h, known.shifts, known.check_ins, known.moods))


def row_of(known: Days, day: str, local: Local) -> tuple[object, ...]:
    """A row of the table."""
    row = known.read.get(day)
    read = (
        (None, None, 0)
        if row is None
        else (local.forms.number(row["rmssd_ms"], 1), local.forms.number(row["week_ms"], 1), row["readings"])
    )
    slept = _hours(known.slept_h[day], local) if day in known.slept_h else None
    shifts = ", ".join(_shift_says(one, local) for one in known.shifts.get(day, ())) or None
    said = ", ".join(_said_says(known, day, local)) or None
    return local.forms.full_day(day), *read, slept, shifts, said


def summary(known: Days, local: Local) -> str:
    """The picture in one sentence."""
    read = [known.read[day]["rmssd_ms"] for day in known.days if day in known.read]
    if not read:
        return local.t("weeks.days_none")
    if known.band is None:
        return local.t("weeks.days_learning", n=len(read))
    low, high = known.band
    fields = {"low": local.forms.number(low), "high": local.forms.number(high)}
    outside = sum(not low <= one <= high for one in read)
    return local.t("weeks.days_said", n=len(read), outside=outside, **fields)
