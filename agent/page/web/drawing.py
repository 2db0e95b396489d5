"""Parts of a picture as SVG that fits any width: across in per cent, down in pixels, text always of one size.

A picture is a scale on the left and a field beside it. The field is as wide as its place: points lie at shares of its
width, so that nothing is scaled, cut or scrolled. Labels that would touch each other on a narrow screen are left out
there (`labels`; the style sheet's container queries).
"""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from markupsafe import Markup

SCALE_PX: Final = 44
LABEL_HIGH: Final = 28
"""The room below a field for its labels, in px."""

_CHARACTER_PX: Final = 8.0  # of 14 px text, on average, with its margins
_WIDTHS_PX: Final = (200, 320, 480, 640, 900)
"""Widths of a field from which on more labels are shown; each is a class of the style sheet."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture.

    Attributes:
        name: For ids.
        title: What it shows.
        summary: What it says, one sentence.
        picture: It.
        head, rows: The same as a table.
        made: The page that says how its numbers are made; empty for none.
        key: The legend: a class of the style sheet and what it stands for.
    """

    name: str
    title: str
    summary: str
    picture: Markup
    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...] = field(default=())
    made: str = ""
    key: tuple[tuple[str, str], ...] = ()


def picture(
    name: str,
    title: str,
    high: float,
    inside: Sequence[Markup],
    scale: Sequence[tuple[float, str]] = (),
    says: Sequence[str] = (),
    scale_px: int = SCALE_PX,
) -> Markup:
    """The whole picture; its title is read out.

    Args:
        name: For ids.
        title: What it shows.
        high: In px, with the labels.
        inside: What the field holds.
        scale: Heights in px and what stands beside them.
        says: By column, what is read out when a person points at it or moves to it with the arrow keys.
        scale_px: How wide the scale is.
    """
    beside = Markup("").join(text_px(scale_px - 8, y + 5, words, "axis", "end") for y, words in scale)
    left = Markup('<svg class="scale" width="{}" height="{:.0f}" aria-hidden="true">{}</svg>').format(
        scale_px if scale else 0, high, beside
    )
    shown = Markup(
        '<svg width="100%" height="{:.0f}" role="img" aria-labelledby="{}-t"><title id="{}-t">{}</title>{}</svg>'
    )
    right = shown.format(high, name, name, title, Markup("").join(inside))
    if not says:
        return Markup('<div class="plot">{}<div class="field">{}</div></div>').format(left, right)
    reads = Markup(
        '<div class="plot reads" data-name="{}" data-says="{}">{}'
        '<div class="field" tabindex="0" role="group" aria-labelledby="{}-t">{}</div></div>'
        '<output class="readout" aria-live="polite"></output>'
    )
    return reads.format(name, json.dumps(list(says), ensure_ascii=False), left, name, right)


def wide_px(words: str) -> float:
    """How wide a label is with its margins, in px."""
    return len(words) * _CHARACTER_PX + 8


def scale_px(words: Iterable[str]) -> int:
    """How wide a scale must be for the longest of its words, in px."""
    return max(SCALE_PX, math.ceil(max(map(wide_px, words), default=0)))


def labels(
    words: Sequence[str], y: float, kinds: Sequence[str] = (), *, at_edges: bool = False, end_px: float = 0.0
) -> list[Markup]:
    """What stands below the columns: as many as the width has room for, the last one always.

    Args:
        words: By column; an empty one is not drawn.
        y: In px.
        kinds: By column, more classes of the style sheet.
        at_edges: Whether columns begin at the left edge (hours), rather than being centred.
        end_px: How much of the right end other words take.
    """
    n = len(words)
    longest = max(map(wide_px, words), default=0.0)
    made = []
    for place, one in enumerate(words):
        if not one:
            continue
        x_01 = (place + (0.0 if at_edges else 0.5)) / n
        touches = longest / _WIDTHS_PX[1] > 1.0 / n  # a label that is wider than its column stays inside the field
        anchor = "start" if touches and place == 0 else "end" if touches and place == n - 1 else "middle"
        x_01 = 0.0 if anchor == "start" else 1.0 if anchor == "end" else x_01
        kind = f"axis {_from_width(n - 1 - place, n, longest, end_px)} {kinds[place] if kinds else ''}".strip()
        made.append(text(x_01, y, one, kind, anchor))
    return made


def _from_width(back: int, n: int, label_px: float, end_px: float) -> str:
    """The class of the narrowest field that has room for the label so many columns before the last."""
    for wide_px in _WIDTHS_PX:
        stride = 2 ** max(0, math.ceil(math.log2(max(n * label_px / wide_px, 1.0))))
        if back % stride == 0 and (back == 0 or back * wide_px / n >= max(label_px * 1.5, label_px / 2 + end_px)):
            return f"from-{wide_px}"
    return "never"


