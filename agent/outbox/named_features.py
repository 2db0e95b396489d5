"""The features that a consent names: sealed beside its record, and sent to a hub that understands the statement."""

from agent.errors import KeysMissing, WireRefused
from agent.outbox.consent_records import SIZE_BYTES
from agent.outbox.file import Outbox
from agent.privacy.sealed_values import opened_value, sealed_value
from agent.wire import codec
from agent.wire.codec import Fields, texts
from agent.wire.consent import grant_items
from agent.wire.keys import SIGNATURE_BYTES
from agent.wire.message import FeaturesMessage, Grant


def keep(outbox: Outbox, message: FeaturesMessage) -> None:
    """Store a statement. The caller holds the transaction."""
    statement = codec.encode([list(message.feature_ids), grant_items(message.grants), message.signature])
    sealed = sealed_value(outbox.vault, _name(message.consent_hash), statement, SIZE_BYTES)
    outbox.db.execute("INSERT INTO named_features VALUES (?, ?, NULL)", (message.consent_hash, sealed))


def of(outbox: Outbox, consent_hash: bytes) -> FeaturesMessage | None:
    """The statement about a record; None for a record of release 0.1.0, and for a statement that was changed."""
    query = "SELECT statement FROM named_features WHERE hash = ?"
    found = outbox.db.execute(query, (consent_hash,)).fetchone()
    if found is None:
        return None
    try:
        row = Fields(codec.decode(opened_value(outbox.vault, _name(consent_hash), bytes(found[0]))), 3)
        ids, listed, signature = row.array(), row.array(), row.raw(SIGNATURE_BYTES)
        grants = tuple(Grant(*texts(grant, 3)) for grant in listed)
        return FeaturesMessage(consent_hash, tuple(Fields(ids, len(ids)).uints()), grants, signature)
    except (KeysMissing, WireRefused):
        return None


def offer(outbox: Outbox, now_utc_s: int) -> None:
    """Queue the statement about the record in force, once, for a hub that understands it. The caller holds the
    transaction.
    """
    if not outbox.hub_knows_schema_2() or outbox.sealing is None:
        return
    latest = outbox.db.execute("SELECT hash FROM consent ORDER BY serial DESC LIMIT 1").fetchone()
    waiting = outbox.db.execute("SELECT hash FROM named_features WHERE idx IS NULL").fetchall()
    if latest is None or latest not in waiting:
        return
    message = of(outbox, latest[0])
    if message is not None:
        row = outbox.append([message], now_utc_s)
        outbox.db.execute("UPDATE named_features SET idx = ? WHERE hash = ?", (row.idx, latest[0]))


def _name(consent_hash: bytes) -> str:
    return f"features {consent_hash.hex()}"
