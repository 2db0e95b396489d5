"""Parts of a picture as SVG. Colours are classes of the style sheet; none holds a style, a script or an id."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from hub.care.pages.words import short_day

WIDE: Final = 720
NARROW: Final = 340
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a picture draws: days from left to right, values from bottom to top.

    Attributes:
        wide, high: Of the picture.
        left, right, top, bottom: Margins.
        low, high_end: Values at the bottom and at the top.
        places: How many days or weeks stand side by side.
    """

    wide: float
    high: float
    left: float
    right: float
    top: float
    bottom: float
    low: float
    high_end: float
    places: int

    @property
    def step(self) -> float:
        """Width of one place."""
        return (self.wide - self.left - self.right) / max(self.places, 1)

    def x(self, place: float) -> float:
        """The middle of a place."""
        return self.left + (place + 0.5) * self.step

    def y(self, value: float) -> float:
        """Height of a value; one outside the frame is drawn at its edge."""
        share = (value - self.low) / max(self.high_end - self.low, 1e-9)
        return self.top + (1.0 - min(max(share, 0.0), 1.0)) * (self.high - self.top - self.bottom)


def picture(wide: float, high: float, title: str, inside: Sequence[Markup], kind: str = "") -> Markup:
    """A whole picture; its title is read out."""
    head = Markup('<svg class="chart {}" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}">')
    return head.format(kind, wide, high, title) + Markup("").join(inside) + Markup("</svg>")


def text(x: float, y: float, words: object, kind: str = "axis", anchor: str = "middle") -> Markup:
    """Words at a place."""
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>').format(x, y, kind, anchor, words)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A line."""
    return Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}" class="{}"/>').format(x1, y1, x2, y2, kind)


def box(x: float, y: float, wide: float, high: float, kind: str, said: str = "") -> Markup:
    """A box with round corners, and what it says when pointed at."""
    made = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}" class="{}">{}</rect>')
    wide, high = max(wide, 0.0), max(high, 0.0)
    return made.format(x, y, wide, high, min(wide, high, 4.0) / 2, kind, _said(said))


def bars(places: Sequence[tuple[float, float]], wide: float, foot: float, kind: str) -> Markup:
    """Many bars of one width as one element: (x, height) of each, which stand on a foot."""
    drawn = "".join(f"M{x:g} {foot - high:.1f}h{wide:g}V{foot:g}h-{wide:g}z" for x, high in places)
    return Markup('<path d="{}" class="{}"/>').format(drawn, kind)


def dot(x: float, y: float, radius: float, kind: str, said: str = "") -> Markup:
    """A dot, and what it says when pointed at."""
    return Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" class="{}">{}</circle>').format(
        x, y, radius, kind, _said(said)
    )


def path(points: Sequence[Point], kind: str) -> Markup:
    """Points joined by lines."""
    joined = " L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Markup('<path d="M{}" class="{}"/>').format(joined, kind)


def area(upper: Sequence[Point], lower: Sequence[Point], kind: str) -> Markup:
    """What lies between two lines."""
    joined = " L".join(f"{x:.1f} {y:.1f}" for x, y in (*upper, *reversed(lower)))
    return Markup('<path d="M{} Z" class="{}"/>').format(joined, kind)


def runs(points: Sequence[Point | None]) -> list[list[Point]]:
    """Stretches without a gap: no line is drawn over what is not there."""
    found: list[list[Point]] = [[]]
    for point in points:
        if point is None:
            found.append([])
        else:
            found[-1].append(point)
    return [run for run in found if run]


def _said(words: str) -> Markup:
    return Markup("<title>{}</title>").format(words) if words else Markup("")


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture.

    Attributes:
        wide, narrow: The same for screens and for phones; the style sheet shows one of them.
        head, rows: The same as a table.
    """

    wide: Markup
    narrow: Markup
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def both(draw: Callable[[float], Markup], head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Chart:
    """A picture in both widths.

    Args:
        draw: Draws it in a width.
        head, rows: The same as a table.
    """
    return Chart(draw(WIDE), draw(NARROW), head, tuple(rows))


def day_label(frame: Frame, place: int, day: int) -> Markup:
    """The date below a place; at the ends it stays inside the picture."""
    x, last = frame.x(place), frame.places - 1
    anchor = "start" if place == 0 else "end" if place == last else "middle"
    x = frame.left if place == 0 else frame.wide - frame.right if place == last else x
    return text(x, frame.high - 6, short_day(day), anchor=anchor)
