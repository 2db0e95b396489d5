"""Enrollment through a real broker: what a pass can do there, a copied bundle, a replayed request, another's answer."""

import contextlib
import json
import queue
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from agent.enrollment import identity
from agent.errors import CheckFailed, Missing, WireRefused, WrongUse
from agent.privacy.vault import Vault, open_vault
from agent.publisher.enrolling import Way
from agent.wire import bootstrap, labels
from agent.wire.armor import dearmor
from agent.wire.bootstrap import Pass, decode_pass
from agent.wire.enroll import Bundle, decode_bundle, verified_request
from hub import site
from hub.cli import main
from hub.site import open_keys
from tests.support.processes import wait_for
from tests.support.rabbit import Rabbit
from tests.support.world import PIN, running_hub, start_site_broker, wait_until_it_receives

SITE = "test-site"
pytestmark = pytest.mark.broker


@dataclass
class Machine:
    """A machine that has begun to enroll."""

    folder: Path
    vault: Vault
    bundle: Bundle
    pass_: Pass
    paper: bytes

    @classmethod
    def begun(cls, folder: Path, text: str) -> "Machine":
        folder.mkdir(mode=0o700)
        vault = open_vault(folder, "file")
        paper = identity.begin(folder, vault, dearmor("BUNDLE", text), PIN)
        return cls(folder, vault, decode_bundle(dearmor("BUNDLE", text)), decode_pass(dearmor("PASS", text)), paper)

    def way(self, version=5) -> Way:
        return Way(self.folder, self.bundle, self.pass_, version)

    def asks(self, replies=1) -> bytes | None:
        """The answer, or None after so many replies."""
        left = iter(range(replies - 1))
        with self.way() as way:
            return way.answer(self.paper, waits=lambda _: next(left, None) is not None)

    def finish(self, answer):
        return identity.finish(self.folder, self.vault, answer)

    @property
    def words(self):
        return verified_request(self.paper).words


