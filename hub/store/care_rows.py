"""What the care team's picture of one person is made of: rows, the digest, scores, the day of contact. Read alone.

Rows of consents up to a serial that ended are never read, and only the newest scores are decrypted.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, select

from agent.errors import WireRefused
from agent.wire.message import KINDS, AskMessage, ContextMessage, Plaintext, SummaryMessage
from agent.wire.plaintext import decode_plaintext
from agent.wire.score import Score, decode_score
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.store.contact import arrival_before
from hub.store.derived import Derived, score_message
from hub.store.kept import place_of
from hub.store.records import SignedRecord, signed_records
from hub.store.shown import KeptPicture, Shown
from hub.store.tables import CONTACT, ROW, SCORE


class CareReads:
    """Inside one transaction.

    Args:
        db: The open transaction.
        keys: The data keys, refreshed.
    """

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db, self._keys = db, keys

    @property
    def operator(self) -> str:
        """Whom grants must name."""
        return self._keys.operator

    def records(self, device: Device) -> list[SignedRecord]:
        """The device's consent records whose signatures hold, by serial."""
        return signed_records(self._db, self._keys.site, device)

    def kept(self, kid: bytes) -> KeptPicture | None:
        """What was made of this person before."""
        return Shown(self._db, self._keys).of([kid]).get(kid)

    def rows(self, kid: bytes, ended_serial: int) -> "CareRows":
        """The person's rows under consents above a serial."""
        return CareRows(self._db, self._keys, kid, ended_serial)


class CareRows:
    """One person, inside one transaction.

    Args:
        db: The open transaction.
        keys: The data keys.
        kid: The device.
        ended_serial: Consents up to this serial are withdrawn or erased.
    """

    def __init__(self, db: Connection, keys: KeyStore, kid: bytes, ended_serial: int) -> None:
        self._db, self._keys, self._kid, self._ended = db, keys, kid, ended_serial

    def contact_day(self) -> int:
        """Day (UTC, since 1970) on which the device was last heard; -1: never."""
        day = self._db.execute(select(CONTACT.c.day).where(CONTACT.c.device == self._kid)).scalar()
        return -1 if day is None else int(day)

    def arrival_before(self, day: int) -> int:
        """A number that every row which arrived on or after a day (UTC) exceeds."""
        return arrival_before(self._db, day)

    def asks(self) -> Iterator[tuple[int, AskMessage]]:
        """What the person asked of the team, with the ledger index of each."""
        for _, said in self._said(KINDS[AskMessage]):
            yield from ((said.ledger_index, one) for one in said.messages if isinstance(one, AskMessage))

    def contexts(self) -> Iterator[tuple[int, ContextMessage]]:
        """Statements of what was noted of a day, for care, with the ledger index of each."""
        for _, said in self._said(KINDS[ContextMessage]):
            for one in said.messages:
                if isinstance(one, ContextMessage) and one.purpose == "care":
                    yield said.ledger_index, one

    def windows(self, after: int) -> Iterator[tuple[int, tuple[SummaryMessage, ...]]]:
        """Windows for care in rows with a higher arrival number, in order of arrival; of each row its number."""
        for arrival, said in self._said(KINDS[SummaryMessage], after):
            yield (
                arrival,
                tuple(one for one in said.messages if isinstance(one, SummaryMessage) and one.purpose == "care"),
            )

    def digest(self) -> bytes | None:
        """What scoring keeps of this person; None: nothing, or it does not open."""
        return Derived(self._db, self._keys).digests([self._kid]).get(self._kid)

    def scores(self, first_day: int) -> list[Score]:
        """The newest score of each day from a first one, oldest first; none of a consent that ended."""
        here = (SCORE.c.device == self._kid) & (SCORE.c.day >= first_day)
        newest = {row.day: row for row in self._db.execute(select(SCORE).where(here).order_by(SCORE.c.revision))}
        opened = (self._score(newest[day]) for day in sorted(newest))
        return [score for score in opened if score is not None and score.serial > self._ended]

    def _score(self, row: Row[Any]) -> Score | None:
        key = self._keys.data_keys.named(row.data_key)
        place = b"".join([b"score", row.device, row.day.to_bytes(8, "big"), row.revision.to_bytes(8, "big")])
        words = None if key is None else key.open(place, row.words)
        try:
            return None if words is None else decode_score(score_message(words).body)
        except WireRefused:
            return None

    def _said(self, kind: str, after: int = 0) -> Iterator[tuple[int, Plaintext]]:
        here = (ROW.c.device == self._kid) & (ROW.c.kind == kind) & (ROW.c.arrival > after)
        query = select(ROW).where(here, ROW.c.serial > self._ended).order_by(ROW.c.arrival)
        for row in self._db.execute(query):
            key = self._keys.data_keys.named(row.data_key)
            words = None if key is None else key.open(place_of((row.device, row.stream, row.seq)), row.words)
            if words is not None:
                yield row.arrival, decode_plaintext(words)
