"""The report's tables of one recording: every number of its only window, or the usual ones of each."""

from typing import Final

from agent.analysis.columns import heart_numbers, meaning_of
from agent.analysis.heart_report import MAIN, why
from agent.analysis.report_collected import Collected
from agent.analysis.report_words import clock, name_of, sentence, shown
from agent.features import FEATURES
from agent.model import FeatureValue
from agent.report.markup import Markup, tag

_MOST_WINDOWS: Final = 300


def numbers_of(one: Collected) -> Markup:
    """Every number of the only window."""
    values = one.windows[0][2]
    rows = []
    for spec in heart_numbers():
        value = values[spec.name]
        name, unit = name_of(spec.name)
        head = (tag("th", name, scope="row"), tag("td", meaning_of(spec), class_="what"))
        if value.value is None:
            reason = sentence(why(value, one.span_s))
            cells: object = (tag("td", "–", class_="n"), tag("td", reason, class_="why", colspan=2))
        else:
            cells = (
                tag("td", f"{shown(spec.name, value.value)} {unit}".strip(), class_="n"),
                tag("td", interval_of(value), class_="n sure"),
                tag("td", value.n, class_="n count"),
            )
        rows.append(tag("tr", head, cells))
    heads = (tag("th", "Number"), tag("th", "What it says"), tag("th", "Value", class_="n"),
             tag("th", "95 % interval", class_="n"), tag("th", "Beats or pairs", class_="n"))  # fmt: skip
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="stack")
    return tag("section", tag("h2", "Every number"), table, class_="table")


def windows_of(one: Collected) -> Markup:
    """The usual numbers of every window."""
    heads = [
        tag("th", "Window"),
        *(tag("th", name_of(number)[0], class_="n") for number in MAIN),
        tag("th", "Faulty", class_="n"),
    ]
    rows = []
    for start_s, end_s, values in one.windows[:_MOST_WINDOWS]:
        cells = []
        for number in MAIN:
            value = values[number]
            words = None if value.value is not None else why(value, end_s - start_s)
            cells.append(tag("td", shown(number, value.value) or "–", class_="n", title=words))
        first = next(iter(values.values()))
        cells.append(tag("td", f"{first.edited_01:.1%}", class_="n"))
        rows.append(tag("tr", tag("th", f"{clock(start_s)} to {clock(end_s)}", class_="when", scope="row"), cells))
    table = tag(
        "div",
        tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows)),
        class_="wide",
        tabindex=0,
        role="group",
        aria_label="table",
    )
    more = len(one.windows) - len(rows)
    reasons = _reasons(one)
    return tag(
        "section",
        tag("h2", "The numbers of each window"),
        tag("p", f"The first {len(rows)} of {len(one.windows)}; the table of --csv has all." if more else
            "The table of --csv has every number with its interval."),
        table,
        tag("h3", "Why numbers are missing") if reasons else None,
        tag("ul", [tag("li", words) for words in reasons]) if reasons else None,
        class_="table",
    )  # fmt: skip


def _reasons(one: Collected) -> list[str]:
    counts: dict[tuple[str, str], int] = {}
    for start_s, end_s, values in one.windows:
        for number in MAIN:
            value = values[number]
            if value.value is None:
                spec = FEATURES[number]
                words = why(value, end_s - start_s).split(" (")[0] if value.reason != "window_short" else (
                    f"needs a window of {spec.min_span_s} s")  # fmt: skip
                counts[(name_of(number)[0], words)] = counts.get((name_of(number)[0], words), 0) + 1
    grouped: dict[tuple[str, int], list[str]] = {}
    for (name, words), count in counts.items():
        grouped.setdefault((words, count), []).append(name)
    return [
        f"{', '.join(names)}: {words}, in {count} {'window' if count == 1 else 'windows'}"
        for (words, count), names in grouped.items()
    ]


def interval_of(value: FeatureValue) -> str:
    """The 95 % interval in words; empty where none is established."""
    if value.ci_low is None or value.ci_high is None:
        return ""
    return f"{shown(value.name, value.ci_low)} to {shown(value.name, value.ci_high)}"
