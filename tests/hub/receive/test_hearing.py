"""A hub that receives nothing knows it, and says the cause and the remedy."""

import contextlib
import json
import threading
import time
from dataclasses import replace

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from agent.wire.labels import up_topic
from agent.wire.message import CoverMessage
from hub import hearing
from hub.cli import main
from hub.hearing import TROUBLES, Hearing
from hub.receive import Receiver
from hub.receive.probe import Pace, Probe
from tests.support.fake_broker import FakeBroker, Manner
from tests.support.hub_messages import seal
from tests.support.processes import wait_for
from tests.support.world import make_world, start_site_broker

pytestmark = pytest.mark.process
FAST = Pace(probe_s=0.2, deaf_s=1.0, write_s=0.2)


@contextlib.contextmanager
def hub_at(world, **options):
    """A hub with quick probes, in a thread."""
    receiver, stop = Receiver(world.hub, pace=FAST, **options), threading.Event()
    running = threading.Thread(target=receiver.run, args=(stop,))
    running.start()
    try:
        yield receiver
    finally:
        stop.set()
        running.join()


def trouble(world):
    return [one.trouble for one in hearing.read_all(world.hub)]


def shown(world, capsys):
    """The exit code, the first worker's row and the words of `hub show`."""
    capsys.readouterr()
    code = main(["show", str(world.hub)])
    printed = capsys.readouterr()
    return code, json.loads(printed.out)["workers"], printed.err


def test_a_hub_that_receives_says_when_it_last_did(tmp_path, capsys):
    world = make_world(tmp_path)
    broker = start_site_broker(world)
    try:
        with hub_at(world) as receiver:
            wait_for(lambda: trouble(world) == [""], what="the probe to come back")
            code, (worker,), words = shown(world, capsys)
            assert receiver.store.counters() == {}, "a probe is no envelope"
        assert (code, worker["remedy"]) == (0, "")
        assert time.time() - worker["received_utc_s"] < 60
        assert "Worker 1 received last" in words
        assert hearing.read_all(world.hub) == [], "a hub that was stopped says nothing"
        assert shown(world, capsys)[:2] == (0, [])
    finally:
        broker.stop()


@pytest.mark.parametrize(
    ("manner", "expected"),
    [
        (Manner.SILENT, "deaf"),
        (Manner.REFUSES, "subscription"),
        (Manner.ONLY_311, "version"),
        (Manner.CLOSES, "closed"),
    ],
)
def test_a_broker_from_which_nothing_comes_is_named_with_the_remedy(tmp_path, capsys, caplog, manner, expected):
    world = make_world(tmp_path)
    broker = FakeBroker(world, manner)
    try:
        with hub_at(world):
            wait_for(lambda: trouble(world) == [expected], what="the hub to say what is wrong")
            code, (worker,), words = shown(world, capsys)
    finally:
        broker.close()
    assert code == 1
    assert (worker["trouble"], worker["remedy"]) == TROUBLES[expected]
    assert TROUBLES[expected][1] in words
    assert TROUBLES[expected][0] in caplog.text


def test_the_same_broker_when_it_delivers_is_no_trouble(tmp_path):
    world = make_world(tmp_path)
    broker = FakeBroker(world, Manner.DELIVERS)
    try:
        with hub_at(world):
            wait_for(lambda: trouble(world) == [""], what="the probe to come back")
    finally:
        broker.close()


def test_an_access_list_that_lets_the_hub_hear_nothing_is_named(tmp_path):
    """mosquitto grants such a subscription and delivers nothing."""
    world = make_world(tmp_path)
    rules = world.hub / "broker" / "acl"
    rules.write_text(rules.read_text().replace("topic read wardbeat/v1/test-site/up/+\n", ""))
    broker = start_site_broker(world)
    try:
        with hub_at(world):
            wait_for(lambda: trouble(world) in (["deaf"], ["subscription"]), what="the hub to notice")
    finally:
        broker.stop()


