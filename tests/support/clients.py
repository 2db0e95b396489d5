"""MQTT clients of tests: whether the broker lets a certificate in."""

import contextlib
import ssl
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from agent.enrollment import identity


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


def connected(world):
    """A client with the device's certificate, whose loop runs in a thread until `loop_stop`."""
    files = identity.tls_files(world.settings.state_dir)
    context = ssl.create_default_context(cafile=str(files[0]))
    context.load_cert_chain(files[1], files[2], identity.tls_password(world.vault))
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=world.identity.device, protocol=mqtt.MQTTv5)
    client.tls_set_context(context)
    client.connect_async("127.0.0.1", world.port)
    client.loop_start()
    return client
