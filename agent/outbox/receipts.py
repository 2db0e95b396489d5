"""What the hub's answers do to rows. Only an equal digest settles one; everything else is counted."""

from dataclasses import dataclass
from typing import Final

from agent.outbox import again, cuts, named_features
from agent.outbox.consents import refuse_under
from agent.outbox.file import DISPOSABLE, Outbox, break_name
from agent.outbox.limits import UNSETTLED
from agent.outbox.rows import HUB_SCHEMA, HUB_UTC_S
from agent.system.storage import storing
from agent.wire.labels import CODES, DUPLICATE, NOT_FINAL, REASONS, SEAL_AGAIN, STORED
from agent.wire.message import KINDS, ConsentMessage
from agent.wire.receipt import (
    STORE_ID_BYTES,
    AlertMessage,
    Answers,
    Entry,
    Erased,
    LooksMessage,
    Notice,
    Receipt,
    ScoreMessage,
)

STORE_ID: Final = "store id"
REVOKED: Final = "the hub's operator has revoked this machine: nothing that it sends is stored"
BREAKS_MOST: Final = 200
REFUSALS: Final = frozenset(reason for code, reason in REASONS.items() if code not in (STORED, DUPLICATE)).difference(
    NOT_FINAL, SEAL_AGAIN
) | {"unreadable"}
"""Reasons that stand behind ``refused:`` in a row's state; ``unreadable`` is this machine's own."""


@dataclass(slots=True)
class Settled:
    """What one envelope down changed.

    Attributes:
        receipted: Rows that the hub has.
        again: Rows sealed again in a new stream.
        refused: Rows refused for good, by reason.
        not_yet: Rows that wait, by reason.
        mismatched: Entries that named an unknown row or another digest: ignored.
        restored: Rows that the hub holds beyond a restored file.
        offered_again: Rows offered again to a hub whose store is new.
        erased: The hub's word that it carried out an erasure; not settled here, see `agent.enrollment.departure`.
        certificate: A new TLS certificate, see `agent.enrollment.renewal`.
        scores, alerts, looks: Scores, alerts and looks of the hub, not judged yet.
        stale: Entries of a store that was replaced since: ignored.
        unknown: Parts of the answers that only a newer program knows: their rows wait.
        revoked: The hub says that this machine was revoked.
        cut: The hub has a row that this ledger lacks, which was not known before.
    """

    receipted: int = 0
    again: int = 0
    refused: tuple[str, ...] = ()
    not_yet: tuple[str, ...] = ()
    mismatched: int = 0
    restored: int = 0
    offered_again: int = 0
    stale: int = 0
    unknown: int = 0
    cut: bool = False
    revoked: bool = False
    erased: Erased | None = None
    certificate: bytes = b""
    scores: tuple[ScoreMessage, ...] = ()
    alerts: tuple[AlertMessage, ...] = ()
    looks: tuple[LooksMessage, ...] = ()


def apply(  # noqa: C901 - one branch a kind
    outbox: Outbox, answers: Answers, now_utc_s: int, proof: bytes | None = None
) -> Settled:
    """Settle rows, in one transaction.

    Args:
        outbox: The file.
        answers: Believed: opened with the device's key, signed by a key of the directory.
        now_utc_s: For the ledger.
        proof: The envelope that the answers came in, kept as the hub's word about the chain.
    """
    settled = Settled()
    seal_again: list[int] = []
    with storing(outbox.db):
        if not _meet_store(outbox, answers.store_id, now_utc_s, settled):
            settled.stale += sum(len(answer.entries) for answer in answers.answers if isinstance(answer, Receipt))
            return settled
        for answer in answers.answers:
            if isinstance(answer, Receipt):
                for entry in answer.entries:
                    seal_again += _entry(outbox, answer.stream, entry, now_utc_s, settled)
                _note_older(outbox, answer)
            elif isinstance(answer, Notice):
                _notice(outbox, answer, now_utc_s, settled)
            elif isinstance(answer, Erased):
                settled.erased = answer
            elif isinstance(answer, AlertMessage):
                settled.alerts += (answer,)
            elif isinstance(answer, LooksMessage):
                settled.looks += (answer,)
            elif isinstance(answer, ScoreMessage):
                settled.scores += (answer,)
            else:
                settled.certificate = answer.der
        _note_hub(outbox, answers, now_utc_s, settled)
        if proof is not None:
            _keep_proof(outbox, answers, proof)
        made, unreadable = again.seal(outbox, sorted(seal_again), now_utc_s)
        settled.again += made
        settled.refused += ("unreadable",) * unreadable
    return settled


