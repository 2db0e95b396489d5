"""What a running agent shows a Prometheus on this machine, if `metrics.port` is set: which parts are in trouble.

Nothing measured, no time of a beat, no consent, no pause: the same parts as the numbered events of the log. Any user of
this machine may read them.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from agent import __version__
from agent.system.events import ROWS
from agent.system.status import Level, State, StatusBoard
from agent.web.text_page import LOOPBACK as HOST
from agent.web.text_page import open_page

_AGAIN_S: Final = 30.0


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
    while True:
        try:
            server = await open_page(lambda: exposed(board.states()), port)
        except OSError as error:
            words = f"port {port} cannot be opened: {error.strerror or error}"
            board.set("metrics", Level.TROUBLE, words, "Set another metrics.port, or none.")
            await asyncio.sleep(again_s)
            continue
        board.set("metrics", Level.OK, f"on {HOST}, port {port}")
        async with server:
            await server.serve_forever()
