"""The life of a simulated bluetoothd: started, killed, stopped."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dbus_fast.aio import MessageBus

from firmware_sim.bluez import Bluez
from firmware_sim.central import Central


@asynccontextmanager
async def serve(central: Central, bus_address: str) -> AsyncIterator["Daemon"]:
    """Be org.bluez on a bus until the end of the block."""
    daemon = Daemon(central, bus_address)
    await daemon.start()
    try:
        yield daemon
    finally:
        await daemon.stop()


class Daemon:
    """The life of the service: what ``systemctl`` and ``kill -9`` do to bluetoothd.

    Attributes:
        service: What runs now; None: nothing does.
    """

    def __init__(self, central: Central, bus_address: str) -> None:
        self._central, self._bus_address = central, bus_address
        self._bus: MessageBus | None = None
        self.service: Bluez | None = None

    async def start(self) -> None:
        """Start; the chip is reset, which ends every link that a killed one left."""
        await self._central.power_on()
        self._bus = await MessageBus(bus_address=self._bus_address).connect()
        self.service = Bluez(self._bus, self._central)
        await self.service.begin()
        await self._bus.request_name("org.bluez")

    def kill(self) -> None:
        """Die without a word: the bus sees the name go; links stay as they are, and nobody serves them."""
        bus, self._bus, self.service = self._bus, None, None
        if bus is not None:
            bus.disconnect()

    async def stop(self) -> None:
        """End in order."""
        if self.service is not None:
            await self.service.end()
        self.kill()
