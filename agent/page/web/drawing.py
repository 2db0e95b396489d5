"""Parts of a picture as SVG: text, lines, boxes, hatched gaps; and the picture with its sentence and table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

WIDE: Final = 680
LEFT: Final = 46
BOTTOM: Final = 26


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture.

    Attributes:
        name: For ids.
        title: What it shows.
        summary: What it says, one sentence.
        svg: The picture.
        head, rows: The same as a table.
        made: The page that says how its numbers are made.
    """

    name: str
    title: str
    summary: str
    svg: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...] = field(default=())
    made: str = ""


def picture(name: str, height: int, title: str, inside: Sequence[Markup], wide: int = WIDE) -> Markup:
    """The whole picture; its title is read out. One that is narrower than `WIDE` fits a phone without scrolling."""
    start = Markup(
        '<svg class="chart{}" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t"><title id="{}-t">{}</title>'
    )
    return (
        start.format(" fits" if wide < WIDE else "", wide, height, name, name, title)
        + Markup("").join(inside)
        + Markup("</svg>")
    )


def text(x: float, y: float, words: object, kind: str = "", anchor: str = "middle") -> Markup:
    """Words at a place."""
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>').format(x, y, kind, anchor, words)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A line of a class of the style sheet."""
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(x1, y1, x2, y2, kind)


def box(x: float, y: float, wide: float, high: float, kind: str) -> Markup:
    """A box of a class of the style sheet."""
    made = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" class="{}"/>')
    return made.format(x, y, max(wide, 0.0), max(high, 0.0), kind)


def path(points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> Markup:
    """Points joined by lines."""
    told = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Markup('<path d="M{}{}" class="{}"/>').format(told, " Z" if closed else "", kind)


def hatch(name: str) -> Markup:
    """The hatching of gaps, for `gap` in the same picture."""
    return Markup(
        '<defs><pattern id="{}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line x1="0" y1="0" x2="0" y2="6" class="hatch"/></pattern></defs>'
    ).format(name)


def gap(name: str, x: float, y: float, wide: float, high: float) -> Markup:
    """A time without data, hatched."""
    made = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" fill="url(#{}-hatch)"/>')
    return made.format(x, y, wide, high, name)