def test_an_access_list_without_the_probe_is_no_deafness_while_devices_are_heard(tmp_path):
    world = make_world(tmp_path)
    rules = world.hub / "broker" / "acl"
    rules.write_text(rules.read_text().replace("pattern write wardbeat/v1/test-site/up/%u\n", ""))
    broker = start_site_broker(world)
    try:
        with hub_at(world) as receiver:
            wait_for(lambda: trouble(world) == ["probe"], what="the hub to name its probe")
            receiver._probe.take(world.topic, seal(world, [CoverMessage()]))
            assert receiver._probe.trouble() == ""
    finally:
        broker.stop()


def test_one_worker_never_shares_its_subscription_and_a_second_only_where_it_can(tmp_path):
    world = make_world(tmp_path)
    broker = FakeBroker(world, Manner.NO_SHARED)
    try:
        with hub_at(world) as receiver:
            wait_for(lambda: broker.subscribed, what="the subscription")
            assert not any(b"$share" in body for body in broker.subscribed)
            hearing.write(world.hub, Hearing(2, int(time.time()), int(time.time())))
            receiver._way_in.share_if_needed()
            assert not any(b"$share" in body for body in broker.subscribed), "the broker has none"
            assert Probe(world.hub, receiver.keys, 2, FAST).trouble() == "starting"
    finally:
        broker.close()


def test_a_second_worker_makes_the_first_share_and_its_end_makes_it_stop(tmp_path):
    world = make_world(tmp_path)
    broker = start_site_broker(world)
    try:
        with hub_at(world) as receiver:
            wait_for(lambda: trouble(world) == [""], what="the probe to come back")
            other = Hearing(2, int(time.time()), int(time.time()), trouble="")
            hearing.write(world.hub, other)
            wait_for(lambda: receiver._way_in._shared, what="the subscription to be shared")
            wait_for(lambda: trouble(world) == ["", ""])
            hearing.write(world.hub, replace(other, written_utc_s=int(time.time()) - hearing.STALE_S - 1))
            wait_for(lambda: not receiver._way_in._shared, what="the subscription to be its own again")
    finally:
        broker.stop()


def test_a_worker_that_was_killed_is_silent_after_a_minute(tmp_path, capsys):
    world = make_world(tmp_path)
    then = int(time.time()) - 3600
    hearing.write(world.hub, Hearing(1, then, then, then, trouble=""))
    code, (worker,), words = shown(world, capsys)
    assert code == 1
    assert worker["trouble"] == TROUBLES["silent"][0]
    assert "received last 36" in words


def test_a_file_of_a_worker_that_cannot_be_read_is_left_out(tmp_path):
    for n, words in enumerate((b"", b"[]", b'{"worker": 1}', b"\xff", b'{"a": 1}')):
        (tmp_path / f"hearing.{n}.json").write_bytes(words)
    hearing.write(tmp_path, Hearing(9, 1, 1, trouble=""))
    (tmp_path / "hearing.8.json").write_text((tmp_path / "hearing.9.json").read_text().replace('""', '"{evil}"'))
    assert [one.worker for one in hearing.read_all(tmp_path)] == [9]


def test_the_first_probe_of_a_connection_waits_for_the_subscription(tmp_path):
    receiver = make_world(tmp_path).receiver()
    now_s = 1000.0
    probe = Probe(tmp_path, receiver.keys, 1, Pace(), lambda: now_s)
    granted = ReasonCode(PacketTypes.CONNACK)
    for _ in range(2):
        assert probe.connected(granted, None, shared=False)
        assert probe.next() is None, "it would reach nobody, and the next one is a minute away"
        probe.subscribed([ReasonCode(PacketTypes.SUBACK, "Granted QoS 1")])
        assert probe.next() is not None
        assert probe.next() is None
    probe.connected(granted, None, shared=False)
    now_s += Pace().probe_s
    assert probe.next() is not None, "a broker that never answers the subscription is found out, too"


def test_a_probe_of_nobody_is_no_sign_of_life_and_no_envelope(tmp_path):
    world = make_world(tmp_path)
    receiver = world.receiver()
    probe = receiver._probe
    assert probe.take(up_topic("test-site", "hub"), b"x" * 48) is True
    assert probe.trouble() == "starting"
    assert probe._hearing.received_utc_s == 0
    assert probe.take(probe.topic, probe.next()) is True
    assert probe._hearing.received_utc_s > 0
    assert probe.take(world.topic, b"anything of a device") is False
