"""What must outlive, or must not be in, a database backup: hub keys, devices, codes, data keys, withdrawals, erasures.

A restored data file can bring back rows, but never a consent that this store says is withdrawn, nor words whose data
key it destroyed.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from agent.errors import KeysMissing
from agent.wire.directory import Directory, DirectoryKey, KemKey, publish_under, verified
from agent.wire.keys import KID_BYTES, SEED_BYTES, SIGN_PUBLIC_BYTES, ReceiveKey, SignKey, kid
from agent.wire.labels import Label
from hub.database import add_columns, hold, let_go, open_sqlite, put_site, reading, shred
from hub.keys.devices import DEVICES, Devices

DAY_S: Final = 86_400
DIRECTORY_DAYS: Final = 7
KEM_DAYS: Final = 45  # the agent's outbox holds 30; design section 4
CERT_DAYS: Final = 366

_META = MetaData()
_SITE = Table("site", _META, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False))
_KEM = Table(
    "kem",
    _META,
    Column("kid", LargeBinary, primary_key=True),
    Column("seed", LargeBinary, nullable=False),
    Column("not_after_utc_s", BigInteger, nullable=False),
)
BACKUPS_END: Final = "key backups end"
RESTORED: Final = "restored"  # by `hub restore`: the data base is not what these keys last knew, or may not be
_CHANGES: Final = "changes"
_GENERATION: Final = "generation "
_ALONE_S: Final = 30.0
# A revoked device learns it from the directory, which must fit the broker's packets: the hub itself knows them all.
_REVOKED_MOST: Final = 1000


class KeyStore:
    """The file ``keys.db`` of a hub folder; several processes of one machine may share it.

    What was read is remembered: `refresh` looks whether another process changed it since.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / "keys.db"
        # Made private before SQLite opens it; the log files beside it take the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._engine = open_sqlite(path, _META)
        DEVICES.create_all(self._engine)
        add_columns(self._engine, DEVICES)
        self._reads = reading(self._engine)
        self._values: dict[str, bytes] = {}
        self._kems: dict[bytes, ReceiveKey | None] = {}
        self._signs: dict[str, SignKey] = {}
        self._alone_file, self._depth = folder / "keys.lock", 0
        self.devices = Devices(self._engine, _changed)
        self._changes = self._read(_CHANGES)

    def close(self) -> None:
        self._engine.dispose()

    def refresh(self) -> None:
        """Read anew what another process changed since."""
        changes = self._read(_CHANGES)
        if changes != self._changes:
            self._changes = changes
            self._forget()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """No other process changes keys meanwhile: what is read here and written back is nobody else's between.

        Raises:
            AlreadyRunning: Another one does, for half a minute.
        """
        held = hold(self._alone_file, _ALONE_S) if self._depth == 0 else None
        self._depth += 1
        try:
            self.refresh()
            yield
        finally:
            self._depth -= 1
            if held is not None:
                let_go(held)

    def _forget(self) -> None:
        for remembered in (self._values, self._kems, self._signs):
            remembered.clear()
        self.devices.forget()

    def _read(self, name: str) -> bytes | None:
        with self._reads.connect() as db:
            found = db.execute(select(_SITE.c.value).where(_SITE.c.name == name)).scalar()
        return None if found is None else bytes(found)

    # ---- the site

    def found(self, site: dict[str, bytes], root: SignKey, now_utc_s: int) -> None:
        """Fill a new store: names, directory key under the root, first KEM key, receipt and score keys."""
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
        self.add_kem(now_utc_s)
        self.issue_directory(now_utc_s)

    def put(self, values: dict[str, bytes]) -> None:
        """Write named values of the site, in one transaction."""
        with self._engine.begin() as db:
            for name, value in values.items():
                put_site(db, _SITE, name, value)
            _changed(db)
        self._forget()

    def value(self, name: str) -> bytes:
        """One named value of the site.

        Raises:
            KeyError: There is none.
        """
        if name not in self._values:
            found = self._read(name)
            if found is None:
                raise KeyError(name)
            self._values[name] = found
        return self._values[name]

    def text(self, name: str) -> str:
        """One named value of the site as words; empty when there is none."""
        found = self._read(name)
        return "" if found is None else found.decode()

    @property
    def site(self) -> str:
        return self.value("site").decode()

    @property
    def operator(self) -> str:
        return self.value("operator").decode()

    @property
    def synthetic(self) -> bool:
        return self.value("synthetic") == b"1"

    def sign_key(self, which: str) -> SignKey:
        """The ``directory``, ``receipt`` or ``score`` key."""
        if which not in self._signs:
            self._signs[which] = SignKey.of(self.value(f"{which} seed"))
        return self._signs[which]

    # ---- directory and KEM keys

    def add_kem(self, now_utc_s: int) -> None:
        """Make a KEM key; the newest is the one that devices seal to."""
        self.cut_kems(now_utc_s)
        seed = os.urandom(SEED_BYTES)
        row = {
            "kid": kid(ReceiveKey.of(seed).public),
            "seed": seed,
            # later than every other: the order of ends is the order of making
            "not_after_utc_s": max([now_utc_s + KEM_DAYS * DAY_S, *(end + 1 for end in self.kem_ages().values())]),
        }
        with self._engine.begin() as db:
            db.execute(insert(_KEM), row)
            _changed(db)
        self._forget()

    def kem(self, which: bytes) -> ReceiveKey | None:
        """A KEM key that was not deleted."""
        if which not in self._kems:
            with self._reads.connect() as db:
                seed = db.execute(select(_KEM.c.seed).where(_KEM.c.kid == which)).scalar()
            if len(self._kems) > 1000:  # names come from envelopes: nobody fills our memory with them
                self._kems.clear()
            self._kems[which] = None if seed is None else ReceiveKey.of(seed)
        return self._kems[which]

    def kem_ages(self) -> dict[bytes, int]:
        """When each KEM key ends (UTC s), by kid."""
        with self._reads.connect() as db:
            return {row.kid: row.not_after_utc_s for row in db.execute(select(_KEM.c.kid, _KEM.c.not_after_utc_s))}

    def cut_kems(self, now_utc_s: int) -> None:
        """Let no key live longer than one made now: a clock that was a year ahead made some that would."""
        last_utc_s = now_utc_s + KEM_DAYS * DAY_S - 1
        with self._engine.begin() as db:
            cut = update(_KEM).where(_KEM.c.not_after_utc_s > last_utc_s + 1).values(not_after_utc_s=last_utc_s)
            if db.execute(cut).rowcount:
                _changed(db)

    def delete_kems(self, now_utc_s: int) -> list[bytes]:
        """Delete KEM keys past their end, never the newest: the only forward secrecy there is. Their kids."""
        ages = self.kem_ages()
        newest = max(ages, key=lambda which: (ages[which], which))
        ended = [which for which, until_utc_s in ages.items() if until_utc_s <= now_utc_s and which != newest]
        if ended:
            with self._engine.begin() as db:
                db.execute(delete(_KEM).where(_KEM.c.kid.in_(ended)))
                _changed(db)
            shred(self._engine)
            self._forget()
        return ended

    def published(self) -> bytes:
        """The directory in force, as it stands on the broker."""
        return self.value("published")

    def version(self) -> int:
        """The directory's version."""
        return int(self.value("version"))

    def issue_directory(self, now_utc_s: int | None = None) -> bytes:
        """Sign the next version."""
        now_utc_s = int(time.time()) if now_utc_s is None else now_utc_s
        with self.alone():
            directory = self._directory(self.version() + 1, now_utc_s, now_utc_s + DIRECTORY_DAYS * DAY_S)
            cert, signature = self.value("cert"), self.value("cert signature")
            published = publish_under(cert, signature, self.sign_key("directory"), directory, self.site)
            self.put({"version": str(directory.version).encode(), "published": published})
        return published

    def is_current(self) -> bool:
        """Whether the directory says what this store knows; not so when a crash came between the two."""
        with self.alone():
            seen = verified(self.published(), self.site, self.value("root public"), 0)
            told = seen.directory
            now = self._directory(told.version, told.issued_utc_s, told.expires_utc_s)
            return (now, self.value("cert")) == (told, seen.key.encode())

    def _directory(self, version: int, issued_utc_s: int, expires_utc_s: int) -> Directory:
        with self._reads.connect() as db:
            kems = db.execute(select(_KEM).order_by(_KEM.c.not_after_utc_s, _KEM.c.kid)).all()
        return Directory(
            version=version,
            issued_utc_s=issued_utc_s,
            expires_utc_s=expires_utc_s,
            synthetic=self.synthetic,
            kems=tuple(KemKey(ReceiveKey.of(row.seed).public, row.not_after_utc_s) for row in kems),
            receipt_publics=(self.sign_key("receipt").public, *self._chunks("old receipts", SIGN_PUBLIC_BYTES)),
            score_publics=(self.sign_key("score").public,),
            revoked=(*self.devices.revoked()[-_REVOKED_MOST:], *self._chunks("revoked keys", KID_BYTES)),
        )

    def backups_end_utc_s(self) -> int:
        """When the last backup of these keys that was ever made must be destroyed; 0 when none was made."""
        return int(self.text(BACKUPS_END) or 0)

    def learn_backups_end(self, ends_utc_s: int) -> None:
        """What the data base remembers of it, and keys that were put back do not."""
        if ends_utc_s > self.backups_end_utc_s():
            self.put({BACKUPS_END: str(ends_utc_s).encode()})

    def new_directory_key(self, root: SignKey, now_utc_s: int) -> None:
        """The yearly step: a new directory key under the root's signature.

        Raises:
            KeysMissing: That is not this site's root key.
        """
        if root.public != self.value("root public"):
            raise KeysMissing("this is not the root key of this site", remedy="Use the root.key from 'hub init'.")
        seed = os.urandom(SEED_BYTES)
        # the time, so that a store put back from a backup gives no serial out a second time
        serial = max(int(self.text("cert serial") or 1) + 1, now_utc_s)
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
            revoke: The old ones were stolen, and with them the score key, which lay beside: what they signed is
                believed no more. Else the last two stay listed.
        """
        with self.alone():
            before = [self.sign_key("receipt").public, *self._chunks("old receipts", SIGN_PUBLIC_BYTES)]
            values = {"receipt seed": os.urandom(SEED_BYTES), "old receipts": b"".join(before[:2])}
            if revoke:
                stolen = [kid(public) for public in (*before, self.sign_key("score").public)]
                values["revoked keys"] = b"".join([*self._chunks("revoked keys", KID_BYTES), *stolen])
                values |= {"score seed": os.urandom(SEED_BYTES), "old receipts": b""}
            self.put(values)

    def _chunks(self, name: str, size: int) -> list[bytes]:
        found = self._read(name) or b""
        return [found[at : at + size] for at in range(0, len(found), size)]

    # ---- how far the data base had come

    def generations(self) -> dict[int, int]:
        """How many batches of each worker the data base held when last heard of."""
        with self._reads.connect() as db:
            found = db.execute(select(_SITE).where(_SITE.c.name.startswith(_GENERATION))).all()
        return {int(row.name.removeprefix(_GENERATION)): int(row.value) for row in found}

    def store_number(self) -> int:
        """The number in the last name that the data base was given."""
        return int(self._read("store number") or b"0")

    def note_store_number(self, number: int) -> None:
        """Remember it, where no backup of the data base reaches."""
        self.put({"store number": str(number).encode()})

    def note_generation(self, worker: int, generation: int) -> None:
        """Remember it here, where no backup of the data base reaches; it never goes back."""
        with self._engine.begin() as db:
            name = f"{_GENERATION}{worker}"
            known = db.execute(select(_SITE.c.value).where(_SITE.c.name == name)).scalar()
            if known is None or int(known) < generation:
                put_site(db, _SITE, name, str(generation).encode())


def _changed(db: Connection) -> None:
    known = db.execute(select(_SITE.c.value).where(_SITE.c.name == _CHANGES)).scalar()
    put_site(db, _SITE, _CHANGES, str(int(known or b"0") + 1).encode())
