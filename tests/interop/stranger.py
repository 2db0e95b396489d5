"""A stranger's device on the network, written from FORMAT.md alone (sections 3 to 5 and 8); nothing of this program is imported."""

import contextlib
import json
import os
import ssl
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives import serialization
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.interop import stranger_papers as papers
from tests.interop.stranger_keys import (
    Refused,
    decode,
    encode,
    kid,
    need,
    open_sealed,
    raw,
    receive_public,
    seal_to,
    sha256,
    shaped,
    verify,
)

SETTLED = {0, 1}


def is_signed(key, signature, *parts):
    """Whether this key signed these parts."""
    try:
        verify(key, signature, *parts)
    except Refused:
        return False
    return True


EMPTY_STREAM, EMPTY_HEAD = bytes(16), bytes(32)
CODES = json.loads((Path(__file__).parents[2] / "agent" / "wire" / "codes_v2.json").read_text())
RULES, STATES, ROLES, VIEWS = (
    {row["id"]: row["name"] for row in CODES[table]} for table in ("rules", "alert_states", "team_roles", "views")
)
ASKS = {row["name"]: row["id"] for row in CODES["asks"]}


def schema_features(file):
    """{id: feature} of schema_v1.json."""
    return {one["id"]: one for one in json.loads(Path(file).read_text())["features"]}


def schema_days(file):
    """{id: value of a day} of days_v2.json."""
    return {one["id"]: one for one in json.loads(Path(file).read_text())["days"]}


def coded(feature, value):
    """v of a value; None is withheld."""
    return 0 if value is None else 1 + round((value - feature["low"]) / feature["step"])


def seal_envelope(sign, recipient, site, topic, place, words):
    """One envelope: what is said, padded, sealed, signed. `place` is (stream, seq)."""
    stream, seq = place
    need(len(words) <= 2044, "too_large")
    hdr = encode([1, kid(recipient), kid(raw(sign)), stream, seq.to_bytes(8, "big"), os.urandom(16)])
    padded = (len(words).to_bytes(4, "big") + words).ljust(2048, b"\0")
    ct = seal_to(recipient, encode(["wardbeat/1/seal", site, topic, hdr]), padded)
    sig = sign.sign(encode(["wardbeat/1/envelope", site, topic, hdr, ct]))
    return encode([hdr, ct, sig])


def open_envelope(envelope, seed, senders, site, topic):
    """(stream, seq, words' array) of an envelope to this seed's key, signed by one of these senders."""
    need(len(envelope) == 3319, "malformed")
    hdr, ct, sig = shaped(decode(envelope), bytes, 1120 + 2048 + 16, 64)
    version, recipient, sender, stream, seq, _id = shaped(decode(hdr), int, 8, 8, 16, 8, 16)
    number = int.from_bytes(seq, "big")
    need(version == 1, "unknown_version")
    need(1 <= number < 2**53, "bad_seq")
    need(recipient == kid(receive_public(seed)), "kem_unknown")
    signers = [key for key in senders if kid(key) == sender]
    need(signers, "unknown_key")
    verify(signers[0], sig, "wardbeat/1/envelope", site, topic, hdr, ct)
    padded = open_sealed(seed, encode(["wardbeat/1/seal", site, topic, hdr]), ct)
    size = int.from_bytes(padded[:4], "big")
    need(size <= 2044 and not any(padded[4 + size :]), "bad_plaintext")
    return stream, number, decode(padded[4 : 4 + size])


def read_answers(words):
    """(directory version, store id, answers, (schema, hub time, ledger index, head before) or None)."""
    if len(words) == 3:
        return *shaped(words, int, 16, list), None
    version, store, answers, *place = shaped(words, int, 16, list, int, int, int, 32)
    return version, store, answers, tuple(place)


@dataclass
class Row:
    """One row of the device's ledger, and what became of it."""

    index: int
    head_before: bytes
    place: tuple
    message: list
    envelope: bytes
    head_after: bytes
    code: int | None = None

    @property
    def digest(self):
        return sha256(self.envelope)


