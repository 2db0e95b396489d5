"""A backend for bleak, over Bumble: real ATT, L2CAP and HCI with pip packages alone.

For demo and tests, handed over in code through bleak's public ``backend=`` hook. No setting
reaches it: a resident agent can never be pointed at a simulated strap by its configuration.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError, BleakGATTProtocolError, BleakGATTProtocolErrorCode
from bumble.att import ATT_Error
from bumble.core import BaseBumbleError
from bumble.device import Connection
from bumble.gatt_client import CharacteristicProxy

from firmware_sim.central import Central, Seen, full_uuid, properties

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Backend:
    """What `bleak.BleakScanner` and `bleak.BleakClient` take as ``backend``."""

    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]


def backend(central: Central) -> Backend:
    """Backend classes bound to one simulated dongle."""
    scanner = type("BumbleScanner", (_Scanner,), {"central": central})
    return Backend(scanner, type("BumbleClient", (_Client,), {"central": central}))


class _Scanner(BaseBleakScanner):
    central: ClassVar[Central]

    def __init__(
        self, detection_callback: Any, service_uuids: list[str] | None, _scanning_mode: str, **_kwargs: Any
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    async def start(self) -> None:
        self.seen_devices = {}
        await self.central.listen(self._on_seen)

    async def stop(self) -> None:
        await self.central.unlisten(self._on_seen)

    def _on_seen(self, seen: Seen) -> None:
        if not self.is_allowed_uuid(list(seen.uuids)):
            return
        told = AdvertisementData(seen.name or None, {}, {}, list(seen.uuids), None, seen.rssi_dbm, (seen,))
        device = self.create_or_update_device(seen.address, seen.address, seen.name or None, seen, told)
        self.call_detection_callbacks(device, told)


class _Client(BaseBleakClient):
    central: ClassVar[Central]

    def __init__(
        self, address_or_ble_device: BLEDevice | str, _services: set[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs["disconnected_callback"],
            timeout=kwargs["timeout"],
        )
        device = address_or_ble_device
        self._name = device.name or "" if isinstance(device, BLEDevice) else ""
        self._connection: Connection | None = None
        self._subscribers: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def mtu_size(self) -> int:
        return int(self._link().att_mtu)

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def _link(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    # ---- connecting

    async def connect(self, pair: bool, **kwargs: Any) -> None:  # noqa: FBT001 - bleak asks so
        if self.is_connected:
            raise BleakError("Client is already connected")
        try:
            connection = await self.central.connect(self.address, kwargs.get("timeout", self._timeout))
        except ConnectionError as error:
            raise BleakError("authentication failed") from error
        self._connection = connection
        connection.on("disconnection", lambda _reason: self._on_gone(connection))
        try:
            services = await self._unless_gone(connection, self._discover(connection))
            if pair:
                await connection.pair()
            self.services = services
        except asyncio.CancelledError as error:
            asked = asyncio.current_task()
            if asked is not None and asked.cancelling():
                raise
            # Bumble cancels its own futures when the link breaks under a request
            raise BleakError("the link broke during discovery") from error
        finally:
            if self.services is None:  # failed or cancelled half way: no link stays behind
                await self.disconnect()

    async def _unless_gone(self, connection: Connection, work: Coroutine[Any, Any, _T]) -> _T:
        """Bumble lets a request that was made on a link just gone wait for 30 s, and can swallow a cancellation."""
        task, gone = asyncio.ensure_future(work), asyncio.Event()
        connection.on("disconnection", lambda _reason: gone.set())
        if connection.handle not in self.central.device.connections:  # it went before anybody listened
            self._on_gone(connection)
            gone.set()
        waiting = asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise BleakError("the link broke during discovery")
            return task.result()
        finally:
            waiting.cancel()
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=0.1)

    def _on_gone(self, connection: Connection) -> None:
        if self._connection is not connection:
            return
        self._connection, self.services = None, None
        self._subscribers.clear()
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        if self._connection is not None:
            await self.central.disconnect(self._connection)

    async def pair(self, *_args: Any, **_kwargs: Any) -> None:
        try:
            await self._link().pair()
        except (BaseBumbleError, asyncio.CancelledError) as error:
            raise BleakError("pairing failed") from error

    async def unpair(self) -> None:
        keys = self.central.device.keystore
        if keys is not None:
            await keys.delete(self.address)

    async def _discover(self, connection: Connection) -> BleakGATTServiceCollection:
        found = BleakGATTServiceCollection()
        for proxy in await self.central.discover(connection):
            service = BleakGATTService(proxy, proxy.handle, full_uuid(proxy.uuid))
            found.add_service(service)
            for one in proxy.characteristics:
                characteristic = BleakGATTCharacteristic(
                    one,
                    one.handle,
                    full_uuid(one.uuid),
                    properties(one),  # type: ignore[arg-type]
                    lambda: connection.att_mtu - 3,
                    service,
                )
                found.add_characteristic(characteristic)
                for descriptor in one.descriptors:
                    found.add_descriptor(
                        BleakGATTDescriptor(descriptor, descriptor.handle, full_uuid(descriptor.type), characteristic)
                    )
        return found

    # ---- attributes

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_kwargs: Any) -> bytearray:
        return await self._read(characteristic.obj)

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_kwargs: Any) -> bytearray:
        return await self._read(descriptor.obj)

    async def _read(self, proxy: Any) -> bytearray:
        self._link()
        try:
            return bytearray(await proxy.read_value())
        except ATT_Error as error:
            raise _protocol_error(error) from error

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:  # noqa: FBT001
        await self._write(characteristic.obj, data, response)

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:
        await self._write(descriptor.obj, data, True)

    async def _write(self, proxy: Any, data: Any, response: bool) -> None:  # noqa: FBT001
        self._link()
        try:
            await proxy.write_value(bytes(data), with_response=response)
        except ATT_Error as error:
            raise _protocol_error(error) from error

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_kwargs: Any
    ) -> None:
        self._link()
        proxy: CharacteristicProxy[bytes] = characteristic.obj

        def on_value(value: bytes) -> None:
            callback(bytearray(value))

        self._subscribers[proxy.handle] = on_value
        try:
            await proxy.subscribe(on_value)
        except ATT_Error as error:
            raise _protocol_error(error) from error

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        self._link()
        subscriber = self._subscribers.pop(characteristic.handle, None)
        if subscriber is not None:
            await characteristic.obj.unsubscribe(subscriber)


def _protocol_error(error: ATT_Error) -> BleakGATTProtocolError:
    return BleakGATTProtocolError(BleakGATTProtocolErrorCode(error.error_code))
