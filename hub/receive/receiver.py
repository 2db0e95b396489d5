"""The hub at work: MQTT in, batches through the judge into one transaction, receipts out after commit.

broker ──▶ queue ──▶ judge ──▶ store (one transaction a batch) ──▶ PUBACK ──▶ sealed receipts
A crash anywhere before PUBACK: the broker or the device sends again; nothing was promised.
"""

import contextlib
import logging
import queue
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.errors import AlreadyRunning, KeysMissing, NotDurable, StorageFull, WardbeatError, WrongUse
from agent.wire import labels
from hub import rotation
from hub.database import CANNOT_WRITE, lock_file, unlock_file
from hub.enroll import renew
from hub.keys.certificates import renew_own
from hub.keys.devices import Device
from hub.receive.batch import store_batch
from hub.receive.reply import Replies
from hub.site import list_revoked, note_own, open_keys
from hub.store.store import Store

log = logging.getLogger(__name__)

BATCH: Final = 500
DIRECTORY_EVERY_S: Final = 86_400.0
LOOK_EVERY_S: Final = 2.0
FRESH_EVERY_S: Final = 600.0
# The broker keeps the rest: what is given to us and not acknowledged comes again only with the next connection.
_IN_FLIGHT: Final = 4 * BATCH
_QUEUE_MOST: Final = 2 * _IN_FLIGHT


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as the broker gave it."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    link: int


