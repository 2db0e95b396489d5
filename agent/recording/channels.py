"""Whole recordings of skin conductance or acceleration on an even grid, in uS or in g; what is not known is NaN."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from agent.errors import RecordingUnreadable
from agent.recording import files, quantities
from agent.recording.options import Options
from agent.recording.source import OnRead
from agent.signal.heart.rr import Floats

Channel = Literal["eda", "acc"]

MOST_NUMBERS: Final = 40_000_000
"""Of one recording: 115 days of conductance at 4 a second, or 4.8 days of three axes at 32."""


@dataclass(frozen=True, slots=True)
class Channels:
    """A recording.

    Attributes:
        value: uS, shape ``(n,)``, or g, shape ``(n, 3)``; NaN where it is not known.
        fs_hz: Samples per second.
        start_s: The first sample's time, as the file counts it.
        acceleration_g: Three axes beside a conductance, shape ``(n, 3)``; None where there are none.
        dialect: Which program's file it is.
        notes: What the person is to know.
    """

    value: Floats
    fs_hz: float
    start_s: float
    acceleration_g: Floats | None
    dialect: str
    notes: tuple[str, ...]


def channels(file: Path, signal: Channel, options: Options, on_read: OnRead | None = None) -> Channels:
    """Read a recording of conductance or acceleration.

    Args:
        file: Its path; ``-`` for stdin.
        signal: What it holds.
        options: What the person says of it.
        on_read: Called with the bytes that are read, and the bytes in all.

    Raises:
        RecordingUnreadable: Naming the line and the reason; also a unit that cannot be, or a recording too long.
        WrongUse: Options that cannot be.
    """
    blocks: list[tuple[int, Floats]] = []
    axes: list[tuple[int, Floats]] = []
    with files.wave(file, signal, options, on_read) as wave:
        for block in wave.blocks:
            place = round(block.start_s * wave.fs_hz)
            taken = block.acceleration_g if signal == "acc" and block.acceleration_g is not None else block.value
            if (place + taken.shape[0]) * (taken.size // max(taken.shape[0], 1)) > MOST_NUMBERS:
                raise RecordingUnreadable(
                    f"{file.name}: more than {MOST_NUMBERS:.0e} numbers from its first to its last sample",
                    remedy="Divide the file, or check its times for a jump.",
                )
            blocks.append((place, taken))
            if signal == "eda" and block.acceleration_g is not None:
                axes.append((place, block.acceleration_g))
        fs_hz, start_s, dialect, unit = wave.fs_hz, wave.start_s, wave.dialect, wave.unit
        notes = list(wave.notes)
    value = _joined(blocks)
    if signal == "eda":
        value, more = quantities.conductance_us(file.name, value, unit)
    else:
        value, more = quantities.acceleration_g(file.name, value, unit, fs_hz)
    return Channels(value, fs_hz, start_s, _joined(axes) if axes else None, dialect, (*notes, *more))


def _joined(blocks: list[tuple[int, Floats]]) -> Floats:
    size = max((place + part.shape[0] for place, part in blocks), default=0)
    shape = (size, *blocks[0][1].shape[1:]) if blocks else (0,)
    value = np.full(shape, np.nan)
    for place, part in blocks:
        value[place : place + part.shape[0]] = part
    return value
