"""A site's folder: creating, opening and reading it, inviting a device, revoking one.

root.key        offline: copy it to a safe medium and delete it here; needed again in a year
keys.db         keys, devices, withdrawals            hub.db     what was received
ca.pem ca.key   issue certificates                    broker/    mosquitto.conf, acl, certificate
hub.crt hub.key the hub's own client certificate
"""

import os
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.errors import KeysMissing, WireRefused, WrongUse
from agent.system import floor, host, machine
from agent.wire.armor import armor
from agent.wire.bootstrap import Pass, tls_key
from agent.wire.directory import DirectoryKey, lowest_serial, verified
from agent.wire.enroll import Bundle, check_names
from agent.wire.keys import SEED_BYTES, ReceiveKey, SignKey
from hub.broker import acl, mosquitto_conf
from hub.database import CANNOT_WRITE, cause, checked_url
from hub.files import whole_or_nothing
from hub.keys.certificates import certify, issue, make_ca, serial_of, write_revoked
from hub.keys.codes import CODE_DAYS
from hub.keys.keystore import RESTORED, KeyStore
from hub.store.owner import check_new

_HUB: Final = "hub"
_OWN: Final = "own certificates"  # serial numbers of every certificate that the hub had
_OWN_REVOKED: Final = "taken back"  # and of those that are revoked


@dataclass(frozen=True, slots=True)
class Site:
    """The arguments of `hub init`.

    Attributes:
        name: In topics: letters, digits, hyphens.
        operator: Who receives, as people read it.
        host: Where devices find the broker.
        port: The broker's TLS port.
        synthetic: Whether only synthetic identities may enroll.
        database: PostgreSQL's address; empty for SQLite in the folder.
    """

    name: str
    operator: str
    host: str
    port: int
    synthetic: bool = False
    database: str = ""


def init(folder: Path, site: Site) -> None:
    """Create a site's folder.

    Raises:
        WrongUse: A site is there already, or the name cannot stand in a topic.
        Missing: The folder cannot be made, or closed to others, or lies on a network file system; or the database does
            not respond, or belongs to another hub. Nothing was created.
    """
    if (folder / "keys.db").exists():
        raise WrongUse(f"{folder} already contains a hub", remedy="Choose an empty folder; nothing is overwritten.")
    try:
        check_names(site.name, site.operator, site.host, site.port)
    except WireRefused as refused:
        raise WrongUse(str(refused), remedy="See 'wardbeat hub init --help'.") from refused
    database = checked_url(site.database) if site.database else ""
    if database:
        check_new(database)
    with whole_or_nothing(folder):
        _make(folder, site, database)


def _make(folder: Path, site: Site, database: str) -> None:
    root_seed = os.urandom(SEED_BYTES)
    host.write_private(folder / "root.key", root_seed.hex().encode() + b"\n")
    make_ca(folder)
    issue(folder, "hub", folder / "hub", server=None)
    broker = host.private_dir(folder / "broker")
    write_revoked(folder, ())
    issue(folder, "broker", broker / "broker", server=site.host)
    host.write_durable(broker / "mosquitto.conf", mosquitto_conf(folder, site.host, site.port).encode())
    host.write_durable(broker / "acl", acl(site.name).encode())
    with closing(KeyStore(folder)) as keys:
        keys.create(
            {
                "site": site.name.encode(),
                "operator": site.operator.encode(),
                "host": site.host.encode(),
                "port": str(site.port).encode(),
                "synthetic": b"1" if site.synthetic else b"0",
                "database": database.encode(),
                "backup public": backup_key(root_seed).public,
            },
            SignKey.of(root_seed),
            int(time.time()),
        )


def backup_key(root_seed: bytes) -> ReceiveKey:
    """The key that opens keys files: derived from the offline root's seed, so that one medium serves both."""
    return ReceiveKey.of(HKDF(hashes.SHA256(), SEED_BYTES, salt=None, info=b"wardbeat key backup").derive(root_seed))


def read_root(file: Path) -> bytes:
    """The seed (32 bytes) in a root.key.

    Raises:
        KeysMissing: The file cannot be read, or is not a root key.
    """
    try:
        seed = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise KeysMissing(
            f"{file} cannot be read as a root key", remedy="Use the medium that holds root.key."
        ) from error
    if len(seed) != SEED_BYTES:
        raise KeysMissing(f"{file} is not a root key", remedy="Use the medium that holds root.key.")
    return seed


