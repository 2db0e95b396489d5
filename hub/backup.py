"""`hub backup` and `hub restore`: the data base in one file, the keys in another that only the offline root opens.

    keys file = [label, site, taken, ends, HPKE to the backup key of a tar]        data file = SQLite's own copy

The two are kept apart, for whoever holds both opens every stored value. A keys file names the day on which it must be
destroyed: until then an erased person's values may still be opened from old copies of the data base, and the erase
receipt says so. After that day it is not put back.
"""

import io
import sqlite3
import tarfile
import time
from pathlib import Path
from typing import Final

from agent.errors import KeysMissing, WireRefused, WrongUse
from agent.wire import codec
from agent.wire.codec import Fields
from agent.wire.keys import receive_public, seal_to
from agent.wire.labels import Label
from hub.certificates import write_secret
from hub.keystore import BACKUPS_END, DAY_S
from hub.site import backup_key, open_keys

KEEP_DAYS: Final = 30
_SECRET: Final = ("keys.db", "ca.pem", "ca.key", "hub.crt", "hub.key")
_BROKER: Final = ("mosquitto.conf", "acl", "broker.crt", "broker.key", "revoked.pem")


def back_up_data(folder: Path, into: Path) -> Path:
    """Copy the data base while the hub runs. Its words stay sealed under data keys that are not in it.

    Raises:
        WrongUse: It is PostgreSQL, which brings its own means; or the file is there.
    """
    keys = open_keys(folder)
    url = keys.text("database")
    keys.close()
    if url:
        raise WrongUse("the data base is PostgreSQL", remedy="Use pg_dump or pg_basebackup; '--keys' works here.")
    file = _new(into, "hub-data", "db")
    write_secret(file, b"")  # this user's alone before anything is in it
    source, target = sqlite3.connect(folder / "hub.db"), sqlite3.connect(file)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return file


def back_up_keys(folder: Path, into: Path, keep_days: int = KEEP_DAYS, now_utc_s: int | None = None) -> Path:
    """Seal keys, certificates and the broker's files; remember until when this file may exist.

    Raises:
        KeysMissing: The site was made before there was a backup key.
    """
    now_utc_s = int(time.time()) if now_utc_s is None else now_utc_s
    ends = now_utc_s + keep_days * DAY_S
    keys = open_keys(folder)
    try:
        site, public = keys.site, keys.value("backup public")
        keys.put({BACKUPS_END: str(max(ends, keys.backups_end_utc_s())).encode()})
    except KeyError as error:
        raise KeysMissing(
            "this site has no backup key", remedy="Run 'wardbeat hub rotate --root FILE' once."
        ) from error
    finally:
        keys.close()
    head = codec.encode([str(Label.KEY_BACKUP), site, now_utc_s, ends])
    sealed = seal_to(receive_public(public), _packed(folder), head)
    file = _new(into, "hub-keys", "sealed")
    write_secret(file, codec.encode([head, sealed]))
    return file


def restore(folder: Path, root_seed: bytes, keys_file: Path, data_file: Path | None, now_utc_s: int) -> list[str]:
    """Put keys, and with a data file the data base, into an empty folder; what was put there.

    Raises:
        WrongUse: The folder holds a hub, the file is past its day, or it is none.
        KeysMissing: Another root's.
    """
    if (folder / "keys.db").exists() or (folder / "hub.db").exists():
        raise WrongUse(f"{folder} holds a hub", remedy="Move it away first; nothing is overwritten.")
    try:
        row = Fields(codec.decode(keys_file.read_bytes()), 2)
        head, sealed = row.raw(), row.raw()
        named = Fields(codec.decode(head), 4)
        named.text(str(Label.KEY_BACKUP))
        site, _taken, ends = named.text(), named.uint(), named.uint()
    except (OSError, WireRefused) as error:
        raise WrongUse(f"{keys_file} is no keys file", remedy="Take the one that 'hub backup --keys' wrote.") from error
    if ends < now_utc_s:
        raise WrongUse(
            f"{keys_file} had to be destroyed {(now_utc_s - ends) // DAY_S} days ago: erase receipts say so",
            remedy="Destroy it, and take a newer one.",
        )
    try:
        packed = backup_key(root_seed).open(sealed, head)
    except WireRefused as error:
        raise KeysMissing(f"that root key does not open the keys of {site!r}", remedy="Take its root.key.") from error
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    made = []
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if member.name in {*_SECRET, *(f"broker/{name}" for name in _BROKER)} and content is not None:
                (folder / member.name).parent.mkdir(mode=0o700, exist_ok=True)
                write_secret(folder / member.name, content.read())
                made.append(member.name)
    if data_file is not None:
        write_secret(folder / "hub.db", data_file.read_bytes())
        made.append("hub.db")
    return made


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
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = into / f"{stem}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.{ending}"
    if file.exists():
        raise WrongUse(f"{file} is there already", remedy="Wait a second and try again; nothing is overwritten.")
    return file
