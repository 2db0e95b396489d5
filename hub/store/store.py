"""The hub's store: opening the database, storing transactions, and finding out that a backup was restored.

The list of settled envelopes outlives their rows, so that nobody can bring an erased row back. An entry ends when the
KEM key is deleted that its envelope was sealed to, for then nobody can decrypt the envelope.
"""

import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, Engine, delete, select

from agent.errors import KeysMissing, Missing, NotDurable
from agent.wire.receipt import STORE_ID_BYTES
from hub.database import (
    CANNOT_WRITE,
    cause,
    make_private,
    open_postgres,
    open_sqlite,
    put_site,
    reading,
    require_durable,
    shred,
)
from hub.keys.keystore import BACKUPS_END, DATABASE, RESTORED, ROLES, KeyStore
from hub.store import grants, migrations
from hub.store.derived import Derived
from hub.store.ends import learn_ends, learn_revoked, note_ends, note_revoked
from hub.store.envelopes import Opened
from hub.store.kept import delete_unreadable
from hub.store.owner import KEY_STORE, NUMBER_BYTES, STATE_FOLDER, STORE_ID, Owner, Presence
from hub.store.person_rows import PersonRows
from hub.store.proven import Proven
from hub.store.roles import Role, url_of
from hub.store.tables import SEEN, SITE
from hub.store.transaction import At, StoreTransaction, digests, end_again

log = logging.getLogger(__name__)

_GENERATION: Final = "generation "  # and the number of a worker: how many batches it committed
_CLOCKS_DIFFER_S: Final = 10 * 366 * 86_400
_SITE_ROWS: Final = select(SITE).where(SITE.c.name.in_((KEY_STORE, STATE_FOLDER, STORE_ID)))


