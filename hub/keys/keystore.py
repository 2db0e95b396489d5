"""What must outlive, or must not be in, a database backup: hub keys, devices, codes, data keys, withdrawals, erasures.

A database restored from a backup can bring back rows, but not a consent that this store says is withdrawn, nor values
whose data key it destroyed.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import select

from agent.errors import KeysMissing
from agent.wire.directory import Directory, DirectoryKey, next_version, publish_under, verified
from agent.wire.keys import KID_BYTES, SEED_BYTES, SIGN_PUBLIC_BYTES, SignKey, kid
from agent.wire.labels import Label
from hub.database import add_columns, lock_file, make_private, open_sqlite, put_site, reading, unlock_file
from hub.keys.codes import Codes
from hub.keys.data_keys import DataKeys
from hub.keys.devices import Devices
from hub.keys.generations import Generations
from hub.keys.kem import DAY_S, KemKeys
from hub.keys.people import People
from hub.keys.staff import Staff
from hub.keys.tables import CHANGES, META, SITE, mark_changed
from hub.keys.waiting import Waiting
from hub.schema import refuse_strange

DIRECTORY_DAYS: Final = 7
CERT_DAYS: Final = 366
DATABASE: Final = "database"  # the address of PostgreSQL; empty for SQLite
ROLES: Final = "database roles"  # what the names of its users begin with; empty: one user does everything
BACKUPS_END: Final = "key backups end"
RESTORED: Final = "restored"  # set by `hub restore`: the database may not be the one that these keys last knew
_LOCK_WAIT_S: Final = 30.0
# The directory must fit the broker's packets, so it lists this many revoked devices; the hub refuses all of them.
_REVOKED_MOST: Final = 1000


class KeyStore:
    """The file ``keys.db`` of a hub folder; several processes of one machine may share it.

    Values read are cached; `refresh` discards the cache after another process changed the file.

    Args:
        folder: The hub's.

    Attributes:
        devices: The admitted devices.
        codes: Each admits one more.
        kems, data_keys: The keys that devices seal to, and that stored rows are encrypted under.
        generations: How far the database had come.
        people, waiting, staff: What people of a study are called, requests that came through the broker, the care team.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "keys.db"
        make_private(path)  # before SQLite opens it; the log files beside it take the same mode
        self._engine = open_sqlite(path)
        with reading(self._engine).connect() as db:
            refuse_strange(db, META)
        META.create_all(self._engine)
        add_columns(self._engine, META)
        self._reads = reading(self._engine)
        self._values: dict[str, bytes] = {}
        self._signs: dict[str, SignKey] = {}
        self._lock_path, self._lock_depth = folder / "keys.lock", 0
        self.kems = KemKeys(self._engine)
        self.data_keys = DataKeys(self._engine)
        self.generations = Generations(self._engine)
        self.people, self.waiting, self.staff = People(self._engine), Waiting(self._engine), Staff(self._engine)
        self.codes = Codes(self._engine, int(time.time()))
        self.devices = Devices(self._engine, self.data_keys, self.codes)
        self._changes = self._read(CHANGES)

    def close(self) -> None:
        """Close the file; the store is not usable afterwards."""
        self._engine.dispose()

    def refresh(self) -> None:
        """Discard the cache if another process changed the file since it was read."""
        changes = self._read(CHANGES)
        if changes != self._changes:
            self._changes = changes
            self._drop_cache()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Keep other processes from changing keys, for a read followed by a write; may be nested.

        Raises:
            AlreadyRunning: Another process kept the lock for 30 s.
        """
        lock = lock_file(self._lock_path, _LOCK_WAIT_S) if self._lock_depth == 0 else None
        self._lock_depth += 1
        try:
            self.refresh()
            yield
        finally:
            self._lock_depth -= 1
            if lock is not None:
                unlock_file(lock)

    def _drop_cache(self) -> None:
        self._values.clear()
        self._signs.clear()
        for part in (self.kems, self.data_keys, self.devices):
            part.drop_cache()

    def _read(self, name: str) -> bytes | None:
        with self._reads.connect() as db:
            value = db.execute(select(SITE.c.value).where(SITE.c.name == name)).scalar()
        return None if value is None else bytes(value)

    # ---- the site

    def create(self, site: dict[str, bytes], root: SignKey, now_utc_s: int) -> None:
        """Fill a new store: the site's values, a directory key under the root, KEM, receipt and score keys.

        Args:
            site: Named values: site, operator, host, port, synthetic, database, backup public.
            root: The offline root key.
            now_utc_s: When the directory key begins; it ends in 366 days.
        """
        seeds = {name: os.urandom(SEED_BYTES) for name in ("directory seed", "receipt seed", "score seed", "hedge")}
        key = DirectoryKey(1, SignKey.of(seeds["directory seed"]).public, now_utc_s, now_utc_s + CERT_DAYS * DAY_S)
        signature = root.sign(Label.DIRECTORY_KEY, site["site"].decode(), key.encode())
        self.put(
            {
                **site,
                **seeds,
                "root public": root.public,
                "cert": key.encode(),
                "cert signature": signature,
                "version": b"0",
            }
        )
        self.kems.add(now_utc_s)
        self.issue_directory(now_utc_s)

    def put(self, values: dict[str, bytes]) -> None:
        """Write named values of the site in one transaction."""
        with self._engine.begin() as db:
            for name, value in values.items():
                put_site(db, SITE, name, value)
            mark_changed(db)
        self._drop_cache()

    def value(self, name: str) -> bytes:
        """A named value of the site.

        Raises:
            KeyError: There is none.
        """
        if name not in self._values:
            if (value := self._read(name)) is None:
                raise KeyError(name)
            self._values[name] = value
        return self._values[name]

    def text(self, name: str) -> str:
        """A named value of the site as text; empty when there is none."""
        return (self._read(name) or b"").decode()

    @property
    def site(self) -> str:
        """The site's name in topics."""
        return self.value("site").decode()

    @property
    def operator(self) -> str:
        """Who receives, as people read it."""
        return self.value("operator").decode()

    @property
    def synthetic(self) -> bool:
        """Whether the site accepts only synthetic identities (demo)."""
        return self.value("synthetic") == b"1"

    def sign_key(self, which: str) -> SignKey:
        """The ``directory``, ``receipt`` or ``score`` key."""
        if which not in self._signs:
            self._signs[which] = SignKey.of(self.value(f"{which} seed"))
        return self._signs[which]

    # ---- the directory

    def published(self) -> bytes:
        """The directory in force, signed, as the broker retains it."""
        return self.value("published")

    def version(self) -> int:
        """The directory's version."""
        return int(self.value("version"))

    def serial(self) -> int:
        """The serial of the directory key's cert."""
        return int(self.text("cert serial") or 1)

    def issue_directory(self, now_utc_s: int | None = None) -> bytes:
        """Sign the next version of the directory; returns it as published.

        Args:
            now_utc_s: When it begins (now when None); it ends in 7 days.
        """
        now_utc_s = int(time.time()) if now_utc_s is None else now_utc_s
        with self.exclusive():
            version = next_version(self.version(), self.serial())
            directory = self._directory(version, now_utc_s, now_utc_s + DIRECTORY_DAYS * DAY_S)
            cert, signature = self.value("cert"), self.value("cert signature")
            published = publish_under(cert, signature, self.sign_key("directory"), directory, self.site)
            self.put({"version": str(directory.version).encode(), "published": published})
        return published

    def is_current(self) -> bool:
        """Whether the published directory matches this store; it does not after a crash between the two writes."""
        with self.exclusive():
            published = verified(self.published(), self.site, self.value("root public"), 0)
            was = published.directory
            now = self._directory(was.version, was.issued_utc_s, was.expires_utc_s)
            return (now, self.value("cert")) == (was, published.key.encode())

    def _directory(self, version: int, issued_utc_s: int, expires_utc_s: int) -> Directory:
        return Directory(
            version=version,
            issued_utc_s=issued_utc_s,
            expires_utc_s=expires_utc_s,
            synthetic=self.synthetic,
            kems=self.kems.listed(),
            receipt_publics=(self.sign_key("receipt").public, *self._chunks("old receipts", SIGN_PUBLIC_BYTES)),
            score_publics=(self.sign_key("score").public,),
            revoked=(*self.devices.revoked()[-_REVOKED_MOST:], *self._chunks("revoked keys", KID_BYTES)),
        )

    def new_directory_key(self, root: SignKey, now_utc_s: int) -> None:
        """Create the next yearly directory key and have the root sign it.

        Args:
            root: The offline root key.
            now_utc_s: When it begins; it ends in 366 days.

        Raises:
            KeysMissing: That is not this site's root key.
        """
        if root.public != self.value("root public"):
            raise KeysMissing("this is not the root key of this site", remedy="Use the root.key from 'hub init'.")
        seed = os.urandom(SEED_BYTES)
        # the time, so that a restored store never issues a serial twice
        serial = max(self.serial() + 1, now_utc_s)
        cert = DirectoryKey(serial, SignKey.of(seed).public, now_utc_s, now_utc_s + CERT_DAYS * DAY_S)
        self.put(
            {
                "directory seed": seed,
                "cert": cert.encode(),
                "cert signature": root.sign(Label.DIRECTORY_KEY, self.site, cert.encode()),
                "cert serial": str(serial).encode(),
            }
        )

    def new_receipt_key(self, *, revoke: bool) -> None:
        """Sign receipts with a new key from now on.

        Args:
            revoke: Also revoke the old ones, and replace the score key that is stored beside them: they were
                stolen. Otherwise the last two stay listed, so that devices still accept what they signed.
        """
        with self.exclusive():
            before = [self.sign_key("receipt").public, *self._chunks("old receipts", SIGN_PUBLIC_BYTES)]
            values = {"receipt seed": os.urandom(SEED_BYTES), "old receipts": b"".join(before[:2])}
            if revoke:
                stolen = [kid(public) for public in (*before, self.sign_key("score").public)]
                values["revoked keys"] = b"".join([*self._chunks("revoked keys", KID_BYTES), *stolen])
                values |= {"score seed": os.urandom(SEED_BYTES), "old receipts": b""}
            self.put(values)

    def _chunks(self, name: str, size: int) -> list[bytes]:
        joined = self._read(name) or b""
        return [joined[at : at + size] for at in range(0, len(joined), size)]

    # ---- how far the database had come

    def store_number(self) -> int:
        """The number in the last store id."""
        return int(self._read("store number") or b"0")

    def note_store_number(self, number: int) -> None:
        """Remember the number of the last store id, where no backup of the database reaches."""
        self.put({"store number": str(number).encode()})

    def backups_end_utc_s(self) -> int:
        """When the last backup of these keys must be destroyed (UTC s); 0 when none was made."""
        return int(self.text(BACKUPS_END) or 0)

    def learn_backups_end(self, ends_utc_s: int) -> None:
        """Take over a later end that the database remembers and restored keys do not."""
        if ends_utc_s > self.backups_end_utc_s():
            self.put({BACKUPS_END: str(ends_utc_s).encode()})
