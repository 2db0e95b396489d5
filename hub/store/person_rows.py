"""Reading what is stored by person: consents, days of contact, windows in order of arrival."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Final

from sqlalchemy import select

from agent.errors import WireRefused
from agent.wire.consent import decode_record
from hub.database import rows_at
from hub.keys.devices import Device
from hub.store import contact
from hub.store.records import SignedRecord, signed_records
from hub.store.stored_rows import SUMMARY, ArrivedRow, StoredRows, StoredSummary
from hub.store.tables import CONSENT, ROW

_PIECE_ROWS: Final = 500


class PersonRows(StoredRows):
    """A database opened for reading, device by device."""

    def records(self, device: Device) -> list[SignedRecord]:
        """The device's consent records whose signatures hold, by serial."""
        with self._reads.connect() as db:
            return signed_records(db, self._keys.site, device)

    def contacts(self) -> dict[bytes, int]:
        """The day (UTC, days since 1970) on which each device was last heard, by kid."""
        with self._reads.connect() as db:
            return contact.contacts(db)

    def arrival_before(self, day: int) -> int:
        """A number that every row which arrived on or after a day (UTC, days since 1970) exceeds."""
        with self._reads.connect() as db:
            return contact.arrival_before(db, day)

    def windows_of(self, kid: bytes, *, after: int = 0, upto: int | None = None) -> Iterator[ArrivedRow]:
        """A device's rows with windows, in order of arrival; 500 are in memory at a time.

        Args:
            kid: The device.
            after: Only rows with a higher arrival number.
            upto: Only rows with at most this number.
        """
        here = [ROW.c.device == kid, ROW.c.kind == SUMMARY, ROW.c.arrival > after]
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

    def consented_windows(self, kid: bytes, after_serial: int) -> Iterator[tuple[int, StoredSummary]]:
        """A device's windows by start, each with the serial of its consent; those under consents above a serial."""
        self._keys.refresh()
        here = (ROW.c.device == kid) & (ROW.c.kind == SUMMARY) & (ROW.c.serial > after_serial)
        with self._reads.connect() as db:
            rows = [(row.serial, self._decrypted(row)) for row in db.execute(select(ROW).where(here))]
        found = [(serial, window) for serial, row in rows for window in row.summaries()]
        yield from sorted(found, key=lambda pair: (pair[1].message.start_utc_s, pair[1].message.purpose, pair[1].seq))

    def profile_of(self, kid: bytes, serial: int) -> str:
        """The policy that a consent was given under; empty when the record is not there."""
        here = (CONSENT.c.device == kid) & (CONSENT.c.serial == serial)
        with self._reads.connect() as db:
            record = db.execute(select(CONSENT.c.record).where(here)).scalar()
        try:
            return "" if record is None else decode_record(record).profile
        except WireRefused:
            return ""
