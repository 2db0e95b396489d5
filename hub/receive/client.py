"""The hub's MQTT client: TLS, session, and what is logged when the connection fails."""

import logging
import ssl
import sys
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

log = logging.getLogger(__name__)

_SESSION_S: Final = 7 * 86_400


def make_client(name: str, tls: ssl.SSLContext, *, v5: bool) -> mqtt.Client:
    """A client that acknowledges by hand and reconnects after 1 to 8 s.

    Args:
        name: Client id; the broker keeps the session under it.
        tls: From `tls_of`.
        v5: MQTT 5; otherwise 3.1.1.
    """
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=name,
        protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311,
        manual_ack=True,
        clean_session=None if v5 else False,
    )
    client.tls_set_context(tls)
    # Without this paho writes to the socket from whichever thread publishes, and TLS breaks under load (measured).
    client.on_socket_register_write = lambda *_: None
    client.on_connect_fail = _log_failed_connection
    client.reconnect_delay_set(1, 8)
    return client


def session_options(*, v5: bool, in_flight: int) -> dict[str, Any]:
    """Options of ``connect`` for a session that the broker keeps for 7 days.

    Args:
        v5: MQTT 5; 3.1.1 has none.
        in_flight: How many messages the broker may send before the first is acknowledged.
    """
    if not v5:
        return {}
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = _SESSION_S
    properties.ReceiveMaximum = in_flight
    return {"clean_start": False, "properties": properties}


def tls_of(folder: Path, own: str) -> ssl.SSLContext:
    """TLS 1.3 with the site's CA and the certificate of the worker with this name."""
    context = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    load_own(context, folder, own)
    return context


def load_own(context: ssl.SSLContext, folder: Path, own: str) -> None:
    """Load the certificate of the worker with this name, for the connections to come."""
    context.load_cert_chain(folder / f"{own}.crt", folder / f"{own}.key")


def log_disconnection(_client: mqtt.Client, _user: Any, _flags: Any, reason: Any, _properties: Any) -> None:
    """Log that the connection ended."""
    log.warning("disconnected from the broker (%s); reconnecting automatically", reason)


def _log_failed_connection(_client: mqtt.Client, _user: Any) -> None:
    cause = sys.exception()  # paho calls this while it handles the error
    log.warning("the broker does not respond (%s); retrying automatically", type(cause).__name__)
