"""MQTT clients of tests: whether the broker lets a certificate in."""

import contextlib
import ssl
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.enrollment import identity
from agent.wire.labels import down_topic


def connects(world, pair):
    """Whether the broker lets in whoever holds this certificate, key and password."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="probe", protocol=mqtt.MQTTv5)
    context = ssl.create_default_context(cafile=str(world.hub / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(*pair)
    client.tls_set_context(context)
    connected = []
    client.on_connect = lambda *_: connected.append(True)
    with contextlib.suppress(OSError):
        client.connect("127.0.0.1", world.port)
        until = time.monotonic() + 10
        while not connected and time.monotonic() < until and client.loop(0.1) == mqtt.MQTT_ERR_SUCCESS:
            pass
    client.disconnect()
    return bool(connected)


def can_connect(world, keys=None):
    """Whether the broker lets this certificate in."""
    files = identity.tls_files(keys or world.settings.state_dir)
    return connects(world, (*files[1:], identity.tls_password(world.vault)))


def connected(world, heard=None):
    """A client with the device's certificate, whose loop runs in a thread until `loop_stop`; what comes down the device's
    topic goes into a queue, if there is one.
    """
    files = identity.tls_files(world.settings.state_dir)
    context = ssl.create_default_context(cafile=str(files[0]))
    context.load_cert_chain(files[1], files[2], identity.tls_password(world.vault))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=world.identity.device, protocol=mqtt.MQTTv5)
    client.tls_set_context(context)
    if heard is not None:
        down = down_topic(world.identity.site, world.identity.device)
        client.on_message = lambda _c, _u, message: heard.put(bytes(message.payload))
        client.on_connect = lambda c, *_: c.subscribe(down, qos=1)
    client.connect_async("127.0.0.1", world.port)
    client.loop_start()
    return client
