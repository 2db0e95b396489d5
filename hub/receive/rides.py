"""What rode in an answer is deleted once the broker has acknowledged that answer; else it rides again."""

import logging
import threading
from typing import Final

import paho.mqtt.client as mqtt

from agent.errors import NotDurable
from hub.database import CANNOT_WRITE
from hub.store.rides import Riding
from hub.store.store import Store

log = logging.getLogger(__name__)

_WAITING_MOST: Final = 10_000


class Rides:
    """Between the thread that publishes, the network's, and the one that stores.

    Args:
        client: Publishes answers.
    """

    def __init__(self, client: mqtt.Client) -> None:
        self._client, self._lock = client, threading.Lock()
        self._by_mid: dict[int, list[Riding]] = {}
        self._is_publishing, self._early = False, set[int]()
        self._arrived: list[Riding] = []
        client.on_publish = lambda _client, _user, mid, *_: self.acknowledged(mid)

    def publish(self, topic: str, payload: bytes, riding: list[Riding]) -> None:
        """Publish an answer and remember what it holds that waited. One thread at a time."""
        with self._lock:  # not while publishing: the network's thread holds its own lock when it asks for this one
            self._is_publishing = True
            self._early.clear()
        mid = self._client.publish(topic, payload, qos=1).mid
        with self._lock:
            self._is_publishing = False
            if mid in self._early:
                self._arrived += riding
            elif riding:
                if len(self._by_mid) >= _WAITING_MOST:
                    self._by_mid.clear()  # they wait on, and ride again
                self._by_mid[mid] = riding

    def acknowledged(self, mid: int) -> None:
        """The broker has an answer."""
        with self._lock:
            self._arrived += self._by_mid.pop(mid, [])
            if self._is_publishing:  # perhaps this very answer, whose number is not known yet
                self._early.add(mid)

    def settle(self, store: Store) -> None:
        """Delete what arrived; what cannot be deleted now is deleted later, or rides again."""
        with self._lock:
            arrived, self._arrived = self._arrived, []
        if not arrived:
            return
        try:
            with store.deriving() as write:
                write.arrived(arrived)
        except (*CANNOT_WRITE, NotDurable) as error:
            log.error("what was sent cannot be deleted (%s); it is sent again", type(error).__name__)
