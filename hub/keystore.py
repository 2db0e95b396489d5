"""What must outlive, or must not be in, a database backup: hub keys, devices, codes, withdrawals, erasures.

A restored data file can bring back rows, but never a consent that this store says is withdrawn.
"""

import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, func, insert, select, update

from agent.errors import WireRefused
from agent.wire.directory import Directory, DirectoryKey, KemKey, publish_under
from agent.wire.keys import SEED_BYTES, ReceiveKey, SignKey, kid
from agent.wire.labels import Label
from hub.database import open_database, reading

DAY_S: Final = 86_400
DIRECTORY_DAYS: Final = 7
KEM_DAYS: Final = 45  # the agent's outbox holds 30; design section 4

_META = MetaData()
_SITE = Table("site", _META, Column("name", String, primary_key=True), Column("value", LargeBinary, nullable=False))
_KEM = Table(
    "kem",
    _META,
    Column("kid", LargeBinary, primary_key=True),
    Column("seed", LargeBinary, nullable=False),
    Column("not_after_utc_s", Integer, nullable=False),
)
_DEVICE = Table(
    "device",
    _META,
    Column("kid", LargeBinary, primary_key=True),
    Column("device", String, nullable=False, unique=True),
    Column("sign_public", LargeBinary, nullable=False),
    Column("receive_public", LargeBinary, nullable=False),
    Column("consent_public", LargeBinary, nullable=False),
    Column("withdrawn_serial", Integer, nullable=False, default=0),
    Column("erased_serial", Integer, nullable=False, default=-1),
    Column("revoked", Integer, nullable=False, default=0),
)
_CODE = Table("code", _META, Column("hash", LargeBinary, primary_key=True), Column("used", Integer, nullable=False))


@dataclass(frozen=True, slots=True)
class Device:
    """An admitted device.

    Attributes:
        withdrawn_serial: Consents up to this serial are withdrawn.
        erased_serial: Consents up to this serial are erased; -1: none.
    """

    kid: bytes
    device: str
    sign_public: bytes
    receive_public: bytes
    consent_public: bytes
    withdrawn_serial: int
    erased_serial: int
    revoked: bool


