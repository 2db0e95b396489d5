"""Sleep, steps and resting heart rate out of exports of watches and phones, as values of days.

    formats()                               the rows of the table, with their words
    recognised(path)                        which of them an export is
    deviations(middles)                     the spread of midpoints over all days that the caller keeps
    read(path, options, progress, cancelled)
        ─▶ HealthImport     values, covered days, what was not read and why, digest of the account
        ─▶ ColumnProposal   for Oura and WHOOP, until the person has confirmed the columns
        ─▶ ImportRefused    named: damaged, several people, another person, ...

An export is read in a separate process (`process`, `serve`), by one reader a format (`table`), into small records
(`facts`), and summed by day (`sleep`, `daily`). Nothing is written, and no name of a device, account or person leaves.
"""

from agent.days.health.daily import deviations
from agent.days.health.found import Column, ColumnProposal, HealthImport, Options, SourceFound, Unread
from agent.days.health.process import read, recognised
from agent.days.health.table import FORMATS, Format

__all__ = [
    "Column",
    "ColumnProposal",
    "Format",
    "HealthImport",
    "Options",
    "SourceFound",
    "Unread",
    "deviations",
    "formats",
    "read",
    "recognised",
]


def formats() -> tuple[Format, ...]:
    """All formats that are known; one without a reader is refused by name."""
    return tuple(FORMATS.values())
