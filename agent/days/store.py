"""Values of days, shifts and the journal beside the windows' history: sealed rows of one size in the same file.

A source (a calendar, an export) says all that it knows of a stretch of days; saying it again replaces what it said of
them before. So an import twice changes nothing, and one that is cancelled has said nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final

from agent.errors import WrongUse
from agent.model import DayValue
from agent.privacy.vault import Vault
from agent.system.storage import connect, connect_to_read, one_moment, shred, storing
from agent.tables.days import DAYS, MOODS

KEEP_DAYS: Final = 800
MOST_WORDS: Final = 2000  # characters of a journal entry
_DAY_BYTES: Final = 1024
_ENTRY_BYTES: Final = 8192
_MARK_BYTES: Final = 256
_MOST_SOURCE: Final = 64

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS day (sealed BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS journal (sealed BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS mark (sealed BLOB NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Rostered:
    """A shift of a calendar.

    Attributes:
        start_utc_s, end_utc_s: In s of UTC, [start, end).
        kind: ``day`` or ``night``.
    """

    start_utc_s: int
    end_utc_s: int
    kind: str


@dataclass(frozen=True, slots=True)
class SourceDay:
    """What one source says of one day.

    Attributes:
        day: Days since 1970 on the person's calendar.
        source: Name of the import, such as ``calendar`` or ``apple_health``.
        revision: How often what it says of this day has changed; 1 at first.
        values: By row of DAYS: value and coverage, 0 to 1.
        shifts: Shifts that begin on that day.
    """

    day: int
    source: str
    revision: int
    values: Mapping[str, tuple[float, float]]
    shifts: tuple[Rostered, ...] = ()


@dataclass(frozen=True, slots=True)
class Changes:
    """What an import changed: counts of days."""

    added: int
    changed: int
    removed: int
    same: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the journal.

    Attributes:
        at_utc_s: When, in s of UTC; no two entries have the same.
        day: Days since 1970 on the person's calendar.
        mood: A row of `agent.tables.days.MOODS`, chosen by the person.
        words: The person's own; they stay here.
    """

    at_utc_s: int
    day: int
    mood: str
    words: str = ""


