"""Consent, withdrawal, erasing and pauses, each one transaction with the rows they change."""

from typing import Final

from agent.errors import KeysMissing, WrongUse
from agent.model import Interval
from agent.outbox import named_features
from agent.outbox.file import Outbox
from agent.outbox.limits import RIGHTS, UNSETTLED
from agent.outbox.rows import CONSENTED_SINCE, ERASED_TO, HUB_SCHEMA, HUB_UTC_S, RETIRED_TO
from agent.privacy import consent
from agent.privacy.consent import Consented
from agent.system.storage import shred, storing
from agent.wire.consent import ConsentRecord, SignedYes, decode_record
from agent.wire.consent import next_serial as serial_after
from agent.wire.keys import SignKey
from agent.wire.message import ConsentMessage, CoverMessage

_AGAIN: Final = "Run 'wardbeat consent give' again."


def in_force(outbox: Outbox) -> ConsentRecord | None:
    """The latest record, when it gives; None before the first and after a withdrawal.

    The table is not believed: the record must be the one that the ledger's sealed words hold.
    """
    found = outbox.db.execute("SELECT record, idx FROM consent ORDER BY serial DESC LIMIT 1").fetchone()
    if found is None:
        return None
    said = [message.record for message in outbox.messages(found[1]) if isinstance(message, ConsentMessage)]
    record = decode_record(found[0]) if bytes(found[0]) in said else None
    return record if record is not None and record.action == "give" else None


def consented(outbox: Outbox) -> Consented | None:
    """The record in force with the features that it names; None: nothing may leave."""
    record = in_force(outbox)
    if record is None:
        return None
    stated = named_features.of(outbox, record.hash)
    return Consented(record, consent.named_features(record, None if stated is None else stated.feature_ids))


def stands_at(outbox: Outbox, profile: str, now_utc_s: int) -> Consented | None:
    """The consent under which something may leave now, under this profile."""
    given = consented(outbox)
    valid = (
        given is not None
        and given.record.profile == profile
        and given.record.is_valid_at(_not_before(outbox, now_utc_s))
    )
    return given if valid else None


def _not_before(outbox: Outbox, now_utc_s: int) -> int:
    """Now, and not earlier than the hub's last answer: a clock that is held back prolongs no consent."""
    return max(now_utc_s, int(outbox.meta(HUB_UTC_S) or b"0"))


def next_serial(outbox: Outbox, now_utc_s: int) -> int:
    """The serial of the next record."""
    return serial_after(_last_serial(outbox), now_utc_s)


def give(outbox: Outbox, yes: SignedYes, now_utc_s: int) -> ConsentRecord:
    """Queue a record and the features that it names, both signed by the person's key; it stands from now on."""
    record = decode_record(yes.record.record)
    with storing(outbox.db):
        if record.serial <= _last_serial(outbox):
            raise WrongUse("this consent record is not newer than the last one", remedy=_AGAIN)
        _keep(outbox, record, yes.record, now_utc_s)
        named_features.keep(outbox, yes.features)
        named_features.offer(outbox, now_utc_s)
        outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (CONSENTED_SINCE, b""))
    return record


def withdraw(outbox: Outbox, device_key: SignKey, site: str, now_utc_s: int) -> int:
    """Take everything back; returns how many rows of data will not leave any more.

    Rows never sent to the broker become covers under their own seq; rows that were are
    not sent again and their bytes destroyed, receipted ones too; the withdrawal is queued.
    """
    with storing(outbox.db):
        gone = _withdraw(outbox, device_key, site, now_utc_s)
    shred(outbox.db)
    return gone


def erase(outbox: Outbox, device_key: SignKey | None, site: str, now_utc_s: int) -> None:
    """Withdraw what was given, forget every word of the ledger, and queue the wish for the hub.

    The chain stays whole. Without a device key (not enrolled) there is no hub to ask.
    """
    with storing(outbox.db):
        outbox.db.execute("UPDATE ledger SET sealed_words = NULL")
        outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (ERASED_TO, str(outbox.head()[0]).encode()))
        outbox.db.execute("DELETE FROM named_features")
        outbox.db.execute("DELETE FROM news")
        outbox.db.execute("DELETE FROM pause WHERE end_utc_s IS NOT NULL")
        if device_key is not None:
            _withdraw(outbox, device_key, site, now_utc_s)
            outbox.request_erasure(_last_serial(outbox), now_utc_s)
        outbox.db.execute(
            "DELETE FROM consent WHERE serial < ?", (_last_serial(outbox),)
        )  # what was agreed to, and when
    shred(outbox.db)


