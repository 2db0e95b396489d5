"""`--report agreement.html`: one file to hand on. Names are escaped, and none becomes a formula where it is opened."""

from pathlib import Path
from typing import Final

from agent import __version__
from agent.agreement.answer import counted, facts, rules_of, shown
from agent.agreement.estimate import FEWEST_FOR_A_VALUE, FEWEST_UNITS, Estimate
from agent.agreement.plots import confusion, difference_plot, dots, range_words
from agent.agreement.statistics import STATISTICS
from agent.agreement.study import Pair, Study
from agent.report.cells import no_formula
from agent.report.markup import Markup, inside, tag
from agent.report.page import END, beginning
from agent.report.written import WholeFile

_MOST_PAIRS: Final = 50
_OVERVIEW: Final = ("kappa", "kappa_quadratic", "agreement_01", "bias", "lower_limit", "upper_limit")


def write(found: Study, file: Path) -> None:
    """Save the report.

    Args:
        found: All numbers.
        file: Where.

    Raises:
        WrongUse: It cannot be written there.
    """
    whole = WholeFile(file)
    try:
        whole.text.write(as_html(found))
        whole.keep()
    finally:
        whole.discard()


def as_html(found: Study) -> str:
    """The report.

    Args:
        found: All numbers.
    """
    title = no_formula(found.grid.name)
    parts = [_top(found, title)]
    if len(found.pairs) > 1:
        parts.append(_overview(found))
    parts += [_pair(one, found) for one in found.pairs[:_MOST_PAIRS]]
    foot = tag(
        "footer",
        [tag("p", rule) for rule in rules_of(found)],
        tag("p", f"Made by Wardbeat {__version__} on this machine; this file holds no script and loads nothing."),
    )
    return inside((beginning(title, "Agreement report"), dots(), tag("main", parts), foot, END))


def _top(found: Study, title: str) -> Markup:
    scale = found.scale
    kind = "Categories in order" if scale.name == "ordinal" else "Categories"
    names = ", ".join(no_formula(one) for one in scale.categories)
    order = f" {kind}: {names}." if names else ""
    notes = [tag("p", no_formula(note), class_="note") for note in found.grid.notes]
    together = found.together and (tag("h3", f"All {len(found.grid.raters)} raters"), _table(found.together))
    return tag(
        "article",
        tag(
            "section",
            tag("h1", title),
            tag("p", f"{facts(found).capitalize()}.", class_="lead"),
            tag("p", f"The scale is {scale.name}, because {scale.because}.{order}", class_="break"),
            notes,
            together or None,
            class_="top table",
        ),
    )


def _overview(found: Study) -> Markup:
    """Each pair with its first numbers."""
    shown_names = [name for name in _OVERVIEW if name in found.pairs[0].numbers]
    heads = [tag("th", "Raters"), tag("th", "Units", class_="n")]
    heads += [tag("th", STATISTICS[name].title, class_="n") for name in shown_names]
    rows = [
        tag("tr", tag("th", f"{no_formula(one.first)} and {no_formula(one.second)}", scope="row", class_="break"),
            tag("td", one.units, class_="n"),
            [tag("td", _with_interval(one.numbers[name]), class_="n")
             for name in shown_names])
        for one in found.pairs
    ]  # fmt: skip
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows))
    more = len(found.pairs) - _MOST_PAIRS
    words = f"The first {_MOST_PAIRS} follow in full; the JSON has all." if more > 0 else "Each follows in full."
    wide = tag("div", table, class_="wide", tabindex=0, role="group", aria_label="table")
    head = (tag("h2", f"{len(found.pairs)} pairs of raters"), tag("p", words))
    return tag("article", tag("section", head, wide, class_="top table"))


def _said(value: float | None) -> str:
    """With a true minus."""
    return shown(value).replace("-", "−")


def _with_interval(one: Estimate) -> Markup:
    if one.low is None:
        return tag("span", "–", title=f"No number, because {one.reason}.")
    return tag("span", _said(one.value), tag("small", f"{_said(one.low)} to {_said(one.high)}"))


def _pair(one: Pair, found: Study) -> Markup:
    title = f"{no_formula(one.first)} and {no_formula(one.second)}"
    hints = [tag("p", hint, class_="note") for hint in one.hints]
    is_short = FEWEST_UNITS <= one.units < FEWEST_FOR_A_VALUE
    rule = f" A value needs {FEWEST_FOR_A_VALUE}, so each number is its interval alone." if is_short else ""
    units = tag("p", f"{counted(one.units, 'unit')}.{rule}")
    numbers = tag("section", tag("h2", title, class_="break"), units, _table(one.numbers), hints, class_="table")
    picture = None
    if one.table is not None and one.units:
        picture = tag(
            "section", tag("h2", "Categories"), confusion(one, one.table, found.scale.categories), _apart(one)
        )
    elif one.measured is not None and len(one.measured):
        words = range_words(one.measured)
        picture = tag(
            "section", tag("h2", "Differences"), tag("p", words), difference_plot(one, one.measured), _apart(one)
        )
    return tag("article", numbers, picture)


def _apart(one: Pair) -> Markup | None:
    """Units to look at."""
    if not one.apart:
        return None
    what = "outside the limits" if one.table is None else "in different categories"
    listed = f"the {len(one.apart)} farthest" if one.apart_count > len(one.apart) else "all"
    names = ", ".join(no_formula(unit) for unit in one.apart)
    return tag("p", f"{counted(one.apart_count, 'unit')} {what}; {listed}: {names}", class_="break")


def _table(numbers: dict[str, Estimate]) -> Markup:
    heads = (tag("th", "Number"), tag("th", "What it says"), tag("th", "Value", class_="n"),
             tag("th", "95 % interval", class_="n"), tag("th", "Units", class_="n"))  # fmt: skip
    rows = [_row(name, numbers[name]) for name in STATISTICS if name in numbers]
    return tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="stack")


def _row(name: str, one: Estimate) -> Markup:
    row = STATISTICS[name]
    doi = tag("small", "doi:", row.source, class_="break")
    head = (tag("th", row.title, scope="row"), tag("td", row.meaning, doi, class_="what"))
    if one.low is None:
        cells: object = (
            tag("td", "–", class_="n"),
            tag("td", f"No number, because {one.reason}.", class_="why", colspan=2),
        )
    else:
        ends = f"{_said(one.low)} to {_said(one.high)}"
        cells = (
            tag("td", _said(one.value), class_="n", title=one.reason or None),
            tag("td", ends, class_="n sure"),
            tag("td", f"{one.units:,}", class_="n count"),
        )
    return tag("tr", head, cells)
