"""Statements of context that were sealed, so that a day is sent again only when what was noted of it has changed."""

import hashlib
from collections.abc import Iterable
from typing import Final

from agent.errors import KeysMissing, WireRefused
from agent.outbox.file import Outbox
from agent.outbox.rows import CONTEXT_SENT
from agent.system.storage import storing
from agent.wire import codec
from agent.wire.codec import Fields, Item
from agent.wire.context import context_items
from agent.wire.message import HASH_BYTES, ContextMessage

_DIGEST_BYTES: Final = 16
_DAYS_MOST: Final = 160  # 31 days of each purpose, and of the consent before


def offer(outbox: Outbox, statements: Iterable[ContextMessage], now_utc_s: int) -> int:
    """Seal the statements that say something new, a row each; returns how many.

    Args:
        outbox: The file.
        statements: Of one consent.
        now_utc_s: For the ledger.
    """
    made = 0
    with storing(outbox.db):
        sent = _sent(outbox)
        for message in statements:
            if not outbox.may_leave(message.consent_hash):
                continue
            at = (message.consent_hash, message.purpose, message.day)
            digest = hashlib.sha256(codec.encode(context_items(message))).digest()[:_DIGEST_BYTES]
            if sent.get(at) != digest:
                outbox.append([message], now_utc_s)
                sent[at] = digest
                made += 1
        if made:
            newest = sorted(sent, key=lambda at: at[2])[-_DAYS_MOST:]
            rows: list[Item] = [[*at, sent[at]] for at in newest]
            outbox.put_sealed_meta(CONTEXT_SENT, codec.encode(rows))
    return made


def _sent(outbox: Outbox) -> dict[tuple[bytes, str, int], bytes]:
    found: dict[tuple[bytes, str, int], bytes] = {}
    try:
        words = outbox.sealed_meta(CONTEXT_SENT)
        item = [] if words is None else codec.decode(words)
        for listed in Fields(item, len(item) if isinstance(item, list) else 0).left():
            row = Fields(listed, 4)
            at = (row.raw(HASH_BYTES), row.text(), row.uint())
            found[at] = row.raw(_DIGEST_BYTES)
    except (KeysMissing, WireRefused):
        return {}  # a bit of the disk turned: the days are sent once more
    return found
