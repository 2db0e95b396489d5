"""Envelopes whose words become rows: encrypted under the data key of their consent."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, select

from agent.wire.message import KINDS, Plaintext
from agent.wire.plaintext import messages_alone
from hub.keys.data_keys import DataKey
from hub.keys.keystore import KeyStore
from hub.store.envelopes import Opened
from hub.store.followed import note_changed
from hub.store.tables import ALERT, RIDE, ROW, SEEN, SHOWN, TEAM_NOTE

_DIGEST_BYTES: Final = 16
_FOR_THE_TEAM: Final = (SHOWN, ALERT, TEAM_NOTE, RIDE)


@dataclass(frozen=True, slots=True)
class Kept:
    """An envelope to keep, and the serial of the consent that it depends on; 0 for none."""

    opened: Opened
    serial: int


def sealed_rows(keys: KeyStore, every: Sequence[Kept]) -> list[dict[str, Any]]:
    """The rows of envelopes, without arrival numbers; data keys that are missing are created in one commit."""
    keys.data_keys.prepare((kept.opened.source.device.kid, kept.serial) for kept in every)
    rows = []
    for kept in every:
        opened, (kid, stream, seq) = kept.opened, kept.opened.source.at
        key = keys.data_keys.of(kid, kept.serial)
        rows.append(
            {
                "device": kid,
                "stream": stream,
                "seq": seq,
                "kind": KINDS[type(opened.plaintext.messages[0])],
                "serial": kept.serial,
                "data_key": key.name,
                "words": key.seal(place_of(opened.source.at), opened.words),
                "said": content_digest(key, opened.words, opened.plaintext),
            }
        )
    return rows


def content_digest(key: DataKey, words: bytes, plaintext: Plaintext) -> bytes:
    """What identifies the messages of a row (16 bytes), for the holder of its data key alone."""
    return hmac.new(key.key, messages_alone(words, plaintext), hashlib.sha256).digest()[:_DIGEST_BYTES]


def place_of(at: tuple[bytes, bytes, int]) -> bytes:
    """The bytes that a stored row is bound to: device, stream and seq."""
    return at[0] + at[1] + at[2].to_bytes(8, "big")


def delete_unreadable(db: Connection, keys: KeyStore) -> int:
    """Delete rows whose data key is not in the key store, and their settled entries; returns how many.

    What a team was shown, its alerts and notes, and what rides go in the same way, and are not counted; `hub alerts`
    looks at everybody again.
    """
    names = set(db.execute(select(ROW.c.data_key).distinct()).scalars())
    known = keys.data_keys.names()  # read after it: another worker writes a key before the first row under it
    deleted = 0
    for name in sorted(names - known):
        places = db.execute(select(ROW.c.device, ROW.c.stream, ROW.c.seq).where(ROW.c.data_key == name)).all()
        for row in places:
            at = (SEEN.c.device == row.device) & (SEEN.c.stream == row.stream) & (SEEN.c.seq == row.seq)
            db.execute(delete(SEEN).where(at))
        db.execute(delete(ROW).where(ROW.c.data_key == name))
        deleted += len(places)
    for table in _FOR_THE_TEAM:
        lost = set(db.execute(select(table.c.data_key).distinct()).scalars()) - keys.data_keys.names()
        db.execute(delete(table).where(table.c.data_key.in_(sorted(lost))))
    note_changed(db, (device.kid for device in keys.devices.all()))
    return deleted