def pending(world, capsys):
    assert main(["admit", str(world.hub), "--pending"]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_request_waits_for_the_operator_and_its_answer_finds_the_machine(served, tmp_path, capsys):
    machine = Machine.begun(tmp_path / "new", site.invite(served.hub, "P07"))
    assert machine.asks() is None
    (row,) = pending(served, capsys)
    assert (row["label"], row["state"], row["words"]) == ("P07", "waiting", machine.words)
    admit = ["admit", str(served.hub), "--pending", row["name"]]
    with pytest.raises(CheckFailed, match="do not agree"):
        main([*admit, "--words", machine.bundle.words])
    assert machine.asks() is None
    assert main([*admit, "--words", machine.words]) == 0
    enrolled = machine.finish(machine.asks(5))
    capsys.readouterr()
    assert [(row["state"], row["trouble"]) for row in pending(served, capsys)] == [("admitted", None)]
    with contextlib.closing(open_keys(served.hub)) as keys:
        device = keys.devices.named(enrolled.device)
        assert keys.people.labels()[device.kid] == "P07"
    assert not (machine.folder / "keys" / "request").exists()
    with pytest.raises(WrongUse, match="no request 'none' waits"):
        main(["admit", str(served.hub), "--pending", "none"])


def test_a_bundle_that_is_handed_over_in_person_enrolls_its_first_machine_at_once(served, tmp_path, capsys):
    text = site.invite(served.hub, at_once=True)
    person, thief = (Machine.begun(tmp_path / name, text) for name in ("person", "thief"))
    assert person.finish(person.asks(3)).device
    with pytest.raises(WireRefused, match="refused") as refused:
        thief.asks(3)
    assert refused.value.reason == "bad_code"
    states = {row["words"]: (row["state"], row["trouble"]) for row in pending(served, capsys)}
    assert states == {person.words: ("admitted", None), thief.words: ("refused", "bad_code")}


def test_two_machines_with_one_bundle_both_wait_and_the_second_is_told(served, tmp_path, capsys):
    """Whoever copied a bundle is in the list with words of his own; admitting one refuses the other, at both ends."""
    text = site.invite(served.hub)
    person, thief = (Machine.begun(tmp_path / name, text) for name in ("person", "thief"))
    assert (thief.asks(), person.asks()) == (None, None)
    rows = {row["words"]: row for row in pending(served, capsys)}
    assert [row["other_requests_for_this_bundle"] for row in rows.values()] == [1, 1]
    admit = ["admit", str(served.hub), "--pending", rows[person.words]["name"], "--words", person.words]
    assert main(admit) == 0
    assert "somebody may have copied it" in capsys.readouterr().err
    assert person.finish(person.asks(5)).device
    with pytest.raises(WireRefused) as refused:
        thief.asks(3)
    assert refused.value.reason == "bad_code"
    assert {row["words"]: row["state"] for row in pending(served, capsys)}[thief.words] == "refused"


def test_a_request_that_is_replayed_enrolls_nobody_else(served, tmp_path, capsys):
    """By another pass of the site it is refused and told; by its own it gets the answer that its machine alone opens."""
    person = Machine.begun(tmp_path / "person", site.invite(served.hub, at_once=True))
    answer = person.asks(3)
    spare = site.invite(served.hub)
    other = Machine.begun(tmp_path / "other", spare)
    with other.way() as way:
        way._seal, way._code_name = bootstrap.seal_key(person.bundle.code), bootstrap.code_name(person.bundle.code)
        assert way._at[1] != person.pass_.name
        with pytest.raises(WireRefused) as refused:
            way.answer(person.paper, waits=lambda _: True)
    assert refused.value.reason == "wrong_site"
    assert person.asks(3) == answer
    thief = Machine.begun(tmp_path / "thief", site.invite(served.hub))
    with pytest.raises(WireRefused):
        thief.finish(answer)
    assert person.finish(answer).device
    assert len(pending(served, capsys)) == 1


def test_an_answer_for_another_machine_is_refused_and_the_operator_is_told(served, tmp_path, capsys):
    person = Machine.begun(tmp_path / "person", site.invite(served.hub, at_once=True))
    other = Machine.begun(tmp_path / "other", site.invite(served.hub, at_once=True))
    wrong = other.asks(3)
    assert person.asks(3) != wrong
    with person.way() as way, pytest.raises(WireRefused) as refused:
        try:
            person.finish(wrong)
        except WireRefused as error:
            way.object_to(person.paper, error.reason)
            raise
    wait_for(lambda: any(row["trouble"] for row in pending(served, capsys)), what="the objection")
    troubles = {row["words"]: row["trouble"] for row in pending(served, capsys)}
    assert troubles[person.words] == f"answer refused: {refused.value.reason}"
    assert troubles[other.words] is None


def test_what_is_altered_forged_or_of_a_void_bundle_gets_no_reply(served, tmp_path, capsys):
    text = site.invite(served.hub)
    machine = Machine.begun(tmp_path / "new", text)
    with machine.way() as way:
        for change in (lambda d: d[:-1] + bytes([d[-1] ^ 1]), lambda d: d[:10], lambda d: b"", lambda d: d + b"\0"):
            message, nonce = bootstrap.sealed_message(way._seal, way._at, way._code_name, 0, machine.paper)
            way._asked.add(nonce)
            way._client.publish(labels.up_topic(*way._at), change(message), qos=1)
        assert way._next(2.0) is None
        forged = bootstrap.sealed_reply(bytes(32), way._at, nonce, bootstrap.ADMITTED, b"x")
        way._arrived.put(forged)
        way._arrived.put(b"\xff")
        assert way._next(0.5) is None
        assert way.answer(machine.paper, waits=lambda _: False) is None, (
            "the same way, unaltered: a reply, and it waits"
        )
    assert len(pending(served, capsys)) == 1
    assert main(["invite", str(served.hub), "--void", "all"]) == 0
    with machine.way() as way:
        way._say(bootstrap.REQUEST, machine.paper)
        assert way._next(2.0) is None


def test_requests_for_one_bundle_are_bounded(served, tmp_path, capsys):
    text = site.invite(served.hub)
    machines = [Machine.begun(tmp_path / f"m{n}", text) for n in range(9)]
    for machine in machines[:8]:
        assert machine.asks() is None
    with pytest.raises(WireRefused) as refused:
        machines[8].asks()
    assert refused.value.reason == "too_many"
    assert len(pending(served, capsys)) == 8


def test_a_pass_of_another_bundle_or_site_opens_no_way(served, tmp_path):
    one, two = (site.invite(served.hub) for _ in range(2))
    machine = Machine.begun(tmp_path / "new", one)
    machine.pass_ = decode_pass(dearmor("PASS", two))
    with pytest.raises(Missing, match="cannot be used"), machine.way():
        pass
    served.hub.joinpath("broker", "revoked.pem").touch()
    machine.pass_ = decode_pass(dearmor("PASS", one))
    machine.bundle = decode_bundle(dearmor("BUNDLE", one))
    with machine.way():
        pass


def test_where_no_broker_is_the_request_is_carried_by_hand(world, tmp_path):
    machine = Machine.begun(tmp_path / "new", site.invite(world.hub))
    with pytest.raises(Missing, match="the broker cannot be used"), machine.way():
        pass
    assert list((machine.folder / "keys").glob("pass.pem")) == []


# ---- what a pass can do at the broker


class Bearer:
    """A client with a pass alone, and what it hears."""

    def __init__(self, machine: Machine, port: int, version=mqtt.MQTTv5) -> None:
        self.machine, self.heard, self.granted = machine, [], {}
        context = machine.way()._tls()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=machine.pass_.name, protocol=version)
        self.client.tls_set_context(context)
        self.client.on_message = lambda _c, _u, message: self.heard.append((message.topic, bytes(message.payload)))
        self.done = threading.Event()
        self.client.on_subscribe = lambda *_: self.done.set()
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()
        wait_for(self.client.is_connected, what="the bearer's connection")

    def hears(self, topic):
        self.done.clear()
        self.client.subscribe(topic, qos=1)
        return self.done.wait(5)

    def says(self, topic, payload):
        self.client.publish(topic, payload, qos=1)


