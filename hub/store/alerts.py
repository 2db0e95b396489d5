"""People that `hub alerts` is to look at, and what of alerts it needs beside `hub.store.team_alerts`."""

from collections import Counter
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, select, union

from hub.database import is_postgres
from hub.keys.keystore import KeyStore
from hub.store.counts import add_counts
from hub.store.tables import ALERT, CHANGED, CONSENT, DEVICE, RIDE, SHOWN
from hub.store.team_alerts import ACKNOWLEDGED


class AlertRows:
    """Inside one transaction.

    Args:
        db: The open transaction. To write, hold the lock of the device.
        keys: The data keys.
    """

    def __init__(self, db: Connection, keys: KeyStore) -> None:
        self._db, self._keys = db, keys

    # ---- who is looked at

    def changed(self, most: int) -> dict[bytes, int]:
        """People with a note of a change and since when (UTC ms), oldest first; at most so many."""
        query = select(CHANGED).order_by(CHANGED.c.taken_ms, CHANGED.c.device).limit(most)
        return {row.device: row.taken_ms for row in self._db.execute(query)}

    def changed_at(self, kids: Collection[bytes]) -> dict[bytes, int]:
        """The same, of these people."""
        query = select(CHANGED).where(CHANGED.c.device.in_(kids))
        return {row.device: row.taken_ms for row in self._db.execute(query)}

    def done(self, kid: bytes, taken_ms: int) -> None:
        """Delete the note of a change that was followed; a later note stays."""
        here = (CHANGED.c.device == kid) & (CHANGED.c.taken_ms == taken_ms)
        self._db.execute(delete(CHANGED).where(here))

    def everybody(self) -> set[bytes]:
        """Everybody who ever consented, or of whom something is shown or open."""
        every = union(*(select(table.c.device) for table in (CONSENT, SHOWN, ALERT)))
        return set(self._db.execute(every).scalars())

    def lock(self, kids: Iterable[bytes]) -> None:
        """Keep others from storing or ending anything of these devices until this transaction is over."""
        query = select(DEVICE.c.device).where(DEVICE.c.device.in_(sorted(kids))).order_by(DEVICE.c.device)
        self._db.execute(query.with_for_update() if is_postgres(self._db) else query).all()
        self._keys.refresh()

    # ---- alerts

    def drop(self, numbers: Collection[int]) -> None:
        """Forget alerts."""
        self._db.execute(delete(ALERT).where(ALERT.c.number.in_(numbers)))

    def last_number(self) -> int:
        """The highest number of an alert or of one on its way; 0: there is none."""
        newest = (select(table.c.number).order_by(table.c.number.desc()).limit(1) for table in (ALERT, RIDE))
        return max((self._db.execute(query).scalar() or 0) for query in newest)

    def acknowledged(self) -> dict[int, tuple[bytes, int]]:
        """Device and revision of each alert that the team acknowledged and that is not closed, by number."""
        query = select(ALERT.c.number, ALERT.c.device, ALERT.c.revision).where(ALERT.c.state == ACKNOWLEDGED)
        return {row.number: (row.device, row.revision) for row in self._db.execute(query)}

    def count(self, counts: Counter[str]) -> None:
        """Add to the counters."""
        add_counts(self._db, counts)
