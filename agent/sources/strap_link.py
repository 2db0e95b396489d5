"""One link to one strap through bleak: scan, connect, read who it is, listen; every call with a timeout."""

import asyncio
import logging
import sys
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from bleak import BleakClient, BleakScanner
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError, BleakError
from bleak_retry_connector import close_stale_connections_by_address, establish_connection

from agent.errors import SourceUnavailable
from agent.sources.bound import Bound
from agent.sources.surroundings import Radio

HEART_RATE: Final = "0000180d-0000-1000-8000-00805f9b34fb"
_MEASUREMENT: Final = "00002a37-0000-1000-8000-00805f9b34fb"
_BATTERY: Final = "00002a19-0000-1000-8000-00805f9b34fb"
_MAKER: Final = "00002a29-0000-1000-8000-00805f9b34fb"
_MODEL: Final = "00002a24-0000-1000-8000-00805f9b34fb"
_SERIAL: Final = "00002a25-0000-1000-8000-00805f9b34fb"
_SCAN_S: Final = 10.0
_CONNECT_S: Final = 45.0  # two tries of bleak-retry-connector at 20 s
_GATT_S: Final = 5.0
_CLOSE_S: Final = 4.0  # a pause promises the link down within 5 s
_MAIL_MOST: Final = 256
# What bleak raises when a strap, the daemon or the bus goes away under a call.
LINK_ERRORS: tuple[type[Exception], ...] = (BleakError, TimeoutError, OSError, EOFError)
if sys.platform == "linux":
    from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

    LINK_ERRORS = (*LINK_ERRORS, AuthError, DBusError, InvalidAddressError)
_T = TypeVar("_T")

# These libraries write device addresses into their warnings; what a person must know, the board says.
for _library in ("bleak", "bleak_retry_connector", "dbus_fast", "bluetooth_adapters"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


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
        async with radio.turn, _said(adapter), _scanning(radio, adapter, seen):
            await asyncio.sleep(seconds)
    except LINK_ERRORS as error:
        raise SourceUnavailable("Bluetooth failed while scanning", remedy=_RESTART) from error
    return sorted(found.values(), key=lambda strap: -strap.rssi_dbm)


@asynccontextmanager
async def _scanning(
    radio: Radio, adapter: str | None, seen: Callable[[BLEDevice, AdvertisementData], None]
) -> AsyncIterator[None]:
    """Scan until the end of the block; neither start nor stop waits for a daemon that does not answer."""
    scanner = BleakScanner(seen, [HEART_RATE], **_backend(radio.scanner, adapter))
    try:
        await _answered(scanner.start())
        yield
    finally:
        with suppress(*LINK_ERRORS):
            async with asyncio.timeout(_CLOSE_S):
                await scanner.stop()


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
    async with radio.turn, _said(adapter):
        if radio.client is None:
            # a killed program's link stays up in bluetoothd, and a connected strap does not advertise
            await _answered(close_stale_connections_by_address(address))
        device = await _found(radio, adapter, address)
        async with asyncio.timeout(_CONNECT_S):
            client = await establish_connection(
                BleakClient,
                device,
                "strap",
                mail.disconnected,
                max_attempts=2,
                use_services_cache=False,
                **_backend(radio.client, adapter),
            )
    mail.lost = not client.is_connected  # an attempt before this one may have been lost, and said so
    try:
        yield client
    finally:
        with suppress(*LINK_ERRORS):
            async with asyncio.timeout(_CLOSE_S):
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

    async with _scanning(radio, adapter, seen):
        with suppress(TimeoutError):
            async with asyncio.timeout(_SCAN_S):
                await heard.wait()
    if not ours:
        raise NotInReach
    return ours[-1]


async def _answered(call: Awaitable[_T]) -> _T:
    """A call that the system's Bluetooth service itself answers.

    Raises:
        SourceUnavailable: It does not.
    """
    try:
        return await timed(call)
    except TimeoutError as error:
        raise SourceUnavailable("Bluetooth does not answer", remedy=_RESTART) from error


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


async def timed(call: Awaitable[_T]) -> _T:
    """One GATT call; bleak itself waits for ever (notes: a read without pairing agent never returned)."""
    async with asyncio.timeout(_GATT_S):
        return await call


def _backend(kind: type[Any] | None, adapter: str | None) -> dict[str, Any]:
    chosen: dict[str, Any] = {} if kind is None else {"backend": kind}
    return chosen | ({} if adapter is None else {"bluez": {"adapter": adapter}})


_RESTART: Final = "Restart Bluetooth (Linux: systemctl restart bluetooth), or the machine."
_REASONS: Final = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: ("this machine has no Bluetooth", "Plug in a Bluetooth adapter."),
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: (
        "this Bluetooth adapter cannot read straps",
        "Use a Bluetooth 4.0 adapter or newer.",
    ),
    BleakBluetoothNotAvailableReason.POWERED_OFF: ("Bluetooth is off", "Switch Bluetooth on."),
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: (
        "Wardbeat may not use Bluetooth",
        "Allow it in the system's privacy settings.",
    ),
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: (
        "the system does not let Wardbeat use Bluetooth",
        "Ask whoever manages this machine.",
    ),
}


@asynccontextmanager
async def _said(adapter: str | None) -> AsyncIterator[None]:
    """Say in our own words why there is no Bluetooth."""
    nothing = SourceUnavailable("there is no Bluetooth service here", remedy="Linux: install and start bluez.")
    try:
        yield
    except BleakBluetoothNotAvailableError as error:
        words, remedy = _REASONS.get(error.reason, ("Bluetooth cannot be used", "Restart Bluetooth."))
        raise SourceUnavailable(words, remedy=remedy) from error
    except BleakDBusError as error:
        if error.dbus_error == "org.freedesktop.DBus.Error.ServiceUnknown":
            raise nothing from error
        raise
    except BleakError as error:
        if adapter is not None and str(error) == f"adapter '{adapter}' not found":
            raise SourceUnavailable(
                f"there is no Bluetooth adapter {adapter}", remedy="Check sources.ble_strap.adapter, or leave it out."
            ) from error
        raise
    except (FileNotFoundError, ConnectionRefusedError) as error:  # no D-Bus at all
        raise nothing from error
