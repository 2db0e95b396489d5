"""A recording as a picture: tachogram with faults marked, spectrum, Poincaré plot."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from agent.errors import Missing, WrongUse
from agent.signal.artifacts import Label
from agent.signal.beats import Beats
from agent.signal.spectrum import HF_HZ, LF_HZ, VLF_HZ

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = {
    Label.ECTOPIC: "tab:red",
    Label.LONG: "tab:orange",
    Label.SHORT: "tab:olive",
    Label.MISSED: "tab:purple",
    Label.EXTRA: "tab:brown",
    Label.EXCLUDED: "tab:gray",
}


def save(seen: Beats, file: Path) -> None:
    """Draw a whole recording.

    Args:
        seen: Its labelled intervals, all inside.
        file: A picture, by its ending (png, svg, pdf).

    Raises:
        Missing: matplotlib is not installed.
        WrongUse: The file cannot be written.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise Missing("--plot needs matplotlib", remedy="pip install 'wardbeat[plot]'") from error
    figure = Figure(figsize=(11, 7), layout="constrained")
    axes = figure.subplot_mosaic([["beats", "beats"], ["spectrum", "pairs"]])
    _tachogram(axes["beats"], seen)
    _spectrum(axes["spectrum"], seen)
    _pairs(axes["pairs"], seen)
    try:
        figure.savefig(file, dpi=120)
    except (OSError, ValueError) as error:
        raise WrongUse(f"{file} cannot be written: {error}", remedy="Name a .png, .svg or .pdf.") from error


def _tachogram(axes: "Axes", seen: Beats) -> None:
    shown = seen.nn_ms if seen.nn_ms.size else seen.rr_ms
    room = 0.3 * float(np.ptp(shown)) + 20  # what lies beyond stands at the edge: a dropout does not flatten the rest
    low, high = float(shown.min()) - room, float(shown.max()) + room
    line = seen.rr_ms.copy()
    line[~seen.right] = np.nan  # a fault or a gap breaks the line
    at = np.flatnonzero(~seen.joined)
    axes.plot(np.insert(seen.t_s, at, seen.t_s[at]), np.insert(line, at, np.nan), color="tab:blue", linewidth=0.8)
    for label, colour in _COLOURS.items():
        here = seen.label == label
        if here.any():
            axes.scatter(
                seen.t_s[here], seen.rr_ms[here], color=colour, s=18, label=f"{label.name.lower()} {here.sum()}"
            )
    if not seen.right.all():
        axes.legend(loc="upper right", fontsize="small")
    shown = seen.nn_ms if seen.nn_ms.size else seen.rr_ms
    low, high = float(shown.min()), float(shown.max())
    axes.set_ylim(low - 0.3 * (high - low) - 20, high + 0.3 * (high - low) + 20)  # a dropout does not flatten the rest
    axes.set(title="beat by beat", xlabel="s", ylabel="ms")


def _spectrum(axes: "Axes", seen: Beats) -> None:
    axes.set(title="power, slow trend taken away", xlabel="Hz", ylabel="ms²/Hz", xlim=(0, 0.5))
    found = seen.spectrum
    if found is None or seen.is_irregular:
        axes.text(
            0.25, 0.5, "none: too few beats, or an irregular rhythm", ha="center", transform=axes.get_xaxis_transform()
        )
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
