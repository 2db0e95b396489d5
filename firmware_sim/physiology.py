"""A made-up heart whose truth is known at every moment.

Beats come from an integral pulse frequency modulator: the rate 1/T(t), modulated by a slow
rhythm (LF) and by breathing (respiratory sinus arrhythmia), is integrated; each whole number is a beat.
Amplitudes follow from the wanted RMSSD and LF/HF, so that the script is the truth.

Source: Mateo and Laguna (2000), doi:10.1109/10.855925 (the modulator and its inverse).
"""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_FS_HZ: Final = 250.0  # crossings are interpolated: the error stays far below 1/1024 s
_CHUNK_S: Final = 60.0
_RAMP_S: Final = 15.0  # from one phase to the next
# Width of the spectral lines, as phase noise; amplitude stays whole, so that power is what was asked for.
_LF_PHASE_NOISE: Final = 0.01  # rad² a second: a line 1.6 mHz wide, whose skirts stay in its own band
_RESP_PHASE_NOISE: Final = 0.01
_NADIR_H: Final = 4.0  # heart rate is lowest at night
_DAY_S: Final = 86_400.0
_EARLY_01: Final = 0.35  # of the interval by which an ectopic beat comes too soon


@dataclass(frozen=True, slots=True)
class Phase:
    """What the body is asked to do for a while.

    Attributes:
        for_s: How long; the last phase goes on.
        hr_bpm: Mean heart rate, before the daily rhythm.
        rmssd_ms: Of the normal beats.
        lf_hf: Power of the slow rhythm over power of the breathing rhythm, in the intervals.
        lf_hz, resp_hz: Their frequencies.
        circadian_01: Share by which heart rate swings over the day.
        ectopics_per_h: Premature beats with a compensating pause.
    """

    for_s: float
    hr_bpm: float
    rmssd_ms: float
    lf_hf: float
    lf_hz: float = 0.1
    resp_hz: float = 0.25
    circadian_01: float = 0.0
    ectopics_per_h: float = 0.0


# Orders of magnitude of Task Force (1996) and Shaffer and Ginsberg (2017); chosen by us.
SCRIPTS: Final[dict[str, Phase]] = {
    "rest": Phase(300.0, 64.0, 42.0, 1.2),
    "mental_load": Phase(300.0, 78.0, 24.0, 2.5, resp_hz=0.30),
    "exercise": Phase(300.0, 132.0, 6.0, 1.5, resp_hz=0.38),
    "sleep": Phase(300.0, 54.0, 60.0, 0.5, resp_hz=0.22),
}


@dataclass(frozen=True, slots=True)
class Beat:
    """One interval and what it truly is.

    Attributes:
        end_s: Of the beat that ends it, after the start.
        rr_ms: Its length.
        kind: ``normal``, ``ectopic`` (came too soon) or ``pause`` (after an ectopic).
    """

    end_s: float
    rr_ms: float
    kind: str = "normal"