def _entry(  # noqa: C901 - one branch a state
    outbox: Outbox, stream: bytes, entry: Entry, now_utc_s: int, settled: Settled
) -> list[int]:
    """Settle one entry; the ledger index of a row to seal again, if it is one."""
    found = outbox.db.execute(
        "SELECT o.idx, o.kind, f.state FROM outbox o JOIN fate f USING (idx) "
        "WHERE o.stream = ? AND o.seq = ? AND o.digest = ?",
        (stream, entry.seq, entry.digest),
    ).fetchone()
    if found is None:
        settled.mismatched += 1
        return []
    idx, kind, state = found
    reason = REASONS[entry.code]
    if state != "sent":  # settled before, or withdrawn: a late receipt changes nothing
        return []
    if entry.code in (STORED, DUPLICATE):
        outbox.set_state(idx, "receipted", now_utc_s)
        outbox.db.execute("UPDATE consent SET receipted = 1 WHERE idx = ?", (idx,))
        if kind in DISPOSABLE:
            outbox.drop_envelope(idx)
        settled.receipted += 1
    elif reason in SEAL_AGAIN:
        if reason == "fork":
            _note_break(outbox, stream, "another copy of this state continued the same stream")
        if not again.may_be_sealed(outbox, idx, reason, now_utc_s):
            settled.not_yet += (reason,)  # it is sent as it is, until the hub takes it or a limit drops it
            return []
        if outbox.has_words(idx):
            outbox.set_state(idx, "again", now_utc_s)  # at once: the same answer may name the row again
            return [idx]
        outbox.set_state(idx, "withdrawn", now_utc_s)  # its words were erased: nothing is left to say
    elif reason in NOT_FINAL:
        settled.not_yet += (reason,)
        if reason == "consent_unknown":
            settled.offered_again += _offer_consent_again(outbox, now_utc_s)
    else:
        outbox.set_state(idx, f"refused:{reason}", now_utc_s)
        outbox.drop_envelope(idx)
        settled.refused += (reason,)
        if kind == KINDS[ConsentMessage]:
            refuse_under(outbox, idx, reason, now_utc_s)
    return []


def _offer_consent_again(outbox: Outbox, now_utc_s: int) -> int:
    found = outbox.db.execute(
        "SELECT idx FROM outbox o JOIN fate f USING (idx) WHERE f.state = 'receipted' AND o.envelope IS NOT NULL "
        "AND idx IN (SELECT idx FROM consent UNION SELECT idx FROM named_features)"
    ).fetchall()
    for (idx,) in found:
        outbox.set_state(idx, "sent", now_utc_s)
    return len(found)


def _notice(outbox: Outbox, notice: Notice, now_utc_s: int, settled: Settled) -> None:
    if notice.code == CODES["revoked"]:
        settled.revoked = True
        outbox.notify(REVOKED, now_utc_s, about="revoked")
    if notice.code != CODES["restored"]:
        return
    beyond = notice.seq - notice.named_seq
    settled.restored += beyond
    words = f"this state was restored from an older copy: the hub holds up to {beyond} rows that it does not contain"
    if _note_break(outbox, notice.stream, words):
        outbox.notify(words, now_utc_s, about=notice.stream.hex())


