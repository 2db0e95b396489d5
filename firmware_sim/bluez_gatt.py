"""The attributes of connected straps as org.bluez shows them: GattService1, GattCharacteristic1, GattDescriptor1."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bumble.att import ATT_Error
from bumble.core import BaseBumbleError
from bumble.device import Connection
from dbus_fast import Message, Variant

from firmware_sim.central import Central, full_uuid, properties
from firmware_sim.dbus_objects import Objects

SERVICE1, CHARACTERISTIC1 = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
DESCRIPTOR1: Final = "org.bluez.GattDescriptor1"
_GONE: Final = (BaseBumbleError, TimeoutError, asyncio.CancelledError)
_BOND_WANTED: Final = (0x05, 0x08, 0x0C, 0x0F)

# Pairs with the strap of a path, or raises: what bluetoothd does by itself when an attribute wants a bond.
PairFor = Callable[[str], Awaitable[None]]


class Gatt:
    """What is below a device's path."""

    def __init__(self, objects: Objects, central: Central, pair_for: PairFor) -> None:
        self._objects, self._central, self._pair_for = objects, central, pair_for
        self._subscribers: dict[str, Callable[[bytes], None]] = {}
        self._proxies: dict[str, Any] = {}

    def drop(self, device: str) -> None:
        """The link is gone, and its attributes with it."""
        for below in [one for one in self._objects.tree if one.startswith(f"{device}/service")]:
            self._objects.remove(below)
            self._proxies.pop(below, None)
            self._subscribers.pop(below, None)

    async def resolve(self, path: str, connection: Connection, is_up: Callable[[], bool]) -> bool:
        """Discover and show; whether the link held so long."""
        with contextlib.suppress(*_GONE):  # the link may break under the discovery: then there is nothing to resolve
            services = await self._central.discover(connection)
            if not is_up():
                return False
            for service in services:
                below = f"{path}/service{service.handle:04x}"
                shown = {
                    "UUID": Variant("s", full_uuid(service.uuid)),
                    "Primary": Variant("b", True),
                    "Device": Variant("o", path),
                    "Includes": Variant("ao", []),
                }
                self._objects.add(below, SERVICE1, shown)
                for one in service.characteristics:
                    self._add_characteristic(below, one, connection)
            return True
        return False

    def _add_characteristic(self, service: str, proxy: Any, connection: Connection) -> None:
        path = f"{service}/char{proxy.handle:04x}"
        self._proxies[path] = proxy
        shown = {
            "UUID": Variant("s", full_uuid(proxy.uuid)),
            "Service": Variant("o", service),
            "Value": Variant("ay", b""),
            "Notifying": Variant("b", False),
            "Flags": Variant("as", properties(proxy)),
            "MTU": Variant("q", connection.att_mtu),
        }
        self._objects.add(path, CHARACTERISTIC1, shown)
        for descriptor in proxy.descriptors:
            below = f"{path}/desc{descriptor.handle:04x}"
            self._proxies[below] = descriptor
            described = {
                "UUID": Variant("s", full_uuid(descriptor.type)),
                "Characteristic": Variant("o", path),
                "Value": Variant("ay", b""),
            }
            self._objects.add(below, DESCRIPTOR1, described)

    async def _bonded(self, path: str, work: Callable[[], Awaitable[Any]]) -> Any:
        """Do it; where the strap wants a bond first, pair as bluetoothd does, and do it again."""
        try:
            return await work()
        except ATT_Error as error:
            if error.error_code not in _BOND_WANTED:
                raise
        await self._pair_for(path.split("/service", maxsplit=1)[0])
        return await work()

    async def read(self, call: Message) -> Message:
        """ReadValue."""
        proxy = self._proxies[str(call.path)]
        return Message.new_method_return(call, "ay", [bytes(await self._bonded(str(call.path), proxy.read_value))])

    async def write(self, call: Message) -> Message:
        """WriteValue."""
        value, options = call.body
        kind = options.get("type")
        with_response = kind is None or kind.value == "request"
        await self._proxies[str(call.path)].write_value(bytes(value), with_response=with_response)
        return Message.new_method_return(call)

    async def start_notify(self, call: Message) -> Message:
        """StartNotify."""
        path = str(call.path)
        if path not in self._subscribers:

            def on_value(value: bytes) -> None:
                self._objects.change(path, CHARACTERISTIC1, Value=Variant("ay", bytes(value)))

            proxy = self._proxies[path]
            await self._bonded(path, lambda: proxy.subscribe(on_value))
            self._subscribers[path] = on_value
        self._objects.change(path, CHARACTERISTIC1, Notifying=Variant("b", True))
        return Message.new_method_return(call)

    async def stop_notify(self, call: Message) -> Message:
        """StopNotify."""
        path = str(call.path)
        if (subscriber := self._subscribers.pop(path, None)) is not None:
            await self._proxies[path].unsubscribe(subscriber)
        self._objects.change(path, CHARACTERISTIC1, Notifying=Variant("b", False))
        return Message.new_method_return(call)
