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
from bleak_retry_connector.bluez import stop_discovery

from agent.errors import SourceUnavailable
from agent.sources.context import Radio
from agent.sources.strap.platform import System
from agent.sources.strap.states import StrapState, unavailable

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


def system_of(radio: Radio, adapter: str | None, *, may_cycle: bool) -> System:
    """What stands beside bleak here: the radio's own, Linux's daemon, or nothing more."""
    if radio.system is not None:
        return radio.system
    if sys.platform == "linux" and radio.client is None:
        from agent.sources.strap.bluez import Bluez

        return Bluez(adapter, may_cycle=may_cycle)
    return System()


@asynccontextmanager
async def scanning(
    radio: Radio,
    adapter: str | None,
    seen: Callable[[BLEDevice, AdvertisementData], None],
    *,
    everything: bool = False,
) -> AsyncIterator[None]:
    """Scan for straps (or for everything) until the end of the block.

    Neither start nor stop waits for a daemon that does not answer.
    """
    wanted = None if everything else [HEART_RATE]
    scanner = BleakScanner(seen, wanted, **backend(radio.scanner, adapter))
    begun = False
    try:
        await answered(scanner.start())
        begun = True
        yield
    finally:
        with suppress(*LINK_ERRORS):
            async with asyncio.timeout(CLOSE_S):
                # bleak forgets a scan whose start did not come to its end; the daemon does not, and allows one
                if begun or radio.client is not None or sys.platform != "linux":
                    await scanner.stop()
                else:
                    with suppress(AttributeError):  # bleak has no bus yet: then nothing was started either
                        await stop_discovery(adapter or "hci0")


async def answered(call: Awaitable[_T]) -> _T:
    """A call that the system's Bluetooth service itself answers.

    Raises:
        SourceUnavailable: It does not.
    """
    try:
        return await timed(call)
    except TimeoutError as error:
        raise unavailable(StrapState.NOT_ANSWERING) from error


async def timed(call: Awaitable[_T]) -> _T:
    """One GATT call; bleak itself waits for ever (notes: a read without pairing agent never returned)."""
    async with asyncio.timeout(_GATT_S):
        return await call


def backend(kind: type[Any] | None, adapter: str | None) -> dict[str, Any]:
    """Keyword arguments for bleak: whose backend, and which adapter."""
    chosen: dict[str, Any] = {} if kind is None else {"backend": kind}
    return chosen | ({} if adapter is None else {"bluez": {"adapter": adapter}})


_REASONS: Final = {
    BleakBluetoothNotAvailableReason.NO_BLUETOOTH: StrapState.NO_ADAPTER,
    BleakBluetoothNotAvailableReason.NO_BLE_CENTRAL_ROLE: StrapState.NO_CENTRAL,
    BleakBluetoothNotAvailableReason.POWERED_OFF: StrapState.BLUETOOTH_OFF,
    BleakBluetoothNotAvailableReason.DENIED_BY_USER: StrapState.NOT_PERMITTED,
    BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM: StrapState.NOT_PERMITTED_BY_SYSTEM,
}
# By the daemon's or the bus's name for it: some come as plain D-Bus errors.
_NAMES: Final = {
    "org.freedesktop.DBus.Error.ServiceUnknown": StrapState.NO_SERVICE,
    "org.freedesktop.DBus.Error.NameHasNoOwner": StrapState.NO_SERVICE,
    "org.freedesktop.DBus.Error.AccessDenied": StrapState.NOT_PERMITTED_BY_SYSTEM,
    "org.bluez.Error.NotReady": StrapState.BLUETOOTH_OFF,
}
# The bus may try to start a daemon that is not there, and says how that failed (measured with 5.66 killed).
_NOT_STARTED: Final = ("org.freedesktop.DBus.Error.Spawn.", "org.freedesktop.systemd1.")


def by_name(error: str) -> StrapState | None:
    """The state that a D-Bus error's name stands for, if it is about Bluetooth as a whole."""
    return StrapState.BLUETOOTH_STOPPED if error.startswith(_NOT_STARTED) else _NAMES.get(error)


def named(error: BaseException) -> str:
    """An error by its names alone: a library's words may hold an address.

    >>> named(TimeoutError("AA:BB:CC"))
    'TimeoutError'
    """
    cause = f" of {named(error.__cause__)}" if error.__cause__ is not None else ""
    return str(getattr(error, "dbus_error", "") or getattr(error, "type", "") or type(error).__name__) + cause


@asynccontextmanager
async def said(adapter: str | None) -> AsyncIterator[None]:
    """Say in our own words why there is no Bluetooth."""
    try:
        yield
    except BleakBluetoothNotAvailableError as error:
        raise unavailable(_REASONS.get(error.reason, StrapState.NOT_ANSWERING)) from error
    except BleakDBusError as error:
        if (state := by_name(error.dbus_error)) is not None:
            raise unavailable(state) from error
        raise
    except BleakError as error:
        cause = error.__cause__  # a companion library wraps what the daemon said
        if isinstance(cause, BleakDBusError) and (state := by_name(cause.dbus_error)) is not None:
            raise unavailable(state) from error
        if adapter is not None and str(error) == f"adapter '{adapter}' not found":
            raise SourceUnavailable(
                f"there is no Bluetooth adapter {adapter}", remedy="Check sources.ble_strap.adapter, or leave it out."
            ) from error
        raise
    except (FileNotFoundError, ConnectionRefusedError) as error:  # no D-Bus at all
        raise unavailable(StrapState.NO_SERVICE) from error


async def ready_adapter(adapter: str | None, system: System, *, pairing: bool = True) -> str | None:
    """The adapter by the name it has now; gets the system ready on the way."""
    try:
        await system.ready(pairing=pairing)
        return await system.adapter(adapter)
    except LINK_ERRORS:  # nothing to watch; bleak's own error will say what is missing
        return adapter
