"""Consent, withdrawal, erasing and pauses, each one transaction with the rows they change."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Final

from agent.errors import KeysMissing, WrongUse
from agent.model import Interval
from agent.outbox import consent_records, derived, named_features
from agent.outbox.file import Outbox
from agent.outbox.limits import RIGHTS, UNSETTLED
from agent.outbox.rows import (
    CONSENTED_SINCE,
    ERASED_TO,
    HUB_HEARD,
    HUB_SCHEMA,
    HUB_UTC_S,
    RETIRED_TO,
)
from agent.privacy import consent
from agent.privacy.consent import Consented
from agent.system.storage import shred, storing
from agent.wire.consent import ConsentRecord, SignedYes, decode_record
from agent.wire.consent import next_serial as serial_after
from agent.wire.keys import SignKey
from agent.wire.message import DATA_KINDS, ConsentMessage, CoverMessage

PAUSE: Final = "pause "  # before a pause's number: its moments, sealed
_DATA: Final = ", ".join(f"'{kind}'" for kind in DATA_KINDS)
_AGAIN: Final = "Run 'wardbeat consent give' again."


def in_force(outbox: Outbox) -> ConsentRecord | None:
    """The latest record, when it gives; None before the first and after a withdrawal.

    The table is not believed: the record must be the one that the ledger's sealed words hold.
    """
    found = consent_records.latest(outbox)
    if found is None:
        return None
    kept, idx = found
    if _refusal(outbox, idx):
        return None
    said = [message.record for message in outbox.messages(idx) if isinstance(message, ConsentMessage)]
    record = decode_record(kept) if kept in said else None
    return record if record is not None and record.action == "give" else None


def _refusal(outbox: Outbox, idx: int) -> str:
    """Why the hub refused a consent record for good; empty: it did not."""
    found = outbox.db.execute("SELECT state FROM fate WHERE idx = ?", (idx,)).fetchone()
    return str(found[0]).removeprefix("refused:") if found is not None and found[0].startswith("refused:") else ""


def refuse_under(outbox: Outbox, idx: int, reason: str, now_utc_s: int) -> None:
    """The hub refused a consent record for good: what waits under it could never be stored. What was never sent becomes
    covers; what was is not sent again. The caller holds the transaction.
    """
    under = outbox.db.execute(
        f"SELECT o.stream, o.seq, o.idx, f.state FROM outbox o JOIN fate f USING (idx) WHERE f.{UNSETTLED} "
        "AND o.consent_hash = (SELECT hash FROM consent WHERE idx = ?) ORDER BY o.idx",
        (idx,),
    ).fetchall()
    for stream, seq, row, state in under:
        outbox.set_state(row, f"refused:{reason}", now_utc_s)
        outbox.drop_envelope(row)
        if state == "sealed":
            outbox.append([CoverMessage()], now_utc_s, again_idx=row, in_place_of=(stream, seq))


def consented(outbox: Outbox) -> Consented | None:
    """The record in force with the features that it names; None: nothing may leave."""
    record = in_force(outbox)
    if record is None:
        return None
    stated = named_features.of(outbox, record.hash)
    if stated is None:
        return Consented(record, consent.named_features(record, None))
    return Consented(record, consent.named_features(record, stated.feature_ids), frozenset(stated.grants))


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


def why_not(outbox: Outbox, profile: str, now_utc_s: int) -> str:
    """Why nothing may leave by this clock, in words that do not blame the person for it; empty: something may."""
    latest = consent_records.latest(outbox)
    if latest is not None and (refused := _refusal(outbox, latest[1])):
        return f"refused by the hub ({refused})"
    record = in_force(outbox)
    if record is None:
        return "not given"
    if record.profile != profile:
        return f"given under the profile {record.profile}"
    at_utc_s = _not_before(outbox, now_utc_s)
    if at_utc_s < record.from_utc_s:
        return f"given, and by this computer's clock it begins only on {_day(record.from_utc_s)}"
    return f"ended on {_day(record.until_utc_s)}" if at_utc_s >= record.until_utc_s else ""


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
        outbox.db.execute(
            f"DELETE FROM meta WHERE name IN (SELECT '{PAUSE}' || id FROM pause WHERE end_utc_s IS NOT NULL)"
        )
        derived.forget(outbox)
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
        outbox.db.execute(
            "DELETE FROM meta WHERE name LIKE 'store id%' OR name IN (?, ?, ?)", (HUB_UTC_S, HUB_HEARD, HUB_SCHEMA)
        )
        derived.forget(outbox, new_keys=True)
        outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (RETIRED_TO, str(outbox.head()[0]).encode()))


def pause(outbox: Outbox, now_utc_s: int) -> None:
    """Begin a pause, unless one is open."""
    with storing(outbox.db):
        if not is_paused(outbox):
            made = outbox.db.execute("INSERT INTO pause (start_utc_s) VALUES (0)").lastrowid
            _keep_pause(outbox, made or 0, now_utc_s, None)


def resume(outbox: Outbox, now_utc_s: int) -> None:
    """End the open pause; its last second still counts as paused."""
    with storing(outbox.db):
        for number, start_utc_s, _ in _pause_rows(outbox, "WHERE end_utc_s IS NULL"):
            # one that a wrong clock began later than now began at the latest now
            _keep_pause(outbox, number, min(start_utc_s, now_utc_s), now_utc_s + 1)


def move_open_pause(outbox: Outbox, jump_s: int) -> None:
    """The wall clock was moved: the pause that is open began at another number."""
    with storing(outbox.db):
        for number, start_utc_s, end_utc_s in _pause_rows(outbox, "WHERE end_utc_s IS NULL"):
            _keep_pause(outbox, number, start_utc_s + jump_s, end_utc_s)


def seal_pauses(outbox: Outbox) -> None:
    """Put the moments of pauses that release 0.1.0 kept in clear under the data key."""
    with storing(outbox.db):
        for number, start_utc_s, end_utc_s in list(_pause_rows(outbox, "WHERE start_utc_s != 0")):
            _keep_pause(outbox, number, start_utc_s, end_utc_s)


def pauses(outbox: Outbox, since_utc_s: int = 0) -> tuple[Interval, ...]:
    """Pauses that reach beyond a moment, oldest first; an open one has no end."""
    rows = _pause_rows(outbox, "ORDER BY id")
    return tuple(Interval(start, end) for _, start, end in rows if end is None or end > since_utc_s)


def _pause_rows(outbox: Outbox, which: str) -> Iterator[tuple[int, int, int | None]]:
    """(number, start, end) of pauses; one that another key sealed has no beginning and no end: the safe side."""
    query = f"SELECT id, start_utc_s, end_utc_s FROM pause {which}"
    for number, start_utc_s, end_utc_s in outbox.db.execute(query).fetchall():
        if start_utc_s:
            yield number, start_utc_s, end_utc_s
            continue
        try:
            start, end = json.loads(outbox.sealed_meta(f"{PAUSE}{number}") or b"[0, null]")
        except KeysMissing:
            start, end = 0, None
        yield number, start, end


def _keep_pause(outbox: Outbox, number: int, start_utc_s: int, end_utc_s: int | None) -> None:
    """The row says whether it is open, and nothing more. The caller holds the transaction."""
    outbox.put_sealed_meta(f"{PAUSE}{number}", json.dumps([start_utc_s, end_utc_s]).encode())
    ended = None if end_utc_s is None else 0
    outbox.db.execute("UPDATE pause SET start_utc_s = 0, end_utc_s = ? WHERE id = ?", (ended, number))


def is_paused(outbox: Outbox) -> bool:
    """Whether a pause is open."""
    return outbox.db.execute("SELECT 1 FROM pause WHERE end_utc_s IS NULL").fetchone() is not None


def _day(utc_s: int) -> str:
    return dt.datetime.fromtimestamp(utc_s, dt.UTC).strftime("%Y-%m-%d")


def _last_serial(outbox: Outbox) -> int:
    return int(outbox.db.execute("SELECT coalesce(max(serial), 0) FROM consent").fetchone()[0])


def _keep(outbox: Outbox, record: ConsentRecord, message: ConsentMessage, now_utc_s: int) -> None:
    row = outbox.append([message], now_utc_s)
    outbox.db.execute(
        "INSERT INTO consent (serial, record, hash, idx) VALUES (?, ?, ?, ?)",
        (record.serial, consent_records.sealed(outbox, record.serial, message.record), record.hash, row.idx),
    )


def _withdraw(outbox: Outbox, device_key: SignKey, site: str, now_utc_s: int) -> int:
    if outbox.sealing is None:
        raise KeysMissing("this machine is not enrolled; nothing was ever sent to a hub")
    outbox.stop_sending_consents(now_utc_s)
    # Without a record here too: a state restored from an older copy does not know what was given since.
    found = consent_records.latest(outbox)
    profile = "" if found is None or not found[0] else decode_record(found[0]).profile
    device = outbox.sealing.sender.topic.rsplit("/", 1)[1]
    never_sent = outbox.db.execute(
        "SELECT o.stream, o.seq, o.idx, o.kind FROM outbox o JOIN fate f USING (idx) "
        f"WHERE f.state = 'sealed' AND o.kind IN ('consent', 'features', {_DATA}) ORDER BY o.idx"
    ).fetchall()
    data = sum(kind in DATA_KINDS for *_, kind in never_sent)
    for stream, seq, idx, _ in never_sent:
        outbox.set_state(idx, "withdrawn", now_utc_s)
        outbox.append([CoverMessage()], now_utc_s, again_idx=idx, in_place_of=(stream, seq))
    sent = outbox.db.execute(
        f"SELECT idx FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'sent' AND o.kind IN ({_DATA})"
    ).fetchall()
    for (idx,) in sent:
        outbox.set_state(idx, "withdrawn", now_utc_s)
    outbox.db.execute(f"UPDATE outbox SET envelope = NULL WHERE kind IN ({_DATA})")
    derived.forget_of_team(outbox)
    record = consent.withdrawal(profile, device, next_serial(outbox, now_utc_s), now_utc_s)
    _keep(outbox, record, record.signed(device_key, site), now_utc_s)
    return int(data) + len(sent)
