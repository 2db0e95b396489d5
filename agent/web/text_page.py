"""One text at one address of this machine: what a Prometheus here reads of an agent or of a hub.

Few callers at a time, each for one short request; a page of the web that reaches the port by another name is refused.
"""

import asyncio
from collections.abc import Callable
from typing import Final

import h11

LOOPBACK: Final = "127.0.0.1"
PATH: Final = "/metrics"
_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_HEAD_MOST: Final = 4096
_READ_BYTES: Final = 4096
_TIMEOUT_S: Final = 5.0
_CALLERS_MOST: Final = 8


async def open_page(text: Callable[[], str], port: int, host: str = LOOPBACK) -> asyncio.Server:
    """Open the address; close the server to end it.

    Args:
        text: Gives the text as it is now, and waits for nothing.
        port: Of this machine.
        host: An address of this machine alone.

    Raises:
        OSError: The port cannot be opened.
    """
    callers = _Callers(text, port, host)
    return await asyncio.start_server(callers.answer, host, port, limit=_HEAD_MOST, backlog=_CALLERS_MOST)


class _Callers:
    def __init__(self, text: Callable[[], str], port: int, host: str) -> None:
        self._text, self._here = text, 0
        names = {f"[{host}]" if ":" in host else host, "localhost"}
        self._hosts = {*(name.encode() for name in names), *(f"{name}:{port}".encode() for name in names)}

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One caller, from the beginning to the end."""
        self._here += 1
        try:
            if self._here <= _CALLERS_MOST:
                async with asyncio.timeout(_TIMEOUT_S):
                    writer.write(await self._reply(reader))
                    await writer.drain()
        except (OSError, TimeoutError, h11.RemoteProtocolError):
            pass  # a caller who says nothing, or no HTTP, gets no answer
        finally:
            self._here -= 1
            writer.close()

    async def _reply(self, reader: asyncio.StreamReader) -> bytes:
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD_MOST)
        while (event := http.next_event()) is h11.NEED_DATA:
            http.receive_data(await reader.read(_READ_BYTES))
        if not isinstance(event, h11.Request):
            raise OSError("the caller left")
        status, body = self._page(event)
        headers = [(b"Content-Type", _TYPE), (b"Content-Length", str(len(body)).encode()), (b"Connection", b"close")]
        head = http.send(h11.Response(status_code=status, headers=headers)) or b""
        return head + (http.send(h11.Data(data=body)) or b"") + (http.send(h11.EndOfMessage()) or b"")

    def _page(self, request: h11.Request) -> tuple[int, bytes]:
        hosts = [value for name, value in request.headers if name == b"host"]
        if hosts and hosts[0] not in self._hosts:
            return 403, b"ask this machine by its own name\n"  # a page of the web, by a name that leads here
        if request.method != b"GET":
            return 405, b"only GET\n"
        if request.target.split(b"?")[0] != PATH.encode():
            return 404, b"only /metrics\n"
        return 200, self._text().encode()
