"""Garmin's FIT: messages ``hrv`` (up to five intervals in s, the rest 65535), ``beat_intervals`` and ``raw_bbi`` (ms).

The clock is that of the records beside them, a second each: pauses of 2 s and more are gaps. The decoder is fitdecode,
loaded when such a file is read.
"""

import math
import struct
from array import array
from datetime import datetime
from typing import Any, Final

from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source

_MARK: Final = b".FIT"
_OF_SECONDS: Final = "hrv"
_OF_MS: Final = ("beat_intervals", "raw_bbi")
_NONE: Final = 65_535
_LOG: Final = "Switch on 'Log HRV' on the watch, and wear a chest strap; the file then has messages 'hrv'."
# what the decoder lets through on bytes that are no FIT
_DAMAGE: Final = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, EOFError, AssertionError,
    ZeroDivisionError, NotImplementedError, OSError, struct.error,
)  # fmt: skip


def knows(source: Source) -> bool:
    """By the mark in its header."""
    return source.head[8:12] == _MARK and source.head[0] in (12, 14)


def rows(source: Source, _: Options) -> Rows:
    """Each interval, with the time of the record before it.

    Raises:
        RecordingUnreadable: Damaged, or without intervals.
    """
    import fitdecode

    found, time_s, known = Rows(unit_ms=1.0), array("d"), float("nan")
    rates = 0
    reader = fitdecode.FitReader(
        source.bytes(), check_crc=fitdecode.CrcCheck.DISABLED, error_handling=fitdecode.ErrorHandling.IGNORE
    )
    try:
        with reader:
            for number, frame in enumerate(reader):
                if not isinstance(frame, fitdecode.FitDataMessage):
                    continue
                if frame.name == "record":
                    known = _moment_s(frame) or known
                    rates += frame.has_field("heart_rate")
                for rr_ms in _intervals(frame):
                    found.add(rr_ms, number)
                    time_s.append((_moment_s(frame) or known) if frame.name in _OF_MS else known)
    except (fitdecode.FitError, *_DAMAGE) as error:
        if not len(found.value):
            raise source.refused("a damaged FIT file", "Copy it from the device again.") from error
        found.notes.append("the file is damaged or cut off; what stands before that is read")
    if not len(found.value):
        what = "heart rates, one a record, and no beat-to-beat intervals" if rates else "no beat-to-beat intervals"
        raise source.refused(f"a FIT file with {what}", _LOG)
    first = next((t_s for t_s in time_s if not math.isnan(t_s)), None)
    if first is not None:
        found.time = array("d", [first if math.isnan(t_s) else t_s for t_s in time_s])
    return found


def _intervals(frame: Any) -> list[float]:
    """In ms; those that the file marks as none are left out."""
    if frame.name not in (_OF_SECONDS, *_OF_MS) or not frame.has_field("time"):
        return []
    value = frame.get_value("time", fallback=None)
    values = value if isinstance(value, tuple | list) else (value,)
    scale = 1000.0 if frame.name == _OF_SECONDS else 1.0
    found = [float(one) * scale for one in values if isinstance(one, int | float) and not math.isnan(one)]
    return [one for one in found if 0 < one < _NONE]


def _moment_s(frame: Any) -> float | None:
    value = frame.get_value("timestamp", fallback=None) if frame.has_field("timestamp") else None
    return value.timestamp() if isinstance(value, datetime) else None
