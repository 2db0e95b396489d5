"""Pictures of 'Your days': the journal by day, numbers of days, the roster as a strip.

A day that was not imported is hatched; a day with an entry, a bar or a dot says its number in the table too.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.drawing import Chart
from agent.system import host
from agent.tables.days import MOODS

Words = Callable[..., str]
_LABEL_EVERY: Final = 10  # days
_WIDE: Final = 360
"""A phone's width: the pictures of this page fit it, and the style sheet has the letters of wide screens smaller."""
_LEFT, _BOTTOM = 34, 18
_ROSTER_HIGH: Final = 160
_LANES_LEFT: Final = 58  # for the longest word


def journal(counts: Sequence[dict[str, Any]], days: Sequence[str], t: Words, word: Words) -> Chart:
    """Entries by day: a lane for each mood, a bar for each day with entries.

    Args:
        counts: By day with an entry: ``{"day", "counts": {mood: n}}``.
        days: The days of the picture.
        t, word: Of the catalogue.
    """
    lane, top = 26, 4
    high = top + lane * len(MOODS) + _BOTTOM
    step = (_WIDE - _LANES_LEFT) / max(len(days), 1)
    place_of = {day: place for place, day in enumerate(days)}
    most = max([n for one in counts for n in one["counts"].values()] + [1])
    inside: list[Markup] = []
    for row, mood in enumerate(MOODS):
        y = top + (row + 1) * lane - 3
        inside.append(draw.text(_LANES_LEFT - 6, y - 4, word("mood", mood), "label", "end"))
        inside.append(draw.line(_LANES_LEFT, y, _WIDE, y, "normal"))
        for one in counts:
            if n := one["counts"][mood]:
                bar = (lane - 7) * n / most
                x = _LANES_LEFT + place_of[one["day"]] * step
                inside.append(draw.box(x + 0.5, y - bar, step - 1, bar, "interval"))
    inside += _dates(days, high, _LANES_LEFT, step)
    total = sum(sum(one["counts"].values()) for one in counts)
    title = t("days.trend_title")
    head = (t("weeks.day"), *(word("mood", mood) for mood in MOODS))
    rows = tuple((one["day"], *(one["counts"][mood] for mood in MOODS)) for one in counts)
    summary = t("days.trend_said", n=total, days=len(counts)) if counts else t("days.trend_none")
    return Chart(
        "trend", title, summary, draw.picture("trend", high, title, inside, _WIDE), head, rows, "journal_positive_n"
    )


def numbers(one: dict[str, Any], days: Sequence[str], t: Words, word: Words) -> Chart:
    """A number of 60 days: a bar from zero, or a dot where zero means nothing; days that were not imported are hatched.

    Args:
        one: ``{"name", "title", "from_zero", "rows": [{"day", "value", "coverage_01", "source"}]}``.
        days: The days of the picture.
        t, word: Of the catalogue.
    """
    name, high = one["name"], 112 if one["name"] == "sleep_h" else 84
    values = [row["value"] for row in one["rows"]]
    inside = _marks_of_days(one, days, high)
    unit = word("unit", unit_of(name))
    title = f"{one['title'][:1].upper()}{one['title'][1:]}, {unit}"
    summary = t(
        "days.number_said", days=len(values), missing=len(days) - len(values), last=_short(values[-1]), unit=unit
    )
    head = (t("weeks.day"), unit, t("days.coverage"), t("days.source"))
    table = tuple(
        (row["day"], _short(row["value"]), f"{100 * row['coverage_01']:.0f} %", source_words(row["source"]))
        for row in one["rows"]
    )
    return Chart(name, title, summary, draw.picture(name, high, title, inside, _WIDE), head, table, name)


def _marks_of_days(one: dict[str, Any], days: Sequence[str], high: int) -> list[Markup]:
    """Bars, dots and gaps, with the ends of the axis."""
    name, top = one["name"], 8
    by_day = {row["day"]: row["value"] for row in one["rows"]}
    low_end, high_end = _ends(list(by_day.values()), from_zero=one["from_zero"])
    step = (_WIDE - _LEFT) / max(len(days), 1)

    def at(value: float) -> float:
        return top + (1.0 - (value - low_end) / max(high_end - low_end, 1e-9)) * (high - top - _BOTTOM)

    inside: list[Markup] = [draw.hatch(name)]
    inside += [draw.text(_LEFT - 4, at(end) + 3, _short(end), "axis", "end") for end in (low_end, high_end)]
    for place, day in enumerate(days):
        x, value = _LEFT + place * step, by_day.get(day)
        if value is None:
            inside.append(draw.gap(name, x, top, step, high - top - _BOTTOM))
        elif one["from_zero"]:
            inside.append(draw.box(x + 0.5, at(value), step - 1, at(0.0) - at(value), "interval"))
        else:
            dot = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="2" class="dot"/>')
            inside.append(dot.format(x + step / 2, at(value)))
    return inside + _dates(days, high, _LEFT, step)


