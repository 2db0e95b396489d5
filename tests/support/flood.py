"""One enrolled device that floods its hub, and a colleague who waits for receipts; both over a real broker."""

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.enrollment import identity
from agent.outbox import consents
from agent.privacy import consent
from agent.wire.envelope import digest
from agent.wire.keys import kid, receive_public
from agent.wire.labels import down_topic
from agent.wire.message import CoverMessage, EraseMessage, Grant, Plaintext
from agent.wire.plaintext import encode_plaintext
from agent.wire.receipt import Receipt
from tests.support.world import OPERATOR, PIN, World


class Sealer:
    """Seals messages as a device would, each in a stream of its own choice."""

    def __init__(self, world: World) -> None:
        self._sender = world.identity.sender()
        newest = world.identity.directory().directory.kems[-1].public
        self._public, self._kid = receive_public(newest), kid(newest)
        self.stream, self._seq = os.urandom(16), 0

    def seal(self, message, *, own_stream: bool = False) -> bytes:
        self._seq += 1
        at = (os.urandom(16), 1) if own_stream else (self.stream, self._seq)
        words = encode_plaintext(Plaintext(bytes(16), 0, self._seq, bytes(32), (message,)))
        return self._sender.seal(self._public, self._kid, at, words)


def flood_of(kind: str, world: World, count: int) -> Iterator[bytes]:
    """That many envelopes of a kind: erasures, withdrawals, consents, streams (covers, each in a new stream)."""
    sealer, who, now = Sealer(world), world.identity, int(time.time())
    if kind in ("consents", "withdrawals"):
        with world.outbox() as outbox:
            first = consents.in_force(outbox).serial
    key = identity.consent_key(world.settings.state_dir, PIN, world.vault) if kind == "consents" else None
    grants = (Grant("heart", "care", OPERATOR),)
    for n in range(1, count + 1):
        match kind:
            case "erasures":
                yield sealer.seal(EraseMessage(n, now))
            case "withdrawals":
                record = consent.withdrawal(world.profile.name, who.device, first + n, now)
                yield sealer.seal(record.signed(who.sign, who.site))
            case "consents":
                record = consent.give(world.profile, who.device, first + n, grants, now)
                yield sealer.seal(record.signed(key, who.site))
            case "streams":
                yield sealer.seal(CoverMessage(), own_stream=True)
            case _:
                yield sealer.seal(CoverMessage())


class Raw:
    """A device's MQTT connection without an agent; receipts are noted by digest."""

    def __init__(self, world: World) -> None:
        self._world, self.settled, self._came = world, {}, threading.Condition()
        ca, certificate, key = identity.tls_files(world.settings.state_dir)
        context = ssl.create_default_context(cafile=str(ca))
        context.load_cert_chain(certificate, key, identity.tls_password(world.vault))
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=world.identity.device, protocol=mqtt.MQTTv5)
        self.client.on_socket_register_write = lambda *_: None
        self.client.tls_set_context(context)
        ready = threading.Event()
        who = world.identity
        self.client.on_connect = lambda client, *_: client.subscribe(down_topic(who.site, who.device), 1)
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_message = lambda _c, _u, message: self._take(message.payload)
        self.client.max_inflight_messages_set(1000)
        self.client.connect("127.0.0.1", world.port)
        self.client.loop_start()
        assert ready.wait(30)

    def _take(self, payload: bytes) -> None:
        with self._came:
            for answer in self._world.identity.open_answers(payload).answers:
                if isinstance(answer, Receipt):
                    for entry in answer.entries:
                        self.settled[entry.digest] = entry.code
            self._came.notify_all()

    def send(self, envelope: bytes) -> None:
        self.client.publish(self._world.topic, envelope, qos=1)

    def receipt_s(self, envelope: bytes, longest_s: float = 120.0) -> float:
        """Send an envelope and wait for its receipt; how long that took, in s."""
        began_s, wanted = time.monotonic(), digest(envelope)
        self.send(envelope)
        with self._came:
            assert self._came.wait_for(lambda: wanted in self.settled, longest_s), "no receipt"
        return time.monotonic() - began_s

    def drain_s(
        self, envelopes: list[bytes], *, most: int = 64, again_s: float = 5.0, longest_s: float = 600.0
    ) -> float:
        """Send a backlog as an agent does: at most 64 rows without a receipt, sent again after a while; seconds."""
        began_s, left, due = time.monotonic(), list(reversed(envelopes)), {}
        while left or due:
            now_s = time.monotonic()
            assert now_s - began_s < longest_s, f"{len(left) + len(due)} left"
            with self._came:
                due = {name: sent for name, sent in due.items() if name not in self.settled}
                if due and (len(due) >= most or not left):
                    self._came.wait(0.1)
            for name, (envelope, at_s) in list(due.items()):
                if now_s - at_s > again_s:
                    due[name] = (envelope, now_s)
                    self.send(envelope)
            while left and len(due) < most:
                envelope = left.pop()
                due[digest(envelope)] = (envelope, now_s)
                self.send(envelope)
        return time.monotonic() - began_s

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def receipts_beside(colleague: Raw, sealer: Sealer, flood: Callable[[], None], *, least: int = 20) -> list[float]:
    """How long a colleague's receipts take while a flood runs, in s, one after the other; at least so many."""
    running = threading.Thread(target=flood)
    running.start()
    took = []
    while running.is_alive() or len(took) < least:
        took.append(colleague.receipt_s(sealer.seal(CoverMessage())))
    running.join()
    return took
