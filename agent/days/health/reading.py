"""An export read in this process: the format by its content, then its records, then the values of its days.

Everything of it is a pure function of bytes and options, but for the file itself. The agent runs it in a separate
process (`agent.days.health.process`).
"""

from pathlib import Path
from typing import Final

from agent.days.health import columns
from agent.days.health.clock import DAY_S, EAST_MOST_S, YEAR_2000_S, Offsets, table_of
from agent.days.health.container import Export, opened
from agent.days.health.context import Reading
from agent.days.health.daily import summed
from agent.days.health.facts import Facts
from agent.days.health.found import ColumnProposal, HealthImport, Options, Progress
from agent.days.health.refusals import refused
from agent.days.health.table import FORMATS, Format

_LOOKED_AT: Final = 60
KEY_LEAST: Final = 16


def zone_table(options: Options) -> Offsets:
    """The person's zone over all days that an import can hold."""
    return table_of(options.zone, YEAR_2000_S - EAST_MOST_S, options.now_s + 2 * DAY_S)


def recognised_here(path: Path) -> tuple[str, ...]:
    """The formats that an export holds; an archive of Takeout may hold two.

    Raises:
        ImportRefused: None that is known, or one that its maker has not described publicly.
    """
    with opened(path) as export:
        return tuple(row.name for row in _rows_of(export))


def read_here(
    path: Path, options: Options, progress: Progress | None = None, offsets: Offsets | None = None
) -> HealthImport | ColumnProposal:
    """What an export says of days, or, for a table without confirmed columns, what they seem to hold.

    Args:
        path: The export.
        options: What the import needs to know.
        progress: Called with the bytes read and the bytes in all.
        offsets: The person's zone as a table, where it is known already.

    Raises:
        ImportRefused: Refused, with the reason; nothing of it is kept.
    """
    if len(options.key) < KEY_LEAST:
        raise ValueError(f"a key of at least {KEY_LEAST} bytes")
    try:
        with opened(path, progress) as export:
            row = _chosen(_rows_of(export), options.format)
            found = _read(export, row, options, offsets or zone_table(options))
    except MemoryError as error:
        raise refused("too_large") from error
    is_other = isinstance(found, HealthImport) and found.person not in ("", options.person)
    if options.person and is_other:
        raise refused("another_person", row.title)
    return found


def _read(export: Export, row: Format, options: Options, offsets: Offsets) -> HealthImport | ColumnProposal:
    if row.read is None:
        raise refused("not_described", row.title)
    wanted = [file for file in export.files if row.wants(file)] if export.is_archive else export.files
    if row.proposals:  # an archive holds other tables, too
        wanted = [file for file in wanted if row.knows(file, file.head())]
    facts = Facts(options.now_s, options.key, row.name)
    reading = Reading(wanted, facts, offsets, options.columns, options.samples_utc)
    if row.proposals and not options.columns:
        return columns.proposal_of(reading, row.name, row.proposals)
    export.begin(wanted)
    row.read(reading)
    if not facts.records and not facts.unread.total():
        raise refused("nothing_of_use", row.title)
    return summed(facts, row.name)


def _rows_of(export: Export) -> list[Format]:
    found = [row for row in FORMATS.values() if _holds(export, row)]
    if not found:
        raise refused("not_known")
    undescribed = [row for row in found if row.read is None]
    if undescribed == found:
        raise refused("not_described", undescribed[0].title)
    return [row for row in found if row.read is not None]


def _holds(export: Export, row: Format) -> bool:
    files = export.files
    if export.is_archive:
        files = [file for file in files if row.wants(file) or row.read is None][:_LOOKED_AT]
    return any(row.knows(file, file.head()) for file in files)


def _chosen(rows: list[Format], name: str) -> Format:
    chosen = next((row for row in rows if name in ("", row.name)), None)
    if chosen is None:
        raise refused("not_known")
    return chosen
