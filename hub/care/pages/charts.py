"""The pictures of the care view: pure functions from what the team may see to SVG, each in two widths.

A picture says its numbers in words, too: colour, hatching and position never stand alone.
"""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

from hub.care.pages import drawing
from hub.care.pages.drawing import NARROW, Chart, Frame, both, day_label
from hub.care.pages.words import DAY_S, GAP_REASONS, REASONS, day_text, direction
from hub.care.picture import CheckIn, Picture, WeekShown

FULL_H: Final = 16.0  # hours of a day at which a bar is full
_STRIP_WIDE: Final = 5  # of a day in the strip
_STRIP_HIGH: Final = 24
_KIND: Final = {"above": "above", "below": "below", "usual": "usual"}


# ---- hours worn


def gap_reasons(picture: Picture) -> dict[int, str]:
    """Reason by day of each gap.

    Args:
        picture: Of the person.
    """
    return {day: reason for first, last, reason in picture.gaps for day in range(first, last + 1)}


def worn_said(picture: Picture) -> str:
    """Hours and days without in words.

    Args:
        picture: With hours worn.
    """
    without = sum(last - first + 1 for first, last, _ in picture.gaps)
    days = "" if not without else f", {without} day{'s' if without > 1 else ''} without data"
    return f"{sum(picture.worn_h):.0f} h{days}"


def strip(picture: Picture) -> Markup:
    """Four weeks of hours worn, as small as a line of text.

    Args:
        picture: With hours worn.
    """
    reasons, first = gap_reasons(picture), picture.last_day - len(picture.worn_h) + 1
    bars: dict[str, list[tuple[float, float]]] = {}
    for place, hours in enumerate(picture.worn_h):
        reason = reasons.get(first + place)
        if hours or reason:
            high = max(min(hours / FULL_H, 1.0) * _STRIP_HIGH, 2.0)
            bars.setdefault("bar" if hours else f"none {reason}", []).append((place * _STRIP_WIDE, high))
    inside = [drawing.bars(of_kind, _STRIP_WIDE - 1, _STRIP_HIGH, kind) for kind, of_kind in bars.items()]
    wide = len(picture.worn_h) * _STRIP_WIDE
    return drawing.picture(wide, _STRIP_HIGH, f"Worn in 28 days: {worn_said(picture)}", inside, "strip")


def worn(picture: Picture) -> Chart:
    """Hours worn on each of 28 days, with the reasons of gaps.

    Args:
        picture: With hours worn.
    """
    reasons, first = gap_reasons(picture), picture.last_day - len(picture.worn_h) + 1

    def draw(wide: float) -> Markup:
        frame = Frame(wide, 150, 34, 8, 10, 24, 0.0, max(FULL_H, *picture.worn_h), len(picture.worn_h))
        inside = []
        for mark in (0, 8, 16):
            inside.append(drawing.line(frame.left, frame.y(mark), wide - frame.right, frame.y(mark), "grid"))
            inside.append(drawing.text(frame.left - 6, frame.y(mark) + 4, f"{mark} h", anchor="end"))
        thick = frame.step * 0.7
        for place, hours in enumerate(picture.worn_h):
            x, day = frame.x(place) - thick / 2, first + place
            if hours:
                said = f"{day_text(day)}: {hours:.1f} h"
                inside.append(drawing.box(x, frame.y(hours), thick, frame.y(0) - frame.y(hours), "bar", said))
            elif day in reasons:
                said = f"{day_text(day)}: {GAP_REASONS[reasons[day]]}"
                inside.append(drawing.box(x, frame.top, thick, frame.y(0) - frame.top, f"none {reasons[day]}", said))
            if place % 7 == 6 or place == 0:
                inside.append(day_label(frame, place, day))
        return drawing.picture(wide, frame.high, f"Hours worn: {worn_said(picture)}", inside)

    rows = [
        (
            day_text(first + place),
            f"{hours:.1f}",
            GAP_REASONS[reasons[first + place]] if first + place in reasons else "",
        )
        for place, hours in enumerate(picture.worn_h)
    ]
    return both(draw, ("Day", "Hours", "Why none"), rows[::-1])


# ---- weeks


