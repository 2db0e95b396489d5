"""A certificate of the site that connects under another's client id."""

import ssl
import threading

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.enrollment import identity
from agent.wire.labels import down_topic
from hub import broker
from hub.keys import certificates
from tests.support.processes import wait_for
from tests.support.world import START_UTC_S, another_person, make_world, running_hub, start_site_broker

pytestmark = pytest.mark.process


class Client:
    """A connection under a client id of its choice."""

    def __init__(self, world, files, name, *, password=None):
        context = ssl.create_default_context(cafile=str(world.hub / "ca.pem"))
        context.load_cert_chain(*files, password)
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        self.client.tls_set_context(context)
        self.up, self.present, self.ended, self.heard = threading.Event(), [], threading.Event(), []
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = lambda *_: self.ended.set()
        self.client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        kept = Properties(PacketTypes.CONNECT)
        kept.SessionExpiryInterval = 600
        self.client.connect("127.0.0.1", world.port, clean_start=False, properties=kept)
        self.client.loop_start()
        assert self.up.wait(20)

    def _on_connect(self, _c, _u, flags, reason, _p):
        assert not reason.is_failure
        self.present.append(flags.session_present)
        self.up.set()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


def of_person(person, name):
    files = identity.tls_files(person.settings.state_dir)[1:]
    return Client(person, files, name, password=identity.tls_password(person.vault))


def taken_over(world, folder, extra=""):
    """Whether a colleague's certificate ends the person's connection, and whether it inherits the person's session."""
    colleague = another_person(world, folder, from_utc_s=START_UTC_S)
    running = start_site_broker(world, extra=extra)
    person = other = None
    try:
        person = of_person(world, world.identity.device)
        topic = down_topic(world.identity.site, world.identity.device)
        person.client.subscribe(topic, qos=1)
        other = of_person(colleague, world.identity.device)
        other.client.subscribe(topic, qos=1)
        return person.ended.wait(2), other.present
    finally:
        for client in (person, other):
            if client is not None:
                client.close()
        running.stop()


def test_a_colleagues_certificate_takes_over_no_session_by_its_client_id(tmp_path):
    world = make_world(tmp_path / "site")
    assert taken_over(world, tmp_path / "colleague") == (False, [False])


def test_without_the_line_in_the_brokers_configuration_it_does(tmp_path):
    world = make_world(tmp_path / "site")
    conf = world.hub / "broker" / "mosquitto.conf"
    conf.write_text(conf.read_text().replace("use_username_as_clientid true\n", ""))
    assert taken_over(world, tmp_path / "colleague") == (True, [True])


def test_a_device_does_not_take_over_the_hubs_session(tmp_path):
    world = make_world(tmp_path / "site")
    running = start_site_broker(world)
    try:
        with running_hub(world) as receiver:
            wait_for(receiver._client.is_connected, what="the hub to connect")
            link = receiver._link
            thief = of_person(world, "hub")
            thief.close()
            assert thief.present == [False]
            assert (receiver._client.is_connected(), receiver._link) == (True, link)
    finally:
        running.stop()


def test_each_worker_has_a_certificate_and_so_a_session_of_its_own(tmp_path):
    world = make_world(tmp_path / "site")
    running = start_site_broker(world)
    clients = []
    try:
        for worker in (1, 2):
            name = broker.user_of(worker)
            if worker > 1:
                assert certificates.renew_own(world.hub, "127.0.0.1", START_UTC_S, name) == [name]
            clients.append(Client(world, (world.hub / f"{name}.crt", world.hub / f"{name}.key"), "any"))
        assert not any(client.ended.wait(1) for client in clients)
    finally:
        for client in clients:
            client.close()
        running.stop()
