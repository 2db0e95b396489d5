"""A recording as a picture: tachogram with faults marked, spectrum, Poincaré plot."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from agent.analysis.heart import Analysis, Timed
from agent.analysis.study import Refused
from agent.errors import Missing, WrongUse
from agent.features import FEATURES
from agent.features.evaluation import evaluate
from agent.features.heart_formulas import beats
from agent.model import Window
from agent.signal.heart.artifacts import Label
from agent.signal.heart.beats import Beats
from agent.signal.heart.spectrum import HF_HZ, LF_HZ, VLF_HZ
from agent.system.installation import how_to_add
from agent.tables.feature_spec import REASONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ENDINGS: Final = (".png", ".svg", ".pdf")
_MARKS: Final = {
    Label.ECTOPIC: ("tab:red", "o"),
    Label.LONG: ("tab:orange", "^"),
    Label.SHORT: ("tab:olive", "v"),
    Label.MISSED: ("tab:purple", "s"),
    Label.EXTRA: ("tab:brown", "x"),
    Label.EXCLUDED: ("tab:gray", "D"),
}


class Figure:
    """An output of a study of one recording.

    Args:
        file: The picture; see `can_be_drawn`.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, name: str, found: Analysis) -> None:
        pass

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:
        pass

    def end(self, found: Analysis) -> None:
        save(found.recorded.whole(), self._file)

    def refused(self, refused: Refused) -> None:
        pass


def save(window: Window, file: Path) -> None:
    """Draw a whole recording.

    Args:
        window: All of it.
        file: A picture, by its ending (png, svg, pdf); see `can_be_drawn`.

    Raises:
        WrongUse: The file cannot be written.
    """
    from matplotlib.figure import Figure

    seen = window.once(beats)
    figure = Figure(figsize=(11, 7), layout="constrained")
    minutes = (seen.end_s - seen.start_s) / 60
    figure.suptitle(f"{seen.rr_ms.size} intervals over {minutes:.0f} min, {seen.edited_01:.1%} faulty")
    axes = figure.subplot_mosaic([["beats", "beats"], ["spectrum", "pairs"]])
    _tachogram(axes["beats"], seen)
    _spectrum(axes["spectrum"], seen, evaluate(FEATURES["lf_ms2"], window).reason)
    _pairs(axes["pairs"], seen)
    try:
        figure.savefig(file, dpi=120)
    except OSError as error:
        raise WrongUse(
            f"{file}: {error.strerror}", remedy="Choose a file in a folder that you may write to."
        ) from error


def can_be_drawn(file: Path) -> None:
    """Look before the work: is the ending known, and matplotlib there?

    Raises:
        Missing: matplotlib is not installed.
        WrongUse: No picture has such a name.
    """
    if file.suffix.lower() not in _ENDINGS:
        raise WrongUse(
            f"{file}: unknown picture format", remedy=f"Choose a file name that ends in {', '.join(_ENDINGS)}."
        )
    if find_spec("matplotlib") is None:
        raise Missing("--plot needs matplotlib", remedy=how_to_add("plot"))


def _tachogram(axes: "Axes", seen: Beats) -> None:
    shown = seen.nn_ms if seen.nn_ms.size else seen.rr_ms
    room = 0.3 * float(np.ptp(shown)) + 20  # what lies beyond stands at the edge: a dropout does not flatten the rest
    low, high = float(shown.min()) - room, float(shown.max()) + room
    at_min = (seen.t_s - seen.start_s) / 60
    line = seen.rr_ms.copy()
    line[~seen.is_normal] = np.nan  # a fault or a gap breaks the line
    at = np.flatnonzero(~seen.joined)
    axes.plot(np.insert(at_min, at, at_min[at]), np.insert(line, at, np.nan), color="tab:blue", linewidth=0.8)
    for label, (colour, marker) in _MARKS.items():
        here = seen.label == label
        if here.any():
            name = f"{label.name.lower()} {here.sum()}"
            axes.scatter(at_min[here], seen.rr_ms[here].clip(low, high), color=colour, marker=marker, s=20, label=name)
    if not seen.is_normal.all():
        axes.legend(  # above the picture: the marks stand at its edges
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(_MARKS), fontsize="small", frameon=False
        )
    axes.set_ylim(low - room / 5, high + room / 5)
    axes.set(title="beat by beat", xlabel="min", ylabel="ms")


def _spectrum(axes: "Axes", seen: Beats, withheld: str) -> None:
    axes.set(title="power over the whole recording, slow trend removed", xlabel="Hz", ylabel="ms²/Hz", xlim=(0, 0.5))
    found = seen.spectrum
    if found is None or withheld:  # a picture shows no more than the numbers do
        axes.text(0.5, 0.5, f"none: {REASONS[withheld]}", ha="center", transform=axes.transAxes)
        return
    axes.plot(found.f_hz, found.psd_ms2_hz, color="black", linewidth=0.8)
    for name, band_hz, colour in (("VLF", VLF_HZ, "0.85"), ("LF", LF_HZ, "tab:orange"), ("HF", HF_HZ, "tab:green")):
        axes.axvspan(*band_hz, color=colour, alpha=0.2, label=name)
    axes.legend(fontsize="small")


def _pairs(axes: "Axes", seen: Beats) -> None:
    later = (seen.pair_sum_ms + seen.diff_ms) / 2
    axes.scatter(later - seen.diff_ms, later, s=6, alpha=0.5)
    if later.size:
        low, high = float(later.min()), float(later.max())
        axes.plot([low, high], [low, high], color="0.7", linewidth=0.8)
    axes.set(title="each beat against the next", xlabel="ms", ylabel="ms", aspect="equal")
