"""A small org.bluez on a private bus, so that bleak's unmodified Linux backend can be run against simulated straps.

What it has: Adapter1 (discovery, power, removal), Device1 (connect, disconnect, pair), AgentManager1, GattService1,
GattCharacteristic1 (read, write, notify), GattDescriptor1, ObjectManager, Properties. Names, signatures and errors
follow doc/org.bluez.*.rst of BlueZ 5.66, its silence where no agent answers is as measured. Below it is Bumble's host.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bumble.att import ATT_Error
from bumble.core import BaseBumbleError
from bumble.device import Connection
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from firmware_sim.bluez_bonds import Bonds, Refused
from firmware_sim.bluez_gatt import CHARACTERISTIC1, DESCRIPTOR1, Gatt
from firmware_sim.central import Central, Seen
from firmware_sim.dbus_objects import PROPERTIES, Objects

_ADAPTER1, _DEVICE1, _MANAGER1 = "org.bluez.Adapter1", "org.bluez.Device1", "org.bluez.AgentManager1"
_ROOT: Final = "/org/bluez"
_CONNECT_S: Final = 30.0
_END_S: Final = 2.0
_POWER_S: Final = 0.1

Handler = Callable[["Bluez", Message], Awaitable[Message]]


class Bluez:
    """The service; open it with `serve`, or let it live and die with `Daemon`."""

    def __init__(self, bus: MessageBus, central: Central, adapter: str = "hci0") -> None:
        self.objects = Objects(bus)
        self.adapter = f"{_ROOT}/{adapter}"
        self._bus, self._central = bus, central
        self._connections: dict[str, Connection] = {}
        self.bonds = Bonds(bus, self.objects, self._connections)
        self._gatt = Gatt(self.objects, central, self.bonds.pair_silently)
        self._scanners: set[str] = set()
        self._connecting: dict[str, asyncio.Task[Connection]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._powering = False

    async def begin(self) -> None:
        """Put the adapter and the bonded straps on the bus, and answer calls."""
        self.objects.add(_ROOT, _MANAGER1, {})
        self._show_adapter()
        keys = self._central.device.keystore
        for address, _ in await keys.get_all() if keys is not None else []:
            self._show(Seen(address.removesuffix("/P"), "random", "", (), 0), bonded=True)
        self._bus.add_message_handler(self._on_message)
        rule = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"
        to = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
        await self._bus.call(Message(*to, "AddMatch", signature="s", body=[rule]))

    def _show_adapter(self) -> None:
        self.objects.add(
            self.adapter,
            _ADAPTER1,
            {
                "Address": Variant("s", "00:00:5E:00:53:01"),
                "Name": Variant("s", "simulated"),
                "Alias": Variant("s", "simulated"),
                "Powered": Variant("b", True),
                "Discovering": Variant("b", False),
                "Roles": Variant("as", ["central"]),
            },
        )

    async def end(self) -> None:
        """Let every pending call go and every link down."""
        for task in (*self._connecting.values(), *self._tasks):
            task.cancel()
        await self._drop_links()

    async def _drop_links(self) -> None:
        for connection in list(self._connections.values()):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_S):
                    await self._central.disconnect(connection)

    # ---- calls

    def _on_message(self, call: Message) -> Message | bool | None:
        if call.message_type is MessageType.SIGNAL and call.member == "NameOwnerChanged" and not call.body[2]:
            self.bonds.agents.pop(call.body[0], None)  # who left the bus is asked no more, and scans no more
            if call.body[0] in self._scanners:
                self._later(self._unscan(call.body[0]))
        if call.message_type is not MessageType.METHOD_CALL or not (call.path or "").startswith((_ROOT, "/")):
            return None
        powering = call.interface == PROPERTIES and call.member == "Set" and call.body[:2] == [_ADAPTER1, "Powered"]
        if not powering and (answer := self.objects.answer(call)) is not None:
            return answer
        handler = Bluez.set_power if powering else _METHODS.get((call.interface or "", call.member or ""))
        if handler is None:
            return None
        self._later(self._handle(handler, call))
        return True

    async def _handle(self, handler: Handler, call: Message) -> None:
        try:
            if call.path not in self.objects.tree:
                raise Refused("org.freedesktop.DBus.Error.UnknownObject", "no such object")
            answer = await handler(self, call)
        except Refused as refused:
            answer = Message.new_error(call, *refused.args)
        except ATT_Error as error:
            answer = Message.new_error(
                call, "org.bluez.Error.Failed", f"Operation failed with ATT error: 0x{error.error_code:02x}"
            )
        except (TimeoutError, ConnectionError, asyncio.CancelledError, BaseBumbleError):
            answer = Message.new_error(call, "org.bluez.Error.Failed", "Operation was cancelled or timed out")
        with contextlib.suppress(EOFError, OSError):
            await self._bus.send(answer)

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # ---- the adapter

    def _is_on(self) -> bool:
        return bool(self.objects.value(self.adapter, _ADAPTER1, "Powered"))

    async def set_power(self, call: Message) -> Message:
        """Properties.Set of Powered."""
        if self._powering:
            raise Refused("org.bluez.Error.Busy", "")
        self._powering = True
        try:
            await asyncio.sleep(_POWER_S)
            await self.power(on=bool(call.body[2].value))
        finally:
            self._powering = False
        return Message.new_method_return(call)

    async def power(self, *, on: bool) -> None:
        """Switch the adapter, as a person, rfkill or an agent does."""
        if not on:
            self._scanners.clear()
            await self._central.unlisten(self._on_seen)
            await self._drop_links()
        self.objects.change(self.adapter, _ADAPTER1, Powered=Variant("b", on), Discovering=Variant("b", False))

    async def rename(self, adapter: str) -> None:
        """The adapter is unplugged and comes back under another name."""
        await self.power(on=False)
        self.objects.remove(self.adapter)
        self.adapter = f"{_ROOT}/{adapter}"
        self._show_adapter()

    async def start_discovery(self, call: Message) -> Message:
        if not self._is_on():
            raise Refused("org.bluez.Error.NotReady", "Resource Not Ready")
        if (call.sender or "") in self._scanners:  # one discovery a client
            raise Refused("org.bluez.Error.InProgress", "Operation already in progress")
        if not self._scanners:
            await self._central.listen(self._on_seen)
            self.objects.change(self.adapter, _ADAPTER1, Discovering=Variant("b", True))
        self._scanners.add(call.sender or "")
        return Message.new_method_return(call)

    async def stop_discovery(self, call: Message) -> Message:
        if (call.sender or "") not in self._scanners:
            raise Refused("org.bluez.Error.Failed", "No discovery started")
        await self._unscan(call.sender or "")
        return Message.new_method_return(call)

    async def _unscan(self, sender: str) -> None:
        self._scanners.discard(sender)
        if not self._scanners:
            await self._central.unlisten(self._on_seen)
            self.objects.change(self.adapter, _ADAPTER1, Discovering=Variant("b", False))

    async def set_filter(self, call: Message) -> Message:
        return Message.new_method_return(call)

    async def remove_device(self, call: Message) -> Message:
        path = call.body[0]
        if _DEVICE1 not in self.objects.tree.get(path, {}):
            raise Refused("org.bluez.Error.DoesNotExist", "Does Not Exist")
        await self.forget(self.objects.value(path, _DEVICE1, "Address"))
        return Message.new_method_return(call)

    async def forget(self, address: str) -> None:
        """End a strap's link, and let go of its keys and of all that is shown of it."""
        path = self._path(address)
        if path in self._connections:
            await self._central.disconnect(self._connections[path])
        await self._central.forget(address)
        self.objects.remove(path)

    def _on_seen(self, seen: Seen) -> None:
        path = self._path(seen.address)
        if path in self.objects.tree:
            self.objects.change(path, _DEVICE1, RSSI=Variant("n", seen.rssi_dbm), Name=Variant("s", seen.name))
        else:
            self._show(seen, bonded=False)

    def _path(self, address: str) -> str:
        return f"{self.adapter}/dev_{address.replace(':', '_')}"

    def _show(self, seen: Seen, *, bonded: bool) -> None:
        self.objects.add(
            self._path(seen.address),
            _DEVICE1,
            {
                "Address": Variant("s", seen.address),
                "AddressType": Variant("s", seen.kind),
                "Name": Variant("s", seen.name),
                "Alias": Variant("s", seen.name or seen.address.replace(":", "-")),
                "Adapter": Variant("o", self.adapter),
                "UUIDs": Variant("as", list(seen.uuids)),
                "RSSI": Variant("n", seen.rssi_dbm),
                **{name: Variant("b", bonded) for name in ("Paired", "Bonded")},
                **{name: Variant("b", False) for name in ("Trusted", "Blocked", "LegacyPairing")},
                "Connected": Variant("b", False),
                "ServicesResolved": Variant("b", False),
            },
        )

    # ---- a device

    async def connect(self, call: Message) -> Message:
        path = str(call.path)
        if path in self._connecting:
            raise Refused("org.bluez.Error.InProgress", "In Progress")
        if not self._is_on():
            raise Refused("org.bluez.Error.NotReady", "Resource Not Ready")
        if path not in self._connections:
            address = self.objects.value(path, _DEVICE1, "Address")
            trying = asyncio.create_task(self._central.connect(address, _CONNECT_S))
            self._connecting[path] = trying
            try:
                connection = await trying
            finally:
                self._connecting.pop(path, None)
            self._connections[path] = connection
            connection.on("disconnection", lambda _reason: self._on_gone(path, connection))
            self.objects.change(path, _DEVICE1, Connected=Variant("b", True))
            self._later(self._resolve(path, connection))
        return Message.new_method_return(call)

    async def _resolve(self, path: str, connection: Connection) -> None:
        if await self._gatt.resolve(path, connection, lambda: self._connections.get(path) is connection):
            self.objects.change(path, _DEVICE1, ServicesResolved=Variant("b", True))

    async def disconnect(self, call: Message) -> Message:
        path = str(call.path)
        if path in self._connecting:
            self._connecting[path].cancel()
        elif path in self._connections:
            await self._central.disconnect(self._connections[path])
        else:
            raise Refused("org.bluez.Error.NotConnected", "Not Connected")
        return Message.new_method_return(call)

    def _on_gone(self, path: str, connection: Connection) -> None:
        if self._connections.get(path) is not connection:
            return
        del self._connections[path]
        self.objects.change(path, _DEVICE1, ServicesResolved=Variant("b", False), Connected=Variant("b", False))
        self._gatt.drop(path)

    async def pair(self, call: Message) -> Message:
        path = str(call.path)
        if path not in self._connections:
            await self.connect(call)
        if self.objects.value(path, _DEVICE1, "Paired"):
            raise Refused("org.bluez.Error.AlreadyExists", "Already Exists")
        await self.bonds.pair(path, call.sender or "")
        return Message.new_method_return(call)


