"""The report's pictures of two raters: differences over means, and the table of counts."""

from typing import Final

import numpy as np

from agent.agreement.answer import shown
from agent.agreement.draws import Floats
from agent.agreement.kappa import Ints
from agent.agreement.study import Pair
from agent.report.axes import ACROSS, Axes, Scale, mark, path, plot, stretched
from agent.report.cells import no_formula
from agent.report.markup import Markup, tag

_MOST_DOTS: Final = 2000
_HEIGHT: Final = 320
_LIMITS: Final = ("lower_limit", "bias", "upper_limit")


def dots() -> Markup:
    """The shape of a unit, once a document."""
    symbol = tag("symbol", tag("circle", r=2.2), id="m-point", overflow="visible")
    return tag("svg", symbol, width=0, height=0, aria_hidden="true", class_="defs")


def difference_plot(pair: Pair, measured: Floats) -> Markup:
    """Each unit's difference over its mean, with bias and limits and the bands of their intervals.

    Args:
        pair: Two raters.
        measured: Both raters' numbers, shape ``(n, 2)``, n at least 1.
    """
    mean, d = measured.mean(axis=1), measured[:, 0] - measured[:, 1]
    known = [pair.numbers[name] for name in _LIMITS if pair.numbers[name].low is not None]
    ends = [end for one in known for end in (one.low, one.high) if end is not None]
    low, high = min([float(d.min()), *ends]), max([float(d.max()), *ends])
    margin = 0.06 * (high - low) + 1e-9 * max(abs(high), 1.0)
    scale = Scale(low - margin, high + margin, 22, _HEIGHT - 24)
    left, right = float(mean.min()), float(mean.max())
    space = 0.03 * (right - left) + 1e-9 * max(abs(right), 1.0)
    left, right = left - space, right + space
    lines = []
    for one in known:
        top, bottom = scale.y(one.high or 0.0), scale.y(one.low or 0.0)
        lines.append(
            tag("rect", x=0, y=f"{top:.1f}", width=ACROSS, height=f"{max(bottom - top, 0.5):.1f}", class_="area")
        )
        if one.value is not None:
            lines.append(path([(0.0, scale.y(one.value)), (1.0, scale.y(one.value))], "line"))
    at = _thinned(d)
    marks = [mark("point", 100 * float((mean[i] - left) / (right - left)), scale.y(float(d[i]))) for i in at.tolist()]
    said = f"{d.size} differences over the mean of both; bands are the 95 % intervals of bias and limits."
    return plot(Axes(scale, "", left, right, "mean"), stretched(lines, _HEIGHT), marks, said)


def confusion(pair: Pair, table: Ints, categories: tuple[str, ...]) -> Markup:
    """The counts, with each rater's share of each category at the edges.

    Args:
        pair: Two raters.
        table: Rows are the first rater's categories, shape ``(k, k)``.
        categories: Their names.
    """
    of_first, of_second = pair.shares_01 or ([0.0] * len(table), [0.0] * len(table))
    names = [no_formula(name) for name in categories]
    heads = [
        tag("th", names_of(pair)),
        *(tag("th", name, class_="n") for name in names),
        tag("th", "Share", class_="n"),
    ]
    rows = [
        tag("tr", tag("th", name, scope="row", class_="break"), [tag("td", int(count), class_="n") for count in row],
            tag("td", f"{share:.1%}", class_="n"))
        for name, row, share in zip(names, table, of_first, strict=True)
    ]  # fmt: skip
    shares = [tag("td", f"{share:.1%}", class_="n") for share in of_second]
    rows.append(tag("tr", tag("th", "Share", scope="row"), shares, tag("td", "", class_="n")))
    whole = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows))
    return tag("div", whole, class_="wide", tabindex=0, role="group", aria_label="table")


def names_of(pair: Pair) -> str:
    """What the rows and columns are."""
    return f"{no_formula(pair.first)} (rows), {no_formula(pair.second)} (columns)"


def range_words(measured: Floats) -> str:
    """From the lowest to the highest number, in words.

    Args:
        measured: Numbers, shape ``(n, 2)``, n at least 1.
    """
    low, high = shown(float(measured.min())), shown(float(measured.max()))
    return f"First minus second, over the mean of both; ratings from {low} to {high}. Bands are 95 % intervals."


def _thinned(d: Floats) -> Ints:
    """At most so many units: every k-th, and always the outermost."""
    if d.size <= _MOST_DOTS:
        return np.arange(d.size)
    outer = np.argsort(np.abs(d - d.mean()))[-_MOST_DOTS // 4 :]
    spread = np.linspace(0, d.size - 1, _MOST_DOTS - outer.size).astype(int)
    return np.unique(np.concatenate([outer, spread]))
