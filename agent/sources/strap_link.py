"""One link to one strap through bleak: scan, connect, read who it is, listen; every call with a timeout."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak_retry_connector import close_stale_connections_by_address, establish_connection

from agent.errors import SourceUnavailable
from agent.sources.bluetooth import CLOSE_S, LINK_ERRORS, RESTART, answered, backend, said, scanning, timed
from agent.sources.bound import Bound
from agent.sources.surroundings import Radio

_MEASUREMENT: Final = "00002a37-0000-1000-8000-00805f9b34fb"
_BATTERY: Final = "00002a19-0000-1000-8000-00805f9b34fb"
_MAKER: Final = "00002a29-0000-1000-8000-00805f9b34fb"
_MODEL: Final = "00002a24-0000-1000-8000-00805f9b34fb"
_SERIAL: Final = "00002a25-0000-1000-8000-00805f9b34fb"
_SCAN_S: Final = 10.0
_CONNECT_S: Final = 45.0  # two tries of bleak-retry-connector at 20 s
_MAIL_MOST: Final = 256


@dataclass(frozen=True, slots=True)
class Nearby:
    """A strap in reach.

    Attributes:
        address: As this system names it.
        name: Empty when it has none.
        rssi_dbm: Signal strength.
    """

    address: str
    name: str
    rssi_dbm: int


class Mail:
    """What the link's callbacks put down and the source picks up; they do nothing else."""

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self._now_ns = now_ns
        self._packets: deque[tuple[int, bytes | None]] = deque()
        self._news = asyncio.Event()
        self.lost = False
        self.battery_percent: int | None = None

    def measurement(self, _characteristic: BleakGATTCharacteristic, payload: bytearray) -> None:
        """A notification came; when nobody picks up, the newest is let go and a mark (None) stands for it."""
        if len(self._packets) < _MAIL_MOST:
            self._packets.append((self._now_ns(), bytes(payload)))
        elif self._packets[-1][1] is not None:
            self._packets.append((self._now_ns(), None))
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


async def nearby(radio: Radio, adapter: str | None, seconds: float) -> list[Nearby]:
    """Straps that advertise, strongest first.

    Raises:
        SourceUnavailable: There is no Bluetooth to scan with.
    """
    found: dict[str, Nearby] = {}

    def seen(device: BLEDevice, told: AdvertisementData) -> None:
        found[device.address] = Nearby(device.address, printable(device.name or ""), told.rssi)

    try:
        async with radio.turn, said(adapter), scanning(radio, adapter, seen):
            await asyncio.sleep(seconds)
    except LINK_ERRORS as error:
        raise SourceUnavailable("Bluetooth failed while scanning", remedy=RESTART) from error
    return sorted(found.values(), key=lambda strap: -strap.rssi_dbm)


def printable(text: str) -> str:
    """A stranger's text, fit for a terminal: at most 40 characters, none of them a command.

    >>> printable("H10" + chr(27) + "[2J")
    'H10?[2J'
    """
    return "".join(one if one.isprintable() else "?" for one in text[:40])


@asynccontextmanager
async def linked(radio: Radio, adapter: str | None, address: str, mail: Mail) -> AsyncIterator[BleakClient]:
    """A link to one strap, closed at the end whatever happens.

    Raises:
        SourceUnavailable: There is no Bluetooth.
        NotInReach: The strap does not advertise.
        LINK_ERRORS: It could not be connected.
    """
    async with radio.turn, said(adapter):
        if radio.client is None:
            # a killed program's link stays up in bluetoothd, and a connected strap does not advertise
            await answered(close_stale_connections_by_address(address))
        device = await _found(radio, adapter, address)
        async with asyncio.timeout(_CONNECT_S):
            client = await establish_connection(
                BleakClient,
                device,
                "strap",
                mail.disconnected,
                max_attempts=2,
                use_services_cache=False,
                **backend(radio.client, adapter),
            )
    mail.lost = not client.is_connected  # an attempt before this one may have been lost, and said so
    try:
        yield client
    finally:
        with suppress(*LINK_ERRORS):
            async with asyncio.timeout(CLOSE_S):
                await client.disconnect()


class NotInReach(TimeoutError):
    """The strap does not advertise: off, far away, asleep, or taken by another device."""


async def _found(radio: Radio, adapter: str | None, address: str) -> BLEDevice:
    ours: list[BLEDevice] = []
    heard = asyncio.Event()

    def seen(device: BLEDevice, _told: AdvertisementData) -> None:
        if device.address == address:
            ours.append(device)
            heard.set()

    async with scanning(radio, adapter, seen):
        with suppress(TimeoutError):
            async with asyncio.timeout(_SCAN_S):
                await heard.wait()
    if not ours:
        raise NotInReach
    return ours[-1]


async def who(client: BleakClient, name: str) -> Bound:
    """Read maker, model and serial; a strap without Device Information has empty ones."""

    async def text(uuid: str) -> str:
        found = _first(client, uuid)
        if found is None:
            return ""
        read = await timed(client.read_gatt_char(found))
        return printable(bytes(read).split(b"\0")[0].decode("utf-8", "replace").strip())

    return Bound(client.address, name, await text(_SERIAL), await text(_MAKER), await text(_MODEL))


async def listen(client: BleakClient, mail: Mail) -> None:
    """Ask for measurements and, where the strap has it, for its battery."""
    measurement = _first(client, _MEASUREMENT)
    if measurement is None:
        raise SourceUnavailable("the bound device sends no heart rate", remedy="Bind a heart-rate strap.")
    await timed(client.start_notify(measurement, mail.measurement))
    battery = _first(client, _BATTERY)
    if battery is not None:
        with suppress(*LINK_ERRORS):  # a strap that keeps its battery to itself is still a strap
            mail.battery(battery, await timed(client.read_gatt_char(battery)))
            if "notify" in battery.properties:
                await timed(client.start_notify(battery, mail.battery))


def _first(client: BleakClient, uuid: str) -> BleakGATTCharacteristic | None:
    """A strap may have a characteristic twice; the first will do."""
    every = client.services.characteristics.values()
    return next((one for one in every if one.uuid == uuid), None)
