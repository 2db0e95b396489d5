"""Sums of a day: how many envelopes came, and how many were refused, rounded at random so that one person cannot move
them.

A sum is published once, after its day (UTC) is over, and only of a day that this process saw from its beginning to its
end. A value n becomes a multiple of its unit: the one below it, or the one above with a chance of what is left over, so
that its mean is n. Two worlds that differ by d give different sums with a chance of d / unit, whatever the others do;
with fixed borders, whoever knew the others would see d surely on the day on which a border lies between the two.
"""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from agent.errors import StorageFull
from agent.system.host import write_durable
from hub.database import mode_in

log = logging.getLogger(__name__)

DAY_S: Final = 86_400
_TURN_S: Final = 600  # the beginning and the end of a day are seen so long after midnight at the latest
_FILE: Final = "metrics.json"
OF_TEN: Final = 10
ENVELOPES_A_DAY: Final = 288  # that a device sends, worn or not: one in five minutes
OF_TEN_DEVICES: Final = OF_TEN * ENVELOPES_A_DAY
DATABASE_UNIT_BYTES: Final = 256 * 2**20  # more than ten people's rows of a year
# By counter of the hub: the unit. Left out is every counter that a choice of a person moves: what a consent admits or
# refuses, what is scored, what an erasure or a revoked machine brings.
UNITS: Final[dict[str, int]] = {
    "stored": OF_TEN_DEVICES,
    "duplicate": OF_TEN_DEVICES,
    **dict.fromkeys(
        (
            "bad_plaintext",
            "bad_seq",
            "bad_signature",
            "fork",
            "kem_unknown",
            "malformed",
            "open_failed",
            "quarantined",
            "schema_too_new",
            "too_large",
            "unknown_key",
            "unknown_version",
            "wrong_topic",
        ),
        OF_TEN,
    ),
}
REFUSALS: Final = tuple(name for name, unit in UNITS.items() if unit == OF_TEN)


def rounded(n: int, unit: int, below: Callable[[int], int] = secrets.randbelow) -> int:
    """A multiple of ``unit`` next to n, drawn so that its mean is n; 0 stays 0.

    Args:
        n: From 0.
        unit: From 1.
        below: Draws a whole number from 0 to below its argument.
    """
    return (n + below(unit)) // unit * unit


@dataclass(frozen=True, slots=True)
class Day:
    """What is published of one day.

    Attributes:
        end_utc_s: When it ended.
        sums: Rounded, by counter.
    """

    end_utc_s: int
    sums: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the file holds: it is the hub's own, as the counters are.

    Attributes:
        day: The day that runs, in days since 1970.
        begun: The counters when it began; empty when its beginning was not seen.
        last: The day before, as it is published; None when it was not seen whole.
        offset_bytes: Drawn once: where the borders of the database's size lie.
        database_bytes: Its size as the day began, rounded.
    """

    day: int = -1
    begun: Mapping[str, int] = field(default_factory=dict)
    last: Day | None = None
    offset_bytes: int = -1
    database_bytes: int | None = None


class DaySums:
    """The sums of the last day; written to a file before they are published, so that no start draws them again.

    Args:
        folder: The hub's.
        below: As in `rounded`.
    """

    def __init__(self, folder: Path, below: Callable[[int], int] = secrets.randbelow) -> None:
        self._file, self._mode, self._below = folder / _FILE, mode_in(folder), below
        self._kept = _read(self._file)

    @property
    def last(self) -> Day | None:
        """The day that ended last; None when it was not seen whole."""
        return self._kept.last

    @property
    def database_bytes(self) -> int | None:
        """The database's size as this day began, rounded; None when no beginning was seen."""
        return self._kept.database_bytes

    def note(self, now_utc_s: int, counters: Mapping[str, int], database_bytes: int | None) -> None:
        """Take what is counted now. Call it again and again; only the first call of a day changes anything.

        Args:
            now_utc_s: By the hub's clock.
            counters: Of the database.
            database_bytes: Its size, where it is known.
        """
        day, since_s = divmod(now_utc_s, DAY_S)
        if day == self._kept.day:
            return
        seen = since_s <= _TURN_S
        whole = seen and day == self._kept.day + 1 and self._kept.begun.keys() == UNITS.keys()
        offset = self._kept.offset_bytes if self._kept.offset_bytes >= 0 else self._below(DATABASE_UNIT_BYTES)
        size = None
        if seen and database_bytes is not None:
            size = (database_bytes + offset) // DATABASE_UNIT_BYTES * DATABASE_UNIT_BYTES
        begun = {name: counters.get(name, 0) for name in UNITS} if seen else {}
        self._keep(Kept(day, begun, self._sums(day, counters) if whole else None, offset, size))

    def _sums(self, day: int, counters: Mapping[str, int]) -> Day | None:
        grown = {name: counters.get(name, 0) - self._kept.begun.get(name, 0) for name in UNITS}
        if min(grown.values()) < 0:
            return None  # another database, or an older one, took its place
        return Day(day * DAY_S, {name: rounded(n, UNITS[name], self._below) for name, n in grown.items()})

    def _keep(self, kept: Kept) -> None:
        try:
            write_durable(self._file, json.dumps(asdict(kept)).encode(), self._mode)
        except StorageFull as error:
            log.warning("the sums of the last day are not published: %s. %s", error, error.remedy)
            kept = Kept(kept.day, {}, None, self._kept.offset_bytes, None)
        self._kept = kept


def _read(file: Path) -> Kept:
    try:
        found = json.loads(file.read_bytes())
        last = found["last"]
        return Kept(
            int(found["day"]),
            _counts(found["begun"]),
            None if last is None else Day(int(last["end_utc_s"]), _counts(last["sums"])),
            int(found["offset_bytes"]),
            None if found["database_bytes"] is None else int(found["database_bytes"]),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Kept()


def _counts(found: Any) -> dict[str, int]:
    return {name: int(n) for name, n in found.items() if name in UNITS}
