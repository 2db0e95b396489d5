"""Ten straps, twenty packets a second each: numbers missing, and how long a packet takes from strap to bleak's callback.

Packets carry their number and their sending time (`firmware_sim --stamped`), so that the straps may run in
another process on the same machine.
"""

import asyncio
import itertools
import struct
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

MEASUREMENT = "00002a37-0000-1000-8000-00805f9b34fb"


class Inbox:
    """What one client got: (number, latency in ms)."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.latency_ms: list[float] = []

    def on_packet(self, _characteristic, payload: bytearray) -> None:
        now_us = time.monotonic_ns() // 1000
        number, *parts = struct.unpack("<4H", payload[2:10])
        sent_us = int.from_bytes(struct.pack("<3H", *parts), "little")
        self.numbers.append(number)
        self.latency_ms.append(((now_us - sent_us) & (2**48 - 1)) / 1000)


def missing(numbers: list[int]) -> int:
    """Numbers left out or repeated in a row that counts on by one."""
    return sum((b - a) % 65536 != 1 for a, b in itertools.pairwise(numbers))


async def measure(way: str, *, count: int, notify_hz: float, seconds: float) -> tuple[int, float, int]:
    """(sequence gaps, p99 latency in ms, gaps found when one number is taken away)"""
    from bleak import BleakClient, BleakScanner

    from tests.support import straps
    from tests.support.processes import until

    pace = straps.clock(1.0)
    bodies = [straps.strap(pace, n, notify_hz=notify_hz, stamped=True) for n in range(count)]
    inboxes = [Inbox() for _ in bodies]
    async with straps.air(way, bodies, pace) as (_, radio):
        scanner = {} if radio.scanner is None else {"backend": radio.scanner}
        client_kind = {} if radio.client is None else {"backend": radio.client}
        found = await BleakScanner.discover(timeout=1.5, **scanner)
        clients = []
        for body, inbox in zip(bodies, inboxes, strict=True):
            device = next(one for one in found if one.name == body.spec.name)
            client = BleakClient(device, **client_kind)
            await client.connect()
            await client.start_notify(MEASUREMENT, inbox.on_packet)
            clients.append(client)
        for inbox in inboxes:
            inbox.numbers.clear()
            inbox.latency_ms.clear()
        await asyncio.sleep(seconds)
        fewest = 0.7 * notify_hz * seconds  # a busy machine takes longer
        await until(lambda: min(len(inbox.numbers) for inbox in inboxes) > fewest, what="packets of every strap")
        gaps = sum(missing(inbox.numbers) for inbox in inboxes)
        latency = np.concatenate([inbox.latency_ms for inbox in inboxes])
        for client in clients:
            await client.disconnect()
    planted = list(inboxes[0].numbers)
    del planted[len(planted) // 2]
    return gaps, float(np.percentile(latency, 99)), missing(planted)
