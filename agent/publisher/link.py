"""One connection to the broker: paho in a thread of its own, whose callbacks do nothing but put events."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.enrollment.enrolled import Identity
from agent.publisher import probe, reasons
from agent.publisher.reasons import Reason
from agent.publisher.screen import KEYS_MOST
from agent.wire import labels

_SESSION_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Settings:
    """How rows travel.

    Attributes:
        mqtt_version: 5, or 3 for 3.1.1.
        keepalive_s: A half-open link is found after twice this.
        resend_after_s: A row without receipt goes again after this, later and later.
        in_flight: Rows without PUBACK at a time.
    """

    mqtt_version: int = 5
    keepalive_s: int = 30
    resend_after_s: float = 60.0
    in_flight: int = 20


@dataclass(frozen=True, slots=True)
class Event:
    """What a callback saw.

    Attributes:
        link: Number of the connection; a late event of an older one is known as such.
        what: connected | refused | lost | acked | keys | down.
        payload: Of ``keys`` and ``down``.
        mid, code: Of ``acked``: the packet and the PUBACK's reason code (0 on 3.1.1).
        words, remedy: Of ``refused`` and ``lost``, for people.
        receive_maximum, most_bytes: Of ``connected``: how many messages without PUBACK, and how large a packet, this
            broker accepts.
    """

    link: int
    what: str
    payload: bytes = b""
    mid: int = 0
    code: int = 0
    words: str = ""
    remedy: str = ""
    receive_maximum: int = 65_535
    most_bytes: int = 2**28


class Link:
    """A connection from `start` to its end; it never connects a second time.

    Args:
        number: Stands in every event.
        identity: Who connects, and where.
        settings: See `Settings`.
        folder: Where the TLS files lie.
        password: Of the TLS key file.
        put: Takes events; called from the network thread.
    """

    def __init__(
        self,
        number: int,
        identity: Identity,
        settings: Settings,
        *,
        folder: Path,
        password: str,
        put: Callable[[Event], None],
    ) -> None:
        self._number, self._identity, self._settings, self._put = number, identity, settings, put
        self._folder, self._password = folder, password
        self._topic = labels.up_topic(identity.site, identity.device)
        self._down_topic = labels.down_topic(identity.site, identity.device)
        self._keys_topic = labels.keys_topic(identity.site)
        v5 = settings.mqtt_version == 5
        self.client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=identity.device,
            protocol=mqtt.MQTTv5 if v5 else mqtt.MQTTv311,
            reconnect_on_failure=False,
            clean_session=None if v5 else False,
        )
        self.client.max_inflight_messages_set(settings.in_flight)
        self.client.on_connect = lambda _c, _u, _f, reason, granted: self._on_connect(reason, granted)
        self.client.on_publish = lambda _c, _u, mid, reason, _p: put(Event(number, "acked", mid=mid, code=reason.value))
        self.client.on_subscribe = lambda _c, _u, _mid, reasons, _p: self._on_subscribe(reasons)
        self.client.on_message = lambda _c, _u, message: self._on_message(message)
        # Without this callback paho writes to the socket from whichever thread publishes, while its own thread reads:
        # under load TLS then breaks (BAD_LENGTH, measured at 200 rows a second). With it, its own thread is woken.
        self.client.on_socket_register_write = lambda *_: None
        self._is_ours = False  # whether the connection's end needs no reason: the broker said yes, or we close it
        self._refusal: Reason | None = None
        self._thread = threading.Thread(target=self._live, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether the network thread still runs; one that died puts no event."""
        return self._thread.is_alive()

    def publish(self, envelope: bytes) -> int:
        """Hand an envelope to paho; its packet number. Whether it arrives is not known yet."""
        return self.client.publish(self._topic, envelope, qos=1).mid

    def packet_bytes(self, envelope: bytes) -> int:
        """How large a packet an envelope makes, as MQTT 5 counts it: head, topic, number, no properties."""
        return 5 + 2 + len(self._topic.encode()) + 2 + 1 + len(envelope)

    def close(self) -> None:
        """End the connection; safe at any moment."""
        self._is_ours = True
        self.client.disconnect()

    def _live(self) -> None:
        bundle = self._identity.bundle
        options: dict[str, Any] = {}
        if self._settings.mqtt_version == 5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = _SESSION_S
            properties.MaximumPacketSize = KEYS_MOST + 1024
            options = {"clean_start": False, "properties": properties}
        why = Reason("the connection to the broker ended", "Rows wait until it is back; none is lost.")
        try:
            self.client.tls_set_context(probe.tls_context(self._folder, self._password))
            self.client.connect(bundle.host, bundle.port, self._settings.keepalive_s, **options)
            self.client.loop_forever()
            if self._refusal is None and not self._is_ours:  # paho does not say what ended it
                why = probe.look(self._identity, self._folder, self._password, self._settings.mqtt_version) or why
            why = self._refusal or why
        except OSError as error:
            why = reasons.of(error)
        except Exception as error:  # paho raises many kinds from its thread; each is one lost link
            why = Reason(f"the connection to the broker was lost ({type(error).__name__})")
        finally:
            what = "refused" if why.refused else "lost"
            self._put(Event(self._number, what, words=why.words, remedy=why.remedy))

    def _on_connect(self, reason: Any, granted: Any) -> None:
        if reason.is_failure:
            why = Reason(f"the broker refuses this machine ({reason})", refused=True)
            if reason == "Unsupported protocol version":
                why = reasons.ONLY_3 if self._settings.mqtt_version == 5 else reasons.ONLY_5
            self._refused(why)
            self.client.disconnect()
            return
        self._is_ours = True
        self.client.subscribe([(self._down_topic, 1), (self._keys_topic, 1)])
        # paho reads neither (measured): a broker whose limits are ignored closes the connection, again and again
        limits = {"receive_maximum": "ReceiveMaximum", "most_bytes": "MaximumPacketSize"}
        known = {name: getattr(granted, what) for name, what in limits.items() if hasattr(granted, what)}
        self._put(Event(self._number, "connected", **known))

    def _on_subscribe(self, reasons: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused(Reason("the broker does not let this machine receive receipts", refused=True))

    def _refused(self, why: Reason) -> None:
        self._refusal = why  # what `_live` says at the end, too
        self._put(Event(self._number, "refused", words=why.words, remedy=why.remedy))

    def _on_message(self, message: mqtt.MQTTMessage) -> None:
        what = {self._keys_topic: "keys", self._down_topic: "down"}.get(message.topic)
        if what is not None:  # what we did not subscribe to is nobody's
            self._put(Event(self._number, what, bytes(message.payload)))
