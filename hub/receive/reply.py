"""Answers to devices: what became of their envelopes, sealed to each device in envelopes of one size."""

import math
import os
import time
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Final

from cryptography.hazmat.primitives.hpke import MLKEM768X25519PublicKey

from agent.wire import labels
from agent.wire.envelope import MAX_WORDS_BYTES, Sender
from agent.wire.keys import SEED_BYTES, kid, receive_public
from agent.wire.message import HASH_BYTES, NO_STREAM, STREAM_BYTES
from agent.wire.receipt import MAX_ENTRIES, Answer, Answers, Certificate, Entry, Notice, Place, Receipt, encode_answers
from hub.keys.devices import Device
from hub.keys.keystore import KeyStore
from hub.receive.batch import Outcome
from hub.receive.room import filled, on_their_way
from hub.store.rides import Ride, Riding
from hub.store.store import Store

_PUBLICS_MOST: Final = 10_000
_RIDING_MOST: Final = 10_000
_TAIL_BYTES: Final = 64  # the signature: it names an envelope
_TOLD_EVERY_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Frame:
    """What every answer to one device holds: its schema, the hub's clock, and how far its ledger has come."""

    device: Device
    now_utc_s: int
    place: Place


class Replies:
    """Seals answers; one object for each hub process, because it counts the seq of its own stream.

    Args:
        keys: Receipt key and devices.
        store: Every answer holds its store id.
    """

    def __init__(self, keys: KeyStore, store: Store) -> None:
        self._keys, self._store = keys, store
        self._stream, self._seq = os.urandom(STREAM_BYTES), 0
        # Checking that a key is not weak costs as much as a signature: once a device, not once an answer.
        self._told_s: dict[bytes, float] = {}
        self._riding: dict[bytes, list[Riding]] = {}
        self._publics: dict[bytes, tuple[MLKEM768X25519PublicKey, bytes]] = {}

    def to(self, outcome: Outcome, certificates: dict[bytes, bytes] | None = None) -> list[tuple[str, bytes]]:
        """(topic, envelope) pairs to publish for a batch that was committed.

        Args:
            outcome: What the batch led to.
            certificates: New TLS certificates (DER), by kid of the device.
        """
        entries: dict[bytes, dict[bytes, list[Entry]]] = defaultdict(lambda: defaultdict(list))
        notices: dict[bytes, list[Notice]] = defaultdict(list)
        devices: dict[bytes, Device] = {}
        now_utc_s = int(time.time())
        for verdict in outcome.verdicts:
            kid_, stream, seq = verdict.source.at
            devices[kid_] = self._keys.devices.of(kid_) or verdict.source.device  # this batch may state a schema
            entries[kid_][stream].append(Entry(seq, verdict.source.sealed.digest, labels.CODES[verdict.reason]))
        for device, notice in outcome.notices:
            notices[device.kid].append(notice)
        sealed = []
        second = [kid for kid, device in devices.items() if device.schema > labels.FIRST_SCHEMA]
        places, waiting = self._store.places(second), self._waiting(second)
        for which, device in devices.items():
            answers: list[Answer] = [*notices[which], *self._erased(device, outcome)]
            if certificates and which in certificates:
                answers.append(Certificate(certificates[which]))
            for stream, of_stream in entries[which].items():
                end = outcome.ends.get((which, stream))
                index, head = (0, bytes(HASH_BYTES)) if end is None else (end["ledger_index"], end["head_before"])
                for start in range(0, len(of_stream), MAX_ENTRIES):
                    answers.append(Receipt(stream, index, head, tuple(of_stream[start : start + MAX_ENTRIES])))
            frame = Frame(device, now_utc_s, places.get(which, Place()))
            sealed += self._sealed(frame, answers, waiting.get(which, []))
        sealed += [self._revoked(device, now_utc_s) for device in outcome.revoked if self._is_due(device)]
        return sealed

    def _erased(self, device: Device, outcome: Outcome) -> list[Answer]:
        if device.kid not in outcome.erased:
            return []
        erased = self._keys.devices.erasure(device)
        return [] if erased is None else [erased.signed(self._keys.sign_key("receipt"), self._keys.site)]

    def _is_due(self, device: Device) -> bool:
        """Whether a revoked device is told now: once an hour, and only one that knows the code."""
        now_s = time.monotonic()
        if device.schema <= labels.FIRST_SCHEMA or now_s < self._told_s.get(device.kid, -math.inf) + _TOLD_EVERY_S:
            return False
        if len(self._told_s) >= _PUBLICS_MOST:
            self._told_s.clear()
        self._told_s[device.kid] = now_s
        return True

    def _revoked(self, device: Device, now_utc_s: int) -> tuple[str, bytes]:
        notice = Notice(labels.CODES["revoked"], NO_STREAM, 0, 0)
        return self._seal(Frame(device, now_utc_s, Place()), [notice])

    def _waiting(self, kids: list[bytes]) -> dict[bytes, list[Ride]]:
        if not kids:
            return {}
        with self._store.derived() as read:
            return on_their_way(read, kids)

    def riding(self, payload: bytes) -> list[Riding]:
        """What an envelope holds that waited; it is asked once, when the envelope leaves."""
        return self._riding.pop(payload[-_TAIL_BYTES:], [])

    def _sealed(self, frame: Frame, answers: list[Answer], waiting: list[Ride]) -> list[tuple[str, bytes]]:
        sealed, fitting = [], list[Answer]()
        for answer in answers:
            if fitting and len(self._words(frame, [*fitting, answer])) > MAX_WORDS_BYTES:
                sealed.append(self._seal(frame, fitting))
                fitting = []
            fitting.append(answer)
        more, riding = filled(waiting, lambda answers: len(self._words(frame, [*fitting, *answers])) <= MAX_WORDS_BYTES)
        last = self._seal(frame, [*fitting, *more])
        if riding:
            if len(self._riding) >= _RIDING_MOST:
                self._riding.clear()  # they wait on, and ride again
            self._riding[last[1][-_TAIL_BYTES:]] = riding
        return [*sealed, last]

    def _words(self, frame: Frame, answers: list[Answer]) -> bytes:
        whole = Answers(self._keys.version(), self._store.store_id, tuple(answers))
        if frame.device.schema > labels.FIRST_SCHEMA:
            whole = replace(whole, schema=frame.device.schema, hub_utc_s=frame.now_utc_s, place=frame.place)
        return encode_answers(whole)

    def _seal(self, frame: Frame, answers: list[Answer]) -> tuple[str, bytes]:
        topic = labels.down_topic(self._keys.site, frame.device.device)
        sender = Sender(self._keys.sign_key("receipt"), self._keys.value("hedge")[:SEED_BYTES], self._keys.site, topic)
        self._seq += 1
        public, name = self._public(frame.device.receive_public)
        return topic, sender.seal(public, name, (self._stream, self._seq), self._words(frame, answers))

    def _public(self, raw: bytes) -> tuple[MLKEM768X25519PublicKey, bytes]:
        if raw not in self._publics:
            if len(self._publics) >= _PUBLICS_MOST:
                self._publics.clear()
            self._publics[raw] = receive_public(raw), kid(raw)
        return self._publics[raw]
