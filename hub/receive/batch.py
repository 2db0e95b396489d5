"""A batch of messages through verification into one transaction.

Signatures are verified and envelopes decrypted before the transaction begins, so that no lock is held meanwhile: two
workers share that work, and wait for each other only where rows are written.
"""

import logging
import os
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.labels import ANONYMOUS, CODES
from agent.wire.message import KINDS
from agent.wire.receipt import Notice
from hub.database import of_the_store
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.receive import verify
from hub.store.envelopes import Authentic, Opened, refuse_settled
from hub.store.store import Store
from hub.store.transaction import StoreTransaction

log = logging.getLogger(__name__)

Message = tuple[str, bytes]
_INSTALLED: Final = Path(__file__).parents[2]
_OURS: Final = tuple(f"{_INSTALLED / package}{os.sep}" for package in ("agent", "hub"))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one authentic envelope: ``stored``, or the reason for its refusal."""

    source: Authentic
    reason: str


@dataclass(slots=True)
class Outcome:
    """What a batch led to, after its commit.

    Attributes:
        verdicts: In the order of arrival; envelopes of unknown senders are counted and have none.
        notices: (device, notice) pairs about whole streams.
        revoked: Devices that were revoked and sent something all the same.
        erased: Kids of the devices that are due a receipt for an erasure, for the first time or again.
        renewals: (device, TLS request) pairs to be certified.
        ends: How far the hub has each (device, stream) that the batch named.
        counts: How many envelopes were stored or refused, by reason, and stored ones by kind.
    """

    verdicts: list[Verdict] = field(default_factory=list)
    notices: set[tuple[Device, Notice]] = field(default_factory=set)
    revoked: set[Device] = field(default_factory=set)
    erased: set[bytes] = field(default_factory=set)
    renewals: list[tuple[Device, bytes]] = field(default_factory=list)
    ends: dict[tuple[bytes, bytes], Any] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Outcome") -> None:
        """Append what another batch led to."""
        self.verdicts += other.verdicts
        self.notices |= other.notices
        self.revoked |= other.revoked
        self.erased |= other.erased
        self.renewals += other.renewals
        self.ends |= other.ends
        self.counts += other.counts


def store_batch(keys: KeyStore, store: Store, batch: Sequence[Message]) -> Outcome:
    """Verify and store (topic, envelope) pairs in one transaction.

    A message that makes our own code fail is quarantined, and the others are stored one by one.

    Raises:
        sqlalchemy errors of `hub.database.CANNOT_WRITE`, NotDurable: Nothing was stored.
    """
    try:
        return _store_together(keys, store, batch)
    except Exception as error:  # one message must never stop the others: find it, each by itself
        if of_the_store(error):
            raise
        log.error("a batch failed (%s): its messages are stored one by one", _place(error))
    outcome = Outcome()
    for message in batch:
        outcome.add(_store_alone(keys, store, message))
    return outcome


def _store_alone(keys: KeyStore, store: Store, message: Message) -> Outcome:
    try:
        return _store_together(keys, store, [message])
    except Exception as error:  # this is the one: quarantined, counted, and its device notified
        if of_the_store(error):
            raise
        log.error("a message was quarantined (%s)", _place(error))
    counts = Counter(["quarantined"])
    outcome = Outcome(counts=counts)
    with store.transaction() as transaction:
        transaction.quarantine(message[1], _sender(message[1]))
        transaction.finish(counts)
    try:
        outcome.verdicts.append(Verdict(verify.authentic(keys, *message), "quarantined"))
    except WireRefused as refused:
        log.info("the sender of the quarantined message is not notified: it is not authentic (%s)", refused.reason)
    return outcome


def _place(error: Exception) -> str:
    """An error's kind and the line of ours that met it; not its words, which may hold what a message said."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(_OURS)]
    at = f", {Path(frames[-1].filename).relative_to(_INSTALLED)}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{at}"


def _sender(data: bytes) -> bytes | None:
    try:
        return envelope.decode(data).header.sender
    except WireRefused:
        return None


def _store_together(keys: KeyStore, store: Store, batch: Sequence[Message]) -> Outcome:
    keys.refresh()
    counts: Counter[str] = Counter()
    outcome = Outcome()
    arrived = _authentic(keys, batch, counts, outcome.revoked)
    opened, reasons = _opened(keys, store, arrived)
    with store.transaction([one for one in opened if one is not None]) as transaction:
        for n, one in enumerate(opened):
            if one is not None:
                reasons[n] = _store(transaction, one)
                outcome.notices |= _restored_notice(transaction, one)
        counts.update(reasons)
        transaction.finish(counts)
    kinds = (
        KINDS[type(one.plaintext.messages[0])]
        for one, why in zip(opened, reasons, strict=True)
        if one and why == "stored"
    )
    outcome.counts = counts + Counter(f"stored {kind}" for kind in kinds)
    verdicts = [Verdict(source, reason) for source, reason in zip(arrived, reasons, strict=True)]
    outcome.verdicts = [verdict for verdict in verdicts if verdict.reason not in ANONYMOUS]
    outcome.ends, outcome.renewals = transaction.ends, transaction.renewals
    again = (verdict.source.device for verdict in verdicts if verdict.reason == "duplicate")
    outcome.erased = transaction.erased | {device.kid for device in again if device.erased_serial >= 0}
    return outcome


def _authentic(keys: KeyStore, batch: Sequence[Message], counts: Counter[str], revoked: set[Device]) -> list[Authentic]:
    """The authentic envelopes of a batch; the refusals of the others are counted, and revoked senders collected."""
    arrived = []
    for topic, data in batch:
        try:
            arrived.append(verify.authentic(keys, topic, data))
        except WireRefused as refused:
            counts[refused.reason] += 1
            if isinstance(refused, verify.Revoked):
                revoked.add(refused.device)
    return arrived


def _opened(keys: KeyStore, store: Store, arrived: list[Authentic]) -> tuple[list[Opened | None], list[str]]:
    """Each envelope decrypted, or None with the reason for its refusal at the same index."""
    settled = store.digests(source.at for source in arrived)
    opened: list[Opened | None] = []
    reasons: list[str] = []
    for source in arrived:
        one, reason = None, ""
        try:
            refuse_settled(source, settled.get(source.at))
            one = verify.opened(keys, source)
        except WireRefused as refused:
            reason = refused.reason
        opened.append(one)
        reasons.append(reason)
    return opened, reasons


def _store(transaction: StoreTransaction, opened: Opened) -> str:
    try:
        transaction.add(opened)
    except WireRefused as refused:
        return refused.reason
    return "stored"


def _restored_notice(transaction: StoreTransaction, opened: Opened) -> set[tuple[Device, Notice]]:
    """A notice when the previous stream went further than this one knows: the device's file was restored."""
    device, previous = opened.source.device, opened.plaintext.previous_stream
    last_known = opened.plaintext.previous_last_seq
    end = transaction.ends.get((device.kid, previous))
    if end is None or end["max_seq"] <= last_known:
        return set()
    return {(device, Notice(CODES["restored"], previous, end["max_seq"], last_known))}
