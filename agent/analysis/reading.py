"""A recording to labelled intervals: read (`agent.recording`), beats of a wave found, labels once over all."""

import math
from pathlib import Path
from typing import Literal

import numpy as np

from agent.analysis.recorded import Recorded
from agent.errors import WrongUse
from agent.recording import files
from agent.recording.options import Options
from agent.recording.source import OnRead
from agent.signal.heart.labelling import labelled

Signal = Literal["rr", "ecg", "ppg"]


def read(file: Path, signal: Signal, options: Options, on_read: OnRead | None = None) -> Recorded:
    """All of it.

    Args:
        file: Its path; ``-`` for stdin.
        signal: What it holds.
        options: What the person says of it.
        on_read: Called with the bytes that are read, and the bytes in all.

    Raises:
        RecordingUnreadable: Naming the line and the reason.
        WrongUse: Options that cannot be.
    """
    return _of_intervals(file, options, on_read) if signal == "rr" else _of_wave(file, signal, options, on_read)


def _of_intervals(file: Path, options: Options, on_read: OnRead | None) -> Recorded:
    if options.lead is not None:
        raise WrongUse("--lead is for waveforms", remedy="Name a column of intervals with --column.")
    if options.fs_hz is not None and options.unit is None:
        raise WrongUse(
            "--fs is for waveforms, and for intervals that count samples",
            remedy="Add --signal ecg or --signal ppg; or --unit samples.",
        )
    found = files.intervals(file, options, on_read)
    t_s = found.start_s + found.end_s
    label = labelled(t_s, found.rr_ms, np.ones(t_s.size, dtype=bool))
    length_s = float(found.end_s[-1])
    return Recorded(found.start_s, length_s, t_s, found.rr_ms, label, None, None, found.dialect, found.notes)


def _of_wave(file: Path, signal: Signal, options: Options, on_read: OnRead | None) -> Recorded:
    from agent.signal.heart import pulses, waveform  # a list of intervals starts without them

    if options.unit is not None:
        raise WrongUse("--unit is for intervals", remedy="Say a wave's samples per second with --fs.")
    with files.wave(file, signal, options, on_read) as wave:
        try:
            found = waveform.of_blocks(wave.blocks, wave.fs_hz, pulses.ECG if signal == "ecg" else pulses.PPG)
        except ValueError as error:
            raise WrongUse(
                f"{file.name}: {error}", remedy=f"The file has {wave.fs_hz:.1f} samples a second."
            ) from error
        seconds = wave.samples / wave.fs_hz
        if not found.t_s.size:
            raise WrongUse(
                f"{file.name}: no beats were found in {seconds:.0f} s at {wave.fs_hz:.1f} samples a second",
                remedy="Is it this signal, and this column? --signal, --column and --fs choose others.",
            )
        still = None if found.still_01 is None else (np.arange(found.still_01.size, dtype=np.float64), found.still_01)
        label = labelled(found.t_s, found.rr_ms, found.good)
        start_s = float(found.t_s[0] - found.rr_ms[0] / 1000.0)
        jitter_ms = found.jitter_ms if math.isfinite(found.jitter_ms) else None
        end_s = max(wave.end_s, float(found.t_s[-1]))
        notes = tuple(wave.notes)
    length_s = end_s - start_s
    return Recorded(
        start_s, length_s, found.t_s, found.rr_ms, label, still, jitter_ms, wave.dialect, notes, noisy=found.noisy
    )
