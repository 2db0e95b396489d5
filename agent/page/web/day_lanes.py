"""Sixty days, lane below lane: variability against the usual range, sleep, shifts, and what the person said.

All lanes share their columns, so that one read-out says all of a day. A phone has two pictures of the same days, the
last 28 and those before, in place of a small one of all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from markupsafe import Markup

from agent.page.web import drawing as draw
from agent.page.web.drawing import Chart
from agent.page.web.local import Local
from agent.page.web.shown_days import Days, is_known, row_of, says_of, summary

RECENT_DAYS: Final = 28
WEEK_DAYS: Final = 7
MOOD_HEIGHTS: Final = {"positive": 1.0, "neutral": 0.5, "negative": 0.15, "distressed": 0.0}
"""How high an entry of the journal is drawn, as a share of its lane."""

_TITLE: Final = 26
_GAP: Final = 16
_VARIABILITY, _SLEEP, _SHIFTS, _SAID = 150, 56, 36, 52
_CHECK_INS: Final = 18  # of the last lane: the entries of the journal lie below
_SLEEP_LEAST_H: Final = 8.0


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane.

    Attributes:
        title: Above it.
        high: In px, without the title.
        marks: What it holds, by its upper edge in px.
        scale: Numbers beside it, by the same.
    """

    title: str
    high: int
    marks: Callable[[float], list[Markup]]
    scale: Callable[[float], list[tuple[float, str]]] = field(default=lambda _: [])


def charts(known: Days, local: Local, chosen_from: str = "") -> tuple[Chart, Chart, Chart]:
    """All days, the last 28, and those before them.

    Args:
        known: What is known of them.
        local: The person's language and region.
        chosen_from: First day of the week that is chosen; empty where none is.
    """
    parts = {"lanes": known.days, "recent": known.days[-RECENT_DAYS:], "before": known.days[:-RECENT_DAYS]}
    lanes, recent, before = (chart(name, known, days, local, chosen_from) for name, days in parts.items())
    return lanes, recent, before


def chart(name: str, known: Days, days: Sequence[str], local: Local, chosen_from: str = "") -> Chart:
    """The lanes of some of the days.

    Args:
        name: For ids.
        known: What is known of all days: the axes are theirs.
        days: Those that are drawn.
        local: The person's language and region.
        chosen_from: First day of the week that is chosen; empty where none is.
    """
    inside: list[Markup] = [draw.hatch(name)]
    chosen = [place for place, day in enumerate(days) if chosen_from and chosen_from <= day][:WEEK_DAYS]
    lanes = _lanes(name, known, days, local)
    high = sum(_TITLE + one.high for one in lanes) + _GAP * (len(lanes) - 1) + draw.LABEL_HIGH
    inside += [
        draw.box(
            chosen[0] / len(days) if chosen else 0,
            0,
            len(chosen) / len(days),
            high - draw.LABEL_HIGH,
            "chosen chosen-days",
            6,
        ),
        *(
            draw.line(place / len(days), 0, place / len(days), high - draw.LABEL_HIGH, "grid")
            for place, day in enumerate(days)
            if place and date.fromisoformat(day).weekday() == 0
        ),
    ]
    scale, y = [], 0.0
    for lane in lanes:
        inside.append(draw.text(0, y + 16, lane.title, "axis", "start"))
        inside += lane.marks(y + _TITLE)
        scale += lane.scale(y + _TITLE)
        y += _TITLE + lane.high + _GAP
    inside += draw.labels([local.forms.day(day) for day in days], high - 6)
    title = local.t("weeks.days_title", n=len(days))
    head = tuple(map(local.t, _HEAD))
    rows = tuple(row_of(known, day, local) for day in reversed(days) if is_known(known, day))
    says = [says_of(known, day, local) for day in days]
    return Chart(
        name, title, summary(known, local), draw.picture(name, title, high, inside, scale, says), head, rows, "range"
    )


_HEAD: Final = (
    "weeks.day", "weeks.rmssd", "weeks.week_mean", "weeks.readings", "weeks.sleep", "weeks.shifts", "weeks.said",
)  # fmt: skip


