"""The keys that devices seal to. A new one is made each week; deleting the old ones is the only forward secrecy."""

import os
from typing import Final

from sqlalchemy import Engine, delete, insert, select, update

from agent.wire.directory import KemKey
from agent.wire.keys import SEED_BYTES, ReceiveKey, kid
from hub.database import reading, shred
from hub.keys.tables import KEM, mark_changed

DAY_S: Final = 86_400
KEM_DAYS: Final = 45  # the agent's outbox holds 30; design section 4
_CACHED_MOST: Final = 1000  # key names come from envelopes, so an attacker chooses how many there are


class KemKeys:
    """The KEM keys in the key store's file.

    Args:
        engine: Of that file.

    Keys are cached until `drop_cache`; the key store calls it after another process wrote.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reads = engine, reading(engine)
        self._cache: dict[bytes, ReceiveKey | None] = {}

    def drop_cache(self) -> None:
        """Read the file again from now on."""
        self._cache.clear()

    def add(self, now_utc_s: int) -> None:
        """Create a key that ends in 45 days; devices seal to the newest one."""
        self.shorten(now_utc_s)
        seed = os.urandom(SEED_BYTES)
        row = {
            "kid": kid(ReceiveKey.of(seed).public),
            "seed": seed,
            # later than every other: the order of ends is the order of creation
            "not_after_utc_s": max([now_utc_s + KEM_DAYS * DAY_S, *(end + 1 for end in self.ends().values())]),
        }
        with self._engine.begin() as db:
            db.execute(insert(KEM), row)
            mark_changed(db)
        self.drop_cache()

    def of(self, which: bytes) -> ReceiveKey | None:
        """The key with this kid; None when there is none, or it was deleted."""
        if which not in self._cache:
            with self._reads.connect() as db:
                seed = db.execute(select(KEM.c.seed).where(KEM.c.kid == which)).scalar()
            if len(self._cache) > _CACHED_MOST:
                self._cache.clear()
            self._cache[which] = None if seed is None else ReceiveKey.of(seed)
        return self._cache[which]

    def ends(self) -> dict[bytes, int]:
        """When each key ends (UTC s), by kid."""
        with self._reads.connect() as db:
            return {row.kid: row.not_after_utc_s for row in db.execute(select(KEM.c.kid, KEM.c.not_after_utc_s))}

    def listed(self) -> tuple[KemKey, ...]:
        """Public keys and their ends, the newest last, as the directory lists them."""
        with self._reads.connect() as db:
            rows = db.execute(select(KEM).order_by(KEM.c.not_after_utc_s, KEM.c.kid)).all()
        return tuple(KemKey(ReceiveKey.of(row.seed).public, row.not_after_utc_s) for row in rows)

    def shorten(self, now_utc_s: int) -> None:
        """Let no key end later than one created now would: a clock that was a year ahead created some that do."""
        last_utc_s = now_utc_s + KEM_DAYS * DAY_S - 1
        with self._engine.begin() as db:
            cut = update(KEM).where(KEM.c.not_after_utc_s > last_utc_s + 1).values(not_after_utc_s=last_utc_s)
            if db.execute(cut).rowcount:
                mark_changed(db)

    def delete_ended(self, now_utc_s: int) -> list[bytes]:
        """Delete the keys past their end, but never the newest; returns their kids."""
        ends = self.ends()
        newest = max(ends, key=lambda which: (ends[which], which))
        ended = [which for which, until_utc_s in ends.items() if until_utc_s <= now_utc_s and which != newest]
        if ended:
            with self._engine.begin() as db:
                db.execute(delete(KEM).where(KEM.c.kid.in_(ended)))
                mark_changed(db)
            shred(self._engine)
            self.drop_cache()
        return ended
