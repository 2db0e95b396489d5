"""One connection's TLS. A handshake that fails is named in the log, and its certificate comes from the transport alone.

The server's own way of accepting TLS says nothing of handshakes that fail.
"""

import asyncio
import ssl
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from agent.web.protocol import IdleProtocol
from hub.care.web.noticed import Noticed
from hub.keys.staff_certificates import fingerprint_of

PEER: Final = "peer certificate"
"""Name in the ASGI scope's state: the client's certificate (DER), verified against the staff's CA; None: none."""

_HANDSHAKE_S: Final = 5.0
_SHAKING_MOST: Final = 64
_SHAKING_OF_ONE_MOST: Final = 8
_OF_ONE_MOST: Final = 12  # a browser opens six


@dataclass(frozen=True, slots=True)
class Shaking:
    """What all handshakes share.

    Attributes:
        context: Of the server.
        noticed: The log.
        now: Those that are not done.
        shaking_of: How many of them are of each address.
        held_by: Open connections of each certificate, and of each address without one: nobody takes all.
    """

    context: ssl.SSLContext
    noticed: Noticed
    now: set[asyncio.Task[None]] = field(default_factory=set)
    shaking_of: Counter[str] = field(default_factory=Counter)
    held_by: Counter[str] = field(default_factory=Counter)

    def protocol(self, *args: Any, **named: Any) -> asyncio.Protocol:
        """What the server makes for each connection."""
        return TlsProtocol(self, *args, **named)


class _Held(IdleProtocol):
    """HTTP on a connection that is counted."""

    released: Callable[[], None]

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.released()


class TlsProtocol(asyncio.Protocol):
    """Makes a connection's TLS, then hands it to HTTP.

    Args:
        shaking: What all share.
        config, server_state, app_state, _loop: As uvicorn gives them to a protocol.
    """

    def __init__(
        self,
        shaking: Shaking,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._shaking, self._config, self._server_state, self._app_state = shaking, config, server_state, app_state
        self._early: list[bytes] = []
        self._is_lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client came."""
        assert isinstance(transport, asyncio.Transport)
        shaking, address = self._shaking, str((transport.get_extra_info("peername") or ("",))[0])
        if len(shaking.now) >= _SHAKING_MOST or shaking.shaking_of[address] >= _SHAKING_OF_ONE_MOST:
            shaking.noticed.refused("too many TLS handshakes at once")
            transport.abort()
            return
        transport.pause_reading()
        shaking.shaking_of[address] += 1
        task = asyncio.get_running_loop().create_task(self._shake(transport, address), name="handshake")
        shaking.now.add(task)
        task.add_done_callback(lambda _: self._done(task, address))

    def _done(self, task: asyncio.Task[None], address: str) -> None:
        self._shaking.now.discard(task)
        _less(self._shaking.shaking_of, address)

    def data_received(self, data: bytes) -> None:
        """What came with the handshake's end."""
        self._early.append(data)

    def connection_lost(self, _: Exception | None) -> None:
        """The client is gone."""
        self._is_lost = True

    async def _shake(self, transport: asyncio.Transport, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            tls = await loop.start_tls(
                transport, self, self._shaking.context, server_side=True, ssl_handshake_timeout=_HANDSHAKE_S
            )
        except ssl.SSLError as error:
            why = getattr(error, "verify_message", "") or (error.reason or "unknown").lower().replace("_", " ")
            self._shaking.noticed.refused(f"a connection at its TLS handshake: {why}")
            transport.abort()
            return
        except OSError:  # it went away, or said nothing
            self._shaking.noticed.refused("a connection whose TLS handshake did not end")
            transport.abort()
            return
        if tls is None or self._is_lost:
            return
        of_tls: ssl.SSLObject = tls.get_extra_info("ssl_object")
        peer = of_tls.getpeercert(binary_form=True)
        self._hand_over(loop, tls, peer, fingerprint_of(peer) if peer else address)

    def _hand_over(self, loop: asyncio.AbstractEventLoop, tls: asyncio.Transport, peer: bytes | None, of: str) -> None:
        held = self._shaking.held_by
        if held[of] >= _OF_ONE_MOST:
            self._shaking.noticed.refused("too many connections of one certificate or address")
            tls.abort()
            return
        held[of] += 1
        http = _Held(self._config, self._server_state, {**self._app_state, PEER: peer}, loop)
        http.released = lambda: _less(held, of)
        tls.set_protocol(http)
        http.connection_made(tls)
        if self._early:
            http.data_received(b"".join(self._early))


def _less(counts: Counter[str], of: str) -> None:
    counts[of] -= 1
    if counts[of] <= 0:
        del counts[of]