def text(x_01: float, y: float, words: object, kind: str = "", anchor: str = "middle") -> Markup:
    """Words at a share of the width."""
    made = Markup('<text x="{:.2f}%" y="{:.1f}" class="{}" text-anchor="{}">{}</text>')
    return made.format(100 * x_01, y, kind, anchor, words)


def text_px(x: float, y: float, words: object, kind: str = "", anchor: str = "middle") -> Markup:
    """Words at a place in px, for parts of one width."""
    return Markup('<text x="{:.1f}" y="{:.1f}" class="{}" text-anchor="{}">{}</text>').format(x, y, kind, anchor, words)


def line(x1_01: float, y1: float, x2_01: float, y2: float, kind: str) -> Markup:
    """A line of a class of the style sheet."""
    made = Markup('<line x1="{:.2f}%" y1="{:.1f}" x2="{:.2f}%" y2="{:.1f}" class="{}"/>')
    return made.format(100 * x1_01, y1, 100 * x2_01, y2, kind)


def box(x_01: float, y: float, wide_01: float, high: float, kind: str, round_px: float = 0.0) -> Markup:
    """A box that is a share of the width."""
    made = Markup('<rect x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" rx="{:g}" class="{}"/>')
    return made.format(100 * x_01, y, 100 * max(wide_01, 0.0), max(high, 0.0), round_px, kind)


def bar(x_01: float, y: float, wide_px: float, high: float, kind: str) -> Markup:
    """An upright bar of a width in px around a point, with round ends."""
    made = Markup(
        '<rect x="{:.2f}%" y="{:.1f}" width="{:g}" height="{:.1f}" rx="{:g}" transform="translate({:g})" class="{}"/>'
    )
    return made.format(100 * x_01, y, wide_px, max(high, 1.0), wide_px / 2, -wide_px / 2, kind)


def dot(x_01: float, y: float, r_px: float, kind: str = "dot") -> Markup:
    """A dot."""
    return Markup('<circle cx="{:.2f}%" cy="{:.1f}" r="{:g}" class="{}"/>').format(100 * x_01, y, r_px, kind)


def shape(x_01: float, y: float, lines: str, kind: str) -> Markup:
    """A small shape around a point; its lines are in px from there, as in a path's ``d``."""
    made = Markup('<svg x="{:.2f}%" y="{:.1f}" class="shape"><path d="{}" class="{}"/></svg>')
    return made.format(100 * x_01, y, lines, kind)


def path(points: Sequence[tuple[float, float]], high: float, kind: str, *, closed: bool = False) -> Markup:
    """Points joined by lines: shares of the width, and px; only its strokes keep their width.

    Args:
        points: The points.
        high: Of the picture, in px.
        kind: Class of the style sheet.
        closed: Whether it is an area.
    """
    joined = " L".join(f"{100 * x:.2f} {y:.1f}" for x, y in points)
    return Markup(
        '<svg x="0" y="0" width="100%" height="{:.0f}" viewBox="0 0 100 {:.0f}" preserveAspectRatio="none">'
        '<path d="M{}{}" class="{}" vector-effect="non-scaling-stroke"/></svg>'
    ).format(high, high, joined, " Z" if closed else "", kind)


def hatch(name: str) -> Markup:
    """The hatching of gaps, for `gap` in the same picture."""
    return Markup(
        '<defs><pattern id="{}-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<line x1="0" y1="0" x2="0" y2="6" class="hatch"/></pattern></defs>'
    ).format(name)


def gap(name: str, x_01: float, y: float, wide_01: float, high: float) -> Markup:
    """A time without data, hatched."""
    made = Markup('<rect x="{:.2f}%" y="{:.1f}" width="{:.2f}%" height="{:.1f}" rx="3" fill="url(#{}-hatch)"/>')
    return made.format(100 * x_01, y, 100 * wide_01, high, name)


def ticks(low: float, high: float, n: int = 3) -> tuple[float, ...]:
    """Round numbers between two ends: steps of 1, 2 or 5 times a power of ten.

    >>> ticks(583.0, 1012.0), ticks(0.0, 8.2)
    ((600.0, 800.0, 1000.0), (0.0, 5.0))
    """
    if not high > low:
        return (low,)
    rough = (high - low) / n
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 5, 10) if one * power >= rough)
    first = math.ceil(low / step - 1e-9)
    return tuple(step * k for k in range(first, math.floor(high / step + 1e-9) + 1))