def weeks(shown: Sequence[WeekShown]) -> Chart:
    """The index by weeks: a bar is the interval, the dot the index; the line at 50 is the person's normal.

    Args:
        shown: Oldest first, at least one.
    """

    def draw(wide: float) -> Markup:
        some = shown[-26:] if wide > NARROW else shown[-13:]
        frame = Frame(wide, 250, 30, 10, 22, 26, 0.0, 100.0, len(some))
        inside = [drawing.line(frame.left, frame.y(50), wide - frame.right, frame.y(50), "normal")]
        inside += [drawing.text(frame.left - 6, frame.y(one) + 4, one, anchor="end") for one in (0, 50, 100)]
        inside.append(drawing.text(frame.left + 2, 12, "more strain than their normal", anchor="start"))
        inside.append(drawing.text(frame.left + 2, frame.high - 32, "less strain", anchor="start"))
        thick = min(frame.step * 0.5, 12.0)
        for place, week in enumerate(some):
            x = frame.x(place)
            if week.index is None or week.low is None or week.high is None:
                said = f"To {day_text(week.last_day)}: {REASONS.get(week.reason, week.reason)}"
                inside.append(
                    drawing.box(x - thick / 2, frame.y(56), thick, frame.y(44) - frame.y(56), "none gap", said)
                )
            else:
                kind = _KIND[direction(week)]
                said = f"To {day_text(week.last_day)}: {week.index:.0f}, {week.low:.0f} to {week.high:.0f}"
                bar = frame.y(week.low) - frame.y(week.high)
                inside.append(drawing.box(x - thick / 2, frame.y(week.high), thick, bar, f"interval {kind}", said))
                inside.append(drawing.dot(x, frame.y(week.index), 4, f"index {kind}", said))
        every = 5 if wide > NARROW else 4
        inside += [
            day_label(frame, place, some[place].last_day)
            for place in range(len(some) - 1, -1, -every)
            if place >= 2 or len(some) < 4
        ]
        return drawing.picture(wide, frame.high, "Index by weeks", inside, "weeks")

    return both(draw, ("Seven days to", "Index", "Interval", ""), [_week_row(week) for week in reversed(shown)])


def _week_row(week: WeekShown) -> tuple[str, ...]:
    if week.index is None or week.low is None or week.high is None:
        return day_text(week.last_day), "", "", REASONS.get(week.reason, week.reason)
    said = {"usual": "not clearly different", "above": "clearly more strain", "below": "clearly less strain"}[
        direction(week)
    ]
    return day_text(week.last_day), f"{week.index:.0f}", f"{week.low:.0f} to {week.high:.0f}", said


def contribution(points: float, reach: float) -> Markup:
    """One bar of what moved the index: to the right towards strain, to the left away from it.

    Args:
        points: Of the channel.
        reach: Of the longest bar of the week.
    """
    wide, middle = 200.0, 100.0
    long = 96.0 * min(abs(points) / max(reach, 1e-9), 1.0)
    x, kind = (middle, "above") if points >= 0 else (middle - long, "below")
    inside = [drawing.box(x, 2, long, 8, f"part {kind}"), drawing.line(middle, 0, middle, 12, "axis-line")]
    return drawing.picture(wide, 12, f"{points:+.1f}", inside, "part")


# ---- check-ins


def answers(shown: Sequence[CheckIn], least: float, most: float, cut: float | None, until_utc_s: int) -> Markup:
    """Half a year of answers to one scale, and the line from which the instrument names a category.

    Args:
        shown: Of one scale, oldest first.
        least, most: Of the scale.
        cut: The line; None: there is none.
        until_utc_s: The right end.
    """
    wide, high, begin = 260.0, 54.0, until_utc_s - 182 * DAY_S
    frame = Frame(wide, high, 6, 6, 7, 7, least, most, 1)

    def x(utc_s: int) -> float:
        return frame.left + (wide - frame.left - frame.right) * (utc_s - begin) / (until_utc_s - begin)

    inside = [drawing.line(frame.left, high - 3, wide - frame.right, high - 3, "grid")]
    if cut is not None:
        inside.append(drawing.line(frame.left, frame.y(cut), wide - frame.right, frame.y(cut), "normal"))
    points = [(x(one.at_utc_s), frame.y(one.value)) for one in shown]
    if len(points) > 1:
        inside.append(drawing.path(points, "answer-line"))
    for (at, y), one in zip(points, shown, strict=True):
        kind = "answer over" if cut is not None and one.value >= cut else "answer"
        inside.append(drawing.dot(at, y, 3.2, kind, f"{day_text(one.at_utc_s // DAY_S)}: {one.value:g}"))
    return drawing.picture(wide, high, f"{len(shown)} answers in half a year", inside, "answers")
