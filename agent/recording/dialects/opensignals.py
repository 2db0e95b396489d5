"""OpenSignals (biosignalsplux, BITalino): three lines of comments, the second one JSON, then columns apart by tabs."""

import json
from typing import Any, Final

from agent.recording.names import Column
from agent.recording.options import Options
from agent.recording.sheet import Sheet, split
from agent.recording.source import Source
from agent.recording.tables import Samples
from agent.recording.tables import wave as wave_of_table

_MARK: Final = "# OpenSignals Text File Format"
_SENSORS: Final = {"ecg": ("ECG", "ECGBIT", "EKG"), "ppg": ("BVP", "PPG", "SPO2", "PULSE", "BVPBIT")}


def knows(source: Source) -> bool:
    """By its first line."""
    return source.head.startswith(_MARK.encode())


def wave(source: Source, signal: str, options: Options) -> Samples:
    """The channel whose sensor is an ECG or a pulse sensor, at the rate that the file states."""
    lines = source.head_lines()
    about = _about(source, lines)
    names = [str(name) for name in about.get("column", [])]
    fs_hz = about.get("sampling rate")
    if not names or not isinstance(fs_hz, int | float) or not fs_hz > 0:
        raise source.bad(2, "its header does not name columns and a sampling rate", "Export it again from OpenSignals.")
    begin = next((n for n, line in enumerate(lines) if line.startswith("# EndOfHeader")), 2) + 1
    sensors = [str(sensor).upper() for sensor in about.get("sensor", [])]
    channels = names[len(names) - len(sensors) :]
    columns = tuple(Column(name) for name in names)
    shown = [split(line, "\t") for line in lines[begin : begin + 100] if line.strip()]
    sheet = Sheet("\t", False, columns, begin + 1, True, shown, float(fs_hz))
    notes = []
    column = options.column or options.lead
    if column is None:
        of_kind = [n for n, sensor in enumerate(sensors) if sensor in _SENSORS[signal]]
        if not of_kind and len(sensors) == 1:
            of_kind = [0]
            notes.append(f"its sensor is called {sensors[0][:20]}, not {signal}")
        if not of_kind:
            raise source.bad(
                2, f"no sensor is an {signal}: {', '.join(sensors)[:80]}", "Name the channel with --lead, for example "
                f"--lead {channels[0] if channels else 'A1'}."
            )  # fmt: skip
        column = channels[of_kind[0]]
    elif column.upper() in sensors:
        column = channels[sensors.index(column.upper())]
    found = wave_of_table(source, signal, Options(column=column, time_column="none"), sheet)
    found.notes = [*notes, *found.notes]
    return found


def _about(source: Source, lines: list[str]) -> dict[str, Any]:
    """The JSON of the first device."""
    line = next((line[1:].strip() for line in lines[1:5] if line.startswith(("# {", "#{"))), "")
    try:
        devices = json.loads(line)
        about = next(iter(devices.values()))
    except (ValueError, AttributeError, StopIteration, RecursionError) as error:
        raise source.bad(
            2, "its header is no JSON that OpenSignals writes", "Export it again from OpenSignals."
        ) from error
    return about if isinstance(about, dict) else {}
