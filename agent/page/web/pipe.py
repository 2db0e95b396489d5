"""The page's end of the pipe to the agent: one JSON line each way.

page  ──▶ {"id": 7, "ask": "rows", "with": {...}}
agent ──▶ {"id": 7, "answer": {...}}  |  {"id": 7, "refused": {"words", "remedy"}}  |  {"push": {...}}
"""

import asyncio
import json
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, BinaryIO, Final

_QUEUE_MOST: Final = 16
ANSWER_S: Final = 90.0  # a strap is looked for and listened to; everything else answers at once


class Refused(Exception):
    """The agent says no, in words for the person.

    Attributes:
        remedy: What the person can do.
    """

    def __init__(self, words: str, remedy: str = "") -> None:
        super().__init__(words)
        self.remedy = remedy


class Pipe:
    """Asks, and hands on what is pushed.

    Args:
        reads, writes: The two ends.
        loop: Where answers are awaited.
        gone: Called when the agent's end closes.
    """

    def __init__(
        self, reads: BinaryIO, writes: BinaryIO, loop: asyncio.AbstractEventLoop, gone: Callable[[], None]
    ) -> None:
        self._reads, self._writes, self._loop, self._gone = reads, writes, loop, gone
        self._ids = count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listeners: set[asyncio.Queue[dict[str, Any]]] = set()
        self.on_open: Callable[[], dict[str, Any]] = dict
        threading.Thread(target=self._read, name="agent", daemon=True).start()

    async def ask(self, name: str, with_: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the agent.

        Raises:
            Refused: In its words.
        """
        number = next(self._ids)
        answer: asyncio.Future[dict[str, Any]] = self._loop.create_future()
        self._waiting[number] = answer
        try:
            self.say({"id": number, "ask": name, "with": with_ or {}})
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except TimeoutError:
            raise Refused("Wardbeat did not answer in time.", "Try again; run 'wardbeat status' for details.") from None
        finally:
            del self._waiting[number]

    def say(self, line: dict[str, Any]) -> None:
        """One line to the agent."""
        self._writes.write(json.dumps(line).encode() + b"\n")
        self._writes.flush()

    def listen(self) -> "asyncio.Queue[dict[str, Any]]":
        """A queue of pushes; whoever is too slow misses some, and each push tells the last seconds again."""
        made: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_QUEUE_MOST)
        if not self._listeners:
            self.say({"watch": True})
        self._listeners.add(made)
        return made

    def forget(self, queue: "asyncio.Queue[dict[str, Any]]") -> None:
        """The listener is gone."""
        self._listeners.discard(queue)
        if not self._listeners:
            self.say({"watch": False})

    def _read(self) -> None:
        for line in self._reads:
            self._loop.call_soon_threadsafe(self._take, json.loads(line))
        self._loop.call_soon_threadsafe(self._gone)

    def _take(self, line: dict[str, Any]) -> None:
        if "push" in line:
            for queue in self._listeners:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(line["push"])
            return
        if "open" in line:
            self.say(self.on_open())
            return
        answer = self._waiting.get(line["id"])
        if answer is None or answer.done():
            return
        if "refused" in line:
            answer.set_exception(Refused(line["refused"]["words"], line["refused"]["remedy"]))
        else:
            answer.set_result(line["answer"])
