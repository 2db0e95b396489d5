"""What a study prints while it goes on: a recording's answer in full, one line a recording, or JSON Lines."""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np

from agent.analysis import heart_json, heart_report
from agent.analysis.heart import Analysis, Timed
from agent.analysis.study import Refused
from agent.model import Window
from agent.system.output import show

_SHOWN: Final = (("hr_mean_bpm", "hr"), ("rmssd_ms", "rmssd"), ("sdnn_ms", "sdnn"), ("hf_ms2", "hf"))
_WIDEST: Final = 40


class Text:
    """Each recording in full.

    Args:
        every: All numbers, not the usual ones.
        beats: Every interval with its label, too.
        names: Whether a recording's name stands above it.
    """

    def __init__(self, *, every: bool, beats: bool, names: bool) -> None:
        self._every, self._beats, self._names = every, beats, names
        self._parted = False

    def begin(self, name: str, found: Analysis) -> None:
        self._title(name)
        _show(heart_report.head(found.recorded))

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:  # noqa: ARG002 - an output's form
        _show(heart_report.window(found.recorded, timed, every=self._every))

    def end(self, found: Analysis) -> None:
        _show(heart_report.tail(found, every=self._every, beats=self._beats))

    def refused(self, refused: Refused) -> None:
        self._title(refused.name)
        show(f"not read: {refused.reason}")
        show(f"  → {refused.remedy}")

    def _title(self, name: str) -> None:
        if self._names:
            show(f"{chr(10) if self._parted else ''}{name}")
            self._parted = True


class Overview:
    """One line a recording: its length, faults, and the median of its windows for four numbers.

    Args:
        names: Of all recordings, for the width of the first column.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._width = min(max((len(name) for name in names), default=4), _WIDEST)
        self._name = ""
        self._told: dict[str, list[float]] = {}
        self._has_head = False

    def begin(self, name: str, found: Analysis) -> None:  # noqa: ARG002 - an output's form
        self._name, self._told = name, {number: [] for number, _ in _SHOWN}

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:  # noqa: ARG002 - an output's form
        for value in timed[2]:
            if value.name in self._told and value.value is not None:
                self._told[value.name].append(value.value)

    def end(self, found: Analysis) -> None:
        recorded = found.recorded
        faulty = f"{float(np.mean(recorded.label != 0)):.1%}"
        cells = "".join(f"{_median(self._told[number]):>9}" for number, _ in _SHOWN)
        self._line(self._name, f"{recorded.length_s:8.0f} {len(found.spans):8} {faulty:>7}{cells}")

    def refused(self, refused: Refused) -> None:
        self._line(refused.name, f"  not read: {refused.reason}")

    def _line(self, name: str, rest: str) -> None:
        if not self._has_head:
            heads = "".join(f"{short:>9}" for _, short in _SHOWN)
            show(f"{'recording':<{self._width}} {'length s':>8} {'windows':>8} {'faulty':>7}{heads}")
            self._has_head = True
        show(f"{name:<{self._width}} {rest}")


class Json:
    """One object a recording, a line each."""

    def __init__(self) -> None:
        self._place = 0

    def begin(self, name: str, found: Analysis) -> None:
        self._place = 0
        for piece in heart_json.head(found, name):
            show(piece, end="")

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:  # noqa: ARG002 - an output's form
        show(heart_json.window(timed, self._place), end="")
        self._place += 1

    def end(self, found: Analysis) -> None:  # noqa: ARG002 - an output's form
        show(heart_json.tail())

    def refused(self, refused: Refused) -> None:
        show(heart_json.refusal(refused.name, refused.reason, refused.remedy))


def _median(numbers: list[float]) -> str:
    return f"{float(np.median(numbers)):.4g}" if numbers else "–"


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        show(line)
