"""The hub at work: MQTT in, batches through the judge into one transaction, receipts out after commit.

broker ──▶ queue ──▶ judge ──▶ store (one transaction a batch) ──▶ PUBACK ──▶ sealed receipts
A crash anywhere before PUBACK: the broker or the device sends again; nothing was promised.
"""

import logging
import os
import queue
import ssl
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from sqlalchemy.exc import OperationalError

from agent.errors import WireRefused
from agent.wire import labels
from agent.wire.directory import verified
from agent.wire.envelope import MAX_WORDS_BYTES, Sender
from agent.wire.keys import SEED_BYTES, kid, receive_public
from agent.wire.message import STREAM_BYTES
from agent.wire.receipt import MAX_ENTRIES, Answer, Answers, Entry, Notice, Receipt, encode_answers
from hub import judge
from hub.database import hold
from hub.keystore import Device
from hub.site import open_keys
from hub.store import Store, Taking

log = logging.getLogger(__name__)

BATCH: Final = 100
DIRECTORY_EVERY_S: Final = 86_400.0
RENEW_BEFORE_S: Final = 2 * 86_400
_QUEUE_MOST: Final = 20_000  # beyond it the broker keeps them: nothing is acknowledged before commit


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as the broker gave it."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    link: int


@dataclass(slots=True)
class _Reply:
    """What one device is to be told after commit."""

    device: Device
    entries: dict[bytes, list[Entry]] = field(default_factory=lambda: defaultdict(list))
    notices: set[Notice] = field(default_factory=set)


