"""One recording in the report: its usual numbers, its pictures, and every number with its interval or its reason."""

from datetime import UTC, datetime

import numpy as np

from agent.analysis import pictures
from agent.analysis.heart_report import why
from agent.analysis.notes import notes_of
from agent.analysis.part import has_clock
from agent.analysis.recorded import Recorded
from agent.analysis.report_collected import TILES, Collected
from agent.analysis.report_tables import interval_of, numbers_of, windows_of
from agent.analysis.report_words import clock, length, name_of, sentence, shown
from agent.model import FeatureValue
from agent.report.markup import Markup, tag
from agent.signal.heart.artifacts import Label


def recording(one: Collected, anchor: str, *, is_folded: bool) -> Markup:
    """All of one recording.

    Args:
        one: What it is made from.
        anchor: Its id.
        is_folded: Whether the table of its numbers is opened by a click.
    """
    table = numbers_of(one) if len(one.windows) == 1 else windows_of(one)
    recorded = one.found.recorded
    return tag(
        "article",
        _top(one),
        tag("div", [_tile(one, number) for number in TILES], class_="tiles"),
        _beats(recorded),
        _spectrum(one),
        _pairs(one),
        _trends(one) if len(one.windows) > 1 else None,
        _folded(table) if is_folded else table,
        id=anchor,
    )  # fmt: skip


def _beats(recorded: Recorded) -> Markup:
    words = "Time from each beat to the next. A fault breaks the line; at the edge, it lies beyond."
    picture = (pictures.tachogram(recorded), _legend(recorded.label))
    return tag("section", tag("h2", "Beat by beat"), tag("p", words), picture)


def _top(one: Collected) -> Markup:
    recorded = one.found.recorded
    faulty = int(np.count_nonzero(recorded.label))
    share = f"{faulty} of them faulty ({faulty / recorded.label.size:.1%})" if faulty else "none of them faulty"
    said = f"{length(recorded.length_s)}, {recorded.rr_ms.size} intervals, {share}."
    kind = {"rr": "intervals in ms", "ecg": "ECG", "ppg": "pulse wave"}[one.found.wish.signal]
    facts = [("Read as", recorded.dialect or kind)]
    if has_clock(recorded):
        facts.append(
            ("Start", f"{datetime.fromtimestamp(recorded.start_s, UTC):%Y-%m-%d %H:%M:%S} (clock of the file)")
        )
    if recorded.cut_s:
        facts.append(("Part", f"from {clock(recorded.cut_s)} to {clock(recorded.cut_s + recorded.length_s)}"))
    if len(one.windows) > 1:
        facts.append(("Windows", f"{len(one.windows)} of {length(one.span_s)}"))
    else:
        start_s, end_s, values = one.windows[0]
        value = next(iter(values.values()))
        facts.append(("Window", f"{clock(start_s)} to {clock(end_s)}"))
        facts.append(("Valid beats cover", f"{value.coverage_01:.0%}"))
        facts.append(("Longest gap", f"{value.longest_gap_s:.1f} s"))
    left_s = recorded.length_s + recorded.cut_s - one.windows[-1][1]
    if left_s > 1:
        facts.append(("In no window", f"the last {length(left_s)}"))
    listed = tag("dl", [tag("div", tag("dt", name), tag("dd", value)) for name, value in facts], class_="facts")
    notes = [
        tag("p", sentence(note) + ("" if note.endswith(".") else "."), class_="note") for note in notes_of(recorded)
    ]
    return tag("section", tag("h2", one.name), tag("p", said, class_="lead"), listed, notes, class_="top")


def _tile(one: Collected, number: str) -> Markup:
    name, unit = name_of(number)
    numbers = one.values(number)
    if not numbers:
        value = one.first(number)
        body = [tag("span", "Not given", class_="none"),
                tag("span", sentence(why(value, one.span_s)), class_="sure")]  # fmt: skip
    else:
        body = [tag("span", shown(number, float(np.median(numbers))), tag("span", unit, class_="unit"), class_="num"),
                tag("span", _sure(one, number), class_="sure")]  # fmt: skip
    return tag("section", tag("span", name, class_="name"), body, class_="tile")


def _sure(one: Collected, number: str) -> str:
    if len(one.windows) > 1:
        numbers = one.values(number)
        return f"median of {len(numbers)} windows, {shown(number, min(numbers))} to {shown(number, max(numbers))}"
    value = one.first(number)
    return interval_of(value) or "no interval is established"


def _legend(label: np.ndarray) -> Markup:
    keys = []
    for kind, (words, _) in pictures.SHAPES.items():
        count = int(np.count_nonzero(label == kind))
        if count:
            mark = tag("svg", tag("use", href=f"#m-{kind.name.lower()}", x=7, y=7, class_=f"mark {kind.name.lower()}"),
                       width=14, height=14, aria_hidden="true")  # fmt: skip
            keys.append(tag("li", mark, f"{words}: {count}"))
    return tag("ul", keys or [tag("li", "no faulty interval")], class_="key")


def _spectrum(one: Collected) -> Markup:
    if one.f_hz is None or one.psd is None:
        value = one.first("hf_ms2")
        body: object = tag("p", "None: ", why(value, one.span_s), ".")
    else:
        of = "" if one.spectra == 1 else f" Mean of {one.spectra} windows."
        body = (
            tag("p", f"Power by frequency, slow trend removed.{of}"),
            pictures.spectrum(one.f_hz, one.psd / one.spectra),
        )
    return tag("section", tag("h2", "Spectrum"), body, class_="c7")


def _pairs(one: Collected) -> Markup:
    recorded = one.found.recorded
    normal = recorded.label == Label.NORMAL
    if np.count_nonzero(normal[1:] & normal[:-1]) < 2:
        body: object = tag("p", "None: there are fewer than two pairs of valid beats.")
    else:
        body = (tag("p", "Each interval against the next (Poincaré plot)."), pictures.poincare(recorded))
    return tag("section", tag("h2", "Beat against beat"), body, class_="c5")


def _trends(one: Collected) -> Markup:
    middle_s = [(start_s + end_s) / 2 - one.found.recorded.cut_s for start_s, end_s, _ in one.windows]
    blocks = []
    for number in TILES:
        name, unit = name_of(number)
        numbers = [_triple(values.get(number), number) for _, _, values in one.windows]
        if any(one is not None for one in numbers):
            picture = pictures.trend(middle_s, numbers, unit, one.found.recorded.length_s)
            blocks.append(tag("div", tag("h3", name), picture))
    words = (
        "A dot is a window, the bar its 95 % interval. A window that does not give the number leaves its place empty."
    )
    return tag("section", tag("h2", "Window by window"), tag("p", words), blocks)


def _triple(value: FeatureValue | None, number: str) -> tuple[float, float | None, float | None] | None:
    if value is None or value.value is None:
        return None
    times = 100.0 if name_of(number)[1] == "%" else 1.0
    low, high = (None if end is None else times * end for end in (value.ci_low, value.ci_high))
    return times * value.value, low, high


def _folded(section: Markup) -> Markup:
    """A long table of one recording among many, under a line that opens it."""
    return tag("section", tag("details", tag("summary", "The numbers in full"), section), class_="table fold")
