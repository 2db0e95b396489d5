"""Pictures of 'Days': the journal by day, and numbers of days.

A day that was not imported is hatched; each picture says its days one by one, and again in a table.
"""

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.amounts import amount, unit_words, with_unit
from agent.page.web.drawing import Chart
from agent.page.web.local import Local
from agent.tables.days import MOODS

_HIGH: Final = 168
_TOP: Final = 12
_LANE: Final = 36
_LANES_PX: Final = 96  # for the longest word of a mood
_LABEL_EVERY: Final = 4
"""Days between labels that a picture may have at most; the style sheet shows those that fit."""

_DOT_PX: Final = 3.5
_TICKS: Final = 5


def journal(counts: Sequence[dict[str, Any]], days: Sequence[str], local: Local) -> Chart:
    """Entries by day: a lane for each mood, a bar for each day with entries.

    Args:
        counts: By day with an entry: ``{"day", "counts": {mood: n}}``.
        days: The days of the picture.
        local: The person's language and region.
    """
    by_day = {one["day"]: one["counts"] for one in counts}
    most = max([n for one in by_day.values() for n in one.values()] + [1])
    high = _TOP + _LANE * len(MOODS) + draw.LABEL_HIGH
    inside: list[Markup] = []
    for lane, mood in enumerate(MOODS):
        bottom = _TOP + (lane + 1) * _LANE - 6
        inside.append(draw.line(0, bottom, 1, bottom, "grid"))
        for place, day in enumerate(days):
            if n := by_day.get(day, {}).get(mood, 0):
                tall = (_LANE - 12) * n / most
                inside.append(draw.box((place + 0.1) / len(days), bottom - tall, 0.8 / len(days), tall, "interval", 2))
    inside += _dates(days, high, local)
    scale = [(_TOP + (lane + 1) * _LANE - 16, local.word("mood", mood)) for lane, mood in enumerate(MOODS)]
    said = {day: _moods_said(by_day[day], local) for day in by_day}
    none = local.t("days.no_entry")
    says = [f"{local.forms.full_day(day)}: {said.get(day, none)}" for day in days]
    total = sum(sum(one.values()) for one in by_day.values())
    title = local.t("days.trend_title")
    summary = local.t("days.trend_said", n=total, days=len(by_day)) if total else local.t("days.trend_none")
    rows = tuple((local.forms.full_day(day), said[day]) for day in reversed(by_day))
    shown = draw.picture("trend", title, high, inside, scale, says, _LANES_PX)
    head = (local.t("days.day"), local.t("days.entries_of"))
    return Chart("trend", title, summary, shown, head, rows, "journal_positive_n")


def _moods_said(counts: dict[str, int], local: Local) -> str:
    """The entries of a day, such as ``positive 2, negative 1``."""
    return ", ".join(f"{local.word('mood', mood)} {local.forms.number(counts[mood])}" for mood in MOODS if counts[mood])


def numbers(one: dict[str, Any], days: Sequence[str], local: Local) -> Chart:
    """A number of 60 days: a bar from zero, or a dot where zero means nothing; days that were not imported are hatched.

    Args:
        one: ``{"name", "title", "from_zero", "rows": [{"day", "value", "coverage_01", "source"}]}``.
        days: The days of the picture.
        local: The person's language and region.
    """
    name, rows = one["name"], one["rows"]
    values = {row["day"]: row["value"] for row in rows}
    unit, title = unit_words(name, local), _capital(local.word("number", name))
    said = {day: with_unit(name, value, local) for day, value in values.items()}
    none = local.t("app.no_data")
    says = [f"{local.forms.full_day(day)}: {said.get(day, none)}" for day in days]
    last = rows[-1]
    summary = local.t(
        "days.number_said",
        day=local.forms.full_day(last["day"]),
        value=with_unit(name, last["value"], local),
        days=len(values),
        missing=len(days) - len(values),
    )
    table = tuple(
        (
            local.forms.full_day(row["day"]),
            amount(name, row["value"], local),
            local.t(
                "days.source_of",
                name=source_words(row["source"], local),
                share=local.forms.share(row["coverage_01"]),
            ),
        )
        for row in reversed(rows)
    )
    shown = draw.picture(name, title, _HIGH, *_marks(one, values, days, local), says, draw.SCALE_PX + 12)
    key: tuple[tuple[str, str], ...] = (("interval" if one["from_zero"] else "dot", local.t("days.key_day")),)
    if len(values) < len(days):
        key += (("hatch", local.t("days.key_gap")),)
    head = (local.t("days.day"), unit or title, local.t("days.source"))
    return Chart(name, title, summary, shown, head, table, name, key)


def _marks(
    one: dict[str, Any], values: dict[str, float], days: Sequence[str], local: Local
) -> tuple[list[Markup], list[tuple[float, str]]]:
    """Bars, dots and gaps, and the scale beside them."""
    name, wide, bottom = one["name"], 1.0 / max(len(days), 1), _HIGH - draw.LABEL_HIGH
    low, high = _ends(list(values.values()), from_zero=one["from_zero"])

    def at(value: float) -> float:
        return _TOP + (1.0 - (value - low) / max(high - low, 1e-9)) * (bottom - _TOP)

    marks = draw.ticks(low, high, _TICKS)
    inside: list[Markup] = [draw.hatch(name), *(draw.line(0, at(mark), 1, at(mark), "grid") for mark in marks)]
    for place, day in enumerate(days):
        value = values.get(day)
        if value is None:
            inside.append(draw.gap(name, place * wide, _TOP, wide, bottom - _TOP))
        elif one["from_zero"]:
            inside.append(draw.box((place + 0.1) * wide, at(value), 0.8 * wide, at(low) - at(value), "interval", 2))
        else:
            inside.append(draw.dot((place + 0.5) * wide, at(value), _DOT_PX))
    return inside + _dates(days, _HIGH, local), [(at(mark), amount(name, mark, local)) for mark in marks]


def source_words(source: str, local: Local) -> str:
    """A source's name as people write it."""
    return local.t("days.source_calendar") if source == "calendar" else source.replace("_", " ").title()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _ends(values: Sequence[float], *, from_zero: bool) -> tuple[float, float]:
    """The ends of an axis."""
    if from_zero:
        return 0.0, 1.05 * max([*values, 1e-9])
    margin = 0.1 * (max(values) - min(values)) or 1.0
    return min(values) - margin, max(values) + margin


def _dates(days: Sequence[str], high: float, local: Local) -> list[Markup]:
    """The days below a picture: as many as there is room for."""
    last = len(days) - 1
    words = [local.forms.day(day) if (last - place) % _LABEL_EVERY == 0 else "" for place, day in enumerate(days)]
    return draw.labels(words, high - 6)
