"""`--report out.html` of skin conductance or acceleration: one file, without script or request.

Each recording: how it was read, its curve, the usual numbers window by window, every number with its reason.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from agent import __version__
from agent.analysis.channels.analysis import Analysis, Timed
from agent.analysis.channels.printed import median_of
from agent.analysis.channels.specs import REASONS, SPECS, TITLES, Spec, shown
from agent.analysis.pictures import marks
from agent.analysis.report_words import clock, length, sentence
from agent.analysis.study import Refused
from agent.report.axes import ACROSS, Axes, Scale, path, plot, stretched
from agent.report.markup import Markup, tag
from agent.report.page import END, beginning
from agent.report.written import WholeFile
from agent.signal.heart.rr import Floats

_COLUMNS: Final = 700
_MOST_WINDOWS: Final = 300
_HEIGHT: Final = 220


class Report:
    """An output.

    Args:
        file: The HTML file.
        signal: Of all recordings.
    """

    def __init__(self, file: Path, signal: str) -> None:
        self._file = WholeFile(file)
        self._signal = signal
        self._sections: list[Markup] = []
        self._names: list[str] = []

    def recording(self, name: str, found: Analysis, windows: Sequence[Timed]) -> None:
        self._names.append(name)
        self._sections.append(_recording(name, found, windows))

    def refused(self, refused: Refused) -> None:
        self._names.append(refused.name)
        words = (tag("h1", refused.name, class_="break"), tag("p", "Not read: ", refused.reason, class_="note break"))
        self._sections.append(
            tag("article", tag("section", *words, tag("p", refused.remedy, class_="break"), class_="top"))
        )

    def keep(self) -> None:
        """Write the file."""
        title = self._names[0] if len(self._names) == 1 else f"{len(self._names)} recordings"
        out = self._file.text
        out.write(f"{beginning(title, f'{TITLES[self._signal]} report')}{marks()}<main>")
        for section in self._sections:
            out.write(section)
        foot = tag(
            "footer",
            tag("p", "A number that its data do not allow is not given, and the reason stands in its place. These"
                " numbers describe a recording; they are no diagnosis."),
            tag("p", f"Made by Wardbeat {__version__} on the device; this file holds no script and loads nothing."),
        )  # fmt: skip
        out.write(f"</main>{foot}{END}")
        self._file.keep()

    def discard(self) -> None:
        """Leave nothing of it."""
        self._file.discard()


def _recording(name: str, found: Analysis, windows: Sequence[Timed]) -> Markup:
    read, signal = found.found, found.wish.signal
    said = f"{length(found.length_s)}, {read.fs_hz:.4g} samples a second, read as {read.dialect}."
    notes = [tag("p", sentence(note), class_="note") for note in read.notes]
    top = tag("section", tag("h1", name, class_="break"), tag("p", said, class_="lead"), notes, class_="top")
    words = (
        "Conductance as the file has it; a gap is left empty."
        if signal == "eda"
        else "Length of the acceleration, gravity included; a body at rest feels 1 g."
    )
    curve = tag("section", tag("h2", TITLES[signal]), tag("p", words), _curve(found))
    return tag("article", top, curve, _numbers(signal, windows), _meanings(signal, windows))


def _curve(found: Analysis) -> Markup:
    """The lowest and highest value of each column of the picture."""
    value = found.found.value if found.wish.signal == "eda" else np.linalg.norm(found.found.value, axis=1)
    at = np.flatnonzero(np.isfinite(value))
    if not at.size:
        return tag("p", "Nothing of it is known.")
    low, high = float(value[at].min()), float(value[at].max())
    margin = 0.05 * (high - low) + 1e-9
    scale = Scale(low - margin, high + margin, 8, _HEIGHT - 24)
    unit_of_time, per = ("min", 1 / 60) if found.length_s < 10_800 else ("h", 1 / 3600)
    begin_s = found.cut_s
    unit = "µS" if found.wish.signal == "eda" else "g"
    axes = Axes(scale, unit, begin_s * per, (begin_s + found.length_s) * per, unit_of_time)
    said = f"{TITLES[found.wish.signal]} from {low:.3g} to {high:.3g} {unit} over {length(found.length_s)}."
    return plot(axes, stretched(_runs(value, scale), _HEIGHT), None, said)


def _runs(value: Floats, scale: Scale) -> list[Markup]:
    """A line through the columns' lowest and highest values by turns; an unknown column breaks it."""
    runs: list[list[tuple[float, float]]] = [[]]
    for column, part in enumerate(np.array_split(value, min(_COLUMNS, value.size))):
        known = part[np.isfinite(part)]
        if not known.size:
            runs.append([])
            continue
        across = (column + 0.5) / min(_COLUMNS, value.size)
        runs[-1] += [(across, scale.y(float(known.min()))), (across + 0.25 / ACROSS, scale.y(float(known.max())))]
    return [path(run, "line") for run in runs if run]


def _numbers(signal: str, windows: Sequence[Timed]) -> Markup:
    specs = [spec for spec in SPECS[signal] if spec.is_main or len(windows) == 1]
    heads = [tag("th", "Window")] + [
        tag("th", spec.short, tag("small", spec.unit) if spec.unit else None, class_="n") for spec in specs
    ]
    rows = [
        tag(
            "tr",
            tag("th", f"{clock(window.start_s)} to {clock(window.end_s)}", class_="when", scope="row"),
            [_cell(signal, spec, window) for spec in specs],
        )
        for window in windows[:_MOST_WINDOWS]
    ]
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows))
    more = f"The first {_MOST_WINDOWS} of {len(windows)}; " if len(windows) > _MOST_WINDOWS else ""
    reasons = _reasons(signal, windows)
    return tag(
        "section",
        tag("h2", "The numbers of each window"),
        tag("p", f"{more}the table of --csv has every number." if more else "The table of --csv has every number."),
        tag("div", table, class_="wide", tabindex=0, role="group", aria_label="table"),
        tag("h3", "Why numbers are missing") if reasons else None,
        tag("ul", [tag("li", words) for words in reasons]) if reasons else None,
        class_="table",
    )


def _cell(signal: str, spec: Spec, window: Timed) -> Markup:
    one = window.number(spec.name)
    if one.value is None:
        return tag("td", "–", class_="n", title=sentence(REASONS[signal][one.reason]))
    return tag("td", shown(spec, one.value), class_="n")


def _reasons(signal: str, windows: Sequence[Timed]) -> list[str]:
    found: dict[str, dict[str, int]] = {}
    for window in windows:
        for spec in SPECS[signal]:
            one = window.number(spec.name)
            if one.value is None:
                names = found.setdefault(one.reason, {})
                names[spec.short] = names.get(spec.short, 0) + 1
    return [
        f"{', '.join(names)}: {REASONS[signal][reason]}, in {max(names.values())} of {len(windows)}"
        for reason, names in found.items()
    ]


def _meanings(signal: str, windows: Sequence[Timed]) -> Markup:
    rows = [
        tag(
            "tr",
            tag("th", spec.short, scope="row"),
            tag("td", spec.meaning, class_="what"),
            tag("td", median_of(windows, spec.name), class_="n"),
            tag("td", "share" if spec.unit == "%" else spec.unit),
        )
        for spec in SPECS[signal]
    ]
    heads = (
        tag("th", "Number"), tag("th", "What it says"), tag("th", "Median of windows", class_="n"), tag("th", "Unit"),
    )  # fmt: skip
    table = tag("table", tag("thead", tag("tr", heads)), tag("tbody", rows), class_="stack")
    return tag("section", tag("h2", "Every number"), table, class_="table")
