"""Apple Watch's ECG: facts, then one voltage a line; the decimal sign is that of the watch's language."""

import re
from dataclasses import replace
from typing import Final

from agent.recording.names import ECG, Column
from agent.recording.numbers import is_number
from agent.recording.options import Options
from agent.recording.sheet import Sheet
from agent.recording.source import Source
from agent.recording.tables import Samples
from agent.recording.tables import wave as wave_of_table

_RATE: Final = re.compile(r"[^,;]{3,40}[,;]\s*\"?(\d+(?:[.,]\d+)?)\s*(?:hertz|hz)\"?", re.IGNORECASE)
_LOOKED_AT: Final = 25
_FACTS: Final = 4


def knows(source: Source) -> bool:
    """By a rate in hertz among facts, one a line."""
    if not source.is_text():
        return False
    lines = [line.strip() for line in source.head_lines()[:_LOOKED_AT]]
    facts = [line for line in lines if "," in line and not is_number(line.replace(",", ".", 1))]
    return len(facts) >= _FACTS and any(_RATE.fullmatch(line) for line in facts)


def wave(source: Source, signal: str, options: Options) -> Samples:
    """Its samples at the rate that it states."""
    lines = [line.strip() for line in source.head_lines()]
    if signal != "ecg":
        raise source.bad(1, "an ECG, not a pulse wave", "Use --signal ecg.")
    rate = next(found for line in lines[:_LOOKED_AT] if (found := _RATE.fullmatch(line)))
    begin = next((n for n, line in enumerate(lines) if is_number(line.strip('"'))), None)
    if begin is None:
        raise source.bad(1, "it contains no samples", "Export it again from Apple Health.")
    comma = any("," in line for line in lines[begin:])
    sheet = Sheet(
        None if comma else ",", comma, (Column("ecg", ECG),), begin + 1, True, [[line] for line in lines[begin:][:300]],
        float(rate[1].replace(",", ".")),
    )  # fmt: skip
    return wave_of_table(source, signal, replace(options, column=None, lead=None, time_column=None), sheet)
