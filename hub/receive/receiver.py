"""The running hub: MQTT in, each batch verified and stored in one transaction, receipts out after the commit.

broker ──▶ turns ──▶ verify ──▶ store (one transaction for a batch) ──▶ grid ──▶ PUBACK, sealed receipts
After a crash anywhere before PUBACK the broker or the device sends again; nothing was promised.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt

from agent.errors import AlreadyRunning, KeysMissing, NotDurable, StorageFull, WardbeatError
from agent.system import floor
from agent.wire import labels
from agent.wire.bootstrap import is_pass
from hub import rotation
from hub.broker import user_of
from hub.database import CANNOT_WRITE, lock_file, unlock_file
from hub.enroll import renew
from hub.keys.certificates import renew_own
from hub.keys.devices import Device
from hub.receive import enrolling
from hub.receive.batch import store_batch
from hub.receive.client import load_own, make_client, session_options, tls_of
from hub.receive.grid import TICK_S, Grid, Settled
from hub.receive.hourly import Hourly
from hub.receive.opening import opened
from hub.receive.probe import Pace, Probe
from hub.receive.reply import Replies
from hub.receive.rides import Rides
from hub.receive.turns import Arrived, Budget, Placed, Turns
from hub.receive.way_in import WayIn
from hub.site import list_revoked, note_own

log = logging.getLogger(__name__)

BATCH: Final = 500
DIRECTORY_EVERY_S: Final = 86_400.0
CHECK_EVERY_S: Final = 2.0
ROTATE_EVERY_S: Final = 600.0
_IN_FLIGHT: Final = 4 * BATCH


class Receiver:
    """One hub process.

    Args:
        folder: As `hub init` made it.
        mqtt_version: 5, or 3 for 3.1.1.
        worker: Number of this process, from 1. On PostgreSQL several share the incoming messages and the database; on
            SQLite there is one.
        budget: What each device may send to this process.
        pace: How often the hub probes its own way in.
        tick_s: Answers leave at ticks of this distance, in s; 0: at once.
        alive: Called in each turn of the loop, and before each try to store.

    Raises:
        WrongUse: A second worker on SQLite, or none.
        KeysMissing: A worker's certificate is missing, and the CA cannot issue one.
    """

    def __init__(
        self,
        folder: Path,
        *,
        mqtt_version: int = 5,
        worker: int = 1,
        budget: Budget | None = None,
        pace: Pace | None = None,
        tick_s: float = TICK_S,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._alive = alive
        self._folder, self._worker = folder, worker
        self.keys, self.store = opened(folder, worker)
        floor.leave(folder)
        self._replies = Replies(self.keys, self.store)
        self._site = self.keys.site
        self._turns, self._hourly = Turns(budget), Hourly()
        self._v5 = mqtt_version == 5
        self._link = 0
        self._connected, self._stopping = threading.Event(), threading.Event()
        self._retained: bytes | None = None  # the directory that the broker retains, as far as it was received
        self._own = user_of(worker)
        self._renew_own()
        if not (folder / f"{self._own}.crt").exists():
            raise KeysMissing(
                f"{self._own}.crt is missing, and so is the key of the CA that issues it",
                remedy="Bring ca.key back for the first start of each worker.",
            )
        self._tls = tls_of(folder, self._own)
        self._client = make_client(self._own, self._tls, v5=self._v5)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        self._rides = Rides(self._client)
        self._probe = Probe(folder, self.keys, worker, pace or Pace())
        self._grid = Grid(self._leave, tick_s)
        self._way_in = WayIn(self._client, self._probe, self._site, worker, v5=self._v5)

    def run(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Receive until ``stop`` is set.

        Args:
            stop: Ends the receiver after the batch in progress.
            ready: Called once, when the connection to the broker has been started.

        Raises:
            AlreadyRunning: Another process runs with this folder and worker number.
        """
        lock = lock_file(self._folder / f"hub.{self._worker}.lock")
        self._keep_fresh()
        session = session_options(v5=self._v5, in_flight=_IN_FLIGHT)
        self._client.connect_async(self.keys.value("host").decode(), int(self.keys.value("port")), 30, **session)
        self._client.loop_start()
        self._grid.begin()
        ready()
        self._way_in.keep()
        checked_s = self._fresh_s = self._published_s = time.monotonic()
        self._version = self.keys.version()
        try:
            while not stop.is_set():
                batch = self._turns.take(BATCH, 0.2)
                if batch:
                    self._process(batch, stop)
                self._way_in.keep()
                self._rides.settle(self.store)
                self._alive()
                now_s = time.monotonic()
                if now_s - checked_s > CHECK_EVERY_S or self._connected.is_set():
                    checked_s = now_s
                    self._check(now_s)
        finally:
            self._stopping.set()
            self._grid.end()
            self._client.on_disconnect = None  # this disconnection is intended: no warning
            self._client.disconnect()
            self._client.loop_stop()
            self._probe.end()
            unlock_file(lock)
            self.store.close()
            self.keys.close()

    def _check(self, now_s: float) -> None:
        """Rotate keys that are due, and publish a new directory; what fails is tried again at the next check."""
        self._hourly.add(self._turns.counts())
        self._hourly.log_if_due()
        self._way_in.share_if_needed()
        try:
            self.keys.refresh()
            if now_s - self._fresh_s > ROTATE_EVERY_S:
                self._fresh_s = now_s
                self._keep_fresh()
            is_new = self.keys.version() != self._version
            published = self.keys.published()  # first, because it fails when the keys cannot be read
            # an older directory, delayed or restored: a device that connects now would trust it, and no answer of ours
            is_other = self._retained not in (None, published)
            if is_new or is_other or self._connected.is_set() or now_s - self._published_s > DIRECTORY_EVERY_S:
                self._connected.clear()
                self._retained = None
                self._client.publish(labels.keys_topic(self._site), published, qos=1, retain=True)
                self._version, self._published_s = self.keys.version(), now_s
            if is_new:
                log.info("directory %d is published", self._version)
                self.store.mirror()
        except (*CANNOT_WRITE, OSError, AlreadyRunning, StorageFull) as error:
            log.error("keys or database cannot be read or written (%s); trying again in 2 s", type(error).__name__)

    def _keep_fresh(self) -> None:
        now_utc_s = int(time.time())
        if self._worker == 1:
            rotation.keep_fresh(self.keys, self.store, now_utc_s)
            left = rotation.days_of_certificate(self.keys, now_utc_s)
            if left < rotation.CERT_WARN_DAYS:
                log.warning("the directory key ends in %d days: 'wardbeat hub rotate FOLDER --root root.key'", left)
        if self._renew_own():
            load_own(self._tls, self._folder, self._own)  # for the next connection

    def _renew_own(self) -> bool:
        try:
            renewed = renew_own(self._folder, self.keys.value("host").decode(), int(time.time()), self._own)
            note_own(self._folder, self.keys)
            list_revoked(self._folder, self.keys)  # restored keys may have taken over more revocations
        except (KeysMissing, StorageFull) as failed:
            log.error("a certificate or the broker's list cannot be renewed: %s. %s", failed, failed.remedy)
            return False
        if "broker" in renewed:
            log.warning("the broker's certificate was renewed: send the broker a SIGHUP, or copy the new files to it")
        return True

    # ---- MQTT

    def _on_connect(self, client: mqtt.Client, _user: Any, _flags: Any, reason: Any, properties: Any) -> None:
        if not self._way_in.connected(reason, properties):
            return
        self._link += 1
        log.info("connected to the broker")
        client.subscribe(labels.keys_topic(self._site), qos=0)
        self._connected.set()  # the main thread publishes the directory: this one must not use a database

    def _on_message(self, _client: mqtt.Client, _user: Any, message: mqtt.MQTTMessage) -> None:
        try:
            if message.topic == labels.keys_topic(self._site):
                self._retained = bytes(message.payload)
                return
            if self._probe.take(message.topic, bytes(message.payload)):
                self._client.ack(message.mid, message.qos)
                return
            arrived = Arrived(message.topic, bytes(message.payload), message.mid, message.qos, self._link)
            placed = Placed.FULL
            while placed is Placed.FULL and not self._stopping.is_set():  # this thread waits, and with it the broker
                placed = self._turns.put(arrived)
            if placed in (Placed.LATER, Placed.DROPPED):
                self._client.ack(arrived.mid, arrived.qos)  # it must not hold one of the broker's places in flight
        except Exception:  # an exception would end paho's thread unnoticed; unacknowledged, the message comes again
            log.exception("a message could not be processed; the broker keeps it")

    # ---- one batch

    def _process(self, batch: list[Arrived], stop: threading.Event) -> None:
        while not stop.is_set():
            self._alive()  # a database that is down is waited for: a restart would not help
            try:
                replies = self.handle([(arrived.topic, arrived.payload) for arrived in batch])
                break
            except CANNOT_WRITE as error:
                # Disk full, read-only or server down: nothing was stored, acknowledged or receipted.
                log.error("the store cannot be written (%s); trying again in 1 s", type(error.orig).__name__)
                stop.wait(1.0)
            except NotDurable as error:
                log.error("%s. %s", error, error.remedy)
                stop.wait(1.0)
        else:
            return
        of_device = defaultdict[str, list[tuple[str, bytes]]](list)
        for topic, payload in replies:
            of_device[_device(topic)].append((topic, payload))
        for device, arrived in _by_device(batch).items():
            self._grid.put(Settled(tuple(arrived), tuple(of_device[device])))

    def _leave(self, settled: Settled) -> None:
        for arrived in settled.arrived:
            if arrived.link == self._link and not arrived.is_acked:
                self._client.ack(arrived.mid, arrived.qos)
        for topic, payload in settled.answers:
            self._rides.publish(topic, payload, self._replies.riding(payload))

    def handle(self, batch: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        """Verify and store (topic, envelope) pairs in one transaction; returns the answers to publish.

        Raises:
            sqlalchemy errors of `hub.database.CANNOT_WRITE`, NotDurable: Nothing was stored.
        """
        asked = [message for message in batch if is_pass(message[0])]
        outcome = store_batch(self.keys, self.store, [message for message in batch if not is_pass(message[0])])
        said = [enrolling.reply(self._folder, self.keys, *message, outcome.counts) for message in asked]
        self._hourly.add(outcome.counts)
        return [*self._replies.to(outcome, self._certified(outcome.renewals)), *(one for one in said if one)]

    def _certified(self, renewals: list[tuple[Device, bytes]]) -> dict[bytes, bytes]:
        now_utc_s = int(time.time())
        renewed = {}
        for device, asked in {device.kid: (device, asked) for device, asked in renewals}.values():  # the last of each
            try:
                renewed[device.kid] = renew(self._folder, self.keys, device, asked, now_utc_s)
            except WardbeatError as refused:  # the device asks again tomorrow
                log.error("a device's certificate cannot be renewed: %s. %s", refused, refused.remedy)
        return renewed


def _by_device(batch: list[Arrived]) -> dict[str, list[Arrived]]:
    found = defaultdict[str, list[Arrived]](list)
    for arrived in batch:
        found[_device(arrived.topic)].append(arrived)
    return found


def _device(topic: str) -> str:
    """The random name at the end of a topic, up or down."""
    return topic.rpartition("/")[2]
