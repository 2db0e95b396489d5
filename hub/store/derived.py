"""What is made from rows, as the database keeps it: digests, scores, and scores on their way to their person.

All of it is encrypted under the device's data key for rows without a consent: every erasure destroys that key, and the
rows of consents that were given later are read again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, delete, func, insert, select

from agent.errors import NotDurable, WireRefused
from agent.wire import codec
from agent.wire.codec import Fields
from agent.wire.keys import SIGNATURE_BYTES
from agent.wire.message import SCORED_KINDS
from agent.wire.receipt import ScoreMessage
from hub.database import is_postgres
from hub.keys.keystore import KeyStore
from hub.store.counts import add_counts
from hub.store.followed import note_changed
from hub.store.kept import place_of
from hub.store.rides import ALERT, UNREADABLE, Ride, Riding, delete_arrived, waiting_rides
from hub.store.tables import DEVICE, DIGEST, DOWN, DUE, ROW, SCORE

PERSON: Final = "person"
DAY: Final = "day"


@dataclass(frozen=True, slots=True)
class DueRow:
    """One stored row that is to be scored.

    Attributes:
        arrival, serial: Its number, and the serial of its consent.
        words: Its plaintext, encoded; None when its data key is destroyed.
    """

    arrival: int
    serial: int
    words: bytes | None


@dataclass(frozen=True, slots=True)
class KeptScore:
    """One score.

    Attributes:
        day, revision: Its place.
        words: Body and signature, encoded; None when its key is destroyed.
    """

    day: int
    revision: int
    words: bytes | None


class Derived:
    """Inside one transaction.

    Args:
        db: The open transaction.
        keys: The data keys.
    """

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db, self._keys = db, keys
        self._noted: set[bytes] = set()

    # ---- what is to be done

    def due(self, part: int, parts: int, people: int, rows: int) -> dict[bytes, list[int]]:
        """Arrival numbers that are to be scored, by device, oldest first.

        Args:
            part, parts: Devices whose first byte has this remainder; on PostgreSQL alone there are several parts.
            people, rows: At most so many.
        """
        query = select(DUE.c.arrival, DUE.c.device).order_by(DUE.c.arrival).limit(rows)
        if parts > 1:
            query = query.where(func.get_byte(DUE.c.device, 0) % parts == part)
        found: dict[bytes, list[int]] = defaultdict(list)
        for row in self._db.execute(query):
            if row.device in found or len(found) < people:
                found[row.device].append(row.arrival)
        return dict(found)

    def rows(self, arrivals: Sequence[int]) -> dict[bytes, list[DueRow]]:
        """Stored rows by device; those that are gone are absent."""
        return self._opened(select(ROW).where(ROW.c.arrival.in_(arrivals)))

    def rows_of(self, kid: bytes, after_serial: int) -> list[DueRow]:
        """All rows of a device that can be scored, under consents above a serial, in order of arrival."""
        here = (ROW.c.device == kid) & (ROW.c.serial > after_serial) & ROW.c.kind.in_(SCORED_KINDS)
        return self._opened(select(ROW).where(here).order_by(ROW.c.arrival)).get(kid, [])

    def _opened(self, query: Select[Any]) -> dict[bytes, list[DueRow]]:
        found: dict[bytes, list[DueRow]] = defaultdict(list)
        for row in self._db.execute(query):
            key = self._keys.data_keys.named(row.data_key)
            words = None if key is None else key.open(place_of((row.device, row.stream, row.seq)), row.words)
            found[row.device].append(DueRow(row.arrival, row.serial, words))
        return dict(found)

    def done(self, kid: bytes, arrivals: Sequence[int]) -> bool:
        """Forget notes of what is scored; False when some were forgotten before: a consent ended meanwhile."""
        here = (DUE.c.device == kid) & DUE.c.arrival.in_(arrivals)
        return bool(self._db.execute(delete(DUE).where(here)).rowcount == len(arrivals))

    def lock(self, kids: Iterable[bytes]) -> None:
        """Keep others from storing or ending anything of these devices until this transaction is over."""
        query = select(DEVICE.c.device).where(DEVICE.c.device.in_(sorted(kids))).order_by(DEVICE.c.device)
        self._db.execute(query.with_for_update() if is_postgres(self._db) else query).all()
        self._keys.refresh()

    # ---- digests

    def digests(self, kids: Sequence[bytes]) -> dict[bytes, bytes]:
        """The digest of each person; absent where there is none, or none that opens."""
        here = (DIGEST.c.part == PERSON) & DIGEST.c.device.in_(kids)
        rows = self._db.execute(select(DIGEST).where(here))
        return {row.device: words for row in rows if (words := self._open(row, _digest_place(row))) is not None}

    def days(self, kid: bytes, first: int, last: int) -> dict[int, bytes]:
        """What is kept of each day of a person.

        Raises:
            WireRefused: ``open_failed``: a day is there and does not open; its windows must not count as absent.
        """
        here = (DIGEST.c.device == kid) & (DIGEST.c.part == DAY) & DIGEST.c.day.between(first, last)
        found = {}
        for row in self._db.execute(select(DIGEST).where(here)):
            words = self._open(row, _digest_place(row))
            if words is None:
                raise WireRefused("open_failed", "a kept day does not open")
            found[row.day] = words
        return found

    def put_digest(self, kid: bytes, words: bytes, days: Mapping[int, bytes], oldest: int) -> None:
        """Keep a digest and the days that changed, and drop days before the oldest."""
        of_days = (DIGEST.c.device == kid) & (DIGEST.c.part == DAY)
        self._db.execute(delete(DIGEST).where(of_days & (DIGEST.c.day < oldest)))
        for part, day, of_part in ((PERSON, 0, words), *((DAY, day, of_day) for day, of_day in days.items())):
            self._put(DIGEST, {"device": kid, "part": part, "day": day}, of_part)

    def forget_digest(self, kid: bytes) -> None:
        """Make it from the rows again."""
        self._db.execute(delete(DIGEST).where(DIGEST.c.device == kid))

    # ---- scores

    def newest_scores(self, kids: Sequence[bytes]) -> dict[tuple[bytes, int], KeptScore]:
        """The newest revision of each day, by device and day."""
        rows = self._db.execute(select(SCORE).where(SCORE.c.device.in_(kids)).order_by(SCORE.c.revision))
        return {(row.device, row.day): KeptScore(row.day, row.revision, self._open(row, _place(row))) for row in rows}

    def scores(self) -> Iterator[tuple[bytes, KeptScore]]:
        """Every score, by device, day and revision."""
        order = (SCORE.c.device, SCORE.c.day, SCORE.c.revision)
        for row in self._db.execute(select(SCORE).order_by(*order)):
            yield row.device, KeptScore(row.day, row.revision, self._open(row, _place(row)))

    def put_score(self, kid: bytes, score: KeptScore, *, replaces: int | None) -> None:
        """Keep a score, and send it with the device's next answer.

        Args:
            kid: Whose.
            score: Its words are there.
            replaces: Revision that it takes the place of: one of a day that is not over.
        """
        if replaces is not None:
            here = (SCORE.c.device == kid) & (SCORE.c.day == score.day) & (SCORE.c.revision == replaces)
            self._db.execute(delete(SCORE).where(here))
        words = score.words or b""
        self._put(SCORE, {"device": kid, "day": score.day, "revision": score.revision}, words)
        self._put(DOWN, {"device": kid, "day": score.day}, words, revision=score.revision)
        if kid not in self._noted:
            note_changed(self._db, [kid])
            self._noted.add(kid)

    def drop_scores(self, kid: bytes, days: Sequence[int]) -> None:
        """Forget scores of days that a later one stands for."""
        for table in (SCORE, DOWN):
            self._db.execute(delete(table).where(table.c.device == kid, table.c.day.in_(days)))

    def waiting(self, kids: Sequence[bytes]) -> dict[bytes, list[KeptScore]]:
        """Scores on their way, newest day first, by device."""
        found: dict[bytes, list[KeptScore]] = defaultdict(list)
        for row in self._db.execute(select(DOWN).where(DOWN.c.device.in_(kids)).order_by(DOWN.c.day.desc())):
            found[row.device].append(KeptScore(row.day, row.revision, self._open(row, _down_place(row))))
        return dict(found)

    def rides(self, kids: Sequence[bytes]) -> dict[bytes, list[Ride]]:
        """Alerts and looks on their way, by device (`hub.store.rides`)."""
        return waiting_rides(self._db, self._keys, kids)

    def arrived(self, sent: Sequence[Riding]) -> None:
        """The broker acknowledged answers with these scores, alerts and looks."""
        if alerts := {one.kid for one in sent if one.kind == ALERT}:
            self.lock(alerts)
        delete_arrived(self._db, sent)
        if unreadable := sum(not one.is_readable for one in sent):
            self.count(Counter({UNREADABLE: unreadable}))

    def count(self, counts: Counter[str]) -> None:
        """Add to the counters."""
        add_counts(self._db, counts)

    # ---- private

    def _open(self, row: Any, place: bytes) -> bytes | None:
        key = self._keys.data_keys.named(row.data_key)
        return None if key is None else key.open(place, row.words)

    def _put(self, table: Table, at: dict[str, Any], words: bytes, **more: int) -> None:
        key = self._keys.data_keys.of(at["device"], 0)
        if self._keys.data_keys.named(key.name) is None:
            raise NotDurable("a data key was destroyed meanwhile", remedy="The row is scored again.")
        here = [table.c[name] == value for name, value in at.items()]
        self._db.execute(delete(table).where(*here))
        place = b"".join([table.name.encode(), *(_bytes(value) for value in at.values())])
        self._db.execute(insert(table), {**at, **more, "data_key": key.name, "words": key.seal(place, words)})


def score_words(message: ScoreMessage) -> bytes:
    """A score as it is kept."""
    return codec.encode([message.body, message.signature])


def score_message(words: bytes) -> ScoreMessage:
    """Inverse of `score_words`.

    Raises:
        WireRefused: ``malformed``.
    """
    row = Fields(codec.decode(words), 2)
    return ScoreMessage(row.raw(), row.raw(SIGNATURE_BYTES))


def _bytes(value: bytes | str | int) -> bytes:
    if isinstance(value, int):
        return value.to_bytes(8, "big")
    return value.encode() if isinstance(value, str) else value


def _digest_place(row: Any) -> bytes:
    return b"".join([b"digest", *(_bytes(value) for value in (row.device, row.part, row.day))])


def _place(row: Any) -> bytes:
    return b"".join([b"score", *(_bytes(value) for value in (row.device, row.day, row.revision))])


def _down_place(row: Any) -> bytes:
    return b"".join([b"down", *(_bytes(value) for value in (row.device, row.day))])
