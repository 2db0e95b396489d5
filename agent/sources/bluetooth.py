"""The system's Bluetooth as bleak gives it: scanning, who answers, and our own words for why it does not."""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, TypeVar

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakDBusError, BleakError

from agent.errors import SourceUnavailable
from agent.sources.surroundings import Radio

HEART_RATE: Final = "0000180d-0000-1000-8000-00805f9b34fb"
CLOSE_S: Final = 4.0  # a pause promises the link down within 5 s
_GATT_S: Final = 5.0
# What bleak raises when a strap, the daemon or the bus goes away under a call.
LINK_ERRORS: tuple[type[Exception], ...] = (BleakError, TimeoutError, OSError, EOFError)
if sys.platform == "linux":
    from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

    LINK_ERRORS = (*LINK_ERRORS, AuthError, DBusError, InvalidAddressError)
_T = TypeVar("_T")

# These libraries write device addresses into their warnings; what a person must know, the board says.
for _library in ("bleak", "bleak_retry_connector", "dbus_fast", "bluetooth_adapters"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


@asynccontextmanager
async def scanning(
    radio: Radio, adapter: str | None, seen: Callable[[BLEDevice, AdvertisementData], None]
) -> AsyncIterator[None]:
    """Scan until the end of the block; neither start nor stop waits for a daemon that does not answer."""
    scanner = BleakScanner(seen, [HEART_RATE], **backend(radio.scanner, adapter))
    try:
        await answered(scanner.start())
        yield
    finally:
        with suppress(*LINK_ERRORS):
            async with asyncio.timeout(CLOSE_S):
                await scanner.stop()


async def answered(call: Awaitable[_T]) -> _T:
    """A call that the system's Bluetooth service itself answers.

    Raises:
        SourceUnavailable: It does not.
    """
    try:
        return await timed(call)
    except TimeoutError as error:
        raise SourceUnavailable("Bluetooth does not answer", remedy=RESTART) from error


async def timed(call: Awaitable[_T]) -> _T:
    """One GATT call; bleak itself waits for ever (notes: a read without pairing agent never returned)."""
    async with asyncio.timeout(_GATT_S):
        return await call


def backend(kind: type[Any] | None, adapter: str | None) -> dict[str, Any]:
    chosen: dict[str, Any] = {} if kind is None else {"backend": kind}
    return chosen | ({} if adapter is None else {"bluez": {"adapter": adapter}})


RESTART: Final = "Restart Bluetooth (Linux: systemctl restart bluetooth), or the machine."
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
async def said(adapter: str | None) -> AsyncIterator[None]:
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
