"""One channel day by day against the person's own range, as a picture, a sentence and a table."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from hub.care.pages import drawing
from hub.care.pages.drawing import NARROW, Chart, Frame, both, day_label
from hub.care.pages.words import day_text
from hub.care.picture import Line


def shown_value(channel: str, value: float) -> float:
    """A reading as it is shown: variability in ms, not its logarithm.

    Args:
        channel: Its name.
        value: In the channel's unit.
    """
    return math.exp(value) if channel.startswith("ln_") else value


def unit(channel: str) -> str:
    """The unit that is shown.

    Args:
        channel: Its name.
    """
    return "ms" if channel.startswith("ln_") else "per minute"


def own_range(line: Line, title: str) -> Chart:
    """Days as dots, the line of each last seven days, and the person's own range behind them.

    Args:
        line: One channel.
        title: What it is.
    """
    columns = [
        [None if value is None else shown_value(line.channel, value) for value in column]
        for column in (line.value, line.mean, line.low, line.high)
    ]
    value, mean, low, high = columns
    known = [one for column in columns for one in column if one is not None]
    least, most = (min(known), max(known)) if known else (0.0, 1.0)
    room = max((most - least) * 0.08, 0.5)
    days = len(value)

    def draw(wide: float) -> Markup:
        frame = Frame(wide, 260, 40, 10, 14, 26, least - room, most + room, days)
        inside = _ticks(frame, least, most)
        inside += _band(frame, low, high)
        for place, one in enumerate(value):
            if one is not None:
                said = f"{day_text(line.first_day + place)}: {one:.0f} {unit(line.channel)}"
                inside.append(drawing.dot(frame.x(place), frame.y(one), 2.4, "day", said))
        points = [None if one is None else (frame.x(place), frame.y(one)) for place, one in enumerate(mean)]
        for run in drawing.runs(points):
            inside.append(drawing.path(run, "week") if len(run) > 1 else drawing.dot(*run[0], 2, "week-dot"))
        every = 14 if wide > NARROW else 28
        for place in range(days - 1, -1, -every):
            if place >= 4:
                inside.append(day_label(frame, place, line.first_day + place))
        return drawing.picture(wide, frame.high, title, inside, "range")

    rows = [
        (day_text(line.first_day + n), _number(value[n]), _number(mean[n]), _span(low[n], high[n]))
        for n in range(days - 1, -1, -1)
        if value[n] is not None or mean[n] is not None
    ]
    return both(draw, ("Day", f"That day, {unit(line.channel)}", "Last 7 days", "Own range"), rows)


def range_sentence(line: Line) -> str:
    """What the picture of a channel says.

    Args:
        line: The channel.
    """
    newest = next((n for n in range(len(line.value) - 1, -1, -1) if line.mean[n] is not None), None)
    if newest is None:
        return "There are too few readings for a mean of seven days."
    mean, low, high = (column[newest] for column in (line.mean, line.low, line.high))
    shown = shown_value(line.channel, mean if mean is not None else 0.0)
    said = f"The mean of the seven days to {day_text(line.first_day + newest)} is {shown:.0f} {unit(line.channel)}"
    if mean is None or low is None or high is None:
        return f"{said}; their own range is still being learned."
    where = "below" if mean < low else "above" if mean > high else "within"
    span = f"{shown_value(line.channel, low):.0f} and {shown_value(line.channel, high):.0f}"
    return f"{said}, {where} their own range. Nine in ten of their days were between {span}."


def _ticks(frame: Frame, least: float, most: float) -> list[Markup]:
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if (most - least) / one <= 5)
    inside = []
    for tick in range(math.ceil(least / step), math.floor(most / step) + 1):
        y = frame.y(tick * step)
        inside.append(drawing.line(frame.left, y, frame.wide - frame.right, y, "grid"))
        inside.append(drawing.text(frame.left - 6, y + 4, tick * step, anchor="end"))
    return inside


def _band(frame: Frame, low: Sequence[float | None], high: Sequence[float | None]) -> list[Markup]:
    upper: list[drawing.Point] = []
    lower: list[drawing.Point] = []
    inside = []
    for place, (under, over) in enumerate([*zip(low, high, strict=True), (None, None)]):
        if under is not None and over is not None:
            upper.append((frame.x(place), frame.y(over)))
            lower.append((frame.x(place), frame.y(under)))
        elif upper:
            inside.append(drawing.area(upper, lower, "band"))
            upper, lower = [], []
    return inside


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.0f}"


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.0f} to {high:.0f}"