class Receiver:
    """One hub process.

    Args:
        folder: As `hub init` made it.
        mqtt_version: 5, or 3 for 3.1.1.
        worker: Number of this process, from 1. Several share what arrives and one PostgreSQL data base; on SQLite
            there is one.

    Raises:
        WrongUse: A second worker on SQLite, or none.
    """

    def __init__(self, folder: Path, *, mqtt_version: int = 5, worker: int = 1) -> None:
        self._folder, self._worker = folder, worker
        self.keys = open_keys(folder)
        if worker < 1:
            raise WrongUse(
                f"--worker {worker} is not valid; numbers start at 1", remedy="Use --worker 1, --worker 2, ..."
            )
        if worker != 1 and not self.keys.text("database"):
            raise WrongUse(
                "SQLite supports only one worker", remedy="Create the hub with --database to use PostgreSQL."
            )
        self.store = Store(folder, self.keys, writes=True, worker=worker)
        self._replies = Replies(self.keys, self.store)
        self._site = self.keys.site
        self._queue: queue.Queue[Arrived] = queue.Queue(_QUEUE_MOST)
        self._v5 = mqtt_version == 5
        self._link = 0
        self._greet, self._leaving = threading.Event(), threading.Event()
        self._standing: bytes | None = None  # what the broker last said stands at the directory's topic
        if worker == 1:
            self._renew_own()
        self._tls = _tls(folder)
        self._client = self._make_client()

    def run(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Receive until told to stop.

        Raises:
            AlreadyRunning: Another hub works on this folder.
        """
        held = lock_file(self._folder / f"hub.{self._worker}.lock")
        self._keep_fresh()
        self._client.connect_async(
            self.keys.value("host").decode(), int(self.keys.value("port")), 30, **self._session()
        )
        self._client.loop_start()
        ready()
        looked_s = self._fresh_s = self._published_s = time.monotonic()
        self._version = self.keys.version()
        try:
            while not stop.is_set():
                batch = self._next_batch()
                if batch:
                    self._work(batch, stop)
                now_s = time.monotonic()
                if now_s - looked_s > LOOK_EVERY_S or self._greet.is_set():
                    looked_s = now_s
                    self._look(now_s)
        finally:
            self._leaving.set()
            self._client.on_disconnect = None  # we leave of our own accord
            self._client.disconnect()
            self._client.loop_stop()
            unlock_file(held)
            self.store.close()
            self.keys.close()

    def _look(self, now_s: float) -> None:
        """What time, or a command beside us, asks for; what cannot be done now is tried again."""
        try:
            self.keys.refresh()
            if self._worker == 1 and now_s - self._fresh_s > FRESH_EVERY_S:
                self._fresh_s = now_s
                self._keep_fresh()
            is_new = self.keys.version() != self._version
            published = self.keys.published()  # before anything is ticked off: the keys may be out of reach
            # an older one, which came late or was put back: whoever connects now would believe it, and hear nobody
            is_other = self._standing not in (None, published)
            if is_new or is_other or self._greet.is_set() or now_s - self._published_s > DIRECTORY_EVERY_S:
                self._greet.clear()
                self._standing = None
                self._client.publish(labels.keys_topic(self._site), published, qos=1, retain=True)
                self._version, self._published_s = self.keys.version(), now_s
            if is_new:
                log.info("directory %d is published", self._version)
                self.store.mirror()
        except (*CANNOT_WRITE, OSError, AlreadyRunning, StorageFull) as error:
            log.error("keys or store cannot be reached (%s); trying again", type(error).__name__)

    def _keep_fresh(self) -> None:
        now_utc_s = int(time.time())
        rotation.keep_fresh(self.keys, self.store, now_utc_s)
        left = rotation.days_of_certificate(self.keys, now_utc_s)
        if left < rotation.CERT_WARN_DAYS:
            log.warning("the directory key ends in %d days: 'wardbeat hub rotate FOLDER --root root.key'", left)
        if self._renew_own():
            self._tls.load_cert_chain(self._folder / "hub.crt", self._folder / "hub.key")  # for the next connection

    def _renew_own(self) -> bool:
        try:
            renewed = renew_own(self._folder, self.keys.value("host").decode(), int(time.time()))
            note_own(self._folder, self.keys)
            list_revoked(self._folder, self.keys)  # keys that were put back may have learnt of more
        except (KeysMissing, StorageFull) as failed:
            log.error("a certificate or the broker's list cannot be renewed: %s. %s", failed, failed.remedy)
            return False
        if "broker" in renewed:
            log.warning("the broker's certificate was renewed: send the broker a SIGHUP, or copy the new files to it")
        return True

    # ---- MQTT

    def _make_client(self) -> mqtt.Client:
        protocol = mqtt.MQTTv5 if self._v5 else mqtt.MQTTv311
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"hub-{self.keys.value('hedge')[:4].hex()}-{self._worker}",
            protocol=protocol,
            manual_ack=True,
            clean_session=None if self._v5 else False,
        )
        client.tls_set_context(self._tls)
        # Without this paho writes to the socket from whichever thread publishes, and TLS breaks under load (measured).
        client.on_socket_register_write = lambda *_: None
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_disconnect = lambda *_: log.warning("not connected to the broker; retrying automatically")
        client.on_connect_fail = lambda *_: log.warning("the broker does not respond; retrying automatically")
        client.reconnect_delay_set(1, 8)
        return client

    def _session(self) -> dict[str, Any]:
        if not self._v5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 7 * 86_400
        properties.ReceiveMaximum = _IN_FLIGHT
        return {"clean_start": False, "properties": properties}

    def _on_connect(self, client: mqtt.Client, _user: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the broker refused the hub: %s", reason)
            return
        self._link += 1
        log.info("connected to the broker")
        topic = labels.up_topic(self._site, "+")
        # Shared, each envelope goes to one worker; the part of one that is gone is left to the devices' next try.
        client.subscribe(f"$share/hub/{topic}" if self.keys.text("database") else topic, qos=1)
        client.subscribe(labels.keys_topic(self._site), qos=0)
        self._greet.set()  # the worker publishes the directory: this thread must not touch a database

    def _on_message(self, _client: mqtt.Client, _user: Any, message: mqtt.MQTTMessage) -> None:
        try:
            if message.topic == labels.keys_topic(self._site):
                self._standing = bytes(message.payload)
                return
            arrived = Arrived(message.topic, bytes(message.payload), message.mid, message.qos, self._link)
            while not self._leaving.is_set():  # no room: this thread waits, and with it the broker
                with contextlib.suppress(queue.Full):
                    self._queue.put(arrived, timeout=0.5)
                    return
        except Exception:  # paho's thread dies of any exception and looks healthy; unacknowledged, it comes again
            log.exception("a message could not be processed; the broker keeps it")

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
            except CANNOT_WRITE as error:
                # Disk full, read-only, server gone: nothing was stored, acknowledged or receipted.
                log.error("the store cannot be written (%s); trying again in 1 s", type(error.orig).__name__)
                stop.wait(1.0)
            except NotDurable as weak:
                log.error("%s. %s", weak, weak.remedy)
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
            sqlalchemy errors of `hub.database.CANNOT_WRITE`, NotDurable: Nothing was stored.
        """
        outcome = store_batch(self.keys, self.store, batch)
        return self._replies.to(outcome, self._certified(outcome.renewals))

    def _certified(self, renewals: list[tuple[Device, bytes]]) -> dict[bytes, bytes]:
        now_utc_s = int(time.time())
        renewed = {}
        for device, asked in renewals:
            try:
                renewed[device.kid] = renew(self._folder, self.keys, device, asked, now_utc_s)
            except WardbeatError as refused:  # devices ask again tomorrow
                log.error("a device's certificate cannot be renewed: %s. %s", refused, refused.remedy)
        return renewed


def _tls(folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "hub.crt", folder / "hub.key")
    return context
