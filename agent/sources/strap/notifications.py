"""What a link's callbacks put down and the source picks up; the callbacks do nothing else."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic

from agent.model import NS_PER_S
from agent.system.budget import Budget

_MOST: Final = 256
_PACKETS = (100.0, float(_MOST))  # a second of the session, at once: a strap sends one or two
_PACKET_MOST: Final = 512  # bytes of an attribute at most (Bluetooth Core, vol. 3, part F, 3.2.9)


class Mail:
    """One for each link."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._packets: deque[tuple[int, bytes | None]] = deque()
        self._news, self._budget = asyncio.Event(), Budget(*_PACKETS, lambda: now_ns() / NS_PER_S)
        self.lost = False
        self.battery_percent: int | None = None

    def measurement(self, _characteristic: BleakGATTCharacteristic, payload: bytearray) -> None:
        """A notification came; when nobody picks up, or there are far too many, the newest is let go and a mark (None)
        stands for it.
        """
        if len(self._packets) < _MOST and len(payload) <= _PACKET_MOST and self._budget.take():
            self._packets.append((self._now_ns(), bytes(payload)))
        elif not self._packets or self._packets[-1][1] is not None:
            self._packets.append((self._now_ns(), None))
        else:
            return
        self._news.set()

    def battery(self, _characteristic: BleakGATTCharacteristic, payload: bytearray) -> None:
        """The battery's level changed."""
        self.battery_percent = payload[0] if payload else None
        self._news.set()

    def disconnected(self, _client: BleakClient) -> None:
        """The link is down."""
        self.lost = True
        self._news.set()

    async def wait(self, most_s: float) -> None:
        """Return on news, or after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(most_s):
                await self._news.wait()
        self._news.clear()

    def take(self) -> tuple[int, bytes | None] | None:
        """The oldest packet with its arrival, if there is one; None for its bytes: some were let go here."""
        return self._packets.popleft() if self._packets else None
