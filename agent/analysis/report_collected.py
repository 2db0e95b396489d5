"""What one recording's part of the report is made from, gathered window by window."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agent.analysis.heart import Analysis, Timed
from agent.analysis.heart_report import MAIN
from agent.features.heart_formulas import beats
from agent.model import FeatureValue, Window
from agent.signal.heart.rr import Floats

TILES: Final = ("hr_mean_bpm", "rmssd_ms", "sdnn_ms", "hf_ms2")
KEPT: Final = frozenset((*MAIN, *TILES))


@dataclass(slots=True)
class Collected:
    """What one recording's section is made from.

    Attributes:
        name: The recording's.
        found: Its analysis.
        windows: (start, end, values by name) of each window, in s from the start of the recording.
        psd: Sum of the windows' densities, all on `f_hz`; None: no window gave a spectrum.
        spectra: How many were added.
    """

    name: str
    found: Analysis
    windows: list[tuple[float, float, dict[str, FeatureValue]]] = field(default_factory=list)
    f_hz: Floats | None = None
    psd: Floats | None = None
    spectra: int = 0

    def add(self, timed: Timed, window: Window) -> None:
        """One window; its spectrum where its power was given."""
        start_s, end_s, values = timed
        shift_s = self.found.recorded.cut_s - self.found.recorded.start_s
        kept = {
            value.name: value
            for value in values
            if value.name in KEPT or not self.windows or len(self.found.spans) == 1
        }
        self.windows.append((start_s + shift_s, end_s + shift_s, kept))
        if next((value.value for value in values if value.name == "hf_ms2"), None) is None:
            return
        spectrum = window.once(beats).spectrum
        if spectrum is None:
            return
        if self.f_hz is None or self.psd is None:
            self.f_hz, self.psd = spectrum.f_hz, np.zeros(spectrum.f_hz.size)
        self.psd = self.psd + np.interp(self.f_hz, spectrum.f_hz, spectrum.psd_ms2_hz)
        self.spectra += 1

    def values(self, number: str) -> list[float]:
        """What the windows gave for a number; withheld ones are left out."""
        numbers = (values[number].value for _, _, values in self.windows)
        return [value for value in numbers if value is not None]

    def first(self, number: str) -> FeatureValue:
        """The number of the first window that withheld it; of the first window, where none did."""
        withheld = (values[number] for _, _, values in self.windows if values[number].value is None)
        return next(withheld, self.windows[0][2][number])

    @property
    def span_s(self) -> float:
        """Length of its first window."""
        return self.windows[0][1] - self.windows[0][0]
