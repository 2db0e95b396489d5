"""Admitted devices, their certificates and erasures; part of the key store's file."""

from dataclasses import dataclass
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from sqlalchemy import Engine, RowMapping, delete, func, insert, select, update

from agent.errors import WireRefused
from agent.wire.labels import FIRST_SCHEMA, SCHEMA
from agent.wire.receipt import Erased
from hub.database import reading
from hub.keys.codes import Codes
from hub.keys.data_keys import DataKeys
from hub.keys.people import put_label
from hub.keys.tables import CERTIFICATE, DEVICE, ERASURE, MACHINE, PERSONAL, RECOVERY, mark_changed

_CACHED_MOST: Final = 50_000


@dataclass(frozen=True, slots=True)
class Device:
    """An admitted device.

    Attributes:
        withdrawn_serial: Consents up to this serial are withdrawn.
        erased_serial: Consents up to this serial are erased; -1: none.
        schema: What it is answered in.
    """

    kid: bytes
    device: str
    sign_public: bytes
    receive_public: bytes
    consent_public: bytes
    withdrawn_serial: int = 0
    erased_serial: int = -1
    revoked: bool = False
    schema: int = FIRST_SCHEMA


class Devices:
    """The admitted devices in the key store's file.

    Args:
        engine: Of that file.
        data_keys: Erasing destroys the device's.
        codes: Admitting uses one up.

    Devices are cached until `drop_cache`; the key store calls it after another process wrote.
    """

    def __init__(self, engine: Engine, data_keys: DataKeys, codes: Codes) -> None:
        self._engine, self._reads, self._data_keys, self._codes = engine, reading(engine), data_keys, codes
        self._cache: dict[bytes, Device | None] = {}

    def drop_cache(self) -> None:
        """Read the file again from now on."""
        self._cache.clear()

    # ---- admitting

    def admit(self, code: bytes, device: Device, machine: bytes, recovery: bytes, now_utc_s: int) -> None:
        """Use up an enrollment code and admit a device, in one transaction.

        Args:
            code: From `Codes.new`.
            device: The new device.
            machine: Digest of the machine's identity; empty when it has none.
            recovery: Public key of the person's recovery code; empty when they have none.
            now_utc_s: A code ends.

        Raises:
            WireRefused: ``bad_code`` (unknown, used, void or ended), ``known_key``, ``known_machine`` (another device
                that is not revoked has this machine: a cloned image, or an old enrollment).
        """
        with self._engine.begin() as db:
            label = self._codes.use_up(db, code, now_utc_s)
            if db.execute(select(DEVICE.c.kid).where(DEVICE.c.kid == device.kid)).first():
                raise WireRefused("known_key", "a device with this key is already enrolled")
            others = select(DEVICE.c.device).join(MACHINE, MACHINE.c.device == DEVICE.c.kid)
            other = db.execute(others.where(MACHINE.c.machine == machine, DEVICE.c.revoked == 0)).scalar()
            if machine and other is not None:
                raise WireRefused(
                    "known_machine", f"this machine is already enrolled as {other}; revoke that device first"
                )
            if machine:
                db.execute(insert(MACHINE), {"device": device.kid, "machine": machine})
            db.execute(insert(RECOVERY), {"device": device.kid, "public": recovery})
            names = ("kid", "device", "sign_public", "receive_public", "consent_public")
            db.execute(insert(DEVICE), {name: getattr(device, name) for name in names})
            put_label(db, device.kid, label)
            mark_changed(db)
        self.drop_cache()

    def note_certificate(self, which: bytes, certificate: x509.Certificate, issued_utc_s: int) -> None:
        """Remember a TLS certificate that was issued, so that it can be revoked, or given a second time."""
        der = certificate.public_bytes(serialization.Encoding.DER)
        serial = str(certificate.serial_number)
        values = {"serial": serial, "device": which, "issued_utc_s": issued_utc_s, "der": der}
        with self._engine.begin() as db:
            db.execute(insert(CERTIFICATE), values)

    def certificates(self, which: bytes) -> list[tuple[bytes, int]]:
        """The certificates of a device, oldest first: DER bytes, and when each was issued (UTC s)."""
        of = select(CERTIFICATE).where(CERTIFICATE.c.device == which).order_by(CERTIFICATE.c.issued_utc_s)
        with self._reads.connect() as db:
            return [(row.der, row.issued_utc_s) for row in db.execute(of)]

    def revoked_certificates(self) -> list[int]:
        """The serial numbers of every certificate of a revoked device."""
        of_revoked = select(DEVICE.c.kid).where(DEVICE.c.revoked == 1)
        with self._reads.connect() as db:
            found = db.execute(select(CERTIFICATE.c.serial).where(CERTIFICATE.c.device.in_(of_revoked))).scalars()
            return [int(serial) for serial in found]

    # ---- looking up

    def of(self, which: bytes) -> Device | None:
        """The device of a signing key's kid; None when there is none."""
        if which not in self._cache:
            with self._reads.connect() as db:
                row = db.execute(select(DEVICE).where(DEVICE.c.kid == which)).mappings().first()
            if len(self._cache) >= _CACHED_MOST:
                self._cache.clear()
            self._cache[which] = None if row is None else _device(row)
        return self._cache[which]

    def named(self, name: str) -> Device | None:
        """The device of this random name; None when there is none."""
        with self._reads.connect() as db:
            found = db.execute(select(DEVICE.c.kid).where(DEVICE.c.device == name)).scalar()
        return None if found is None else self.of(found)

    def of_recovery(self, public: bytes) -> Device | None:
        """The device whose recovery code has this public key; None when there is none."""
        with self._reads.connect() as db:
            found = db.execute(select(RECOVERY.c.device).where(RECOVERY.c.public == public)).scalar()
        return None if found is None else self.of(found)

    def count(self) -> int:
        """How many devices were admitted, revoked ones included."""
        with self._reads.connect() as db:
            return int(db.execute(select(func.count()).select_from(DEVICE)).scalar_one())

    def all(self) -> list[Device]:
        """Every device, by name."""
        with self._reads.connect() as db:
            kids = list(db.execute(select(DEVICE.c.kid).order_by(DEVICE.c.device)).scalars())
        return [device for which in kids if (device := self.of(which)) is not None]

    def revoked(self) -> list[bytes]:
        """The kids of the revoked devices."""
        with self._reads.connect() as db:
            query = select(DEVICE.c.kid).where(DEVICE.c.revoked == 1).order_by(DEVICE.c.kid)
            return list(db.execute(query).scalars())

    def ended(self) -> list[Device]:
        """Devices with something withdrawn or erased."""
        ended = (DEVICE.c.withdrawn_serial > 0) | (DEVICE.c.erased_serial >= 0)
        with self._reads.connect() as db:
            kids = list(db.execute(select(DEVICE.c.kid).where(ended)).scalars())
        return [device for which in kids if (device := self.of(which)) is not None]

    def state_schema(self, which: bytes, schema: int) -> None:
        """Record what a device says that it speaks; the hub answers in it, as far as it speaks it itself."""
        device = self.of(which)
        answered = min(schema, SCHEMA)
        if device is None or device.schema == answered:
            return
        with self._engine.begin() as db:
            db.execute(update(DEVICE).where(DEVICE.c.kid == which).values(schema=answered))
            mark_changed(db)
        self.drop_cache()

    # ---- ending

    def withdraw(self, which: bytes, serial: int) -> None:
        """Record permanently that consents up to this serial are withdrawn."""
        self._raise_serial(which, "withdrawn_serial", serial)

    def erase(self, which: bytes, serial: int) -> None:
        """Record permanently that everything under consents up to this serial is erased, and destroy its data keys
        and what else names the person here: the study label, the pseudonyms.

        Raises:
            NotDurable: Another process is reading the file, so its log still holds the keys. Call again.
        """
        self._raise_serial(which, "erased_serial", serial)
        with self._engine.begin() as db:
            for table in PERSONAL:
                db.execute(delete(table).where(table.c.device == which))
        self._data_keys.destroy(which, serial)  # after it: it shreds the file's log

    def note_erasure(self, which: bytes, erased: Erased) -> None:
        """Keep the erasure for the device's receipt, which it may ask for again; its machine may enroll again."""
        with self._engine.begin() as db:
            db.execute(delete(MACHINE).where(MACHINE.c.device == which))
            db.execute(delete(ERASURE).where(ERASURE.c.device == which))
            names = ("serial", "asked_utc_s", "erased_utc_s", "backups_end_utc_s", "kept")
            db.execute(insert(ERASURE), {"device": which, **{name: getattr(erased, name) for name in names}})

    def erasure(self, device: Device) -> Erased | None:
        """The device's last erasure, unsigned; None when there was none."""
        with self._reads.connect() as db:
            row = db.execute(select(ERASURE).where(ERASURE.c.device == device.kid)).first()
        if row is None:
            return None
        return Erased(
            device.device, row.serial, row.asked_utc_s, row.erased_utc_s, row.backups_end_utc_s, row.kept or 0
        )

    def learn_ends(self, which: bytes, withdrawn_serial: int, erased_serial: int, *, revoked: bool) -> None:
        """Take over what a database remembers and this file, restored from a backup, does not."""
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
        """Refuse everything from this device from now on."""
        with self._engine.begin() as db:
            db.execute(update(DEVICE).where(DEVICE.c.kid == which).values(revoked=1))
            mark_changed(db)
        self.drop_cache()

    def _raise_serial(self, which: bytes, name: str, serial: int) -> None:
        column = DEVICE.c[name]
        with self._engine.begin() as db:
            db.execute(update(DEVICE).where(DEVICE.c.kid == which, column < serial).values({name: serial}))
            mark_changed(db)
        self.drop_cache()


def _device(row: RowMapping) -> Device:
    known = {**row, "revoked": bool(row["revoked"]), "schema": row["schema"] or FIRST_SCHEMA}
    return Device(**known)