class DayStore:
    """The tables of days in the history's file.

    Args:
        path: The file.
        vault: Seals its rows.
        writes: False: only look, and change nothing on the disk.

    Raises (every method):
        StorageFull: The disk is full.
        OutboxBroken: The file cannot be read.
    """

    def __init__(self, path: Path, vault: Vault, *, writes: bool = True) -> None:
        self._vault = vault
        self._db = connect(path, _TABLES) if writes else connect_to_read(path)

    def close(self) -> None:
        self._db.close()

    # ---- days

    def say(
        self,
        source: str,
        days: Sequence[int],
        values: Iterable[DayValue],
        shifts: Mapping[int, Sequence[Rostered]] | None = None,
    ) -> Changes:
        """Replace what a source says of some days: all of it, or nothing.

        Args:
            source: Its name.
            days: The days that it speaks of. What it said of them before and says no more is forgotten.
            values: What it says; a day that is not in `days`, or a value beyond its range, is refused.
            shifts: By the day on which they begin.

        Raises:
            WrongUse: The values are not of these days, or out of range. Nothing was changed.
        """
        wanted = self._checked(source, days, values, shifts or {})
        counts = dict.fromkeys(("added", "changed", "removed", "same"), 0)
        with storing(self._db):
            known = {one.day: (row, one) for row, one in self._rows() if one.source == source}
            for day in sorted(set(days)):
                row, before = known.get(day, (0, None))
                new = wanted.get(day)
                if new is None:
                    if before is not None:
                        self._db.execute("DELETE FROM day WHERE rowid = ?", (row,))
                        counts["removed"] += 1
                elif before is None:
                    self._db.execute("INSERT INTO day VALUES (?)", (self._sealed(new),))
                    counts["added"] += 1
                elif (before.values, before.shifts) == (new.values, new.shifts):
                    counts["same"] += 1
                else:
                    again = SourceDay(day, source, before.revision + 1, new.values, new.shifts)
                    self._db.execute("UPDATE day SET sealed = ? WHERE rowid = ?", (self._sealed(again), row))
                    counts["changed"] += 1
            newest = max([*known, *wanted], default=0)
            for day, (row, _) in known.items():
                if day < newest - KEEP_DAYS:
                    self._db.execute("DELETE FROM day WHERE rowid = ?", (row,))
        if counts["removed"] or counts["changed"]:
            shred(self._db)
        return Changes(**counts)

    def forget(self, source: str) -> int:
        """Forget all that a source said; how many days that were."""
        with storing(self._db):
            rows = [row for row, one in self._rows() if one.source == source]
            self._db.executemany("DELETE FROM day WHERE rowid = ?", [(row,) for row in rows])
        shred(self._db)
        return len(rows)

    def days(self) -> list[SourceDay]:
        """Everything that was said, by day and source."""
        if not self._is_there("day"):
            return []
        with one_moment(self._db):
            return sorted((one for _, one in self._rows()), key=lambda one: (one.day, one.source))

    # ---- marks

    def marks(self, kind: str) -> dict[str, str]:
        """What the person marked once, such as digests of the titles that are shifts.

        Args:
            kind: ``calendar``: digest of a title to ``shift``; ``person``: export format to account digest.
        """
        if not self._is_there("mark"):
            return {}
        return {name: value for _, (of, name, value) in self._marks() if of == kind}

    def keep_marks(self, kind: str, marks: Mapping[str, str]) -> None:
        """Replace all marks of a kind."""
        with storing(self._db):
            rows = [(row,) for row, (of, _, _) in self._marks() if of == kind]
            self._db.executemany("DELETE FROM mark WHERE rowid = ?", rows)
            for name, value in sorted(marks.items()):
                sealed = self._vault.seal("mark", _filled(json.dumps([kind, name, value]).encode(), _MARK_BYTES))
                self._db.execute("INSERT INTO mark VALUES (?)", (sealed,))

    # ---- the journal

    def write(self, entry: Entry) -> None:
        """Keep an entry; one of the same second is replaced.

        Raises:
            WrongUse: There is no such mood, or the words are too long.
        """
        if entry.mood not in MOODS:
            raise WrongUse(f"there is no entry {entry.mood[:20]!r}", remedy=f"There are: {', '.join(MOODS)}.")
        if len(entry.words) > MOST_WORDS:
            raise WrongUse("the words of an entry are too long", remedy=f"Up to {MOST_WORDS} characters are kept.")
        words = json.dumps(astuple(entry), ensure_ascii=False).encode()
        sealed = self._vault.seal("journal", _filled(words, _ENTRY_BYTES))
        with storing(self._db):
            for row, kept in self._entries():
                if kept.at_utc_s == entry.at_utc_s:
                    self._db.execute("DELETE FROM journal WHERE rowid = ?", (row,))
            self._db.execute("INSERT INTO journal VALUES (?)", (sealed,))

    def entries(self) -> list[Entry]:
        """Oldest first."""
        if not self._is_there("journal"):
            return []
        return sorted((entry for _, entry in self._entries()), key=lambda one: one.at_utc_s)

    def unwrite(self, at_utc_s: int) -> bool:
        """Forget an entry; False where there is none of that moment."""
        with storing(self._db):
            rows = [(row,) for row, entry in self._entries() if entry.at_utc_s == at_utc_s]
            self._db.executemany("DELETE FROM journal WHERE rowid = ?", rows)
        shred(self._db)
        return bool(rows)

    def erase(self) -> int:
        """Forget everything; how many days and entries that were."""
        with storing(self._db):
            gone = self._db.execute("DELETE FROM day").rowcount + self._db.execute("DELETE FROM journal").rowcount
            self._db.execute("DELETE FROM mark")
        shred(self._db)
        return gone

    # ---- rows

    def _checked(
        self, source: str, days: Sequence[int], values: Iterable[DayValue], shifts: Mapping[int, Sequence[Rostered]]
    ) -> dict[int, SourceDay]:
        if not 0 < len(source) <= _MOST_SOURCE:
            raise WrongUse("a source of days has no name, or one that is too long")
        of_day: dict[int, dict[str, tuple[float, float]]] = {day: {} for day in days}
        for value in values:
            spec = DAYS.get(value.name)
            if spec is None or value.day not in of_day:
                raise WrongUse(f"{value.name[:40]!r} is no value of the days that were read")
            if not (spec.low <= value.value <= spec.high and 0.0 <= value.coverage_01 <= 1.0):
                raise WrongUse(f"a value of {value.name} is out of its range")
            of_day[value.day][value.name] = (float(f"{value.value:.6g}"), float(f"{value.coverage_01:.3g}"))
        if not set(shifts) <= set(days):
            raise WrongUse("a shift begins on a day that was not read")
        return {
            day: SourceDay(day, source, 1, dict(sorted(of_day[day].items())), tuple(shifts.get(day, ())))
            for day in of_day
            if of_day[day] or shifts.get(day)
        }

    def _sealed(self, one: SourceDay) -> bytes:
        shifts = [list(astuple(shift)) for shift in one.shifts]
        words = json.dumps([one.day, one.source, one.revision, one.values, shifts]).encode()
        return self._vault.seal("day", _filled(words, _DAY_BYTES))

    def _rows(self) -> Iterator[tuple[int, SourceDay]]:
        for row, sealed in self._db.execute("SELECT rowid, sealed FROM day").fetchall():
            day, source, revision, values, shifts = json.loads(self._vault.open("day", sealed))
            kept = {name: (pair[0], pair[1]) for name, pair in values.items() if name in DAYS}
            yield row, SourceDay(day, source, revision, kept, tuple(Rostered(*shift) for shift in shifts))

    def _marks(self) -> Iterator[tuple[int, tuple[str, str, str]]]:
        for row, sealed in self._db.execute("SELECT rowid, sealed FROM mark").fetchall():
            kind, name, value = json.loads(self._vault.open("mark", sealed))
            yield row, (kind, name, value)

    def _entries(self) -> Iterator[tuple[int, Entry]]:
        for row, sealed in self._db.execute("SELECT rowid, sealed FROM journal").fetchall():
            yield row, Entry(*json.loads(self._vault.open("journal", sealed)))

    def _is_there(self, table: str) -> bool:
        """False in a file that an earlier release wrote, and that is only read."""
        found = self._db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        return found is not None


def _filled(words: bytes, size: int) -> bytes:
    """Filled up with spaces to a multiple of the size: the length does not show what is inside."""
    return words.ljust(-(-len(words) // size) * size)
