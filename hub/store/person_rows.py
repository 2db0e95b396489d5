"""Reading what is stored by person: consents, days of contact, windows in order of arrival."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Final

from sqlalchemy import Connection, select

from hub.database import rows_at
from hub.keys.devices import Device
from hub.store import contact
from hub.store.looks import KeptLook, every_look
from hub.store.records import SignedRecord, signed_records
from hub.store.stored_rows import DAYS, SUMMARY, ArrivedRow, StoredRows
from hub.store.tables import ROW

_PIECE_ROWS: Final = 500


class PersonRows(StoredRows):
    """A database opened for reading, device by device."""

    def records(self, device: Device) -> list[SignedRecord]:
        """The device's consent records whose signatures hold, by serial."""
        with self._reads.connect() as db:
            return signed_records(db, self._keys.site, device)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A transaction for reading alone, with the keys as they are now."""
        self._keys.refresh()
        with self._reads.connect() as db:
            yield db

    def contacts(self) -> dict[bytes, int]:
        """The day (UTC, days since 1970) on which each device was last heard, by kid."""
        with self._reads.connect() as db:
            return contact.contacts(db)

    def arrival_before(self, day: int) -> int:
        """A number that every row which arrived on or after a day (UTC, days since 1970) exceeds."""
        with self._reads.connect() as db:
            return contact.arrival_before(db, day)

    def looks(self) -> Iterator[KeptLook]:
        """Every look at anybody, in order; 500 are in memory at a time."""
        with self._reads.connect() as db:
            yield from every_look(db)

    def windows_of(self, kid: bytes, *, after: int = 0, upto: int | None = None) -> Iterator[ArrivedRow]:
        """A device's rows with windows, in order of arrival; 500 are in memory at a time.

        Args:
            kid: The device.
            after: Only rows with a higher arrival number.
            upto: Only rows with at most this number.
        """
        return self._rows_of(kid, SUMMARY, after, upto)

    def days_of(self, kid: bytes) -> Iterator[ArrivedRow]:
        """A device's rows with values of days, in order of arrival; 500 are in memory at a time."""
        return self._rows_of(kid, DAYS, 0, None)

    def _rows_of(self, kid: bytes, kind: str, after: int, upto: int | None) -> Iterator[ArrivedRow]:
        here = [ROW.c.device == kid, ROW.c.kind == kind, ROW.c.arrival > after]
        if upto is not None:
            here.append(ROW.c.arrival <= upto)
        with self._reads.connect() as db:
            arrivals = list(db.execute(select(ROW.c.arrival).where(*here).order_by(ROW.c.arrival)).scalars())
        for first in range(0, len(arrivals), _PIECE_ROWS):
            piece = ((arrival,) for arrival in arrivals[first : first + _PIECE_ROWS])
            self._keys.refresh()  # what was erased meanwhile is gone
            with self._reads.connect() as db:
                rows = rows_at(db, (ROW.c.arrival,), piece)
            for row in sorted(rows, key=lambda row: row["arrival"]):
                yield self._decrypted(SimpleNamespace(**row))
