"""Admitted devices, enrollment codes, and the data keys that stored words are under; part of the key store's file.

A data key belongs to one consent of one device. Erasing deletes it: what a database, its log and its backups still
hold of the words opens no more.
"""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from agent.errors import NotDurable, WireRefused
from agent.wire.receipt import Erased
from hub.database import reading, shred

DEVICES: Final = MetaData()
_DEVICE = Table(
    "device",
    DEVICES,
    Column("kid", LargeBinary, primary_key=True),
    Column("device", String, nullable=False, unique=True),
    Column("sign_public", LargeBinary, nullable=False),
    Column("receive_public", LargeBinary, nullable=False),
    Column("consent_public", LargeBinary, nullable=False),
    Column("withdrawn_serial", BigInteger, nullable=False, default=0),
    Column("erased_serial", BigInteger, nullable=False, default=-1),
    Column("revoked", Integer, nullable=False, default=0),
)
_CODE = Table("code", DEVICES, Column("hash", LargeBinary, primary_key=True), Column("used", Integer, nullable=False))
_DATA_KEY = Table(
    "data_key",
    DEVICES,
    Column("name", LargeBinary, primary_key=True),
    Column("device", LargeBinary, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Index("data_key_of", "device", "serial", unique=True),
)
_CERTIFICATE = Table(
    "certificate",
    DEVICES,
    Column("serial", String, primary_key=True),
    Column("device", LargeBinary, nullable=False),
    Column("issued_utc_s", BigInteger, nullable=False),
    Column("der", LargeBinary, nullable=False),
)
_RECOVERY = Table(
    "recovery",
    DEVICES,
    Column("device", LargeBinary, primary_key=True),
    Column("public", LargeBinary, nullable=False, index=True),
)
_ERASURE = Table(
    "erasure",
    DEVICES,
    Column("device", LargeBinary, primary_key=True),
    Column("serial", BigInteger, nullable=False),
    Column("asked_utc_s", BigInteger, nullable=False),
    Column("erased_utc_s", BigInteger, nullable=False),
    Column("backups_end_utc_s", BigInteger, nullable=False),
    Column("kept", BigInteger),
)
_MACHINE = Table(
    "machine",
    DEVICES,
    Column("device", LargeBinary, primary_key=True),
    Column("machine", LargeBinary, nullable=False, index=True),
)
_KEY_BYTES: Final = 32
_NAME_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_CACHED_MOST: Final = 50_000
_SHRED_TRIES: Final = 15


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
    withdrawn_serial: int = 0
    erased_serial: int = -1
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class DataKey:
    """What words at rest are under; ``name`` stands beside them."""

    name: bytes
    key: bytes

    def seal(self, place: bytes, words: bytes) -> bytes:
        """Seal words, bound to their place."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + ChaCha20Poly1305(self.key).encrypt(nonce, words, place)

    def open(self, place: bytes, sealed: bytes) -> bytes | None:
        """Undo `seal`; None when it does not open."""
        try:
            return ChaCha20Poly1305(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
        except InvalidTag:
            return None


class Devices:
    """The devices in the key store's file.

    Args:
        engine: Of that file.
        changed: Notes in a transaction that what others remember is old.

    What was read is remembered until `forget`; the key store calls it when another process wrote.
    """

    def __init__(self, engine: Engine, changed: Callable[[Connection], None]) -> None:
        self._engine, self._reads, self._changed = engine, reading(engine), changed
        self._known: dict[bytes, Device | None] = {}
        self._keys: dict[tuple[bytes, int], DataKey] = {}
        self._named: dict[bytes, DataKey | None] = {}

    def forget(self) -> None:
        """Read anew from now on."""
        for remembered in (self._known, self._keys, self._named):
            remembered.clear()

    # ---- taking in

    def new_code(self) -> bytes:
        """A code to enroll one device with; only its hash stays."""
        code = os.urandom(16)
        with self._engine.begin() as db:
            db.execute(insert(_CODE), {"hash": hashlib.sha256(code).digest(), "used": 0})
        return code

    def admit(self, code: bytes, device: Device, machine: bytes = b"", recovery: bytes = b"") -> None:
        """Use up a code and take a device in, in one transaction.

        Raises:
            WireRefused: ``bad_code`` (unknown or used), ``known_key``, ``known_machine`` (another device that is not
                revoked has this machine: a cloned image, or an old enrollment).
        """
        with self._engine.begin() as db:
            used = update(_CODE).where(_CODE.c.hash == hashlib.sha256(code).digest(), _CODE.c.used == 0).values(used=1)
            if db.execute(used).rowcount != 1:
                raise WireRefused("bad_code", "this enrollment code is unknown or was already used")
            if db.execute(select(_DEVICE.c.kid).where(_DEVICE.c.kid == device.kid)).first():
                raise WireRefused("known_key", "a device with this key is already enrolled")
            others = select(_DEVICE.c.device).join(_MACHINE, _MACHINE.c.device == _DEVICE.c.kid)
            other = db.execute(others.where(_MACHINE.c.machine == machine, _DEVICE.c.revoked == 0)).scalar()
            if machine and other is not None:
                raise WireRefused(
                    "known_machine", f"this machine is already enrolled as {other}; revoke that device first"
                )
            if machine:
                db.execute(insert(_MACHINE), {"device": device.kid, "machine": machine})
            db.execute(insert(_RECOVERY), {"device": device.kid, "public": recovery})
            names = ("kid", "device", "sign_public", "receive_public", "consent_public")
            db.execute(insert(_DEVICE), {name: getattr(device, name) for name in names})
            self._changed(db)
        self.forget()

    def note_certificate(self, which: bytes, certificate: x509.Certificate, issued_utc_s: int) -> None:
        """Remember a TLS certificate that was issued, so that it can be taken back, or given once more."""
        der = certificate.public_bytes(serialization.Encoding.DER)
        serial = str(certificate.serial_number)
        values = {"serial": serial, "device": which, "issued_utc_s": issued_utc_s, "der": der}
        with self._engine.begin() as db:
            db.execute(insert(_CERTIFICATE), values)

    def certificates(self, which: bytes) -> list[tuple[bytes, int]]:
        """The certificates of a device, oldest first: DER, and when each was issued."""
        of = select(_CERTIFICATE).where(_CERTIFICATE.c.device == which).order_by(_CERTIFICATE.c.issued_utc_s)
        with self._reads.connect() as db:
            return [(row.der, row.issued_utc_s) for row in db.execute(of)]

    def revoked_certificates(self) -> list[int]:
        """Serial numbers of every certificate of a revoked device."""
        of_revoked = select(_DEVICE.c.kid).where(_DEVICE.c.revoked == 1)
        with self._reads.connect() as db:
            found = db.execute(select(_CERTIFICATE.c.serial).where(_CERTIFICATE.c.device.in_(of_revoked))).scalars()
            return [int(serial) for serial in found]

    # ---- looking up

    def of(self, which: bytes) -> Device | None:
        """The device of a signing key."""
        if which not in self._known:
            with self._reads.connect() as db:
                row = db.execute(select(_DEVICE).where(_DEVICE.c.kid == which)).mappings().first()
            if len(self._known) >= _CACHED_MOST:
                self._known.clear()
            self._known[which] = None if row is None else Device(**{**row, "revoked": bool(row["revoked"])})
        return self._known[which]

    def named(self, name: str) -> Device | None:
        """The device of a random name."""
        with self._reads.connect() as db:
            found = db.execute(select(_DEVICE.c.kid).where(_DEVICE.c.device == name)).scalar()
        return None if found is None else self.of(found)

    def of_recovery(self, public: bytes) -> Device | None:
        """The device whose person holds the code of this recovery key."""
        with self._reads.connect() as db:
            found = db.execute(select(_RECOVERY.c.device).where(_RECOVERY.c.public == public)).scalar()
        return None if found is None else self.of(found)

    def count(self) -> int:
        """How many were admitted."""
        with self._reads.connect() as db:
            return int(db.execute(select(func.count()).select_from(_DEVICE)).scalar_one())

    def all(self) -> list[Device]:
        """Every device, by name."""
        with self._reads.connect() as db:
            kids = list(db.execute(select(_DEVICE.c.kid).order_by(_DEVICE.c.device)).scalars())
        return [device for which in kids if (device := self.of(which)) is not None]

    def revoked(self) -> list[bytes]:
        """The kids of devices that are believed no more."""
        with self._reads.connect() as db:
            query = select(_DEVICE.c.kid).where(_DEVICE.c.revoked == 1).order_by(_DEVICE.c.kid)
            return list(db.execute(query).scalars())

    def ended(self) -> list[Device]:
        """Devices with something withdrawn or erased."""
        ended = (_DEVICE.c.withdrawn_serial > 0) | (_DEVICE.c.erased_serial >= 0)
        with self._reads.connect() as db:
            kids = list(db.execute(select(_DEVICE.c.kid).where(ended)).scalars())
        return [device for which in kids if (device := self.of(which)) is not None]

    # ---- ending

    def withdraw(self, which: bytes, serial: int) -> None:
        """Remember for good that consents up to this serial are withdrawn."""
        self._raise_serial(which, "withdrawn_serial", serial)

    def erase(self, which: bytes, serial: int) -> None:
        """Remember for good that all under consents up to this serial is erased, and destroy its data keys.

        Raises:
            NotDurable: A reader of the file keeps them in its log; they are deleted, and this is to be done again.
        """
        self._raise_serial(which, "erased_serial", serial)
        self._destroy(which, serial)

    def note_erasure(self, which: bytes, erased: Erased) -> None:
        """Keep what the device is to be told, and told again when it asks again; its machine may enroll anew."""
        with self._engine.begin() as db:
            db.execute(delete(_MACHINE).where(_MACHINE.c.device == which))
            db.execute(delete(_ERASURE).where(_ERASURE.c.device == which))
            names = ("serial", "asked_utc_s", "erased_utc_s", "backups_end_utc_s", "kept")
            db.execute(insert(_ERASURE), {"device": which, **{name: getattr(erased, name) for name in names}})

    def erasure(self, device: Device) -> Erased | None:
        """The last erasure that was carried out, not signed."""
        with self._reads.connect() as db:
            row = db.execute(select(_ERASURE).where(_ERASURE.c.device == device.kid)).first()
        if row is None:
            return None
        return Erased(
            device.device, row.serial, row.asked_utc_s, row.erased_utc_s, row.backups_end_utc_s, row.kept or 0
        )

    def _destroy(self, which: bytes, serial: int) -> None:
        with self._engine.begin() as db:
            db.execute(delete(_DATA_KEY).where(_DATA_KEY.c.device == which, _DATA_KEY.c.serial <= serial))
            self._changed(db)
        self.forget()
        if not self.shredded():
            raise NotDurable(
                "a destroyed data key is still in the log of keys.db, because a process is reading the file",
                remedy="Stop the process that has keys.db open; the erasure then completes.",
            )

    def shredded(self) -> bool:
        """Whether what was deleted here stands nowhere any more; tried anew for some seconds while somebody reads."""
        return any(shred(self._engine) for _ in range(_SHRED_TRIES))

    def learn_ends(self, which: bytes, withdrawn_serial: int, erased_serial: int, *, revoked: bool) -> None:
        """What a data base remembers and this file, put back from a backup, does not."""
        device = self.of(which)
        if device is None:
            return
        if revoked and not device.revoked:
            self.revoke(which)
        if withdrawn_serial > device.withdrawn_serial:
            self.withdraw(which, withdrawn_serial)
        if erased_serial > device.erased_serial:
            self.erase(which, erased_serial)

    def revoke(self, which: bytes) -> None:
        """Believe this device no more."""
        with self._engine.begin() as db:
            db.execute(update(_DEVICE).where(_DEVICE.c.kid == which).values(revoked=1))
            self._changed(db)
        self.forget()

    def _raise_serial(self, which: bytes, name: str, serial: int) -> None:
        column = _DEVICE.c[name]
        with self._engine.begin() as db:
            db.execute(update(_DEVICE).where(_DEVICE.c.kid == which, column < serial).values({name: serial}))
            self._changed(db)
        self.forget()

    # ---- data keys

    def data_key(self, which: bytes, serial: int) -> DataKey:
        """The key for words under a consent; made when there is none."""
        at = (which, serial)
        if at not in self._keys:
            here = (_DATA_KEY.c.device == which) & (_DATA_KEY.c.serial == serial)
            with self._engine.begin() as db:
                row = db.execute(select(_DATA_KEY.c.name, _DATA_KEY.c.key).where(here)).first()
                if row is None:
                    made = {"name": os.urandom(_NAME_BYTES), "key": os.urandom(_KEY_BYTES)}
                    db.execute(insert(_DATA_KEY), {"device": which, "serial": serial, **made})
                    row = db.execute(select(_DATA_KEY.c.name, _DATA_KEY.c.key).where(here)).one()
            if len(self._keys) >= _CACHED_MOST:
                self._keys.clear()
            self._keys[at] = DataKey(row.name, row.key)
        return self._keys[at]

    def data_key_names(self) -> set[bytes]:
        """The names of all that were not destroyed."""
        with self._reads.connect() as db:
            return set(db.execute(select(_DATA_KEY.c.name)).scalars())

    def data_key_named(self, name: bytes) -> DataKey | None:
        """The key that words name; None when it was destroyed."""
        if name not in self._named:
            with self._reads.connect() as db:
                row = db.execute(select(_DATA_KEY.c.name, _DATA_KEY.c.key).where(_DATA_KEY.c.name == name)).first()
            self._named[name] = None if row is None else DataKey(row.name, row.key)
        return self._named[name]
