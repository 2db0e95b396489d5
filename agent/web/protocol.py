"""The server: HTTP/1.1 alone, few connections, short heads; nothing that a client sends says who it is."""

import asyncio
from collections.abc import Callable
from typing import Final, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.web import peer

CONNECTIONS: Final = 64
_HEAD_MOST: Final = 16_384
_KEEP_S: Final = 5
_HEAD_S: Final = 10.0


class IdleProtocol(H11Protocol):
    """Closes idle connections: the server's own timer begins after an answer alone, so that a head without end would
    hold its connection without end.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._idle = self.loop.call_later(_HEAD_S, self._look)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._idle.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self._idle = self.loop.call_later(_HEAD_S, self._look)


class OwnProtocol(IdleProtocol):
    """Closes the connection of any other user's program before a byte of it is read, and idle ones."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        ours, theirs = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        self._is_stranger = theirs is None or not peer.is_us(ours[:2], theirs[:2])
        if self._is_stranger:
            transport.abort()
            return
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._is_stranger:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_stranger:
            super().data_received(data)


def server_config(
    app: ASGIApp, http: Callable[..., asyncio.Protocol], connections: int = CONNECTIONS
) -> uvicorn.Config:
    """How both pages are served: no log of requests, no word of a proxy, no server's name.

    Args:
        app: The page, behind its guard.
        http: Makes the protocol of a connection.
        connections: At most so many at once.
    """
    return uvicorn.Config(
        app,
        http=cast("type[asyncio.Protocol]", http),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=connections,
        timeout_keep_alive=_KEEP_S,
        timeout_graceful_shutdown=_KEEP_S,
        h11_max_incomplete_event_size=_HEAD_MOST,
    )