@dataclass
class Device:
    """An enrolled device: one stream, one ledger, one connection."""

    keys: papers.Keys
    bundle: papers.Bundle
    name: str
    certificate: object
    directory: papers.Directory
    stream: bytes = field(default_factory=lambda: os.urandom(16))
    rows: list = field(default_factory=list)
    serial: int = 0
    before: tuple = (EMPTY_STREAM, 0)
    last_seq: int = 0
    store: bytes = bytes(16)
    place: tuple | None = None
    notices: list = field(default_factory=list)
    erased: list = field(default_factory=list)
    certificates: list = field(default_factory=list)
    granted: set = field(default_factory=set)
    scores: dict = field(default_factory=dict)
    alerts: dict = field(default_factory=dict)
    looks: dict = field(default_factory=dict)
    faults: list = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    @classmethod
    def enrolled(cls, keys, bundle, answer_text):
        return cls(keys, bundle, *papers.read_answer(answer_text, keys, bundle))

    def topic(self, way):
        return f"wardbeat/v1/{self.bundle.site}/{way}/{self.name}"

    # What it says

    def row(self, *messages):
        """These messages (of one kind) as the next row, sealed."""
        head = self.rows[-1].head_after if self.rows else EMPTY_HEAD
        self.last_seq += 1
        index, place = len(self.rows) + 1, (self.stream, self.last_seq)
        words = encode([*self.before, index, head, list(messages)])
        envelope = seal_envelope(self.keys.sign, self.directory.kem, self.bundle.site, self.topic("up"), place, words)
        after = sha256(head, sha256(os.urandom(32), words), sha256(envelope))
        self.rows.append(Row(index, head, place, list(messages[0]), envelope, after))
        return self.rows[-1]

    def begin_stream(self):
        """What follows stands in a new stream, which names the one before."""
        self.before, self.stream, self.last_seq = (self.stream, self.last_seq), os.urandom(16), 0

    def record(self, grants, text, from_s, until_s, *, gives=1, device=None):
        """A consent's record; its serial follows the clock."""
        self.serial = max(self.serial + 1, int(time.time()))
        name = device or self.name
        return encode([1, self.serial, gives, name, "care", sha256(text.encode()), from_s, until_s, grants])

    def consent(self, record):
        signed = encode(["wardbeat/1/consent-give", self.bundle.site, record])
        return ["consent", record, self.keys.consent.sign(signed)]

    def features(self, record, ids, grants=()):
        self.granted |= {tuple(grant) for grant in grants}
        signed = encode(["wardbeat/2/consent-features", self.bundle.site, sha256(record), ids, list(grants)])
        return ["features", sha256(record), ids, list(grants), self.keys.consent.sign(signed)]

    def ask(self, record, what, *, alert=0, words=""):
        return ["ask", 1, sha256(record), int(time.time()), ASKS[what], alert, words]

    # What it hears

    def hear(self, payload):
        """An envelope down; a refused one changes nothing."""
        opened = open_envelope(
            payload, self.keys.receive, self.directory.receipt_keys, self.bundle.site, self.topic("down")
        )
        _version, store, answers, place = read_answers(opened[2])
        need(store >= self.store, "older_store")
        if place is not None:
            self.check_place(*place[2:])
        self.store, self.place = store, place
        for answer in answers:
            self.take(answer)

    def check_place(self, index, head):
        """The hub's highest row of this device must be in the ledger, with the same head before it."""
        if index == 0:
            need(head == EMPTY_HEAD, "malformed")
            return
        need(index <= len(self.rows) and self.rows[index - 1].head_before == head, "ledger_cut")

    def take(self, answer):
        """One answer; an unknown one is passed over."""
        kind = answer[0]
        if kind == "receipt":
            _kind, stream, index, head, entries = shaped(answer, str, 16, int, 32, list)
            need(len(entries) <= 40, "malformed")
            self.check_place(index, head)
            for seq, digest, code in entries:
                for row in self.rows:
                    if row.place == (stream, seq) and row.digest == digest and row.code not in SETTLED:
                        row.code = code
        elif kind == "notice":
            self.notices.append(tuple(shaped(answer, str, int, 16, int, int)[1:]))
        elif kind == "certificate":
            self.certificates.append(shaped(answer, str, bytes)[1])
        elif kind == "score":
            self.take_score(*shaped(answer, str, bytes, 64)[1:])
        elif kind == "alert":
            self.take_alert(*shaped(answer, str, bytes, 64)[1:])
        elif kind == "looks":
            self.take_looks(*shaped(answer, str, 32, list)[1:])
        elif kind == "erased":
            _kind, device, times, signature = shaped(answer, str, str, list, 64)
            need(device == self.name, "malformed")
            papers.check_erased(self.directory, self.bundle.site, device, times, signature)
            self.erased.append(answer)

    def take_score(self, body, signature):
        """A score of this device's person: {day: (revision, index or None, interval, {channel: points})}."""
        keys, signed = self.directory.score_keys, ("wardbeat/2/score", self.bundle.site, body)
        need(any(is_signed(key, signature, *signed) for key in keys), "bad_signature")
        kinds = (str, int, int, int, int, int, str, int, int, int, int, int, list)
        device, serial, day, revision, *_made, index, low, high, reason, points = shaped(decode(body), *kinds)
        need(device == self.name and serial <= self.serial, "another_device")
        need(any(grant[1] == "score" for grant in self.granted), "not_granted")
        need(bool(index) != bool(reason) and low <= index <= high, "malformed")
        need(revision >= self.scores.get(day, (0,))[0], "older_score")
        value = [(v - 1) / 100 for v in (index, low, high)] if index else None
        self.scores[day] = (revision, value, {channel: (v - 10_000) / 100 for channel, v in points})

    def take_alert(self, body, signature):
        """An alert of this device's person: {number: (revision, rule, state, team from)}."""
        keys, signed = self.directory.score_keys, ("wardbeat/2/alert", self.bundle.site, body)
        need(any(is_signed(key, signature, *signed) for key in keys), "bad_signature")
        read = shaped(decode(body), str, int, int, int, int, int, int, int, int)
        device, serial, number, revision, rule, state, _since_day, _made, team = read
        need(device == self.name and serial <= self.serial, "another_device")
        need(number >= 1 and rule in RULES and state in STATES, "malformed")
        need(revision >= self.alerts.get(number, (0,))[0], "older_alert")
        self.alerts[number] = (revision, RULES[rule], STATES[state], team)

    def take_looks(self, before, looks):
        """Looks at this device's person: {number: (link, who, role, view)}."""
        need(1 <= len(looks) <= 40, "malformed")
        last = None
        for data in looks:
            number, _at, who, role, view = shaped(decode(data), int, int, str, int, int)
            need(number >= 1 and 1 <= len(who) <= 64 and role in ROLES and view in VIEWS, "malformed")
            need(last in (None, number - 1), "malformed")
            need(number != 1 or before == EMPTY_HEAD, "looks_changed")
            need(number - 1 not in self.looks or self.looks[number - 1][0] == before, "looks_changed")
            last, before = number, sha256(before, data)
            need(number not in self.looks or self.looks[number][0] == before, "looks_changed")
            self.looks[number] = (before, who, ROLES[role], VIEWS[view])

    def hear_keys(self, payload):
        """A published directory; only a higher one under the pinned root counts."""
        directory = papers.Directory.read(payload, self.bundle.root, self.bundle.site)
        need(directory.cert[0] >= self.bundle.floor >> 20, "rolled_back")
        if directory.order > self.directory.order:
            self.directory = directory

    def erase_receipt(self):
        """The last erasure's receipt as a person keeps it."""
        paper = [self.bundle.site, self.bundle.root, self.directory.published, self.erased[-1]]
        return papers.armor("ERASE RECEIPT", encode(paper))

    # The connection

    @contextlib.contextmanager
    def connected(self, protocol=mqtt.MQTTv5):
        """A session at the broker while the block runs."""
        is_5, properties = protocol == mqtt.MQTTv5, Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval, properties.MaximumPacketSize = 86_400, 65_536 + 1024
        clean = {"clean_start": False, "properties": properties} if is_5 else {}
        made = {"client_id": self.name, "protocol": protocol, "clean_session": None if is_5 else False}
        client = mqtt.Client(CallbackAPIVersion.VERSION2, **made)
        client.tls_set_context(self.tls())
        ready = threading.Event()
        client.on_connect = lambda *_: client.subscribe([(self.topic("down"), 1), (self.keys_topic, 1)])
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = self._on_message
        client.connect(self.bundle.host, self.bundle.port, **clean)
        client.loop_start()
        try:
            need(ready.wait(30), "not_connected")
            yield client
        finally:
            client.disconnect()
            client.loop_stop()

    keys_topic = property(lambda self: f"wardbeat/v1/{self.bundle.site}/keys")

    def tls(self):
        """TLS 1.3, the bundle's authority alone, the device's own certificate."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=self.bundle.pem.decode())
        pem, password = serialization.Encoding.PEM, os.urandom(16).hex().encode()
        hidden = serialization.BestAvailableEncryption(password)
        key = self.keys.tls.private_bytes(pem, serialization.PrivateFormat.PKCS8, hidden)
        with tempfile.NamedTemporaryFile() as file:
            file.write(key + self.certificate.public_bytes(pem))
            file.flush()
            context.load_cert_chain(file.name, password=password)
        return context

    def _on_message(self, _client, _data, message):
        with self.heard:
            try:
                self.hear_keys(message.payload) if message.topic == self.keys_topic else self.hear(message.payload)
            except Refused as refused:
                self.faults.append(str(refused))
            self.heard.notify_all()

    def say(self, client, *messages, longest_s=60.0):
        """Send one row, the same bytes again every few seconds, until the hub says what became of it; its code."""
        with self.heard:
            row = self.row(*messages)
        return self.send(client, row, longest_s)

    def send(self, client, row, longest_s=60.0):
        """The same for a row of the ledger."""
        row.code, until = None, time.monotonic() + longest_s
        while row.code is None:
            client.publish(self.topic("up"), row.envelope, qos=1)
            with self.heard:
                need(self.heard.wait_for(lambda: row.code is not None, 5) or time.monotonic() < until, "no_answer")
        return row.code

    def wait(self, condition, longest_s=60.0):
        """Until what was heard makes this true."""
        with self.heard:
            need(self.heard.wait_for(condition, longest_s), "no_answer")
        return True