def tried_topics(own):
    """Topics of every kind; the bearer's own two are the last."""
    base = f"wardbeat/v1/{SITE}"
    foreign = [
        f"{base}/keys",
        f"{base}/up/hub",
        f"{base}/down/hub",
        f"{base}/up/0123456789abcdef",
        f"{base}/down/enroll-001",
    ]
    foreign += [
        f"{base}/up/enroll-001",
        f"{base}/up/{own}/x",
        f"{base}/down/{own}/x",
        "wardbeat/v1/other/keys",
        "other",
        "$SYS/broker/version",
    ]
    return foreign, f"{base}/up/{own}", f"{base}/down/{own}"


def overheard(bearer, witness_publish, own):
    """Let the bearer hear and say all it can; its own two topics."""
    foreign, up, down = tried_topics(own)
    for topic in (*foreign, "#", f"wardbeat/v1/{SITE}/down/+", f"wardbeat/v1/{SITE}/#", down):
        bearer.hears(topic)
    for topic in (*foreign, up, down):
        if not topic.startswith("$"):
            witness_publish(topic, b"planted")
            bearer.says(topic, b"by the pass")
    return up, down


@contextlib.contextmanager
def watching(world, extra):
    """A broker with the site's access list, and a user beside it who may do everything: a witness."""
    acl = world.hub / "broker" / "acl"
    before = acl.read_text()
    acl.write_text(f"user witness\ntopic readwrite #\n{extra}{before}")
    site_cert = world.hub / "witness"
    from hub.keys.certificates import issue

    issue(world.hub, "witness", site_cert, server=None)
    broker = start_site_broker(world)
    heard = []
    context = ssl.create_default_context(cafile=str(world.hub / "ca.pem"))
    context.load_cert_chain(f"{site_cert}.crt", f"{site_cert}.key")
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="witness", protocol=mqtt.MQTTv5)
    client.tls_set_context(context)
    client.on_message = lambda _c, _u, message: heard.append((message.topic, bytes(message.payload)))
    client.on_connect = lambda c, *_: c.subscribe("#", qos=1)
    client.connect("127.0.0.1", world.port)
    client.loop_start()
    wait_for(client.is_connected, what="the witness")
    try:
        yield client, heard
    finally:
        client.disconnect()
        client.loop_stop()
        broker.stop()
        acl.write_text(before)