class Physiology:
    """A seeded body that follows a list of phases.

    Args:
        phases: At least one.
        seed: The same seed gives the same beats.
        start_h: Hour of the day at the start, for the daily rhythm.
    """

    def __init__(self, phases: Sequence[Phase], seed: int, *, start_h: float = 10.0) -> None:
        if not phases:
            raise ValueError("a body needs at least one phase")
        self.phases, self.start_h = tuple(phases), start_h
        self._random = np.random.default_rng(seed)
        begins = np.concatenate([[0.0], np.cumsum([phase.for_s for phase in phases])])
        # a flat piece for each phase, and a ramp of 15 s before the next
        self._knots_s = np.array([t for a, b in itertools.pairwise(begins) for t in (a, max(a, b - _RAMP_S))])

    def moment(self, t_s: float) -> Phase:
        """The truth at a time: what the body is asked to do just then (``for_s`` is meaningless)."""
        at = np.array([t_s])
        return Phase(0.0, float(self._hr_bpm(at)[0]), *(float(self._of(name, at)[0]) for name in _NAMES))

    def beats(self) -> Iterator[Beat]:
        """Beats without end."""
        last_s, kind = 0.0, "normal"
        for at_s, early in self._marked(self._times()):
            moved_s = at_s - _EARLY_01 * (at_s - last_s) if early and kind == "normal" else at_s
            now = "ectopic" if moved_s < at_s else ("pause" if kind == "ectopic" else "normal")
            yield Beat(moved_s, 1000.0 * (moved_s - last_s), now)
            last_s, kind = moved_s, now

    def _marked(self, times: Iterator[float]) -> Iterator[tuple[float, bool]]:
        chance = self._random.spawn(1)[0]
        last_s = 0.0
        for at_s in times:
            per_h = float(self._of("ectopics_per_h", np.array([at_s]))[0])
            yield at_s, bool(per_h) and chance.random() < per_h * (at_s - last_s) / 3600.0
            last_s = at_s

    def _times(self) -> Iterator[float]:
        begin_s, area, lf_rad, resp_rad = 0.0, 0.0, 0.0, 0.0
        n = int(_CHUNK_S * _FS_HZ)
        while True:
            t_s = begin_s + np.arange(n + 1) / _FS_HZ
            lf = lf_rad + self._phase_rad(t_s, "lf_hz", _LF_PHASE_NOISE)
            resp = resp_rad + self._phase_rad(t_s, "resp_hz", _RESP_PHASE_NOISE)
            period_s = 60.0 / self._hr_bpm(t_s)
            lf_01, resp_01 = self._depths(t_s, period_s)
            rate = (1.0 + lf_01 * np.sin(lf) + resp_01 * np.sin(resp)) / period_s
            areas = area + np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2 / _FS_HZ)])
            whole = np.arange(math.floor(areas[0]) + 1, math.floor(areas[-1]) + 1)
            yield from np.interp(whole, areas, t_s).tolist()
            begin_s, area, lf_rad, resp_rad = float(t_s[-1]), float(areas[-1]), float(lf[-1]), float(resp[-1])

    def _phase_rad(self, t_s: NDArray[np.float64], name: str, noise: float) -> NDArray[np.float64]:
        steps = 2 * np.pi * self._of(name, t_s[:-1]) / _FS_HZ
        steps = steps + self._random.normal(0.0, math.sqrt(noise / _FS_HZ), steps.size)
        return np.concatenate([[0.0], np.cumsum(steps)])

    def _depths(
        self, t_s: NDArray[np.float64], period_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Modulation depths that give the wanted RMSSD and LF/HF.

        A modulation of depth a at f swings the intervals by R = a T sinc(f T), and their
        differences by 2 R sin(pi f T); hence RMSSD² = 2 R_hf² (q sin²(pi f_lf T) + sin²(pi f_hf T))
        with q = LF/HF. Worked by us from the modulator's definition; checked in the tests.
        """
        q, rmssd_s = self._of("lf_hf", t_s), self._of("rmssd_ms", t_s) / 1000.0
        lf_t, resp_t = self._of("lf_hz", t_s) * period_s, self._of("resp_hz", t_s) * period_s
        swing_s = rmssd_s / np.sqrt(2 * (q * np.sin(np.pi * lf_t) ** 2 + np.sin(np.pi * resp_t) ** 2))
        return swing_s * np.sqrt(q) / (period_s * np.sinc(lf_t)), swing_s / (period_s * np.sinc(resp_t))

    def _hr_bpm(self, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        hours = self.start_h + t_s / 3600.0 - _NADIR_H
        swing = 1.0 - self._of("circadian_01", t_s) * np.cos(2 * np.pi * hours * 3600.0 / _DAY_S)
        return np.asarray(self._of("hr_bpm", t_s) * swing)

    def _of(self, name: str, t_s: NDArray[np.float64]) -> NDArray[np.float64]:
        values = np.repeat([getattr(phase, name) for phase in self.phases], 2)
        return np.asarray(np.interp(t_s, self._knots_s, values), dtype=np.float64)


_NAMES: Final = ("rmssd_ms", "lf_hf", "lf_hz", "resp_hz", "circadian_01", "ectopics_per_h")


def phases(words: str) -> tuple[Phase, ...]:
    """Read ``rest:300,mental_load:120``: script names with seconds.

    Raises:
        ValueError: Naming the part and what is known.
    """
    read = []
    for part in words.split(","):
        name, _, seconds = part.strip().partition(":")
        if name not in SCRIPTS:
            raise ValueError(f"there is no script {name!r}; choose from {', '.join(SCRIPTS)}")
        script = SCRIPTS[name]
        try:
            for_s = float(seconds) if seconds else script.for_s
        except ValueError as error:
            raise ValueError(f"{part.strip()!r}: the length is a number of seconds") from error
        read.append(Phase(for_s, *(getattr(script, field) for field in ("hr_bpm", *_NAMES))))
    return tuple(read)
