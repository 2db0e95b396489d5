"""One connection's TLS. A handshake that fails is named in the log, and its certificate comes from the transport alone.

The server's own way of accepting TLS says nothing of handshakes that fail.
"""

import asyncio
import ssl
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState

from agent.web.protocol import IdleProtocol
from hub.care.web.noticed import Noticed

PEER: Final = "peer certificate"
"""Name in the ASGI scope's state: the client's certificate (DER), verified against the staff's CA; None: none."""

_HANDSHAKE_S: Final = 5.0
_SHAKING_MOST: Final = 32


@dataclass(frozen=True, slots=True)
class Shaking:
    """What all handshakes share.

    Attributes:
        context: Of the server.
        noticed: The log.
        now: Those that are not done.
    """

    context: ssl.SSLContext
    noticed: Noticed
    now: set[asyncio.Task[None]]

    def protocol(self, *args: Any, **named: Any) -> asyncio.Protocol:
        """What the server makes for each connection."""
        return TlsProtocol(self, *args, **named)


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
        if len(self._shaking.now) >= _SHAKING_MOST:
            self._shaking.noticed.refused("too many connections at once")
            transport.abort()
            return
        transport.pause_reading()
        task = asyncio.get_running_loop().create_task(self._shake(transport), name="handshake")
        self._shaking.now.add(task)
        task.add_done_callback(self._shaking.now.discard)

    def data_received(self, data: bytes) -> None:
        """What came with the handshake's end."""
        self._early.append(data)

    def connection_lost(self, _: Exception | None) -> None:
        """The client is gone."""
        self._is_lost = True

    async def _shake(self, transport: asyncio.Transport) -> None:
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
        state = {**self._app_state, PEER: of_tls.getpeercert(binary_form=True)}
        http = IdleProtocol(self._config, self._server_state, state, loop)
        tls.set_protocol(http)
        http.connection_made(tls)
        if self._early:
            http.data_received(b"".join(self._early))
