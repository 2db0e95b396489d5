"""WHOOP: ``physiological_cycles.csv`` or ``sleeps.csv`` of the data export. Its columns are confirmed by the person.

Times are local, with the offset from UTC in a separate column. Recovery, strain and variability are not proposed.

Source: WHOOP, "How to export your data" (support.whoop.com); the columns carry their units.
"""

from typing import Final

from agent.days.health.columns import Proposals
from agent.days.health.container import File
from agent.days.health.csv_rows import headers_of

PROPOSALS: Final[Proposals] = {
    "cycle timezone": ("zone", ""),
    "sleep onset": ("sleep_start", ""),
    "wake onset": ("sleep_end", ""),
    "asleep duration (min)": ("asleep", "min"),
    "in bed duration (min)": ("in_bed", "min"),
    "resting heart rate (bpm)": ("resting_hr", ""),
}


def knows(_: File, head: bytes) -> bool:
    """By its columns."""
    names = {name.lower() for name in headers_of(head)}
    return "cycle start time" in names and "wake onset" in names


def wants(file: File) -> bool:
    """The two tables that hold sleep."""
    return file.base in ("physiological_cycles.csv", "sleeps.csv")