def open_keys(folder: Path) -> KeyStore:
    """The key store of a site.

    Raises:
        KeysMissing: There is no hub here.
        Missing: It lies on a network file system.
        WrongUse: A version with a higher security floor has worked on it.
    """
    if not (folder / "keys.db").exists():
        raise KeysMissing(f"there is no hub in {folder}", remedy="Create one with 'wardbeat hub init'.")
    machine.refuse_network(folder)
    floor.require_of_folder(folder)
    try:
        return KeyStore(folder)
    except CANNOT_WRITE as error:
        raise KeysMissing(
            f"keys.db cannot be opened: {cause(error)}",
            remedy="Free its disk or make it writable; if it is damaged, restore it with 'wardbeat hub restore'.",
        ) from error


def adopt(folder: Path) -> None:
    """Let this folder take over the database that another folder with the same keys worked with; at its next start.

    Raises:
        KeysMissing: There is no hub here.
    """
    with closing(open_keys(folder)) as keys:
        keys.put({RESTORED: b"1"})


def invite(folder: Path, label: str = "", *, at_once: bool = False) -> str:
    """A bundle that enrolls one device, and the pass that lets its request through the broker, as armored text.

    Args:
        folder: The hub's.
        label: A checked study label for the device that it enrolls; empty: none.
        at_once: Admit the first request without a comparison of words: the bundle is handed over in person.

    Raises:
        KeysMissing: There is no hub in the folder, or its directory key has ended, or the CA's files are not here.
    """
    with closing(open_keys(folder)) as keys:
        key = _directory_key(keys)
        if lowest_serial(keys.version()) < key.serial:
            keys.issue_directory()  # of a release that did not count so: the bundle must name the serial
        code, pass_name = keys.codes.new(int(time.time()), label, at_once=at_once)
        certificate = certify(folder, pass_name, tls_key(code).public_key(), server=None, days=CODE_DAYS)
        bundle = Bundle(
            site=keys.site,
            operator=keys.operator,
            host=keys.value("host").decode(),
            port=int(keys.value("port")),
            ca_pem=(folder / "ca.pem").read_bytes(),
            root_public=keys.value("root public"),
            directory_floor=keys.version(),
            synthetic=keys.synthetic,
            code=code,
        )
    pass_ = Pass(pass_name, certificate.public_bytes(serialization.Encoding.DER))
    return armor("BUNDLE", bundle.encode()) + armor("PASS", pass_.encode())


def _directory_key(keys: KeyStore) -> DirectoryKey:
    seen = verified(keys.published(), keys.site, keys.value("root public"), 0)
    try:
        seen.check_days(int(time.time()))
    except WireRefused as refused:
        raise KeysMissing(
            f"nobody can enroll now: {refused}", remedy="Check the clock, or run 'wardbeat hub rotate --root FILE'."
        ) from refused
    return seen.key


def revoke(folder: Path, name: str) -> None:
    """Revoke a device: its envelopes are refused, and the broker's list names its certificates.

    Args:
        folder: The hub's.
        name: The device's random name; ``hub`` revokes the hub's own certificates and issues another.

    Raises:
        WrongUse: There is no such device.
        KeysMissing: The CA's files are not here.
    """
    with closing(open_keys(folder)) as keys, keys.exclusive():
        if name == _HUB:
            note_own(folder, keys)
            keys.put({_OWN_REVOKED: keys.text(_OWN).encode()})  # every one that it ever had
            for of_worker in folder.glob("hub-*.crt"):
                of_worker.unlink()  # each worker issues its own again when it starts
            issue(folder, _HUB, folder / "hub", server=None)
        else:
            device = keys.devices.named(name)
            if device is None:
                raise WrongUse(
                    f"no device {name!r} was admitted here", remedy="Run 'wardbeat hub show FOLDER --devices'."
                )
            keys.devices.revoke(device.kid)
            keys.issue_directory()
        list_revoked(folder, keys)


def note_own(folder: Path, keys: KeyStore) -> None:
    """Record the serial numbers of the hub's own certificates, so that they can be revoked after they are replaced."""
    with keys.exclusive():
        known = keys.text(_OWN).split()
        now = [str(serial_of(file)) for file in (folder / "hub.crt", *folder.glob("hub-*.crt"))]
        if set(now) - set(known):
            keys.put({_OWN: " ".join(dict.fromkeys([*known, *now])).encode()})


def list_revoked(folder: Path, keys: KeyStore) -> None:
    """Write the broker's revocation list again.

    Raises:
        KeysMissing: The CA's files are not here.
    """
    with keys.exclusive():
        own = [int(serial) for serial in keys.text(_OWN_REVOKED).split()]
        write_revoked(folder, [*keys.devices.revoked_certificates(), *own])
