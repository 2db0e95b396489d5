"""Straps on one virtual radio with one dongle, and the faults on their timeline."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from firmware_sim.central import Central
from firmware_sim.clock import NS_PER_S, Clock
from firmware_sim.faults import Fault
from firmware_sim.radio import Air, Chip
from firmware_sim.strap import Strap


@dataclass(frozen=True, slots=True)
class VirtualRadio:
    """Open it with `open_virtual_radio`.

    Attributes:
        straps: In the order of their numbers.
        dongle: The computer's chip.
        clock: The straps' time.
        tasks: What runs while it is open.
    """

    straps: tuple[Strap, ...]
    dongle: Chip
    clock: Clock
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def suffer(self, fault: Fault) -> None:
        """Let a strap have a fault now.

        Raises:
            ValueError: There is no such strap.
        """
        if fault.strap >= len(self.straps):
            raise ValueError(f"there is no strap {fault.strap}; there are {len(self.straps)}, counted from 0")
        strap = self.straps[fault.strap]
        if fault.fault == "held":
            self.tasks.append(asyncio.create_task(self._hold(strap, fault.for_s), name="phone"))
        else:
            await strap.suffer(fault)

    async def _hold(self, strap: Strap, for_s: float) -> None:
        """Another device takes the strap: a phone of its own, with a radio of its own."""
        phone = Central(Chip("phone", link=self.dongle.link, public_address="00:00:5E:00:53:02"), "F2:00:00:00:00:02")
        await phone.power_on()
        if strap.is_full:
            taking = asyncio.create_task(phone.connect(strap.spec.address, for_s))
            await asyncio.sleep(0)
            await strap.suffer(Fault("link_loss", for_s=0))
            connection = await taking
        else:
            connection = await phone.connect(strap.spec.address, for_s)
        until_ns = self.clock.now_ns() + round(for_s * NS_PER_S)
        try:
            await self.clock.sleep_until(until_ns)
        finally:
            await phone.disconnect(connection)


@asynccontextmanager
async def open_virtual_radio(
    straps: Sequence[Strap], clock: Clock, timeline: Sequence[Fault] = (), dongle: Chip | None = None
) -> AsyncIterator[VirtualRadio]:
    """Switch every strap on, and off at the end.

    Args:
        straps: Whose they are.
        clock: The straps' time.
        timeline: What goes wrong.
        dongle: The computer's chip, where it outlives this radio; its air is used.

    Raises:
        ValueError: The timeline names a strap that is not there.
    """
    if dongle is None:
        dongle = Chip("dongle", link=Air(), public_address="00:00:5E:00:53:01")  # type: ignore[no-untyped-call]
    virtual_radio = VirtualRadio(tuple(straps), dongle, clock)
    if any(fault.strap >= len(straps) for fault in timeline):
        raise ValueError(f"the timeline names an unknown strap; there are {len(straps)}, counted from 0")
    for strap in straps:
        await strap.start(dongle.air)
    begin_ns = clock.now_ns()

    async def fail_on_time() -> None:
        for fault in timeline:
            await clock.sleep_until(begin_ns + round(fault.at_s * NS_PER_S))
            await virtual_radio.suffer(fault)

    virtual_radio.tasks.append(asyncio.create_task(fail_on_time(), name="faults"))
    for strap in straps:
        virtual_radio.tasks.extend(
            [
                asyncio.create_task(strap.run(), name=f"{strap.spec.name} body"),
                asyncio.create_task(strap.keep_visible(), name=f"{strap.spec.name} radio"),
            ]
        )
    try:
        yield virtual_radio
    finally:
        for strap in straps:
            strap.leave()
        await _ended(virtual_radio.tasks)


async def _ended(tasks: list[asyncio.Task[None]]) -> None:
    """Cancel until it is heard: Bumble's host can swallow a cancellation that meets an HCI command.

    Raises:
        Exception: What a task had died of.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.5)
    for task in tasks:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
