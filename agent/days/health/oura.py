"""Oura: the CSV of trends from the account's page, a row a day. Its columns are confirmed by the person.

Oura's lowest resting heart rate is the lowest mean of five minutes of the night; its scores are not proposed.

Source: Oura, "Export your data" and the names of the Oura API (cloud.ouraring.com/docs).
"""

from typing import Final

from agent.days.health.columns import Proposals
from agent.days.health.container import File
from agent.days.health.csv_rows import headers_of

PROPOSALS: Final[Proposals] = {
    "date": ("day", ""),
    "bedtime start": ("sleep_start", ""),
    "bedtime end": ("sleep_end", ""),
    "total sleep duration": ("asleep", "s"),
    "total sleep time": ("asleep", "s"),
    "total bedtime": ("in_bed", "s"),
    "time in bed": ("in_bed", "s"),
    "average resting heart rate": ("resting_hr", ""),
    "lowest resting heart rate": ("night_hr_min", ""),
    "steps": ("steps", ""),
    "medium activity time": ("active", "s"),
    "high activity time": ("active", "s"),
    "non-wear time": ("not_worn", "s"),
}


def knows(_: File, head: bytes) -> bool:
    """By its columns."""
    names = {name.lower() for name in headers_of(head)}
    return "date" in names and "bedtime start" in names and "bedtime end" in names


def wants(file: File) -> bool:
    """Every table of the archive."""
    return file.base.endswith(".csv")