class Store(PersonRows):
    """The database of a hub folder: the file ``hub.db``, or PostgreSQL where `hub init --database` named one.

    Args:
        folder, keys: The hub's; withdrawals, erasures and data keys are looked up and kept in the keys.
        role: As whom to connect, where `hub roles` made users of PostgreSQL; SQLite has none.
        writes: For the receiver: only it finds out that the database was restored from a backup.
        worker: Number of this process; on SQLite there is one.
        owner: Address with the name of the tables' owner, to make and change them; empty: as ``role``.

    Attributes:
        store_id: The store's name, in every answer; a new one after a backup was restored.

    Raises:
        WrongUse: The database is newer than this program, or its driver is missing.
        KeysMissing: It belongs to another key store or state folder; nothing was changed.
        AlreadyRunning: A hub with another state folder is working with it; nothing was changed.
        Missing: It does not respond.
    """

    def __init__(
        self,
        folder: Path,
        keys: KeyStore,
        role: Role = Role.RUN,
        *,
        writes: bool = False,
        worker: int = 1,
        owner: str = "",
    ) -> None:
        self._engine, self._worker = open_postgres(owner) if owner else _engine(folder, keys, role), worker
        self._owner, self._presence = Owner(keys, folder), Presence(self._engine)
        super().__init__(reading(self._engine), keys)
        self._proven = Proven()
        kept = keys.generations.known()
        with ExitStack() as undo:
            undo.callback(self.close)
            try:
                with self._reads.connect() as db:
                    migrations.refuse(db, self._owner)
                if writes:
                    self._presence.begin(self._owner)
                migrations.bring_up(self._engine, keys, self._owner, claims=writes and worker > 0)
                self.store_id = self._own_id()
                if writes:
                    self._reconcile(kept)
                    self._log_if_not_durable()
            except CANNOT_WRITE as error:
                raise Missing(
                    f"the hub's database does not respond or cannot be written: {cause(error)}",
                    remedy="Start the database or free its disk, then start the hub again.",
                ) from error
            undo.pop_all()
        self._shred_due = writes

    def _log_if_not_durable(self) -> None:
        with self._reads.connect() as db:
            try:
                require_durable(db)
            except NotDurable as error:  # it may be repaired before the first envelope; until then nothing is stored
                log.error("%s. %s", error, error.remedy)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; the store is not usable afterwards."""
        self._presence.end()
        self._engine.dispose()

    @contextmanager
    def transaction(self, opened: Sequence[Opened] = ()) -> Iterator[StoreTransaction]:
        """Store everything added inside durably on leaving, or nothing after an error. ``opened``: all that may come.

        Raises:
            NotDurable: The database could lose what it commits; nothing was stored.
            KeysMissing: The database was given to another state folder; nothing was stored.
        """
        self._presence.renew()
        with self._engine.begin() as db:
            require_durable(db)
            self._check_site(db)
            transaction = StoreTransaction(db, self._keys, self._proven, opened)
            yield transaction
            generation = _number(db, _generation(self._worker)) + 1
            put_site(db, SITE, _generation(self._worker), str(generation).encode())
            self._shred_due = self._shred_due or bool(transaction.erased)
        self._keys.generations.note(self._worker, generation)
        self._proven.keep(transaction.proven)
        if self._shred_due:
            self._shred_due = not shred(self._engine)  # else again with the next batch

    @contextmanager
    def checked(self, *, shreds: bool = False) -> Iterator[Connection]:
        """A durable transaction on this hub's database; with ``shreds`` what it deleted is in no log of SQLite either.

        Raises:
            NotDurable, KeysMissing: As `transaction`; nothing was changed.
        """
        with self._engine.begin() as db:
            require_durable(db)
            self._check_site(db)
            yield db
        if shreds:
            shred(self._engine)

    @contextmanager
    def deriving(self) -> Iterator[Derived]:
        """Keep digests and scores durably on leaving, or nothing after an error; raises as `checked`."""
        with self.checked() as db:
            yield Derived(db, self._keys)

    @contextmanager
    def derived(self) -> Iterator[Derived]:
        """The same for reading alone."""
        self._keys.refresh()
        with self._reads.connect() as db:
            yield Derived(db, self._keys)

    def digests(self, at: Iterable[At]) -> dict[At, bytes]:
        """The digests of the envelopes settled at these places; places without one are absent."""
        with self._reads.connect() as db:
            return digests(db, at)

    def delete_settled(self, kems: Sequence[bytes]) -> int:
        """Delete the settled entries sealed to deleted KEM keys, which nobody can decrypt again; returns how many."""
        with self._engine.begin() as db:
            self._check_site(db)
            return db.execute(delete(SEEN).where(SEEN.c.kem.in_(kems))).rowcount

    # ---- identity, and restored backups

    def _check_site(self, db: Connection) -> None:
        """Check who owns the database, and read its store id: another worker may have found a restored backup."""
        site = {row.name: bytes(row.value) for row in db.execute(_SITE_ROWS)}
        self._owner.check(site)
        found = site.get(STORE_ID, b"")
        if found != self.store_id and not 0 < _id_number(found) <= self._keys.store_number():
            raise KeysMissing("the database has a name that this hub did not give it", remedy="Start the hub again.")
        self.store_id = found

    def _new_id(self, last: bytes) -> bytes:
        """A store id that sorts after every earlier one, whichever of the two stores was restored from a backup."""
        now_utc_s, known = int(time.time()), _id_number(last)
        if known > max(self._keys.store_number(), now_utc_s + _CLOCKS_DIFFER_S):
            known = 0  # no hub wrote that, and no answer carried it
        number = max(known + 1, self._keys.store_number() + 1, now_utc_s)
        self._keys.note_store_number(number)
        return number.to_bytes(NUMBER_BYTES, "big") + os.urandom(STORE_ID_BYTES - NUMBER_BYTES)

    def _own_id(self) -> bytes:
        """The store id; whoever opens a new database first creates it."""
        with self._reads.connect() as db:
            store_id = db.execute(select(SITE.c.value).where(SITE.c.name == STORE_ID)).scalar()
        if store_id is not None:
            return bytes(store_id)
        with self._engine.begin() as db:
            store_id = db.execute(select(SITE.c.value).where(SITE.c.name == STORE_ID).with_for_update()).scalar()
            if store_id is None:
                store_id = self._new_id(b"")
                put_site(db, SITE, STORE_ID, store_id)
        return bytes(store_id)

    def grant_roles(self, prefix: str) -> list[str]:
        """Make the database users of PostgreSQL, each with its rights alone; returns their names. For the owner.

        Raises:
            WrongUse, Missing, CheckFailed: As `hub.store.grants.apply`; nothing was changed.
        """
        with self._engine.begin() as db:
            return grants.apply(db, prefix, self._owner.id)

    def mirror(self) -> None:
        """Copy here who is revoked and until when key backups may exist, for keys that are restored later."""
        with self._engine.begin() as db:
            self._owner.check({row.name: bytes(row.value) for row in db.execute(_SITE_ROWS)})
            self._mirror(db)

    def learn_revoked(self) -> None:
        """Take over which members of the team are revoked, for keys that were restored since."""
        with self._reads.connect() as db:
            learn_revoked(db, self._keys)

    def _mirror(self, db: Connection) -> None:
        note_revoked(db, self._keys)
        ends = max(_number(db, BACKUPS_END), self._keys.backups_end_utc_s())
        put_site(db, SITE, BACKUPS_END, str(ends).encode())

    def _reconcile(self, kept: dict[int, int]) -> None:
        """Find out whether database or key store was restored from a backup, and bring both to what either knows.

        A database that is behind the key store, or ahead of it by more than a crash explains, gets a new store id, so
        that devices send again what was lost. Rows whose data key is lost are deleted, so that they can be stored
        again. Each store takes over what the other knows to be withdrawn, erased and revoked.
        """
        with self._engine.begin() as db:
            names = db.execute(select(SITE.c.name).where(SITE.c.name.startswith(_GENERATION))).scalars()
            workers = {*kept, *(int(name.removeprefix(_GENERATION)) for name in names)}
            here = {worker: _number(db, _generation(worker)) for worker in workers}
            behind = any(here[worker] < n for worker, n in kept.items())
            later = self._keys.generations.known()  # read after it: other workers write the database first
            ahead = any(n > later.get(worker, 0) + 1 for worker, n in here.items())
            renamed = _id_number(_store_id(db)) > self._keys.store_number()
            restored = behind or ahead or renamed or self._keys.text(RESTORED) == "1"
            for ended in self._keys.devices.ended():
                if restored:
                    end_again(db, self._keys, ended)
                note_ends(db, self._keys, ended.kid, withdrawn=ended.withdrawn_serial, erased=ended.erased_serial)
            if restored:
                self.store_id = self._new_id(_store_id(db))
                put_site(db, SITE, STORE_ID, self.store_id)
                for worker, n in here.items():
                    put_site(db, SITE, _generation(worker), str(max(n, kept.get(worker, 0))).encode())
                lost = delete_unreadable(db, self._keys)
                log.warning("a backup was restored: devices send its missing rows again; %d rows lost their keys", lost)
            learn_ends(db, self._keys)
            self._keys.learn_backups_end(min(_number(db, BACKUPS_END), int(time.time()) + _CLOCKS_DIFFER_S))
            self._mirror(db)
        for worker, n in here.items():
            self._keys.generations.note(worker, n)
        if restored:
            self._keys.put({RESTORED: b""})


def _store_id(db: Connection) -> bytes:
    return bytes(db.execute(select(SITE.c.value).where(SITE.c.name == STORE_ID)).scalar_one())


def _id_number(store_id: bytes) -> int:
    return int.from_bytes(store_id[:NUMBER_BYTES], "big")


def _generation(worker: int) -> str:
    return f"{_GENERATION}{worker}"


def _engine(folder: Path, keys: KeyStore, role: Role) -> Engine:
    url, prefix = keys.text(DATABASE), keys.text(ROLES)
    if url:
        return open_postgres(url_of(url, prefix, role) if prefix else url)
    path = folder / "hub.db"
    make_private(path)
    return open_sqlite(path)


def _number(db: Connection, name: str) -> int:
    value = db.execute(select(SITE.c.value).where(SITE.c.name == name)).scalar()
    return 0 if value is None else int(value)