_METHODS: Final[dict[tuple[str, str], Handler]] = {
    (_ADAPTER1, "StartDiscovery"): Bluez.start_discovery,
    (_ADAPTER1, "StopDiscovery"): Bluez.stop_discovery,
    (_ADAPTER1, "SetDiscoveryFilter"): Bluez.set_filter,
    (_ADAPTER1, "RemoveDevice"): Bluez.remove_device,
    (_DEVICE1, "Connect"): Bluez.connect,
    (_DEVICE1, "Disconnect"): Bluez.disconnect,
    (_DEVICE1, "Pair"): Bluez.pair,
    (_MANAGER1, "RegisterAgent"): lambda self, call: self.bonds.register_agent(call),
    (_MANAGER1, "UnregisterAgent"): lambda self, call: self.bonds.unregister_agent(call),
    (CHARACTERISTIC1, "ReadValue"): lambda self, call: self._gatt.read(call),
    (CHARACTERISTIC1, "WriteValue"): lambda self, call: self._gatt.write(call),
    (CHARACTERISTIC1, "StartNotify"): lambda self, call: self._gatt.start_notify(call),
    (CHARACTERISTIC1, "StopNotify"): lambda self, call: self._gatt.stop_notify(call),
    (DESCRIPTOR1, "ReadValue"): lambda self, call: self._gatt.read(call),
    (DESCRIPTOR1, "WriteValue"): lambda self, call: self._gatt.write(call),
}