def _note_break(outbox: Outbox, stream: bytes, words: str) -> bool:
    """Remember why the hub's heads of a stream need not be ours; True when it was not known."""
    name = break_name(stream)
    known = outbox.meta(name)
    if known == words.encode():
        return False
    if known is None and _breaks(outbox) >= BREAKS_MOST:
        return False
    outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, words.encode()))
    return True


def schema_is_stated(outbox: Outbox) -> bool:
    """Whether a statement of what this program speaks waits for its receipt."""
    query = f"SELECT 1 FROM outbox o JOIN fate f USING (idx) WHERE f.{UNSETTLED} AND o.kind = 'schema'"
    return outbox.db.execute(query).fetchone() is not None


def _breaks(outbox: Outbox) -> int:
    return int(outbox.db.execute("SELECT count(*) FROM meta WHERE name LIKE ?", (break_name(b"") + "%",)).fetchone()[0])


def doubt_store(outbox: Outbox) -> None:
    """A key that answered, or one that named those, is believed no more: what was receipted may be forged, and so may
    the store's name. Whatever store answers next counts as new: it is offered all again, and says duplicate to what it
    has.
    """
    if outbox.meta(STORE_ID) is not None:
        outbox.set_meta(STORE_ID, bytes(STORE_ID_BYTES))


def _meet_store(outbox: Outbox, store_id: bytes, now_utc_s: int, settled: Settled) -> bool:
    """A store that is new has lost what the old one receipted: offer it again, consent first.

    False for a late answer of a store that was replaced: what it stored may be gone, so its receipts settle nothing.
    """
    known = outbox.meta(STORE_ID)
    if known is not None and store_id <= known:  # names begin with a number that grows
        return store_id == known
    outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (STORE_ID, store_id))
    if known is None:
        return True
    offered = outbox.db.execute(
        # "sent", not "sealed": they left this machine, and a withdrawal must not pretend otherwise
        "UPDATE fate SET state = 'sent', at_utc_s = ? WHERE state = 'receipted' "
        "AND idx IN (SELECT idx FROM outbox WHERE envelope IS NOT NULL)",
        (now_utc_s,),
    ).rowcount
    outbox.db.execute("UPDATE consent SET receipted = 0")
    settled.offered_again += offered
    outbox.notify(f"the hub's store is new; {offered} rows are sent to it again", now_utc_s, about="store")
    return True


def _note_hub(outbox: Outbox, answers: Answers, now_utc_s: int, settled: Settled) -> None:
    """What every answer says: the hub's schema and clock, and how far it has this ledger."""
    settled.unknown = answers.unknown
    outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (HUB_SCHEMA, str(answers.schema).encode()))
    if answers.hub_utc_s:
        outbox.db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (HUB_UTC_S, str(answers.hub_utc_s).encode()))
    named_features.offer(outbox, now_utc_s)
    settled.cut = cuts.compare(outbox, answers.place, now_utc_s)


def _note_older(outbox: Outbox, receipt: Receipt) -> None:
    """A stream that the hub has further than this file: a known break."""
    if not receipt.ledger_index:  # the hub holds nothing of this stream yet
        return
    here = outbox.db.execute("SELECT stream FROM ledger WHERE idx = ?", (receipt.ledger_index,)).fetchone()
    if here != (receipt.stream,):
        words = f"the hub holds row {receipt.ledger_index} of a stream that ends earlier in this state"
        _note_break(outbox, receipt.stream, f"{words}; it was restored from an older copy")


def _keep_proof(outbox: Outbox, answers: Answers, proof: bytes) -> None:
    """Keep the newest few: each is the hub's signed word about the chain's head at an index."""
    of_streams = (answer.ledger_index for answer in answers.answers if isinstance(answer, Receipt))
    furthest = max((answers.place.ledger_index, *of_streams))
    if not furthest:
        return
    outbox.db.execute("INSERT OR REPLACE INTO proof VALUES (?, ?)", (furthest, proof))
    outbox.db.execute(
        "DELETE FROM proof WHERE ledger_index NOT IN "
        "(SELECT ledger_index FROM proof ORDER BY ledger_index DESC LIMIT 16)"
    )
