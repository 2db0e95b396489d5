"""Carries a request through the broker and waits for the answer, by a pass that can do this alone.

The hub forgets no request and the machine keeps its own, so either side may stop at any time: what is asked again is
answered again.
"""

import queue
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import paho.mqtt.client as mqtt
from cryptography.hazmat.primitives import serialization
from paho.mqtt.enums import CallbackAPIVersion

from agent.enrollment import identity
from agent.errors import Missing, WireRefused
from agent.publisher import reasons
from agent.system import host
from agent.wire import bootstrap, certificates, labels
from agent.wire.bootstrap import Pass, Said
from agent.wire.enroll import Bundle

_ASK_FIRST_S: Final = 2.0
_ASK_MOST_S: Final = 20.0
_CONNECT_S: Final = 15.0


class Way:
    """A connection to the broker by a pass; use it in a ``with`` statement.

    Args:
        folder: The state folder; the pass's certificate and key lie there while it is open.
        bundle: Whose code makes the keys.
        pass_: See `Pass`.
        mqtt_version: 5, or 3 for 3.1.1.

    Raises:
        Missing: The broker cannot be reached or refuses the pass, or the pass is not this bundle's.
    """

    def __init__(self, folder: Path, bundle: Bundle, pass_: Pass, mqtt_version: int) -> None:
        self._bundle, self._pass, self._file = bundle, pass_, folder / "keys" / identity.PASS_PEM
        self._at = bundle.site, pass_.name
        self._seal, self._code_name = bootstrap.seal_key(bundle.code), bootstrap.code_name(bundle.code)
        self._arrived: queue.Queue[bytes] = queue.Queue()
        self._ready: queue.Queue[str] = queue.Queue()
        self._asked: set[bytes] = set()
        self._stopped = False
        v5 = mqtt_version == 5
        version = mqtt.MQTTv5 if v5 else mqtt.MQTTv311
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=pass_.name, protocol=version)
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.put("")
        self._client.on_message = lambda _c, _u, message: self._arrived.put(bytes(message.payload))
        self._client.on_socket_register_write = lambda *_: None
        self._client.reconnect_delay_set(1, 8)

    def __enter__(self) -> Self:
        try:
            self._client.tls_set_context(self._tls())
            self._client.connect(self._bundle.host, self._bundle.port, 30)
        except WireRefused as refused:
            raise Missing(
                f"the pass beside the bundle cannot be used ({refused.reason})",
                remedy="Carry the request by hand, or ask the hub's operator for a new bundle.",
            ) from refused
        except OSError as error:
            why = reasons.of(error)
            raise Missing(f"the broker cannot be used: {why.words}", remedy=why.remedy) from error
        self._client.loop_start()
        try:
            trouble = self._ready.get(timeout=_CONNECT_S)
        except queue.Empty:
            trouble = "it does not answer"
        if trouble:
            self._close()
            raise Missing(
                f"the broker refused the pass of this bundle: {trouble}",
                remedy="Ask the hub's operator for a new bundle, or carry the request by hand.",
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def stop(self) -> None:
        """Let `answer` return soon; from another thread."""
        self._stopped = True
        self._arrived.put(b"")

    def answer(self, request: bytes, waits: Callable[[bool], bool] = lambda _: True) -> bytes | None:
        """Send the request again and again until the hub admits this machine.

        Args:
            request: The paper.
            waits: Asked again and again whether to go on; it is given whether the hub has replied to anything yet.

        Returns:
            The answer paper; None when ``waits`` said no, or after `stop`.

        Raises:
            WireRefused: The hub refused the request, with its reason.
        """
        pause_s, is_heard = _ASK_FIRST_S, False
        while True:
            self._say(bootstrap.REQUEST, request)
            said = self._next(pause_s)
            is_heard = is_heard or said is not None
            if said is not None and said.what == bootstrap.ADMITTED:
                return said.body
            if said is not None and said.what == bootstrap.REFUSED:
                raise WireRefused(bootstrap.reason_of(said.body), "the hub refused this machine's request")
            if self._stopped or not waits(is_heard):
                return None
            pause_s = min(_ASK_MOST_S, pause_s * 1.5)

    def object_to(self, request: bytes, reason: str) -> None:
        """Say that this machine refused the answer to its request, and why."""
        self._say(bootstrap.OBJECTION, bootstrap.request_hash(request) + bootstrap.reason_body(reason))
        self._next(_ASK_FIRST_S)

    def _say(self, kind: int, body: bytes) -> None:
        message, nonce = bootstrap.sealed_message(self._seal, self._at, self._code_name, kind, body)
        self._asked.add(nonce)
        self._client.publish(labels.up_topic(*self._at), message, qos=1)

    def _next(self, within_s: float) -> Said | None:
        """The next reply to a message of ours; what is not one does not count."""
        ends_s, said = time.monotonic() + within_s, None
        while not self._stopped and (left_s := ends_s - time.monotonic()) > 0:
            with suppress(queue.Empty, WireRefused):
                data = self._arrived.get(timeout=left_s)
                if bootstrap.asked_by(data) in self._asked:
                    said = bootstrap.opened_reply(self._seal, self._at, data)
                    if said.what != bootstrap.PENDING:
                        return said
        return said

    def _on_connect(self, client: mqtt.Client, _user: object, _flags: object, reason: object, _more: object) -> None:
        if getattr(reason, "is_failure", False):
            self._ready.put(str(reason))
        else:
            client.subscribe(labels.down_topic(*self._at), qos=1)

    def _tls(self) -> ssl.SSLContext:
        key = bootstrap.tls_key(self._bundle.code)
        certificate = certificates.client_certificate(self._pass.certificate, self._bundle.ca_pem)
        if (certificate.name, certificate.public) != (self._pass.name, certificates.public_bytes(key.public_key())):
            raise WireRefused("malformed", "the pass belongs to another bundle")
        pem, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        private = key.private_bytes(serialization.Encoding.PEM, pem, plain)
        host.write_private(self._file, certificate.pem + private)
        try:
            context = ssl.create_default_context(cafile=str(self._file.parent / "ca.pem"))
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            context.load_cert_chain(self._file)
        finally:
            host.overwrite(self._file)
        return context

    def _close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