def retire(outbox: Outbox, now_utc_s: int, *, erased: bool = False) -> None:
    """The keys are replaced: nothing that the old ones sealed or signed leaves or stands any more.

    Args:
        outbox, now_utc_s: As elsewhere.
        erased: The hub says that it erased everything: what it did not confirm before matters no more.
    """
    with storing(outbox.db):
        unconfirmed = outbox.db.execute(
            f"SELECT 1 FROM outbox o JOIN fate f USING (idx) WHERE f.{UNSETTLED} AND o.kind IN {RIGHTS}"
        ).fetchone()
        if unconfirmed and not erased:
            words = "the old keys were replaced before the hub confirmed a consent, withdrawal or erasure"
            outbox.notify(f"{words}. Tell the hub's operator.", now_utc_s)
        outbox.db.execute(f"UPDATE fate SET state = 'withdrawn', at_utc_s = ? WHERE {UNSETTLED}", (now_utc_s,))
        outbox.db.execute("UPDATE outbox SET envelope = NULL")
        outbox.db.execute("DELETE FROM consent")
        outbox.db.execute("DELETE FROM named_features")
        outbox.db.execute("DELETE FROM proof")
        outbox.db.execute("DELETE FROM meta WHERE name LIKE 'store id%' OR name IN (?, ?)", (HUB_UTC_S, HUB_SCHEMA))
        outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (RETIRED_TO, str(outbox.head()[0]).encode()))


def pause(outbox: Outbox, now_utc_s: int) -> None:
    """Begin a pause, unless one is open."""
    with storing(outbox.db):
        if outbox.db.execute("SELECT 1 FROM pause WHERE end_utc_s IS NULL").fetchone() is None:
            outbox.db.execute("INSERT INTO pause (start_utc_s) VALUES (?)", (now_utc_s,))


def resume(outbox: Outbox, now_utc_s: int) -> None:
    """End the open pause; its last second still counts as paused."""
    with storing(outbox.db):
        outbox.db.execute("UPDATE pause SET end_utc_s = ? WHERE end_utc_s IS NULL", (now_utc_s + 1,))


def pauses(outbox: Outbox, since_utc_s: int = 0) -> tuple[Interval, ...]:
    """Pauses that reach beyond a moment, oldest first; an open one has no end."""
    query = "SELECT start_utc_s, end_utc_s FROM pause WHERE end_utc_s IS NULL OR end_utc_s > ? ORDER BY id"
    return tuple(Interval(*row) for row in outbox.db.execute(query, (since_utc_s,)))


def is_paused(outbox: Outbox) -> bool:
    """Whether a pause is open."""
    return any(interval.end_utc_s is None for interval in pauses(outbox))


def _last_serial(outbox: Outbox) -> int:
    return int(outbox.db.execute("SELECT coalesce(max(serial), 0) FROM consent").fetchone()[0])


def _keep(outbox: Outbox, record: ConsentRecord, message: ConsentMessage, now_utc_s: int) -> None:
    row = outbox.append([message], now_utc_s)
    outbox.db.execute(
        "INSERT INTO consent (serial, record, hash, idx) VALUES (?, ?, ?, ?)",
        (record.serial, message.record, record.hash, row.idx),
    )


def _withdraw(outbox: Outbox, device_key: SignKey, site: str, now_utc_s: int) -> int:
    if outbox.sealing is None:
        raise KeysMissing("this machine is not enrolled; nothing was ever sent to a hub")
    # Without a record here too: a state restored from an older copy does not know what was given since.
    found = outbox.db.execute("SELECT record FROM consent ORDER BY serial DESC LIMIT 1").fetchone()
    profile = "" if found is None else decode_record(found[0]).profile
    device = outbox.sealing.sender.topic.rsplit("/", 1)[1]
    never_sent = outbox.db.execute(
        "SELECT o.stream, o.seq, o.idx, o.kind FROM outbox o JOIN fate f USING (idx) "
        "WHERE f.state = 'sealed' AND o.kind IN ('summary', 'consent', 'features') ORDER BY o.idx"
    ).fetchall()
    data = sum(kind == "summary" for *_, kind in never_sent)
    for stream, seq, idx, _ in never_sent:
        outbox.set_state(idx, "withdrawn", now_utc_s)
        outbox.append([CoverMessage()], now_utc_s, again_idx=idx, in_place_of=(stream, seq))
    sent = outbox.db.execute(
        "SELECT idx FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sent' AND o.kind = 'summary'"
    ).fetchall()
    for (idx,) in sent:
        outbox.set_state(idx, "withdrawn", now_utc_s)
    outbox.db.execute("UPDATE outbox SET envelope = NULL WHERE kind = 'summary'")
    record = consent.withdrawal(profile, device, next_serial(outbox, now_utc_s), now_utc_s)
    _keep(outbox, record, record.signed(device_key, site), now_utc_s)
    return int(data) + len(sent)
