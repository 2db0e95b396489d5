"""Backup and restore: the database in one file, the keys in another that only the offline root opens.

    keys file = [label, site, taken, ends, HPKE to the backup key of a tar]        data file = SQLite's own copy

Keep the two apart: whoever holds both can decrypt every stored value. A keys file names the day on which it must be
destroyed: until then an erased person's values can still be decrypted in old copies of the database, and the erase
receipt says so. After that day it is not restored.
"""

import io
import sqlite3
import tarfile
import time
from contextlib import closing
from pathlib import Path
from typing import Final

from agent.errors import KeysMissing, StorageFull, WireRefused, WrongUse
from agent.system import host
from agent.wire import codec
from agent.wire.codec import Fields
from agent.wire.keys import SignKey, receive_public, seal_to
from agent.wire.labels import Label
from hub.broker import mosquitto_conf
from hub.keys.kem import DAY_S
from hub.keys.keystore import BACKUPS_END, RESTORED
from hub.site import backup_key, open_keys
from hub.store import Store

KEEP_DAYS: Final = 30
_KEEP_MOST_DAYS: Final = 3650
_SECRET: Final = ("keys.db", "ca.pem", "ca.key", "hub.crt", "hub.key")
_BROKER: Final = ("acl", "broker.crt", "broker.key", "revoked.pem")


def back_up_data(folder: Path, into: Path) -> Path:
    """Copy the database while the hub runs; returns the new file. The data keys of its rows are not in it.

    Raises:
        WrongUse: It is PostgreSQL, which brings its own means; or the file is there, or cannot be made.
    """
    with closing(open_keys(folder)) as keys:
        url, site = keys.text("database"), keys.site
    if url:
        raise WrongUse(
            "the database is PostgreSQL", remedy="Use pg_dump or pg_basebackup; '--keys' works with PostgreSQL."
        )
    file = _new(into, f"hub-data-{site}", "db")
    with closing(sqlite3.connect(folder / "hub.db")) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
    return file


def back_up_keys(folder: Path, into: Path, keep_days: int = KEEP_DAYS, now_utc_s: int | None = None) -> Path:
    """Seal keys, certificates and the broker's files, and record until when this file may exist; returns the file.

    Raises:
        KeysMissing: The site was created before backup keys existed.
        WrongUse: Less than a day, or ten years; or the file is there, or cannot be made.
        Missing: The database does not respond; it must record the day too.
    """
    if not 1 <= keep_days <= _KEEP_MOST_DAYS:
        raise WrongUse(f"--keep-days {keep_days} is out of range", remedy=f"Give 1 to {_KEEP_MOST_DAYS}.")
    now_utc_s = int(time.time()) if now_utc_s is None else now_utc_s
    ends = now_utc_s + keep_days * DAY_S
    with closing(open_keys(folder)) as keys:
        try:
            site, public = keys.site, keys.value("backup public")
        except KeyError as error:
            raise KeysMissing(
                "this site has no backup key", remedy="Run 'wardbeat hub rotate --root FILE' once."
            ) from error
        file = _new(into, f"hub-keys-{site}", "sealed")
        # before the file has content: a receipt must never name too early a day
        keys.put({BACKUPS_END: str(max(ends, keys.backups_end_utc_s())).encode()})
        with Store(folder, keys) as store:
            store.mirror()
    head = codec.encode([str(Label.KEY_BACKUP), site, now_utc_s, ends])
    host.write_private(file, codec.encode([head, seal_to(receive_public(public), _packed(folder), head)]))
    return file


