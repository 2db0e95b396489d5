"""Axes of the report's pictures: a vertical scale, round numbers, and a frame that fits every width.

A picture is drawn in per cent across and in pixels down. Lines stand in an inner box that is stretched without its
strokes; marks are placed with `use`, whose x may be per cent. The vertical axis has a column of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.report.markup import Markup, tag

ACROSS: Final = 1000  # of a stretched box
_LEFT: Final = 68  # px of the column with the numbers of the axis


@dataclass(frozen=True, slots=True)
class Scale:
    """A vertical axis: values from low to high on so many pixels."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        share_01 = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.bottom - share_01 * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Three to five round numbers inside."""
        return round_numbers(self.low, self.high)


def round_numbers(low: float, high: float, most: int = 5) -> list[float]:
    """At most so many multiples of 1, 2 or 5 times a power of ten between two values.

    >>> round_numbers(612, 1080)
    [700.0, 800.0, 900.0, 1000.0]
    """
    width = max(high - low, 1e-9)
    power = 10.0 ** np.floor(np.log10(width))
    for step in (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        ticks = np.arange(np.ceil(low / (step * power)), np.floor(high / (step * power)) + 1) * step * power
        if ticks.size <= most:
            return [float(tick) for tick in ticks]
    return []


@dataclass(frozen=True, slots=True)
class Axes:
    """What a frame says.

    Attributes:
        scale: Vertical.
        unit: Of it.
        begin, end: Horizontal.
        time_unit: Of it.
    """

    scale: Scale
    unit: str
    begin: float
    end: float
    time_unit: str


def plot(axes: Axes, lines: Markup, drawn: object, said: str) -> Markup:
    """Axis labels in a column of their own, and beside it the picture with its grid.

    Args:
        axes: Its axes.
        lines: Stretched lines.
        drawn: Marks and words over them.
        said: What the picture says, one sentence.
    """
    scale, begin, end = axes.scale, axes.begin, axes.end
    height = scale.bottom + 24
    ticks = scale.ticks()
    left = [
        tag("text", _number(tick), x=_LEFT - 8, y=f"{scale.y(tick) + 4:.1f}", text_anchor="end")
        for tick in ticks
        if scale.y(tick) > 22
    ]
    grid = [
        tag("line", x1=0, x2="100%", y1=f"{scale.y(tick):.1f}", y2=f"{scale.y(tick):.1f}", class_="grid")
        for tick in ticks
    ]
    below = []
    for tick in round_numbers(begin, end, 6):
        place = 100 * (tick - begin) / max(end - begin, 1e-9)
        if place > 88:
            continue
        anchor = "start" if place < 4 else "middle"
        below.append(tag("text", _number(tick), x=f"{place:.2f}%", y=height - 6, text_anchor=anchor))
    below.append(tag("text", axes.time_unit, x="100%", y=height - 6, text_anchor="end"))
    left.append(tag("text", axes.unit, x=_LEFT - 2, y=12, text_anchor="end", class_="unit"))
    labels = tag("svg", left, width=_LEFT, height=height, aria_hidden="true", class_="labels")
    area = tag("svg", tag("title", said), grid, lines, drawn, below, width="100%", height=height, role="img",
               class_="area-of")  # fmt: skip
    return tag("div", labels, area, class_="plot")


def _number(tick: float) -> str:
    """A number of an axis: no trailing zeros, no negative zero, thousands apart."""
    text = f"{round(tick, 9) + 0.0:g}"
    return f"{tick:,.0f}".replace(",", "\u202f") if abs(tick) >= 10_000 else text.replace("-", "−")


def stretched(lines: object, height: float) -> Markup:
    """Lines in a box that is as wide as the page allows, their strokes unchanged."""
    return tag("svg", lines, x=0, y=0, width="100%", height=height, viewBox=f"0 0 {ACROSS} {height:g}",
               preserveAspectRatio="none", class_="stretched")  # fmt: skip


def path(points: Sequence[tuple[float, float]], kind: str) -> Markup:
    """A line through (share of the width, pixels from the top)."""
    path = "L".join(f"{ACROSS * x:.1f} {y:.1f}" for x, y in points)
    return tag("path", d=f"M{path}", class_=kind)


def mark(name: str, across: float, y: float) -> Markup:
    """A shape of `pictures.marks`, so many per cent across."""
    return tag("use", href=f"#m-{name}", x=f"{across:.2f}%", y=f"{y:.1f}", class_=f"mark {name}")
