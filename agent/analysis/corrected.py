"""`--nn out.csv`: the intervals as the spectrum uses them, and what was done to each; `out.plain.txt` beside it.

    out.csv         t_s,rr_ms,label,edit      read back by `wardbeat analyze`, pandas and R
    out.plain.txt   one interval in ms a line  read by Kubios (RR interval data), RHRV (LoadBeatRR with scale = 0.001)

`edit` is kept (a normal interval, as recorded) or corrected; `label` is what the recorded interval was. What could not
be corrected is left out and is a gap in t_s; the plain form has no times, and closes it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from agent.analysis.heart import Analysis, Timed
from agent.analysis.recorded import Recorded
from agent.analysis.study import Refused, plain_of
from agent.errors import WrongUse
from agent.model import Window
from agent.report.written import WholeFile
from agent.signal.heart import rr
from agent.signal.heart.artifacts import Label
from agent.signal.heart.interval_correction import corrected_from
from agent.signal.heart.rr import Floats


@dataclass(frozen=True, slots=True)
class Corrected:
    """A recording's corrected intervals.

    Attributes:
        t_s: When each ended, as the file counts time, shape ``(r,)``.
        rr_ms: Their lengths, shape ``(r,)``.
        label: What the recorded interval was, int8, shape ``(r,)``; NORMAL: kept.
        left_out: Recorded intervals that could not be corrected.
        gaps: Places at which time is missing.
    """

    t_s: Floats
    rr_ms: Floats
    label: NDArray[np.int8]
    left_out: int
    gaps: int

    @classmethod
    def of(cls, recorded: Recorded) -> "Corrected":
        """Correct a recording."""
        t_s, rr_ms, label = corrected_from(recorded.t_s, recorded.rr_ms, recorded.label)
        used = 0
        for fault, parts, whole in (
            (Label.MISSED, 2, 1),
            (Label.EXTRA, 1, 2),
            (Label.ECTOPIC, 2, 2),
            (Label.LONG, 2, 2),
        ):
            used += int(np.count_nonzero(label == fault)) * whole // parts
        left_out = int(np.count_nonzero(recorded.label)) - used
        gaps = int(np.count_nonzero(~rr.neighbours(t_s * 1000.0, rr_ms))) if t_s.size > 1 else 0
        return cls(t_s, rr_ms, label, left_out, gaps)


class CorrectedFiles:
    """An output of a study.

    Args:
        place: The table of the only recording, or a folder for several: NAME.nn.csv each.
        is_folder: Which of both.
    """

    def __init__(self, place: Path, *, is_folder: bool) -> None:
        self._place, self._is_folder = place, is_folder
        self.written: list[str] = []
        self._named: dict[str, int] = {}
        if is_folder:
            try:
                place.mkdir(exist_ok=True)
            except OSError as error:
                raise WrongUse(
                    f"{place}: {error.strerror}", remedy="--nn names a folder where several recordings are analyzed."
                ) from error

    def begin(self, name: str, found: Analysis) -> None:
        file = self._place
        if self._is_folder:
            file = self._file_of(name)
        made = Corrected.of(found.recorded)
        _write(file, made)
        edited = int(np.count_nonzero(made.label))
        closed = ", which the plain file closes" if made.gaps else ""
        self.written.append(
            f"intervals saved: {file} and {plain_of(file).name}: {made.rr_ms.size}, {edited} of them corrected;"
            f" {made.left_out} faulty ones left out; {made.gaps} gaps{closed}"
        )

    def _file_of(self, name: str) -> Path:
        """A file of its own in the folder: no two recordings share one."""
        flat = name.removeprefix("./").replace("/", "_")
        count = self._named[flat] = self._named.get(flat, 0) + 1
        return self._place / f"{flat}{'' if count == 1 else f'_{count}'}.nn.csv"

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:
        pass

    def end(self, found: Analysis) -> None:
        pass

    def refused(self, refused: Refused) -> None:
        pass


def _write(file: Path, made: Corrected) -> None:
    names = {int(label): label.name.lower() for label in Label}
    table, plain = WholeFile(file), WholeFile(plain_of(file))
    table.text.write("t_s,rr_ms,label,edit\n")
    table.text.writelines(
        f"{t_s:.6f},{rr_ms:.3f},{names[label]},{'corrected' if label else 'kept'}\n"
        for t_s, rr_ms, label in zip(made.t_s.tolist(), made.rr_ms.tolist(), made.label.tolist(), strict=True)
    )
    plain.text.writelines(f"{rr_ms:.3f}\n" for rr_ms in made.rr_ms.tolist())
    table.keep()
    plain.keep()