def restore(folder: Path, root_seed: bytes, keys_file: Path, data_file: Path | None, now_utc_s: int) -> list[str]:
    """Restore the keys, and with a data file the database, into an empty folder; returns the names of the files.

    A new directory key is created under the root, because devices may know a newer directory than the restored one. The
    hub's next start gives the database a new store id, so that devices send again what it lost.

    Raises:
        WrongUse: The folder is not empty, a file is past its day, or is not a backup. Nothing was created.
        KeysMissing: The file belongs to another root.
    """
    if folder.exists() and any(folder.iterdir()):
        raise WrongUse(f"{folder} is not empty", remedy="Choose an empty or a new folder; nothing is overwritten.")
    packed = _opened(root_seed, keys_file, now_utc_s)
    if data_file is not None:
        _check_data(data_file)
    host.private_dir(folder)
    written = []
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if member.name in {*_SECRET, *(f"broker/{name}" for name in _BROKER)} and content is not None:
                (folder / member.name).parent.mkdir(mode=0o700, exist_ok=True)
                host.write_private(folder / member.name, content.read())
                written.append(member.name)
    if data_file is not None:
        host.write_private(folder / "hub.db", data_file.read_bytes())
        written.append("hub.db")
    with closing(open_keys(folder)) as keys:
        keys.new_directory_key(SignKey.of(root_seed), now_utc_s)
        keys.put({RESTORED: b"1"})
        keys.issue_directory(now_utc_s)
        conf = mosquitto_conf(folder, keys.value("host").decode(), int(keys.value("port")))
        (folder / "broker").mkdir(mode=0o700, exist_ok=True)
        host.write_durable(folder / "broker" / "mosquitto.conf", conf.encode())
    return [*written, "broker/mosquitto.conf"]


def _opened(root_seed: bytes, keys_file: Path, now_utc_s: int) -> bytes:
    try:
        row = Fields(codec.decode(keys_file.read_bytes()), 2)
        head, sealed = row.raw(), row.raw()
        named = Fields(codec.decode(head), 4)
        named.text(str(Label.KEY_BACKUP))
        site, _taken, ends = named.text(), named.uint(), named.uint()
    except (OSError, WireRefused) as error:
        raise WrongUse(
            f"{keys_file} is not a complete keys file", remedy="Use a file written by 'hub backup --keys'."
        ) from error
    if ends < now_utc_s:
        raise WrongUse(
            f"{keys_file} had to be destroyed {(now_utc_s - ends) // DAY_S} days ago, as erase receipts state",
            remedy="Destroy it, and use a newer one.",
        )
    try:
        return backup_key(root_seed).open(sealed, head)
    except WireRefused as error:
        raise KeysMissing(
            f"this root key does not open the keys of {site!r}", remedy="Use the root.key of this site."
        ) from error


def _check_data(file: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            (sound,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            db.execute("SELECT count(*) FROM seen").fetchone()
    except (sqlite3.Error, OSError) as error:
        raise WrongUse(
            f"{file} is not a data file ({error})", remedy="Use a file written by 'hub backup' without --keys."
        ) from error
    if sound != "ok":
        raise WrongUse(f"{file} is damaged: {sound}", remedy="Use another file.")


def _packed(folder: Path) -> bytes:
    """A tar of what must survive the disk; the key store by SQLite's own copy, since others may write it now."""
    copy = sqlite3.connect(":memory:")
    source = sqlite3.connect(folder / "keys.db")
    source.backup(copy)
    source.close()
    contents = {"keys.db": copy.serialize()}
    copy.close()
    for name in (*_SECRET[1:], *(f"broker/{name}" for name in _BROKER)):
        if (folder / name).exists():  # a broker's files may have been brought elsewhere
            contents[name] = (folder / name).read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _new(into: Path, stem: str, ending: str) -> Path:
    """An empty file of this user alone."""
    file = into / f"{stem}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.{ending}"
    if file.exists():
        raise WrongUse(f"{file} already exists", remedy="Wait a second and try again; nothing is overwritten.")
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        host.write_private(file, b"")
    except (OSError, StorageFull) as error:
        raise WrongUse(
            f"{file} cannot be written: {error}", remedy="Choose another folder, or free its disk."
        ) from error
    return file
