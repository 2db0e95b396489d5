"""`--report out.html`: one file to hand on. No script, no request, no folder of the machine; light, dark, phone, paper.

For several recordings a table of all comes first; then each recording: how it was read, its usual numbers, the beats
with their faults, the spectrum, beat against beat, the numbers window by window, each with its interval or its reason.
Sections wait in an unnamed file, so that the length of a study costs no memory.
"""

import tempfile
from pathlib import Path
from typing import Final

from agent import __version__
from agent.analysis.compare import Comparison
from agent.analysis.heart import Analysis, Timed
from agent.analysis.pictures import marks
from agent.analysis.report_collected import Collected
from agent.analysis.report_overview import comparison as compared
from agent.analysis.report_overview import overview, overview_row, refused_row
from agent.analysis.report_recording import recording
from agent.analysis.report_words import foot
from agent.analysis.study import Refused
from agent.model import Window
from agent.report.markup import Markup
from agent.report.page import END, beginning
from agent.report.written import WholeFile

_AT_ONCE: Final = 2**20
_MOST_ROWS: Final = 2000  # of the overview; the table of --csv has all


class Report:
    """An output of a study.

    Args:
        file: The HTML file.
        comparison: Two recordings side by side, above their sections.
        is_study: Whether several are to come.
    """

    def __init__(self, file: Path, comparison: Comparison | None = None, *, is_study: bool = False) -> None:
        self._file = WholeFile(file)
        self._is_study = is_study
        self._comparison = comparison
        self._sections = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by `close`
        self._rows: list[Markup] = []
        self._names: list[str] = []
        self._read = 0
        self._one: Collected | None = None

    def begin(self, name: str, found: Analysis) -> None:
        self._one = Collected(name, found)

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:  # noqa: ARG002 - an output's form
        if self._one is not None:
            self._one.add(timed, window)

    def end(self, found: Analysis) -> None:  # noqa: ARG002 - an output's form
        if self._one is None:
            return
        self._names.append(self._one.name)
        self._read += 1
        anchor = f"r{len(self._names)}"
        self._rows.append(overview_row(self._one, anchor))
        self._sections.write(recording(self._one, anchor, is_folded=self._is_study))
        self._one = None

    def refused(self, refused: Refused) -> None:
        self._names.append(refused.name)
        self._rows.append(refused_row(refused))

    def discard(self) -> None:
        """Leave nothing of it."""
        self._sections.close()
        self._file.discard()

    def keep(self) -> None:
        """Write the file."""
        many = len(self._names) > 1 or not self._read
        title = self._names[0] if not many else f"{len(self._names)} recordings"
        out = self._file.text
        with self._sections as sections:
            out.write(f"{beginning(title, 'Heart-rate variability report')}{marks()}<main>")
            if self._comparison is not None:
                out.write(compared(self._comparison))
            elif many:
                out.write(overview(title, self._rows[:_MOST_ROWS], len(self._rows), self._read))
            sections.seek(0)
            while piece := sections.read(_AT_ONCE):
                out.write(piece)
            out.write(f"</main>{foot(__version__)}{END}")
        self._file.keep()
