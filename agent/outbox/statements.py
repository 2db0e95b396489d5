"""Statements of days that were sealed, so that a day is sent again only when what it says has changed."""

import hashlib
from collections.abc import Iterable
from typing import Final

from agent.errors import KeysMissing, WireRefused
from agent.outbox.file import Outbox
from agent.system.storage import storing
from agent.wire import codec
from agent.wire.codec import Fields, Item
from agent.wire.message import HASH_BYTES, ContextMessage, DaysMessage

_DIGEST_BYTES: Final = 16
_DAYS_MOST: Final = 160  # 31 days of each purpose, and of the consent before

Statement = ContextMessage | DaysMessage
At = tuple[bytes, str, int]
"""Consent, purpose and day."""


def seal_new(outbox: Outbox, said: Iterable[tuple[Statement, list[Item]]], kept_as: str, now_utc_s: int) -> int:
    """Seal the statements that say something new, a row each; returns how many.

    Args:
        outbox: The file.
        said: Statements with what each holds; one that holds nothing is sealed only where one of its day was before.
        kept_as: Name in `meta` under which digests of what was sealed are kept.
        now_utc_s: For the ledger.
    """
    made = 0
    with storing(outbox.db):
        sent = _sent(outbox, kept_as)
        for message, items in said:
            at = (message.consent_hash, message.purpose, message.day)
            if not outbox.may_leave(message.consent_hash) or (_is_empty(message) and at not in sent):
                continue
            digest = hashlib.sha256(codec.encode(items)).digest()[:_DIGEST_BYTES]
            if sent.get(at) != digest:
                outbox.append([message], now_utc_s)
                sent[at] = digest
                made += 1
        if made:
            newest = sorted(sent, key=lambda at: at[2])[-_DAYS_MOST:]
            rows: list[Item] = [[*at, sent[at]] for at in newest]
            outbox.put_sealed_meta(kept_as, codec.encode(rows))
    return made


def _is_empty(message: Statement) -> bool:
    """Whether there is nothing to say unless something was said before; a day of context says what the clock shows."""
    return isinstance(message, DaysMessage) and not message.values


def _sent(outbox: Outbox, kept_as: str) -> dict[At, bytes]:
    found: dict[At, bytes] = {}
    try:
        words = outbox.sealed_meta(kept_as)
        item = [] if words is None else codec.decode(words)
        for listed in Fields(item, len(item) if isinstance(item, list) else 0).left():
            row = Fields(listed, 4)
            at = (row.raw(HASH_BYTES), row.text(), row.uint())
            found[at] = row.raw(_DIGEST_BYTES)
    except (KeysMissing, WireRefused):
        return {}  # a bit of the disk turned: the days are sent once more
    return found