class Receiver:
    """One hub process.

    Args:
        folder: As `hub init` made it.
        mqtt_version: 5, or 3 for 3.1.1.
    """

    def __init__(self, folder: Path, *, mqtt_version: int = 5) -> None:
        self._folder = folder
        self.keys = open_keys(folder)
        self.store = Store(folder, self.keys, writes=True)
        self._site = self.keys.site
        self._queue: queue.Queue[Arrived] = queue.Queue(_QUEUE_MOST)
        self._v5 = mqtt_version == 5
        self._link = 0
        self._greet = threading.Event()
        self._down_stream, self._down_seq = os.urandom(STREAM_BYTES), 0
        self._client = self._make_client()

    def run(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Receive until told to stop.

        Raises:
            AlreadyRunning: Another hub works on this folder.
        """
        held = hold(self._folder / "hub.lock")
        self._renew_directory()
        self._client.connect_async(
            self.keys.value("host").decode(), int(self.keys.value("port")), 30, **self._session()
        )
        self._client.loop_start()
        ready()
        published_at = time.monotonic()
        try:
            while not stop.is_set():
                batch = self._next_batch()
                if batch:
                    self._work(batch, stop)
                if self._greet.is_set():
                    self._greet.clear()
                    self._publish_directory()
                if time.monotonic() - published_at > DIRECTORY_EVERY_S:
                    published_at = time.monotonic()
                    self._renew_directory()
                    self._publish_directory()
        finally:
            self._client.on_disconnect = None  # we leave of our own accord
            self._client.disconnect()
            self._client.loop_stop()
            held.close()
            held.engine.dispose()
            self.store.close()
            self.keys.close()

    # ---- MQTT

    def _make_client(self) -> mqtt.Client:
        protocol = mqtt.MQTTv5 if self._v5 else mqtt.MQTTv311
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"hub-{self.keys.value('hedge')[:4].hex()}",
            protocol=protocol,
            manual_ack=True,
            clean_session=None if self._v5 else False,
        )
        client.tls_set_context(_tls(self._folder))
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_disconnect = lambda *_: log.warning("not connected to the broker; trying again by myself")
        client.on_connect_fail = lambda *_: log.warning("the broker does not answer; trying again by myself")
        client.reconnect_delay_set(1, 8)
        return client

    def _session(self) -> dict[str, Any]:
        if not self._v5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 7 * 86_400
        return {"clean_start": False, "properties": properties}

    def _on_connect(self, client: mqtt.Client, _user: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the broker refused the hub: %s", reason)
            return
        self._link += 1
        log.info("connected to the broker")
        client.subscribe(labels.up_topic(self._site, "+"), qos=1)
        self._greet.set()  # the worker publishes the directory: this thread must not touch a database

    def _on_message(self, _client: mqtt.Client, _user: Any, message: mqtt.MQTTMessage) -> None:
        try:
            arrived = Arrived(message.topic, bytes(message.payload), message.mid, message.qos, self._link)
            self._queue.put_nowait(arrived)
        except Exception:  # paho's thread dies of any exception and looks healthy; unacknowledged, it comes again
            log.exception("a message could not be taken over; the broker keeps it")

    def _publish_directory(self) -> None:
        self._client.publish(labels.keys_topic(self._site), self.keys.published(), qos=1, retain=True)

    def _renew_directory(self) -> None:
        seen = verified(self.keys.published(), self._site, self.keys.value("root public"), 0)
        if seen.directory.expires_utc_s - time.time() < RENEW_BEFORE_S:
            self.keys.issue_directory()

    # ---- one batch

    def _next_batch(self) -> list[Arrived]:
        try:
            batch = [self._queue.get(timeout=0.2)]
        except queue.Empty:
            return []
        while len(batch) < BATCH:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _work(self, batch: list[Arrived], stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                replies = self.handle([(arrived.topic, arrived.payload) for arrived in batch])
                break
            except OperationalError as error:
                # Disk full or read-only: nothing was stored, acknowledged or receipted.
                log.error(
                    "the store cannot be written (%s); free its disk, trying again in 1 s", type(error.orig).__name__
                )
                stop.wait(1.0)
        else:
            return
        for arrived in batch:
            if arrived.link == self._link:
                self._client.ack(arrived.mid, arrived.qos)
        for topic, payload in replies:
            self._client.publish(topic, payload, qos=1)

    def handle(self, batch: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Judge and store (topic, envelope) pairs in one transaction; the answers to publish.

        Raises:
            OperationalError: Nothing was stored.
        """
        replies: dict[bytes, _Reply] = {}
        counts: Counter[str] = Counter()
        with self.store.transaction() as taking:
            for topic, data in batch:
                seen: judge.Authentic | None = None
                try:
                    seen = judge.authentic(self.keys, topic, data)
                    self._take(taking, seen, replies)
                    reason = "stored"
                except WireRefused as refused:
                    reason = refused.reason
                except OperationalError:
                    raise
                except Exception as error:  # one message must never stop the others
                    log.error("a message was quarantined: %s", type(error).__name__)
                    taking.quarantine(data)
                    reason = "quarantined"
                counts[reason] += 1
                if seen is not None:
                    self._settle(replies, seen, reason)
            taking.count(counts)
        return [answer for reply in replies.values() for answer in self._answers(reply)]

    def _take(self, taking: Taking, seen: judge.Authentic, replies: dict[bytes, _Reply]) -> None:
        opened = judge.opened(self.keys, self.store, seen)
        header = seen.sealed.header
        taking.take(
            seen.device,
            (header.stream, header.seq),
            (seen.sealed.digest, header.recipient),
            (opened.words, opened.plaintext),
        )
        self._look_back(replies, seen, opened)

    def _settle(self, replies: dict[bytes, _Reply], seen: judge.Authentic, reason: str) -> None:
        header = seen.sealed.header
        reply = replies.setdefault(seen.device.kid, _Reply(seen.device))
        reply.entries[header.stream].append(Entry(header.seq, seen.sealed.digest, labels.CODES[reason]))

    def _look_back(self, replies: dict[bytes, _Reply], seen: judge.Authentic, opened: judge.Opened) -> None:
        """Whether the stream before this one went further than its successor knows: a restored file."""
        before = opened.plaintext.previous_stream
        end = self.store.end_of(seen.device.kid, before)
        named = opened.plaintext.previous_last_seq
        if end is not None and end.max_seq > named:
            notice = Notice(labels.CODES["restored"], before, end.max_seq, named)
            replies.setdefault(seen.device.kid, _Reply(seen.device)).notices.add(notice)

    # ---- the way down

    def _answers(self, reply: _Reply) -> list[tuple[str, bytes]]:
        answers: list[Answer] = list(reply.notices)
        for stream, entries in reply.entries.items():
            end = self.store.end_of(reply.device.kid, stream)
            index, head = (0, bytes(32)) if end is None else (end.ledger_index, end.head_before)
            for start in range(0, len(entries), MAX_ENTRIES):
                answers.append(Receipt(stream, index, head, tuple(entries[start : start + MAX_ENTRIES])))
        sealed, room = [], list[Answer]()
        for answer in answers:
            if room and len(self._words([*room, answer])) > MAX_WORDS_BYTES:
                sealed.append(self._seal_down(reply.device, room))
                room = []
            room.append(answer)
        return [*sealed, self._seal_down(reply.device, room)]

    def _words(self, answers: list[Answer]) -> bytes:
        return encode_answers(Answers(self.keys.version(), self.store.store_id, tuple(answers)))

    def _seal_down(self, device: Device, answers: list[Answer]) -> tuple[str, bytes]:
        topic = labels.down_topic(self._site, device.device)
        sender = Sender(self.keys.sign_key("receipt"), self.keys.value("hedge")[:SEED_BYTES], self._site, topic)
        self._down_seq += 1
        at = (self._down_stream, self._down_seq)
        public = device.receive_public
        return topic, sender.seal(receive_public(public), kid(public), at, self._words(answers))


def _tls(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "hub.crt", folder / "hub.key")
    return context
