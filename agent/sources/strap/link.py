"""One link to one strap through bleak: scan, connect, read who it is, listen; every call with a timeout."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDBusError, BleakGATTProtocolError
from bleak_retry_connector import close_stale_connections_by_address, establish_connection

from agent.errors import SourceUnavailable
from agent.sources.context import Radio
from agent.sources.spec import FoundDevice
from agent.sources.strap.binding import Bound
from agent.sources.strap.bluetooth import CLOSE_S, LINK_ERRORS, answered, backend, said, scanning, timed
from agent.sources.strap.notifications import Mail
from agent.sources.strap.platform import System
from agent.sources.strap.states import StrapState, unavailable
from agent.system.status import printable

_MEASUREMENT: Final = "00002a37-0000-1000-8000-00805f9b34fb"
_BATTERY: Final = "00002a19-0000-1000-8000-00805f9b34fb"
_MAKER: Final = "00002a29-0000-1000-8000-00805f9b34fb"
_MODEL: Final = "00002a24-0000-1000-8000-00805f9b34fb"
_SERIAL: Final = "00002a25-0000-1000-8000-00805f9b34fb"
# Short, for another strap's source waits for its turn meanwhile; the next scan follows at once.
_SCAN_S: Final = 4.0
_PAIR_S: Final = 60.0  # a system may ask the person
_UNANSWERED: Final = 2  # one slow answer is no wish for a bond
_CONNECT_S: Final = 25.0  # one try of bleak-retry-connector is 20 s
# Insufficient authentication, authorization, key size, encryption (Vol 3, Part F, 3.4.1.1)
_BOND_WANTED: Final = (0x05, 0x08, 0x0C, 0x0F)


class NotInReach(TimeoutError):
    """The strap does not advertise: off, far away, asleep, or taken by another device.

    Attributes:
        others: Whether anything else was heard; None: only straps were listened for.
    """

    def __init__(self, *, others: bool | None) -> None:
        super().__init__()
        self.others = others


class BondWanted(Exception):
    """The strap answers only to whom it is paired with."""


class Paired(Exception):
    """The strap was paired just now: link again, for a drop right after pairing is normal."""


class NotPaired(Exception):
    """The strap wants a bond, and pairing failed."""


async def nearby(radio: Radio, adapter: str | None, seconds: float) -> list[FoundDevice]:
    """Straps that advertise, strongest first.

    Raises:
        SourceUnavailable: There is no Bluetooth to scan with.
    """
    found: dict[str, FoundDevice] = {}

    def seen(device: BLEDevice, told: AdvertisementData) -> None:
        found[device.address] = FoundDevice(device.address, _name(device.name or ""), told.rssi)

    try:
        async with radio.turn, said(adapter), scanning(radio, adapter, seen):
            await asyncio.sleep(seconds)
    except LINK_ERRORS as error:
        raise SourceUnavailable("Bluetooth failed while scanning", remedy=StrapState.NOT_ANSWERING.remedy) from error
    return sorted(found.values(), key=lambda strap: -strap.rssi_dbm)


def _name(text: str) -> str:
    """What a stranger calls itself: one line, at most 40 characters."""
    return printable(text[:40]).replace("\n", "?")


async def look_for(
    radio: Radio,
    adapter: str | None,
    strap: Bound,
    strangers: frozenset[str] = frozenset(),
    began: Callable[[], None] = lambda: None,
    *,
    everything: bool = False,
) -> BLEDevice:
    """The bound strap as it advertises; the caller holds the radio's turn.

    Args:
        radio, adapter: What to scan with.
        strap: By its address; one whose serial identifies it is also known by its name under an address that
            was never seen (macOS gives every machine another), and must then show its serial.
        strangers: Addresses known to be somebody else's.
        began: Called when the scan runs.
        everything: Listen to every device, to tell a deaf adapter from an absent strap; what is heard is counted only.

    Raises:
        SourceUnavailable: There is no Bluetooth to scan with.
        NotInReach: It does not advertise.
    """
    ours: list[BLEDevice] = []
    named: dict[str, tuple[int, BLEDevice]] = {}
    heard = asyncio.Event()
    anything = False

    def seen(device: BLEDevice, told: AdvertisementData) -> None:
        nonlocal anything
        anything = True
        if device.address == strap.address:
            ours.append(device)
            heard.set()
        elif strap.lasting and device.name == strap.name and device.address not in strangers:
            named[device.address] = (told.rssi, device)

    async with scanning(radio, adapter, seen, everything=everything):
        began()
        with suppress(TimeoutError):
            async with asyncio.timeout(_SCAN_S):
                await heard.wait()
    if ours:
        return ours[-1]
    if named:
        return max(named.values(), key=lambda one: one[0])[1]
    raise NotInReach(others=anything if everything else None)


async def free(radio: Radio, address: str) -> None:
    """Let go of a link that a killed program left up: a connected strap does not advertise."""
    if radio.client is None:
        await answered(close_stale_connections_by_address(address))


@asynccontextmanager
async def linked(
    radio: Radio, adapter: str | None, device: BLEDevice, mail: Mail, system: System, *, may_pair: bool
) -> AsyncIterator[BleakClient]:
    """A link to one strap, closed at the end whatever happens.

    Args:
        radio, adapter: What to link over.
        device: What a scan found.
        mail: Told when the link breaks.
        system: See `System`.
        may_pair: Whether the strap is paired where the block meets `BondWanted`; never one whose serial is unknown yet.

    Raises:
        SourceUnavailable: There is no Bluetooth.
        LINK_ERRORS: It could not be connected.
        Paired, NotPaired: What came of pairing.
    """
    system.expect(device if may_pair else None)
    try:
        async with radio.turn, said(adapter), asyncio.timeout(_CONNECT_S):
            client = await establish_connection(
                BleakClient,
                device,
                "strap",
                mail.disconnected,
                max_attempts=1,  # the next one is the ladder's to decide
                use_services_cache=False,
                winrt={"use_cached_services": False},  # Windows remembers services that are gone (bleak #1432)
                **backend(radio.client, adapter),
            )
        mail.lost = not client.is_connected  # an attempt before this one may have been lost, and said so
        try:
            yield client
        except (BondWanted, TimeoutError) as unanswered:
            # measured: bluetoothd leaves a read that wants a bond pending for ever when its agent does not answer
            system.unanswered += 1
            late = system.pairs and system.unanswered >= _UNANSWERED and await _unbonded(system, client)
            if not (may_pair and (isinstance(unanswered, BondWanted) or late)):
                raise
            await _pair(system, client)
        finally:
            with suppress(*LINK_ERRORS):
                async with asyncio.timeout(CLOSE_S):
                    await client.disconnect()
    finally:
        system.expect(None)


async def _unbonded(system: System, client: BleakClient) -> bool:
    with suppress(*LINK_ERRORS):
        return not (await system.facts(client.address)).bonded
    return False


async def _pair(system: System, client: BleakClient) -> None:
    try:
        async with asyncio.timeout(_PAIR_S):
            await system.pair(client)
    except LINK_ERRORS as error:
        raise NotPaired from error
    raise Paired


async def who(client: BleakClient, name: str) -> Bound:
    """Read maker, model and serial; a strap without Device Information has empty ones.

    Raises:
        BondWanted: Only to whom it is paired with.
        LINK_ERRORS: The link broke.
    """

    async def text(uuid: str) -> str:
        found = _first(client, uuid)
        if found is None or "read" not in found.properties:
            return ""
        with _bond_asked():
            read = await timed(client.read_gatt_char(found))
        return _name(bytes(read).split(b"\0")[0].decode("utf-8", "replace").strip())

    return Bound(client.address, name, await text(_SERIAL), await text(_MAKER), await text(_MODEL))


async def listen(client: BleakClient, mail: Mail) -> None:
    """Ask for measurements and, where the strap has it, for its battery.

    Raises:
        SourceUnavailable: It is no heart-rate strap.
        BondWanted: Only to whom it is paired with.
        LINK_ERRORS: The link broke.
    """
    measurement = _first(client, _MEASUREMENT)
    if measurement is None or "notify" not in measurement.properties:
        raise unavailable(StrapState.NO_STRAP)
    with _bond_asked():
        await timed(client.start_notify(measurement, mail.measurement))
    battery = _first(client, _BATTERY)
    if battery is not None:
        with suppress(*LINK_ERRORS):  # a strap that keeps its battery to itself is still a strap
            if "read" in battery.properties:
                mail.battery(battery, await timed(client.read_gatt_char(battery)))
            if "notify" in battery.properties:
                await timed(client.start_notify(battery, mail.battery))


async def listen_anew(client: BleakClient, mail: Mail) -> None:
    """Make the subscription again on the same link; whether that helped, the next packets tell."""
    measurement = _first(client, _MEASUREMENT) if client.is_connected else None
    if measurement is not None:
        with suppress(*LINK_ERRORS):
            await timed(client.stop_notify(measurement))
        with suppress(*LINK_ERRORS):
            await timed(client.start_notify(measurement, mail.measurement))


@contextmanager
def _bond_asked() -> Iterator[None]:
    try:
        yield
    except BleakGATTProtocolError as error:
        if error.args[0] in _BOND_WANTED:
            raise BondWanted from error
        raise
    except BleakDBusError as error:
        if error.dbus_error == "org.bluez.Error.NotPermitted":  # "Not paired": three ATT errors under one name
            raise BondWanted from error
        if error.dbus_error.startswith("org.bluez.Error.Authentication"):  # the daemon tried to pair by itself
            raise NotPaired from error
        raise


def _first(client: BleakClient, uuid: str) -> BleakGATTCharacteristic | None:
    """A strap may have a characteristic twice; the first will do."""
    every = client.services.characteristics.values()
    return next((one for one in every if one.uuid == uuid), None)