def breaches(world, tmp_path, extra=""):
    """What a pass can say and hear beyond its own two topics, by mosquitto with this access list."""
    machine = Machine.begun(tmp_path, site.invite(world.hub))
    own = machine.pass_.name
    with watching(world, extra) as (witness, heard):
        bearer = Bearer(machine, world.port)
        up, down = overheard(bearer, lambda topic, data: witness.publish(topic, data, qos=1), own)
        bearer.says(up, b"last")  # a broker keeps the order: what could come has come before these two
        witness.publish(down, b"last", qos=1)
        wait_for(lambda: (up, b"last") in heard and (down, b"last") in bearer.heard, what="its own topics")
        bearer.client.disconnect()
        bearer.client.loop_stop()
        said = {topic for topic, data in heard if data == b"by the pass"} - {up}
        hears = {topic for topic, data in bearer.heard if data == b"planted"} - {down}
    return said, hears


def test_a_pass_says_and_hears_its_own_and_nothing_else(world, tmp_path):
    assert breaches(world, tmp_path / "one") == (set(), set())
    said, hears = breaches(world, tmp_path / "two", "pattern readwrite wardbeat/v1/#\n")  # the same look sees a breach
    assert len(said) >= 5
    assert len(hears) >= 5


# ---- the same at RabbitMQ, which speaks MQTT 3.1.1 and ends the connection of whoever does what it may not


def outcome(machine, port, act):
    """Whether the broker let one act pass; a connection of its own, because a refusal ends it."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=machine.pass_.name, protocol=mqtt.MQTTv311)
    client.tls_set_context(machine.way(3)._tls())
    told = queue.Queue()
    client.on_connect = lambda c, *_: act(c)
    client.on_subscribe = lambda _c, _u, _m, reasons, _p: told.put(not reasons[0].is_failure)
    client.on_publish = lambda *_: told.put(True)
    client.on_disconnect = lambda *_: told.put(False)
    client.reconnect_delay_set(30, 60)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        return told.get(timeout=30)
    finally:
        client.on_disconnect = None
        client.disconnect()
        client.loop_stop()


def allowed_at(machine, port):
    foreign, up, down = tried_topics(machine.pass_.name)
    foreign = [topic for topic in foreign if not topic.startswith("$")]
    heard = [*foreign, up, down, "#", f"wardbeat/v1/{SITE}/#", f"wardbeat/v1/{SITE}/down/+"]
    hears = {topic for topic in heard if outcome(machine, port, lambda c, topic=topic: c.subscribe(topic, qos=1))}
    said = [*foreign, up, down]
    says = {topic for topic in said if outcome(machine, port, lambda c, topic=topic: c.publish(topic, b"x", qos=1))}
    return says, hears


@pytest.mark.long
def test_at_rabbitmq_a_pass_says_and_hears_its_own_and_enrolls(world, tmp_path):
    rabbit = Rabbit(world.hub, tmp_path / "rabbit", SITE, world.port)
    try:
        machine = Machine.begun(tmp_path / "new", site.invite(world.hub, at_once=True))
        own = machine.pass_.name
        for user in ("hub", own):
            rabbit.let_in(user)
        _, up, down = tried_topics(own)
        assert allowed_at(machine, world.port) == ({up}, {down})
        with running_hub(world, mqtt_version=3):
            wait_until_it_receives(world.hub)
            with machine.way(3) as way:
                answer = way.answer(machine.paper, waits=lambda _: True)
            assert machine.finish(answer).device
        rabbit.control("set_topic_permissions", "-p", "/", own, "amq.topic", ".*", ".*")
        says, hears = allowed_at(machine, world.port)  # the same look sees a breach
        assert len(says) >= 5
        assert len(hears) >= 5
    finally:
        rabbit.stop()
