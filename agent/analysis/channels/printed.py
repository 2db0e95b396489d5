"""What is printed: a recording in full, one line a recording, or JSON Lines.

{"file": …, "signal": "eda", "dialect": …, "notes": […], "windows": [{"start_s": …, "numbers": {…}}], "version": …}
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from agent import __version__
from agent.analysis.channels.analysis import Analysis, Timed
from agent.analysis.channels.specs import REASONS, SPECS, TITLES, shown
from agent.analysis.heart_json import refusal
from agent.analysis.study import Refused
from agent.system.output import show


class Text:
    """Each recording in full.

    Args:
        has_names: Whether a recording's name stands above it.
    """

    def __init__(self, *, has_names: bool) -> None:
        self._has_names, self._is_first = has_names, True

    def recording(self, name: str, found: Analysis, windows: Sequence[Timed]) -> None:
        self._title(name)
        for line in lines(found, windows):
            show(line)

    def refused(self, refused: Refused) -> None:
        self._title(refused.name)
        show(f"not read: {refused.reason}")
        show(f"  → {refused.remedy}")

    def _title(self, name: str) -> None:
        if self._has_names:
            show(name if self._is_first else f"\n{name}")
            self._is_first = False


def lines(found: Analysis, windows: Sequence[Timed]) -> Iterator[str]:
    """The answer: what the recording is, each window's numbers, and what is withheld for which reason."""
    signal = found.wish.signal
    yield (
        f"{TITLES[signal].lower()}: {found.found.value.shape[0]} samples over {found.length_s:.0f} s,"
        f" {found.found.fs_hz:.4g} a second"
    )
    yield f"read as: {found.found.dialect}"
    if found.cut_s:
        yield f"from {found.cut_s:.0f} to {found.cut_s + found.length_s:.0f} s of the recording"
    for note in found.found.notes:
        yield f"note: {note}"
    for window in windows:
        yield ""
        yield f"{window.start_s:.0f} to {window.end_s:.0f} s"
        yield from _window(signal, window)
    yield ""
    yield "What each number means and when it is withheld: docs/recordings.md"


def _window(signal: str, window: Timed) -> Iterator[str]:
    withheld: dict[str, list[str]] = {}
    for spec in SPECS[signal]:
        number = window.number(spec.name)
        if number.value is None:
            withheld.setdefault(number.reason, []).append(spec.name)
        else:
            unit = "%" if spec.unit == "%" else f" {spec.unit}"
            yield f"  {spec.name:<22}{shown(spec, number.value):>10}{unit:<6}n {number.n}"
    for reason, names in withheld.items():
        yield f"  withheld, {REASONS[signal][reason]}: {', '.join(names)}"


class Overview:
    """One line a recording: the median of its windows for the usual numbers; a dash where no window gave one.

    Args:
        signal: Of all of them.
        names: Of all recordings, for the width of the first column.
    """

    def __init__(self, signal: str, names: Sequence[str]) -> None:
        self._specs = [spec for spec in SPECS[signal] if spec.is_main]
        self._width = min(max((len(name) for name in names), default=9), 40)
        heads = "".join(f"{spec.name:>18}" for spec in self._specs)
        self._head = f"{'recording':<{self._width}} {'length s':>8} {'windows':>8}{heads}"

    def recording(self, name: str, found: Analysis, windows: Sequence[Timed]) -> None:
        cells = "".join(f"{median_of(windows, spec.name):>18}" for spec in self._specs)
        self._line(f"{name:<{self._width}} {found.length_s:8.0f} {len(windows):8}{cells}")

    def refused(self, refused: Refused) -> None:
        self._line(f"{refused.name:<{self._width}}   not read: {refused.reason}")

    def _line(self, line: str) -> None:
        if self._head:
            show(self._head)
            self._head = ""
        show(line)


def median_of(windows: Sequence[Timed], name: str) -> str:
    """The median of a number over the windows that gave it; a dash where none did."""
    values = [one.value for window in windows if (one := window.number(name)).value is not None]
    return f"{float(np.median(np.array(values, dtype=np.float64))):.3g}" if values else "–"


class Json:
    """One object a recording, a line each."""

    def recording(self, name: str, found: Analysis, windows: Sequence[Timed]) -> None:
        show(as_json(name, found, windows))

    def refused(self, refused: Refused) -> None:
        show(refusal(refused.name, refused.reason, refused.remedy))


def as_json(name: str, found: Analysis, windows: Sequence[Timed]) -> str:
    """A recording as one line; values are unrounded."""
    about: dict[str, Any] = {
        "file": name,
        "signal": found.wish.signal,
        "dialect": found.found.dialect,
        "notes": list(found.found.notes),
        "start_s": found.found.start_s,
        "length_s": found.length_s,
        "fs_hz": found.found.fs_hz,
        "windows": [
            {
                "start_s": window.start_s,
                "end_s": window.end_s,
                "numbers": {
                    one.name: {"value": one.value, "n": one.n, "reason": one.reason or None} for one in window.numbers
                },
            }
            for window in windows
        ],
        "version": __version__,
    }
    return json.dumps(about, allow_nan=False)
