"""Tables whose columns the person confirms: what each column seems to hold, and the records of the confirmed ones."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from agent.days.health.clock import DAY_S, Moment, day_of, moment_of, offset_of
from agent.days.health.context import Reading
from agent.days.health.csv_rows import headers_of, table
from agent.days.health.found import WORN, Column, ColumnProposal
from agent.days.health.json_rows import number
from agent.days.health.refusals import refused
from agent.days.health.sleep import Sleep

UNITS_S: Final = {"s": 1.0, "min": 60.0, "h": 3600.0}
ROLES: Final = {
    "day": (),
    "zone": (),
    "sleep_start": (),
    "sleep_end": (),
    "asleep": tuple(UNITS_S),
    "in_bed": tuple(UNITS_S),
    "not_worn": tuple(UNITS_S),
    "active": tuple(UNITS_S),
    "steps": (),
    "resting_hr": (),
    "night_hr_min": (),
}
"""What a column can hold -> the units that its cells can have. Several columns may be ``active``: they are added."""

_HEADER_MOST: Final = 60
_ACCOUNT: Final = re.compile(r"user ?id|member ?id|profile ?id|account|e-?mail|participant|patient|name", re.IGNORECASE)

Proposals = Mapping[str, tuple[str, str]]
"""Lower-case header -> role and unit."""


def proposed(name: str, headers: Sequence[str], proposals: Proposals) -> ColumnProposal:
    """What the columns of a table seem to hold, by their names.

    Args:
        name: Of the format.
        headers: Of the table.
        proposals: What the maker's names mean.
    """
    columns = []
    taken: set[str] = set()
    for header in headers:
        role, unit = proposals.get(header.lower(), ("", ""))
        if role and (role not in taken or role == "active"):
            taken.add(role)
            columns.append(Column(role, header[:_HEADER_MOST], unit))
    return ColumnProposal(name, tuple(columns), tuple(header[:_HEADER_MOST] for header in headers))


def proposal_of(reading: Reading, name: str, proposals: Proposals) -> ColumnProposal:
    """The proposal for the first file."""
    return proposed(name, headers_of(reading.files[0].head()), proposals)


def read(reading: Reading) -> None:
    """The records of the confirmed columns.

    Raises:
        ImportRefused: No such table, columns that do not fit it, or several people.
    """
    chosen = _checked(reading.columns)
    for file in reading.files:
        headers = headers_of(file.head())
        short = {header[:_HEADER_MOST]: header for header in headers}
        if len(short) != len(headers):
            raise refused("unfit_columns")
        fitting = {role: [(short.get(header, ""), unit) for header, unit in of] for role, of in chosen.items()}
        if not any(header for of in fitting.values() for header, _ in of):
            continue
        if len(reading.files) == 1 and not all(header for of in fitting.values() for header, _ in of):
            raise refused("unfit_columns")
        accounts = [header for header in headers if _ACCOUNT.fullmatch(header.replace("_", " "))]
        for row in table(file):
            if accounts and (account := row.get(accounts[0])):
                reading.facts.person(f"{accounts[0].lower()}\0{account}")
            _row(reading, row, fitting)


def _checked(columns: Sequence[Column]) -> dict[str, list[tuple[str, str]]]:
    chosen: dict[str, list[tuple[str, str]]] = {}
    for column in columns:
        units = ROLES.get(column.role)
        if units is None or (column.unit not in units if units else column.unit):
            raise refused("unfit_columns")
        chosen.setdefault(column.role, []).append((column.header, column.unit))
    if any(len(of) > 1 and role != "active" for role, of in chosen.items()):
        raise refused("unfit_columns")
    if "day" not in chosen and "sleep_end" not in chosen:
        raise refused("unfit_columns")
    return chosen


def _row(reading: Reading, row: dict[str, str], chosen: dict[str, list[tuple[str, str]]]) -> None:
    cells = _Cells(reading, row, chosen)
    start, end = cells.moment("sleep_start"), cells.moment("sleep_end")
    day = cells.day()
    if day is None and end is not None:
        day = (end[0] + end[1]) // DAY_S
    if day is None:  # a day that goes on has no sleep yet, and nothing else
        reading.facts.unread["bad_date"] += cells.says_anything()
        return
    facts = reading.facts
    source = facts.source(WORN)
    asleep_s, in_bed_s = cells.seconds("asleep"), cells.seconds("in_bed")
    if start is not None and end is not None and asleep_s is not None:
        bed_s = None if in_bed_s is None else round(in_bed_s)
        facts.add_sleep(Sleep(start[0], end[0], round(asleep_s), bed_s, end[0] - start[0], end[1]), source)
    if (not_worn_s := cells.seconds("not_worn")) is not None:
        facts.wear(day, 24 - not_worn_s / 3600)
    if (active_s := cells.seconds("active")) is not None:
        facts.add_total(day, "active_min", active_s / 60, source)
    for role, name in (("steps", "steps_n"), ("resting_hr", "resting_hr_bpm"), ("night_hr_min", "night_hr_min_bpm")):
        if (value := cells.number(role)) is not None:
            facts.add_total(day, name, value, source)


class _Cells:
    """One row by the roles of its columns. An empty cell is absent; one that cannot be read is counted."""

    def __init__(self, reading: Reading, row: dict[str, str], chosen: dict[str, list[tuple[str, str]]]) -> None:
        self._reading, self._row, self._chosen = reading, row, chosen

    def _texts(self, role: str) -> list[tuple[str, str]]:
        found = [(self._row.get(header, ""), unit) for header, unit in self._chosen.get(role, [])]
        return [(text, unit) for text, unit in found if text]

    def says_anything(self) -> bool:
        return any(self._texts(role) for role in self._chosen if role not in ("zone", "sleep_start", "sleep_end"))

    def day(self) -> int | None:
        for text, _ in self._texts("day"):
            moment = moment_of(text)
            return day_of(text) if moment is None else moment.day
        return None

    def moment(self, role: str) -> tuple[int, int] | None:
        for text, _ in self._texts(role):
            moment = moment_of(text)
            if moment is not None and moment.east_s is None:
                zones = [offset_of(zone) for zone, _ in self._texts("zone")]
                moment = Moment(moment.local_s, zones[0]) if zones and zones[0] is not None else moment
            return self._reading.placed(moment)
        return None

    def seconds(self, role: str) -> float | None:
        parts = [(self._read(text), UNITS_S[unit]) for text, unit in self._texts(role)]
        known = [value * unit_s for value, unit_s in parts if value is not None]
        return sum(known) if known and len(known) == len(parts) else None

    def number(self, role: str) -> float | None:
        return next((self._read(text) for text, _ in self._texts(role)), None)

    def _read(self, text: str) -> float | None:
        value = number(text)
        if value is None:
            self._reading.facts.unread["bad_value"] += 1
        return value
