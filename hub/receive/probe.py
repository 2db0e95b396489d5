"""Whether the broker delivers: the hub sends itself a probe each minute, by the topic and subscription of the devices.

A probe is no envelope: it carries a code of the key store, is answered by nobody and never stored. No device may write
its topic.
"""

import hashlib
import hmac
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from agent.wire.labels import up_topic
from hub import hearing
from hub.broker import WORKERS_MOST, user_of
from hub.hearing import Hearing
from hub.keys.keystore import KeyStore

_NONCE_BYTES: Final = 16
_CODE_BYTES: Final = 32
_UNSUPPORTED: Final = (0x01, 0x84)  # CONNACK: of MQTT 3.1.1, of MQTT 5
_SHARE_S: Final = 10 * 60.0
_CONNECTS_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How often, in s: a probe is sent, an arrival is overdue, a worker's file is written."""

    probe_s: float = 60.0
    deaf_s: float = 90.0
    write_s: float = 10.0


class Probe:
    """One worker's way in: what the broker said, and when anything arrived. Safe to call from two threads.

    Args:
        folder: The hub's, where `hub.hearing` files stand.
        keys: For the probe's code.
        worker: Number of this process.
        pace: See `Pace`.
        now_s: A monotonic clock.
    """

    def __init__(
        self, folder: Path, keys: KeyStore, worker: int, pace: Pace, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._worker, self._pace, self._now_s = folder, worker, pace, now_s
        self._key = hmac.digest(keys.value("hedge"), b"wardbeat/1/hub probe", hashlib.sha256)
        self.topic = up_topic(keys.site, user_of(worker))
        self._topics = {up_topic(keys.site, user_of(n)) for n in range(1, WORKERS_MOST + 1)}
        started = int(time.time())
        self._hearing = Hearing(worker, started, started)
        self._lock = threading.Lock()
        self._began_s = self._heard_s = now_s()
        self._sent_s = self._written_s = -1e9
        self._said = "connecting"  # by the broker: a key of TROUBLES, empty once it granted the subscription

    # ---- what the broker says

    def connected(self, reason: Any, granted: Any, *, shared: bool) -> bool:
        """Take a CONNACK; whether to subscribe.

        Args:
            reason: Its reason code.
            granted: Its properties; None for MQTT 3.1.1.
            shared: Whether other workers run, so that the subscription must be shared.
        """
        if reason.is_failure:
            self._say("version" if reason.value in _UNSUPPORTED else "refused")
            return False
        if shared and self._worker > 1 and not has_shared(granted):
            self._say("shared")
            return False
        self._say("starting")
        self._sent_s = self._now_s()  # before the subscription a probe reaches nobody
        return True

    def subscribed(self, reasons: Any) -> None:
        """Take a SUBACK: the worst of its reason codes counts."""
        failed = any(reason.is_failure for reason in reasons)
        self._sent_s = -1e9  # the next one at once
        self._say("subscription" if failed else "")

    def published(self, reason: Any) -> None:
        """Take the PUBACK of a probe."""
        if reason.is_failure:
            self._say("probe")

    def lost(self, *, closed_unanswered: bool) -> None:
        """The connection ended; ``closed_unanswered``: before the broker had said anything."""
        with self._lock:
            if self._said not in ("version", "refused", "shared"):
                self._said = "closed" if closed_unanswered else "unreachable"

    def _say(self, said: str) -> None:
        with self._lock:
            self._said = said

    # ---- what arrives

    def take(self, topic: str, payload: bytes) -> bool:
        """Note an arrival; whether it was a probe, of this worker or another."""
        is_probe = topic in self._topics
        if is_probe and not hmac.compare_digest(payload[_NONCE_BYTES:], self._code(payload[:_NONCE_BYTES])):
            return True  # nobody's: neither a sign of life nor an envelope
        with self._lock:
            self._heard_s = self._now_s()
            self._hearing = replace(self._hearing, received_utc_s=int(time.time()))
        return is_probe

    def next(self) -> bytes | None:
        """A probe to publish on `topic` now; None when none is due."""
        if self._now_s() - self._sent_s < self._pace.probe_s:
            return None
        self._sent_s = self._now_s()
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._code(nonce)

    def _code(self, nonce: bytes) -> bytes:
        return hmac.digest(self._key, nonce, hashlib.sha256)[:_CODE_BYTES]

    # ---- what is said about it

    def trouble(self) -> str:
        """A key of TROUBLES."""
        with self._lock:
            said, silent_s = self._said, self._now_s() - self._heard_s
            received = self._hearing.received_utc_s
        if said in ("", "probe", "starting") and silent_s > self._pace.deaf_s and not self._others_hear(silent_s):
            return "probe" if said == "probe" else "deaf"
        if said == "connecting":
            return "unreachable" if silent_s > min(_CONNECTS_S, self._pace.deaf_s) else "starting"
        if said == "probe":
            return "" if received else "starting"
        return "starting" if not said and not received else said

    def _others_hear(self, silent_s: float) -> bool:
        """A probe may have gone to another worker: what it hears shows that the broker delivers."""
        if silent_s > _SHARE_S:
            return False
        newest = max((other.received_utc_s for other in self.others()), default=0)
        return time.time() - newest < self._pace.deaf_s

    def others(self) -> list[Hearing]:
        """The other workers that run now."""
        now_utc_s = int(time.time())
        every = hearing.read_all(self._folder)
        return [one for one in every if one.worker != self._worker and one.now(now_utc_s) != "silent"]

    def write(self, *, shared: bool) -> str | None:
        """Write this worker's file when it is due, or when the trouble changed; a trouble that is new, else None.

        Raises:
            StorageFull: The disk is full or read-only.
        """
        trouble, before = self.trouble(), self._hearing.trouble
        if trouble == before and self._now_s() - self._written_s < self._pace.write_s:
            return None
        self._written_s = self._now_s()
        with self._lock:
            self._hearing = replace(self._hearing, written_utc_s=int(time.time()), trouble=trouble, shared=shared)
            now = self._hearing
        hearing.write(self._folder, now)
        return trouble if trouble not in (before, "", "starting") else None

    def end(self) -> None:
        """The worker ends by itself."""
        hearing.remove(self._folder, self._worker)


def has_shared(granted: Any) -> bool:
    """Whether a broker's CONNACK leaves shared subscriptions on, as it does unless it says otherwise."""
    return bool(getattr(granted, "SharedSubscriptionAvailable", 1))
