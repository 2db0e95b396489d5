"""What an import gives, and what the caller gives it: small frozen types that hold no word of the file."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.days.health.clock import Zone
from agent.model import DayValue

WATCH: Final = 0
WORN: Final = 1
PHONE: Final = 2
TYPED: Final = 3
KINDS: Final = ("watch", "other", "phone", "typed")
"""Kinds of sources, the best first: a watch, another device or program, a phone, and what a person typed."""

NAMES: Final = (
    "sleep_h",
    "sleep_midpoint_h",
    "sleep_midpoint_sd_h",
    "sleep_efficiency_01",
    "steps_n",
    "active_min",
    "resting_hr_bpm",
    "night_hr_min_bpm",
)
"""Values of a day that an import can give, in the order in which it gives them."""

Progress = Callable[[int, int], None]
"""Called now and then with the bytes that are read, and the bytes in all."""

Cancelled = Callable[[], bool]
"""Asked several times a second; the import ends within a second of the first True."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, and what it holds.

    Attributes:
        role: A name of `agent.days.health.columns.ROLES`.
        header: The column's name in the file, at most 60 characters.
        unit: Of its cells: ``h``, ``min``, ``s``; empty where the role has one unit alone.
    """

    role: str
    header: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """What an import needs to know.

    Attributes:
        now_s: UTC seconds now: what is dated more than a day later is not read.
        zone: The person's zone, for exports that name none.
        key: Key of the digest of the account, at least 16 bytes; the caller keeps it.
        person: Digest that an earlier import of the same format gave; empty for the first.
        columns: The confirmed columns of a table (Oura, WHOOP); empty: `read` answers with a proposal.
        format: Which one, where an export holds several; empty: the first.
        samples_utc: Fitbit's minutes and heart rates are in UTC. Its archive does not say; sleep is always local.
    """

    now_s: int
    zone: Zone
    key: bytes
    person: str = ""
    columns: tuple[Column, ...] = ()
    format: str = ""
    samples_utc: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """Records that were not read.

    Attributes:
        reason: A name of `agent.days.health.refusals.UNREAD`.
        count: How many.
    """

    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class SourceFound:
    """A device or program that wrote records; its name is not kept.

    Attributes:
        kind: A name of `KINDS`.
        number: 1 for the first of its kind.
        records: How many records of it were read.
    """

    kind: str
    number: int
    records: int


@dataclass(frozen=True, slots=True)
class HealthImport:
    """What one export says. The caller replaces, for its format, every value of every covered day.

    Attributes:
        format: Row of `agent.days.health.table.FORMATS`.
        values: By day, then in the order of `NAMES`.
        covered: Days of which the export holds a record, ascending.
        unread: What was not read, by reason.
        person: Keyed digest (HMAC-SHA-256, hex) of the account; empty where the export names none.
        sources: What wrote the records.
        records: How many were read.
    """

    format: str
    values: tuple[DayValue, ...]
    covered: tuple[int, ...]
    unread: tuple[Unread, ...]
    person: str
    sources: tuple[SourceFound, ...]
    records: int


@dataclass(frozen=True, slots=True)
class ColumnProposal:
    """What the columns of a table seem to hold; the person confirms it, and the caller gives it back in the options.

    Attributes:
        format: Row of `agent.days.health.table.FORMATS`.
        columns: What is proposed.
        headers: All columns of the table, for another choice.
    """

    format: str
    columns: tuple[Column, ...]
    headers: tuple[str, ...]
