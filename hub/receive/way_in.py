"""The hub's subscription: alone or shared with other workers, watched by a probe; what the broker says about it."""

import logging
from typing import Any

import paho.mqtt.client as mqtt

from agent.errors import StorageFull
from agent.wire import labels
from hub.hearing import TROUBLES
from hub.receive.client import log_disconnection
from hub.receive.probe import Probe, has_shared

log = logging.getLogger(__name__)


class WayIn:
    """One worker's subscription at the broker.

    Args:
        client: Its callbacks for connections, subscriptions and acknowledgements are set here; who listened to
            acknowledgements before hears of them, too.
        probe: Watches it.
        site: The site's name.
        worker: Number of this process.
        v5: MQTT 5; otherwise 3.1.1.
    """

    def __init__(self, client: mqtt.Client, probe: Probe, site: str, worker: int, *, v5: bool) -> None:
        self._client, self.probe, self._site, self._worker, self._v5 = client, probe, site, worker, v5
        self._shared = worker > 1
        self._answered, self._granted = False, None  # by the broker, on this connection
        self._probe_mid = self._subscribed_mid = -1
        client.on_subscribe = lambda _c, _u, mid, reasons, _p: self._on_subscribe(mid, reasons)
        self._others: Any = client.on_publish
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect

    def connected(self, reason: Any, properties: Any) -> bool:
        """Take a CONNACK and subscribe; whether the broker let the hub in."""
        self._answered, self._granted = True, properties
        if self._worker == 1 and not has_shared(properties):
            self._shared = False
        subscribes = self.probe.connected(reason, properties, shared=self._shared)
        if reason.is_failure:
            log.warning("the broker refused the hub: %s", reason)
            return False
        if subscribes:
            self._subscribe()
        return True

    def keep(self) -> None:
        """Send the probe that is due, and say what keeps this worker from receiving."""
        if self._client.is_connected() and (probe := self.probe.next()) is not None:
            self._probe_mid = self._client.publish(self.probe.topic, probe, qos=1).mid
        try:
            trouble = self.probe.write(shared=self._shared)
        except StorageFull as full:
            log.error("%s. %s", full, full.remedy)
            return
        if trouble:
            log.error("nothing is received: %s. %s", *TROUBLES[trouble])

    def share_if_needed(self) -> None:
        """Subscribe as the number of workers needs it: shared only if others run, and the broker can do it."""
        shared = self._worker > 1 or bool(self.probe.others())
        if shared == self._shared or not self._client.is_connected() or not has_shared(self._granted):
            return
        before, self._shared = self._filter(), shared
        self._subscribe()
        self._client.unsubscribe(before)  # after it: what arrives twice meanwhile is a duplicate, and nothing is lost
        log.info("the subscription is %s", "shared with other workers" if shared else "this worker's alone")

    def _filter(self) -> str:
        topic = labels.up_topic(self._site, "+")
        # Shared: each envelope goes to one worker. What a stopped worker had received, the devices send again.
        return f"$share/hub/{topic}" if self._shared else topic

    def _subscribe(self) -> None:
        _, mid = self._client.subscribe(self._filter(), qos=1)
        self._subscribed_mid = -1 if mid is None else mid

    def _on_subscribe(self, mid: int, reasons: Any) -> None:
        if mid == self._subscribed_mid:
            self.probe.subscribed(reasons)

    def _on_publish(self, client: mqtt.Client, user: Any, mid: int, reason: Any, properties: Any) -> None:
        if mid == self._probe_mid:
            self.probe.published(reason)
        if self._others is not None:
            self._others(client, user, mid, reason, properties)

    def _on_disconnect(self, client: mqtt.Client, user: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.probe.lost(closed_unanswered=self._v5 and not self._answered)
        self._answered = False
        log_disconnection(client, user, flags, reason, properties)
