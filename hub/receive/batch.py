"""A batch of messages through the judge into one transaction; what each device is to be told comes out.

Signatures and seals are checked before the transaction begins, so that no lock is held while they are: two workers
share that work, and wait for each other only where rows are written.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.errors import WireRefused
from agent.wire import envelope
from agent.wire.labels import ANONYMOUS, CODES
from agent.wire.receipt import Notice
from hub.database import of_the_store
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.receive import verify
from hub.store.envelopes import Authentic, Opened, unless_known
from hub.store.store import Store
from hub.store.transaction import Taking

log = logging.getLogger(__name__)

Message = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one authentic envelope."""

    seen: Authentic
    reason: str


@dataclass(slots=True)
class Outcome:
    """What a batch led to, after its commit.

    Attributes:
        told: In the order of arrival; envelopes of nobody are counted and not answered.
        notices: (device, notice) about streams as a whole.
        erased: Kids of devices to be told, or told again, that their erasure was carried out.
        renewals: (device, TLS request) to be certified.
        ends: How far the hub has each (device, stream) that the batch named.
    """

    told: list[Told] = field(default_factory=list)
    notices: set[tuple[Device, Notice]] = field(default_factory=set)
    erased: set[bytes] = field(default_factory=set)
    renewals: list[tuple[Device, bytes]] = field(default_factory=list)
    ends: dict[tuple[bytes, bytes], Any] = field(default_factory=dict)

    def add(self, other: "Outcome") -> None:
        self.told += other.told
        self.notices |= other.notices
        self.erased |= other.erased
        self.renewals += other.renewals
        self.ends |= other.ends


def take(keys: KeyStore, store: Store, batch: Sequence[Message]) -> Outcome:
    """Judge and store (topic, envelope) pairs.

    Raises:
        sqlalchemy errors of `hub.database.CANNOT_WRITE`, NotDurable: Nothing was stored.
    """
    try:
        return _together(keys, store, batch)
    except Exception as error:  # one message must never stop the others: find it, each by itself
        if of_the_store(error):
            raise
        log.error("a batch failed (%s): trying its messages one by one", type(error).__name__)
    outcome = Outcome()
    for message in batch:
        outcome.add(_alone(keys, store, message))
    return outcome


def _alone(keys: KeyStore, store: Store, message: Message) -> Outcome:
    try:
        return _together(keys, store, [message])
    except Exception as error:  # this is the one: set aside, counted, and its device told
        if of_the_store(error):
            raise
        log.error("a message was quarantined: %s", type(error).__name__)
    counts, outcome = Counter(["quarantined"]), Outcome()
    with store.transaction() as taking:
        taking.quarantine(message[1], _sender(message[1]))
        taking.finish(counts)
    try:
        outcome.told.append(Told(verify.authentic(keys, *message), "quarantined"))
    except WireRefused:
        log.info("nobody is to be told")
    return outcome


def _sender(data: bytes) -> bytes | None:
    try:
        return envelope.decode(data).header.sender
    except WireRefused:
        return None


def _together(keys: KeyStore, store: Store, batch: Sequence[Message]) -> Outcome:
    keys.refresh()
    counts: Counter[str] = Counter()
    arrived: list[Authentic] = []
    for topic, data in batch:
        try:
            arrived.append(verify.authentic(keys, topic, data))
        except WireRefused as refused:
            counts[refused.reason] += 1
    known = store.digests(seen.at for seen in arrived)
    reasons: list[str] = []
    opened: list[Opened | None] = []
    for seen in arrived:
        one, reason = None, ""
        try:
            unless_known(seen, known.get(seen.at))
            one = verify.opened(keys, seen)
        except WireRefused as refused:
            reason = refused.reason
        opened.append(one)
        reasons.append(reason)
    outcome = Outcome()
    with store.transaction([one for one in opened if one is not None]) as taking:
        for n, one in enumerate(opened):
            if one is not None:
                reasons[n] = _taken(taking, one)
                outcome.notices |= _look_back(taking, one)
        counts.update(reasons)
        taking.finish(counts)
    answered = ((seen, reason) for seen, reason in zip(arrived, reasons, strict=True) if reason not in ANONYMOUS)
    outcome.told = [Told(seen, reason) for seen, reason in answered]
    outcome.ends, outcome.renewals = taking.ends, taking.renewals
    again = (seen.device for seen, reason in zip(arrived, reasons, strict=True) if reason == "duplicate")
    outcome.erased = taking.erased | {device.kid for device in again if device.erased_serial >= 0}
    return outcome


def _taken(taking: Taking, one: Opened) -> str:
    try:
        taking.take(one)
    except WireRefused as refused:
        return refused.reason
    return "stored"


def _look_back(taking: Taking, one: Opened) -> set[tuple[Device, Notice]]:
    """Whether the stream before this one went further than its successor knows: a restored file."""
    before, named = one.plaintext.previous_stream, one.plaintext.previous_last_seq
    end = taking.ends.get((one.seen.device.kid, before))
    if end is None or end["max_seq"] <= named:
        return set()
    return {(one.seen.device, Notice(CODES["restored"], before, end["max_seq"], named))}
