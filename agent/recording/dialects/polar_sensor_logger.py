"""Polar Sensor Logger: semicolons, the phone's time of arrival, and for waves the sensor's own time in ns.

Phone timestamp;RR-interval [ms]                                             2026-04-24T14:10:16.752;937
Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]
Phone timestamp;sensor timestamp [ns];channel 0;channel 1;channel 2;ambient
Phone Data RX timestamp;PP-interval [ms];error estimate [ms];blocker;contact;contact;hr [bpm]
"""

from dataclasses import replace
from typing import Final

from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source
from agent.recording.tables import Samples
from agent.recording.tables import rows as of_table
from agent.recording.tables import wave as wave_of_table

_SENSOR: Final = "sensor timestamp [ns]"
_CHANNEL: Final = "channel 0"


def knows(source: Source) -> bool:
    """By the first column's name."""
    return source.is_text() and source.head_lines()[0].lstrip('"').lower().startswith(
        ("phone timestamp", "phone data rx timestamp")
    )


def rows(source: Source, options: Options) -> Rows:
    """RR or PP intervals, at the times at which they came."""
    return of_table(source, options)


def wave(source: Source, signal: str, options: Options) -> Samples:
    """The ECG, or the first of the PPG's channels, at the sensor's own times."""
    names = source.head_lines()[0].lower()
    if options.time_column is None and _SENSOR in names:
        options = replace(options, time_column=_SENSOR)
    notes = []
    if options.column is None and options.lead is None and _CHANNEL in names:
        options = replace(options, column=_CHANNEL)
        notes = ["several channels; 'channel 0' is read (--lead chooses another)"]
    found = wave_of_table(source, signal, options)
    found.notes = [*notes, *found.notes]
    return found