def roster(told: dict[str, Any], t: Words, word: Words) -> Chart:
    """Shifts of the days around today: a column for each day, midnight above, the hours of a shift filled."""
    days, step = told["days"], (_WIDE - _LEFT) / max(len(told["days"]), 1)
    inside = _columns(days, step, t("days.today"))
    place_of = {one["day"]: place for place, one in enumerate(days)}
    for piece in told["pieces"]:
        x = _LEFT + place_of[piece["day"]] * step
        from_y, until_y = _hour_y(piece["from_h"]), _hour_y(piece["until_h"])
        is_night = piece["kind"] == "night"
        inside.append(draw.box(x + 1, from_y, step - 2, until_y - from_y, "down" if is_night else "interval"))
        if until_y - from_y > 9:
            sign = t("days.night_sign") if is_night else t("days.day_sign")
            middle = (from_y + until_y) / 2 + 3
            inside.append(draw.text(x + step / 2, middle, sign, "on-dark" if is_night else "sign"))
    title = t("days.roster_title")
    missing = sum(not one["is_known"] for one in days)
    nights = sum(one["kind"] == "night" for one in told["shifts"])
    summary = t("days.roster_said", n=len(told["shifts"]), nights=nights, missing=missing)
    head = (t("days.from"), t("days.until"), t("days.kind"))
    rows = tuple(
        (_moment(one["start_utc_s"]), _moment(one["end_utc_s"]), word("note_shift", one["kind"]))
        for one in told["shifts"]
    )
    return Chart(
        "roster",
        title,
        summary,
        draw.picture("roster", _ROSTER_HIGH, title, inside, _WIDE),
        head,
        rows,
        "shift_hours_h",
    )


def _columns(days: Sequence[dict[str, Any]], step: float, today: str) -> list[Markup]:
    """The hours, the days, those that were not imported, and today."""
    inside: list[Markup] = [draw.hatch("roster")]
    for hour in (0, 6, 12, 18, 24):
        inside.append(draw.text(_LEFT - 4, _hour_y(hour) + 3, f"{hour:02d}:00", "axis", "end"))
        inside.append(draw.line(_LEFT, _hour_y(hour), _WIDE, _hour_y(hour), "normal"))
    for place, one in enumerate(days):
        x = _LEFT + place * step
        if not one["is_known"]:
            inside.append(draw.gap("roster", x, _hour_y(0), step, _hour_y(24) - _hour_y(0)))
        if one["is_today"]:
            inside.append(draw.text(x + step / 2, 9, today, "label"))
            inside += [draw.line(edge, _hour_y(0), edge, _hour_y(24), "work") for edge in (x, x + step)]
        if place % 7 == 0 and place < len(days) - 1:
            inside.append(draw.text(x + step / 2, _ROSTER_HIGH - 5, one["day"][5:], "axis"))
    return inside


def _hour_y(hour: float) -> float:
    """Where an hour of the day lies in the strip."""
    return 14 + hour / 24.0 * (_ROSTER_HIGH - 14 - _BOTTOM)


def unit_of(name: str) -> str:
    """The unit that ends a name of DAYS.

    >>> unit_of("sleep_midpoint_sd_h")
    'h'
    """
    return name.rpartition("_")[2]


def source_words(source: str) -> str:
    """A source's name as people write it."""
    return source.replace("_", " ")


def _ends(values: Sequence[float], *, from_zero: bool) -> tuple[float, float]:
    """The ends of an axis."""
    if from_zero:
        return 0.0, max([*values, 1e-9])
    margin = 0.1 * (max(values) - min(values)) or 1.0
    return min(values) - margin, max(values) + margin


def _dates(days: Sequence[str], high: float, left: float, step: float) -> list[Markup]:
    return [
        draw.text(left + (place + 0.5) * step, high - 5, day[5:], "axis")
        for place, day in enumerate(days)
        if place % _LABEL_EVERY == 4
    ]


def _moment(utc_s: int) -> str:
    return f"{host.local_time(utc_s):%a %d %b %Y, %H:%M}"


def _short(value: float) -> str:
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 1 else f"{value:.2f}"