class KeyStore:
    """The file ``keys.db`` of a hub folder."""

    def __init__(self, folder: Path) -> None:
        path = folder / "keys.db"
        # Made private before SQLite opens it; the log files beside it take the same mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        self._engine = open_database(path, _META)
        self._reads = reading(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    # ---- the site

    def found(self, site: dict[str, bytes], root: SignKey, now_utc_s: int) -> None:
        """Fill a new store: names, directory key under the root, first KEM key, receipt and score keys."""
        seeds = {name: os.urandom(SEED_BYTES) for name in ("directory seed", "receipt seed", "score seed", "hedge")}
        key = DirectoryKey(1, SignKey.of(seeds["directory seed"]).public, now_utc_s, now_utc_s + 366 * DAY_S)
        signature = root.sign(Label.DIRECTORY_KEY, site["site"].decode(), key.encode())
        values = {
            **site,
            **seeds,
            "root public": root.public,
            "cert": key.encode(),
            "cert signature": signature,
            "version": b"0",
        }
        with self._engine.begin() as db:
            db.execute(insert(_SITE), [{"name": name, "value": value} for name, value in values.items()])
        self.add_kem(now_utc_s)
        self.issue_directory(now_utc_s)

    def value(self, name: str) -> bytes:
        """One named value of the site.

        Raises:
            KeyError: There is none.
        """
        with self._reads.connect() as db:
            found = db.execute(select(_SITE.c.value).where(_SITE.c.name == name)).scalar()
        if found is None:
            raise KeyError(name)
        return bytes(found)

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
        return SignKey.of(self.value(f"{which} seed"))

    # ---- directory and KEM keys

    def add_kem(self, now_utc_s: int) -> None:
        """Make a KEM key; the newest is the one that devices seal to."""
        seed = os.urandom(SEED_BYTES)
        row = {
            "kid": kid(ReceiveKey.of(seed).public),
            "seed": seed,
            "not_after_utc_s": now_utc_s + KEM_DAYS * DAY_S,
        }
        with self._engine.begin() as db:
            db.execute(insert(_KEM), row)

    def kem(self, which: bytes) -> ReceiveKey | None:
        """A KEM key that was not deleted."""
        with self._reads.connect() as db:
            seed = db.execute(select(_KEM.c.seed).where(_KEM.c.kid == which)).scalar()
        return None if seed is None else ReceiveKey.of(seed)

    def published(self) -> bytes:
        """The directory in force, as it stands on the broker."""
        return self.value("published")

    def version(self) -> int:
        """The directory's version."""
        return int(self.value("version"))

    def issue_directory(self, now_utc_s: int | None = None) -> bytes:
        """Sign the next version."""
        now_utc_s = int(time.time()) if now_utc_s is None else now_utc_s
        with self._reads.connect() as db:
            kems = db.execute(select(_KEM).order_by(_KEM.c.not_after_utc_s, _KEM.c.kid)).all()
            revoked = db.execute(select(_DEVICE.c.kid).where(_DEVICE.c.revoked == 1)).scalars().all()
        directory = Directory(
            version=self.version() + 1,
            issued_utc_s=now_utc_s,
            expires_utc_s=now_utc_s + DIRECTORY_DAYS * DAY_S,
            synthetic=self.synthetic,
            kems=tuple(KemKey(ReceiveKey.of(row.seed).public, row.not_after_utc_s) for row in kems),
            receipt_publics=(self.sign_key("receipt").public,),
            score_publics=(self.sign_key("score").public,),
            revoked=tuple(revoked),
        )
        published = publish_under(
            self.value("cert"), self.value("cert signature"), self.sign_key("directory"), directory, self.site
        )
        with self._engine.begin() as db:
            for name, value in (("version", str(directory.version).encode()), ("published", published)):
                db.execute(_SITE.delete().where(_SITE.c.name == name))
                db.execute(insert(_SITE), {"name": name, "value": value})
        return published

    # ---- how far the data file had come

    def generation(self) -> int:
        """How many batches the data file held when last heard of."""
        try:
            return int(self.value("generation"))
        except KeyError:
            return 0

    def note_generation(self, generation: int) -> None:
        """Remember it here, where no backup of the data file reaches; it never goes back."""
        with self._engine.begin() as db:
            known = db.execute(select(_SITE.c.value).where(_SITE.c.name == "generation")).scalar()
            if known is not None and int(known) >= generation:
                return
            db.execute(_SITE.delete().where(_SITE.c.name == "generation"))
            db.execute(insert(_SITE), {"name": "generation", "value": str(generation).encode()})

    def erasures(self) -> list[tuple[bytes, int]]:
        """(device kid, serial) of everything erased for good."""
        with self._reads.connect() as db:
            rows = db.execute(select(_DEVICE.c.kid, _DEVICE.c.erased_serial).where(_DEVICE.c.erased_serial >= 0))
            return [(row.kid, row.erased_serial) for row in rows]

    # ---- devices

    def new_code(self) -> bytes:
        """A code to enroll one device with; only its hash stays."""
        code = os.urandom(16)
        with self._engine.begin() as db:
            db.execute(insert(_CODE), {"hash": hashlib.sha256(code).digest(), "used": 0})
        return code

    def admit(self, code: bytes, device: Device) -> None:
        """Use up a code and take a device in, in one transaction.

        Raises:
            WireRefused: ``bad_code`` (unknown or used), ``known_key``.
        """
        with self._engine.begin() as db:
            used = update(_CODE).where(_CODE.c.hash == hashlib.sha256(code).digest(), _CODE.c.used == 0).values(used=1)
            if db.execute(used).rowcount != 1:
                raise WireRefused("bad_code", "this enrollment code is unknown or was used already")
            if db.execute(select(_DEVICE.c.kid).where(_DEVICE.c.kid == device.kid)).first():
                raise WireRefused("known_key", "a device with this key is enrolled already")
            db.execute(
                insert(_DEVICE),
                {
                    "kid": device.kid,
                    "device": device.device,
                    "sign_public": device.sign_public,
                    "receive_public": device.receive_public,
                    "consent_public": device.consent_public,
                },
            )

    def device(self, which: bytes) -> Device | None:
        """The device of a signing key."""
        with self._reads.connect() as db:
            row = db.execute(select(_DEVICE).where(_DEVICE.c.kid == which)).first()
        return (
            None
            if row is None
            else Device(
                row.kid,
                row.device,
                row.sign_public,
                row.receive_public,
                row.consent_public,
                row.withdrawn_serial,
                row.erased_serial,
                bool(row.revoked),
            )
        )

    def device_count(self) -> int:
        """How many were admitted."""
        with self._reads.connect() as db:
            return int(db.execute(select(func.count()).select_from(_DEVICE)).scalar_one())

    def withdraw(self, which: bytes, serial: int) -> None:
        """Remember for good that consents before this serial are withdrawn."""
        with self._engine.begin() as db:
            db.execute(
                update(_DEVICE)
                .where(_DEVICE.c.kid == which, _DEVICE.c.withdrawn_serial < serial)
                .values(withdrawn_serial=serial)
            )

    def erase(self, which: bytes, serial: int) -> None:
        """Remember for good that everything under consents up to this serial is erased."""
        with self._engine.begin() as db:
            db.execute(
                update(_DEVICE)
                .where(_DEVICE.c.kid == which, _DEVICE.c.erased_serial < serial)
                .values(erased_serial=serial)
            )
