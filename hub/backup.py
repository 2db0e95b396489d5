"""Backup and restore: the database in one file, the keys in another that only the offline root opens.

    keys file = [label, site, taken, ends, HPKE to the backup key of a tar]        data file = SQLite's own copy

Keep the two apart: whoever holds both can decrypt every stored value. A keys file names the day on which it must be
destroyed: until then an erased person's values can still be decrypted in old copies of the database, and the erase
receipt says so. After that day it is not restored.
"""

import io
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from agent.errors import KeysMissing, Missing, StorageFull, WireRefused, WrongUse
from agent.system import host
from agent.wire import codec
from agent.wire.codec import Fields
from agent.wire.keys import SignKey, receive_public, seal_to
from agent.wire.labels import Label
from hub.broker import mosquitto_conf
from hub.files import copy_database, copy_private, data_file_of, database_bytes, read_whole, whole_or_nothing
from hub.keys.kem import DAY_S
from hub.keys.keystore import BACKUPS_END, RESTORED
from hub.site import backup_key, open_keys
from hub.store import Store

KEEP_DAYS: Final = 30
_KEEP_MOST_DAYS: Final = 3650
_SECRET: Final = ("keys.db", "ca.pem", "ca.key", "hub.crt", "hub.key", "staff-ca.pem", "staff-ca.key")
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
    if not (folder / "hub.db").exists():
        raise WrongUse("nothing is stored here yet", remedy="Start the hub once: 'wardbeat hub run'.")
    file = _new(into, f"hub-data-{site}", "db")
    with _removed_on_failure(file):
        copy_database(folder / "hub.db", file)
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
        # before there is a file: a receipt must never name too early a day
        with Store(folder, keys) as store:
            keys.put({BACKUPS_END: str(max(ends, keys.backups_end_utc_s())).encode()})
            store.mirror()
        file = _new(into, f"hub-keys-{site}", "sealed")
    head = codec.encode([str(Label.KEY_BACKUP), site, now_utc_s, ends])
    with _removed_on_failure(file):
        host.write_private(file, codec.encode([head, seal_to(receive_public(public), _packed(folder), head)]))
    return file


def restore(folder: Path, root_seed: bytes, keys_file: Path, data_file: Path | None, now_utc_s: int) -> list[str]:
    """Restore the keys, and with a data file the database, into an empty folder; returns the names of the files.

    The two files are only read: they may lie on a medium that cannot be written.

    A new directory key is created under the root, because devices may know a newer directory than the restored one. The
    hub's next start gives the database a new store id, so that devices send again what it lost.

    Raises:
        WrongUse: The folder is not empty, a file is past its day, cannot be read, or is not a backup. Nothing was
            created.
        KeysMissing: The file belongs to another root, or the data to another key store. Nothing was created.
        StorageFull: The new folder cannot be written. Nothing was kept.
    """
    if folder.exists() and any(folder.iterdir()):
        raise WrongUse(f"{folder} is not empty", remedy="Choose an empty or a new folder; nothing is overwritten.")
    root = SignKey.of(root_seed)
    packed = _opened(root_seed, keys_file, now_utc_s)
    if data_file is not None:
        data_file_of(data_file, root.public)
    with whole_or_nothing(folder):
        written = _unpacked(folder, packed)
        if data_file is not None:
            copy_private(data_file, folder / "hub.db")
            written.append("hub.db")
        with closing(open_keys(folder)) as keys:
            keys.new_directory_key(root, now_utc_s)
            keys.put({RESTORED: b"1"})
            keys.codes.void()  # of those that were open then, some were used or voided since
            keys.issue_directory(now_utc_s)
            conf = mosquitto_conf(folder, keys.value("host").decode(), int(keys.value("port")))
            host.write_durable(folder / "broker" / "mosquitto.conf", conf.encode())
    return [*written, "broker/mosquitto.conf"]


def _unpacked(folder: Path, packed: bytes) -> list[str]:
    """Write what a keys file holds; returns the names."""
    host.private_dir(folder / "broker")
    written = []
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if member.name in {*_SECRET, *(f"broker/{name}" for name in _BROKER)} and content is not None:
                host.write_private(folder / member.name, content.read())
                written.append(member.name)
    return written


def _opened(root_seed: bytes, keys_file: Path, now_utc_s: int) -> bytes:
    try:
        row = Fields(codec.decode(read_whole(keys_file)), 2)
        head, sealed = row.raw(), row.raw()
        named = Fields(codec.decode(head), 4)
        named.text(str(Label.KEY_BACKUP))
        site, _taken, ends = named.text(), named.uint(), named.uint()
    except WireRefused as error:
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


def _packed(folder: Path) -> bytes:
    """A tar of what must survive the disk; the key store by SQLite's own copy, since others may write it now."""
    contents = {"keys.db": database_bytes(folder / "keys.db")}
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


@contextmanager
def _removed_on_failure(file: Path) -> Iterator[None]:
    done = False
    try:
        yield
        done = True
    finally:
        if not done:
            file.unlink(missing_ok=True)


def _new(into: Path, stem: str, ending: str) -> Path:
    """An empty file of this user alone."""
    file = into / f"{stem}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.{ending}"
    if file.exists():
        raise WrongUse(f"{file} already exists", remedy="Wait a second and try again; nothing is overwritten.")
    try:
        host.make_folders(into)
        host.write_private(file, b"")
    except (Missing, StorageFull) as error:
        raise WrongUse(
            f"{file} cannot be written: {error}", remedy="Choose another folder, or free its disk."
        ) from error
    return file
