"""The report's first card: all recordings in a table, or two side by side."""

from collections.abc import Sequence

import numpy as np

from agent.analysis.compare import LIMIT, RULE, Comparison, Pair, verdict, why_withheld
from agent.analysis.heart_report import MAIN
from agent.analysis.report_collected import TILES, Collected
from agent.analysis.report_tables import interval_of
from agent.analysis.report_words import length, name_of, sentence, shown
from agent.analysis.study import Refused
from agent.model import FeatureValue
from agent.report.markup import Markup, tag


def overview(title: str, rows: Sequence[Markup], total: int, read: int) -> Markup:
    """The table of all recordings."""
    heads = [tag("th", "Recording"), *(tag("th", words, class_="n") for words in ("Length", "Windows", "Faulty"))]
    heads += [
        tag("th", name_of(number)[0], tag("small", name_of(number)[1]) if name_of(number)[1] else None, class_="n")
        for number in TILES
    ]
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", list(rows)), class_="cards")
    left = total - read
    said = f"All {total} were read." if not left else f"{read} were read, {left} could not be."
    more = f" The first {len(rows)} are listed." if len(rows) < total else ""
    words = "Each number is the median of a recording's windows; a dash means that no window gave it."
    head = (tag("h1", title), tag("p", said + more, class_="lead"), tag("p", words))
    return tag(
        "article",
        tag(
            "section",
            head,
            tag("div", table, class_="wide", tabindex=0, role="group", aria_label="table"),
            class_="top table",
        ),
    )


def overview_row(one: Collected, anchor: str) -> Markup:
    """A recording's row."""
    recorded = one.found.recorded
    cells = [
        tag("td", length(recorded.length_s), class_="n", data_name="Length"),
        tag("td", len(one.windows), class_="n", data_name="Windows"),
        tag("td", f"{np.mean(recorded.label != 0):.1%}", class_="n", data_name="Faulty"),
    ]
    for number in TILES:
        numbers = one.values(number)
        value = shown(number, float(np.median(numbers))) if numbers else "–"
        cells.append(tag("td", value, class_="n", data_name=name_of(number)[0]))
    return tag("tr", tag("th", tag("a", one.name, href=f"#{anchor}"), class_="break", scope="row"), cells)


def refused_row(refused: Refused) -> Markup:
    """The row of a recording that could not be read."""
    why_not = tag("td", "Not read: ", refused.reason, tag("small", refused.remedy), class_="why break", colspan=7)
    return tag("tr", tag("th", refused.name, class_="break", scope="row"), why_not)


# ---- two recordings


def comparison(found: Comparison) -> Markup:
    """The same numbers next to each other."""
    rows = [_pair(pair, found.length_s) for pair in found.pairs]
    heads = (
        tag("th", "Number"),
        *(tag("th", words, class_="n") for words in ("A", "B", "B − A")),
        tag("th", "Verdict"),
    )
    table = tag(
        "div",
        tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="cards"),
        class_="wide",
        tabindex=0,
        role="group",
        aria_label="table",
    )
    differ = [name_of(pair.name)[0] for pair in found.pairs if pair.is_different and pair.name in MAIN]
    title = (
        f"{', '.join(differ)} differ{'s' if len(differ) == 1 else ''}."
        if differ
        else "No usual number is clearly different."
    )
    said = f"A is {found.names[0]}, B is {found.names[1]}; the first {found.length_s:.0f} s of each."
    rule = (tag("p", RULE, class_="rule"), tag("p", LIMIT))
    head = (tag("h1", title), tag("p", said, class_="lead break"))
    return tag("article", tag("section", head, table, rule, class_="top table"))


def _pair(pair: Pair, length_s: float) -> Markup:
    name, unit = name_of(pair.name)
    head = tag("th", name, tag("small", unit, class_="by") if unit else None, scope="row")
    sides = (("A", pair.a), ("B", pair.b))
    cells: list[object] = [
        tag("td", tag("span", shown(pair.name, one.value) or "–", _ends(one)), class_="n", data_name=side)
        for side, one in sides
    ]
    if pair.difference is None:
        return tag("tr", head, cells, tag("td", sentence(why_withheld(pair, length_s)), class_="why", colspan=2))
    cells.append(tag("td", _signed(pair.name, pair.difference), class_="n", data_name="B − A"))
    cells.append(tag("td", verdict(pair) or "no interval is established", class_="yes" if pair.is_different else "why"))
    return tag("tr", head, cells)


def _ends(one: FeatureValue) -> Markup | None:
    return tag("small", interval_of(one)) if one.ci_low is not None else None


def _signed(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"+{shown(name, value)}" if value > 0 else shown(name, value)