def _lanes(name: str, known: Days, days: Sequence[str], local: Local) -> list[Lane]:
    """Lanes that have anything; variability always."""
    shown = set(known.days)
    lanes = [_variability(name, known, days, local)]
    if shown & set(known.slept_h):
        lanes.append(_sleep(name, known, days, local))
    if shown & set(known.shifts):
        lanes.append(Lane(local.t("weeks.lane_shifts"), _SHIFTS, lambda top: _shift_marks(known, days, top)))
    if shown & (set(known.check_ins) | set(known.moods)):
        lanes.append(Lane(local.t("weeks.lane_said"), _SAID, lambda top: _said_marks(known, days, top)))
    return lanes


def _variability(name: str, known: Days, days: Sequence[str], local: Local) -> Lane:
    values = [known.read[day][key] for day in known.days if day in known.read for key in ("rmssd_ms", "week_ms")]
    values = [one for one in values if one is not None] + list(known.band or ())
    low, high = (min(values) * 0.9, max(values) * 1.06) if values else (0.0, 100.0)

    def at(value: float, top: float) -> float:
        return top + (1.0 - (value - low) / max(high - low, 1e-9)) * _VARIABILITY

    def marks(top: float) -> list[Markup]:
        made = []
        if known.band is not None:
            made.append(
                draw.box(0, at(known.band[1], top), 1, at(known.band[0], top) - at(known.band[1], top), "band", 6)
            )
        runs: list[list[tuple[float, float]]] = [[]]
        for place, day in enumerate(days):
            row = known.read.get(day)
            if row is None:
                made.append(draw.gap(name, place / len(days), top, 1 / len(days), _VARIABILITY))
                runs.append([])  # no line over what was not read
            else:
                runs[-1].append(((place + 0.5) / len(days), at(row["week_ms"], top)))
        made += [draw.path(run, top + _VARIABILITY, "trend") for run in runs if len(run) > 1]
        made += [
            draw.dot((place + 0.5) / len(days), at(known.read[day]["rmssd_ms"], top), 4)
            for place, day in enumerate(days)
            if day in known.read
        ]
        return made

    def scale(top: float) -> list[tuple[float, str]]:
        return [(at(one, top), local.forms.number(one)) for one in draw.ticks(low, high)] if values else []

    return Lane(local.t("weeks.lane_variability"), _VARIABILITY, marks, scale)


def _sleep(name: str, known: Days, days: Sequence[str], local: Local) -> Lane:
    most = max([*known.slept_h.values(), _SLEEP_LEAST_H])

    def marks(top: float) -> list[Markup]:
        made = []
        for place, day in enumerate(days):
            slept_h = known.slept_h.get(day)
            if slept_h is None:
                made.append(draw.gap(name, (place + 0.1) / len(days), top, 0.8 / len(days), _SLEEP))
            else:
                bar = _SLEEP * slept_h / most
                made.append(draw.box((place + 0.14) / len(days), top + _SLEEP - bar, 0.72 / len(days), bar, "sleep", 2))
        return made

    def scale(top: float) -> list[tuple[float, str]]:
        return [(top + _SLEEP, "0"), (top + _SLEEP * (1 - _SLEEP_LEAST_H / most), local.forms.number(_SLEEP_LEAST_H))]

    return Lane(local.t("weeks.lane_sleep"), _SLEEP, marks, scale)


def _shift_marks(known: Days, days: Sequence[str], top: float) -> list[Markup]:
    """Day shifts stand above, night shifts below."""
    made = []
    for place, day in enumerate(days):
        for kind in {one["kind"] for one in known.shifts.get(day, ())}:
            y, shape = (top + _SHIFTS / 2, "night") if kind == "night" else (top, "day-shift")
            made.append(draw.box((place + 0.1) / len(days), y, 0.8 / len(days), _SHIFTS / 2 - 2, shape, 3))
    return made


def _said_marks(known: Days, days: Sequence[str], top: float) -> list[Markup]:
    """A ring is a check-in; entries of the journal stand higher the better the mood."""
    made = []
    for place, day in enumerate(days):
        x_01 = (place + 0.5) / len(days)
        moods = known.moods.get(day, {})
        if moods:
            height = sum(MOOD_HEIGHTS[mood] * n for mood, n in moods.items()) / sum(moods.values())
            y = top + _CHECK_INS + 5 + (1.0 - height) * (_SAID - _CHECK_INS - 10)
            made.append(draw.shape(x_01, y, "M0 -5L5 0L0 5L-5 0Z", "entry-mark"))
        if known.check_ins.get(day):
            made.append(draw.dot(x_01, top + _CHECK_INS / 2, 5.5, "ring"))
    return made
