"""What a running agent shows a Prometheus on this machine, if `metrics.port` is set: which parts are in trouble.

Nothing measured, no time of a beat, no consent, no pause: the same parts as the numbered events of the log. Any user of
this machine may read them.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

import h11

from agent import __version__
from agent.system.events import ROWS
from agent.system.status import Level, State, StatusBoard

HOST: Final = "127.0.0.1"
_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_HEAD_MOST: Final = 4096
_READ_BYTES: Final = 4096
_TIMEOUT_S: Final = 5.0
_CALLERS_MOST: Final = 8
_AGAIN_S: Final = 30.0
_OURS: Final = (HOST.encode(), b"localhost")


def exposed(states: Iterable[State]) -> str:
    """The board in Prometheus' text format: a gauge for each part that has an event, 1 where it is in trouble.

    Args:
        states: Of the board.
    """
    known = {row.part for row in ROWS}
    rows = {
        state.part: int(state.level is Level.TROUBLE)
        for state in states
        if ("source" if state.part.startswith("source.") else state.part) in known
    }
    lines = [
        "# HELP wardbeat_info The version that runs.",
        "# TYPE wardbeat_info gauge",
        f'wardbeat_info{{version="{__version__}"}} 1',
        "# HELP wardbeat_part_trouble Whether a part of the agent is in trouble.",
        "# TYPE wardbeat_part_trouble gauge",
        *(f'wardbeat_part_trouble{{part="{part}"}} {value}' for part, value in sorted(rows.items())),
    ]
    return "\n".join(lines) + "\n"


async def keep_metrics(board: StatusBoard, port: int, again_s: float = _AGAIN_S) -> None:
    """Answer requests on loopback until cancelled; a port that is taken is named, and tried again.

    Args:
        board: What is shown.
        port: Of loopback.
        again_s: Until the next try.
    """
    callers = _Callers(board, port)
    while True:
        try:
            server = await asyncio.start_server(callers.answer, HOST, port, limit=_HEAD_MOST, backlog=_CALLERS_MOST)
        except OSError as error:
            words = f"port {port} cannot be opened: {error.strerror or error}"
            board.set("metrics", Level.TROUBLE, words, "Set another metrics.port, or none.")
            await asyncio.sleep(again_s)
            continue
        board.set("metrics", Level.OK, f"on {HOST}, port {port}")
        async with server:
            await server.serve_forever()


class _Callers:
    """Those who are connected: few, and each for one short request."""

    def __init__(self, board: StatusBoard, port: int) -> None:
        self._board, self._here = board, 0
        self._hosts = {*_OURS, *(name + f":{port}".encode() for name in _OURS)}

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
        if request.target.split(b"?")[0] != b"/metrics":
            return 404, b"only /metrics\n"
        return 200, exposed(self._board.states()).encode()
