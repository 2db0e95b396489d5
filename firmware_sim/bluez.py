"""A small org.bluez on a private bus, so that bleak's unmodified Linux backend can be run against simulated straps.

What it has: Adapter1 (discovery, power, removal), Device1 (connect, disconnect, pair), GattService1,
GattCharacteristic1 (read, write, notify), GattDescriptor1, ObjectManager, Properties. Names, signatures
and errors follow doc/org.bluez.*.rst of BlueZ 5.66. Everything below is Bumble's host.
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from bumble.att import ATT_Error
from bumble.core import BaseBumbleError
from bumble.device import Connection
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from firmware_sim.central import Central, Seen, full_uuid, properties
from firmware_sim.dbus_objects import Objects

ADAPTER: Final = "/org/bluez/hci0"
_ADAPTER1, _DEVICE1 = "org.bluez.Adapter1", "org.bluez.Device1"
_SERVICE1, _CHARACTERISTIC1 = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"
_DESCRIPTOR1: Final = "org.bluez.GattDescriptor1"
_CONNECT_S: Final = 30.0
_END_S: Final = 2.0
_GONE: Final = (BaseBumbleError, TimeoutError, asyncio.CancelledError)

Handler = Callable[["Bluez", Message], Awaitable[Message]]


class Refused(Exception):
    """A method call that ends in a D-Bus error: its name and its words."""


class Bluez:
    """The service; open it with `serve`."""

    def __init__(self, bus: MessageBus, central: Central) -> None:
        self.objects = Objects(bus)
        self._bus, self._central = bus, central
        self._scanners: set[str] = set()
        self._connections: dict[str, Connection] = {}
        self._connecting: dict[str, asyncio.Task[Connection]] = {}
        self._subscribers: dict[str, Callable[[bytes], None]] = {}
        self._proxies: dict[str, Any] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Put the adapter on the bus and answer calls."""
        self.objects.add(
            ADAPTER,
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
        self._bus.add_message_handler(self._on_message)

    async def end(self) -> None:
        """Let every pending call go and every link down."""
        for task in (*self._connecting.values(), *self._tasks):
            task.cancel()
        for connection in list(self._connections.values()):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_END_S):
                    await self._central.disconnect(connection)

    # ---- calls

    def _on_message(self, call: Message) -> Message | bool | None:
        if call.message_type is not MessageType.METHOD_CALL or not (call.path or "").startswith(("/org/bluez", "/")):
            return None
        if (answer := self.objects.answer(call)) is not None:
            return answer
        handler = _METHODS.get((call.interface or "", call.member or ""))
        if handler is None:
            return None
        task = asyncio.create_task(self._handle(handler, call), name=f"bluez {call.member}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
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
        except (TimeoutError, asyncio.CancelledError):
            answer = Message.new_error(call, "org.bluez.Error.Failed", "Operation was cancelled or timed out")
        with contextlib.suppress(EOFError, OSError):
            await self._bus.send(answer)

    # ---- the adapter

    async def start_discovery(self, call: Message) -> Message:
        if not self.objects.value(ADAPTER, _ADAPTER1, "Powered"):
            raise Refused("org.bluez.Error.NotReady", "Resource Not Ready")
        if not self._scanners:
            await self._central.listen(self._on_seen)
            self.objects.change(ADAPTER, _ADAPTER1, Discovering=Variant("b", True))
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
            self.objects.change(ADAPTER, _ADAPTER1, Discovering=Variant("b", False))

    async def set_filter(self, call: Message) -> Message:
        return Message.new_method_return(call)

    async def remove_device(self, call: Message) -> Message:
        path = call.body[0]
        if _DEVICE1 not in self.objects.tree.get(path, {}):
            raise Refused("org.bluez.Error.DoesNotExist", "Does Not Exist")
        if path in self._connections:
            await self._central.disconnect(self._connections[path])
        self.objects.remove(path)
        return Message.new_method_return(call)

    def _on_seen(self, seen: Seen) -> None:
        path = f"{ADAPTER}/dev_{seen.address.replace(':', '_')}"
        if path in self.objects.tree:
            self.objects.change(path, _DEVICE1, RSSI=Variant("n", seen.rssi_dbm))
            return
        self.objects.add(
            path,
            _DEVICE1,
            {
                "Address": Variant("s", seen.address),
                "AddressType": Variant("s", seen.kind),
                "Name": Variant("s", seen.name),
                "Alias": Variant("s", seen.name or seen.address.replace(":", "-")),
                "Adapter": Variant("o", ADAPTER),
                "UUIDs": Variant("as", list(seen.uuids)),
                "RSSI": Variant("n", seen.rssi_dbm),
                **{name: Variant("b", False) for name in ("Paired", "Bonded", "Trusted", "Blocked", "LegacyPairing")},
                "Connected": Variant("b", False),
                "ServicesResolved": Variant("b", False),
            },
        )

    # ---- a device

    async def connect(self, call: Message) -> Message:
        path = str(call.path)
        if path in self._connecting:
            raise Refused("org.bluez.Error.InProgress", "In Progress")
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

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def disconnect(self, call: Message) -> Message:
        path = str(call.path)
        if path in self._connecting:
            self._connecting[path].cancel()
        elif path in self._connections:
            await self._central.disconnect(self._connections[path])
        else:
            raise Refused("org.bluez.Error.NotConnected", "Not Connected")
        return Message.new_method_return(call)

    async def pair(self, call: Message) -> Message:
        path = str(call.path)
        if path not in self._connections:
            await self.connect(call)
        await self._connections[path].pair()
        self.objects.change(path, _DEVICE1, Paired=Variant("b", True), Bonded=Variant("b", True))
        return Message.new_method_return(call)

    def _on_gone(self, path: str, connection: Connection) -> None:
        if self._connections.get(path) is not connection:
            return
        del self._connections[path]
        self.objects.change(path, _DEVICE1, ServicesResolved=Variant("b", False), Connected=Variant("b", False))
        for below in [one for one in self.objects.tree if one.startswith(f"{path}/service")]:
            self.objects.remove(below)
            self._proxies.pop(below, None)
            self._subscribers.pop(below, None)

    async def _resolve(self, path: str, connection: Connection) -> None:
        with contextlib.suppress(*_GONE):  # the link may break under the discovery: then there is nothing to resolve
            services = await self._central.discover(connection)
            if self._connections.get(path) is not connection:
                return
            for service in services:
                below = f"{path}/service{service.handle:04x}"
                self.objects.add(
                    below,
                    _SERVICE1,
                    {
                        "UUID": Variant("s", full_uuid(service.uuid)),
                        "Primary": Variant("b", True),
                        "Device": Variant("o", path),
                        "Includes": Variant("ao", []),
                    },
                )
                for one in service.characteristics:
                    self._add_characteristic(below, one, connection)
            self.objects.change(path, _DEVICE1, ServicesResolved=Variant("b", True))

    def _add_characteristic(self, service: str, proxy: Any, connection: Connection) -> None:
        path = f"{service}/char{proxy.handle:04x}"
        self._proxies[path] = proxy
        self.objects.add(
            path,
            _CHARACTERISTIC1,
            {
                "UUID": Variant("s", full_uuid(proxy.uuid)),
                "Service": Variant("o", service),
                "Value": Variant("ay", b""),
                "Notifying": Variant("b", False),
                "Flags": Variant("as", properties(proxy)),
                "MTU": Variant("q", connection.att_mtu),
            },
        )
        for descriptor in proxy.descriptors:
            below = f"{path}/desc{descriptor.handle:04x}"
            self._proxies[below] = descriptor
            described = {
                "UUID": Variant("s", full_uuid(descriptor.type)),
                "Characteristic": Variant("o", path),
                "Value": Variant("ay", b""),
            }
            self.objects.add(below, _DESCRIPTOR1, described)

    # ---- attributes

    async def read(self, call: Message) -> Message:
        return Message.new_method_return(call, "ay", [bytes(await self._proxies[str(call.path)].read_value())])

    async def write(self, call: Message) -> Message:
        value, options = call.body
        kind = options.get("type")
        with_response = kind is None or kind.value == "request"
        await self._proxies[str(call.path)].write_value(bytes(value), with_response=with_response)
        return Message.new_method_return(call)

    async def start_notify(self, call: Message) -> Message:
        path = str(call.path)
        if path not in self._subscribers:

            def on_value(value: bytes) -> None:
                self.objects.change(path, _CHARACTERISTIC1, Value=Variant("ay", bytes(value)))

            self._subscribers[path] = on_value
            await self._proxies[path].subscribe(on_value)
        self.objects.change(path, _CHARACTERISTIC1, Notifying=Variant("b", True))
        return Message.new_method_return(call)

    async def stop_notify(self, call: Message) -> Message:
        path = str(call.path)
        if (subscriber := self._subscribers.pop(path, None)) is not None:
            await self._proxies[path].unsubscribe(subscriber)
        self.objects.change(path, _CHARACTERISTIC1, Notifying=Variant("b", False))
        return Message.new_method_return(call)


_METHODS: Final[dict[tuple[str, str], Handler]] = {
    (_ADAPTER1, "StartDiscovery"): Bluez.start_discovery,
    (_ADAPTER1, "StopDiscovery"): Bluez.stop_discovery,
    (_ADAPTER1, "SetDiscoveryFilter"): Bluez.set_filter,
    (_ADAPTER1, "RemoveDevice"): Bluez.remove_device,
    (_DEVICE1, "Connect"): Bluez.connect,
    (_DEVICE1, "Disconnect"): Bluez.disconnect,
    (_DEVICE1, "Pair"): Bluez.pair,
    (_CHARACTERISTIC1, "ReadValue"): Bluez.read,
    (_CHARACTERISTIC1, "WriteValue"): Bluez.write,
    (_CHARACTERISTIC1, "StartNotify"): Bluez.start_notify,
    (_CHARACTERISTIC1, "StopNotify"): Bluez.stop_notify,
    (_DESCRIPTOR1, "ReadValue"): Bluez.read,
    (_DESCRIPTOR1, "WriteValue"): Bluez.write,
}


@asynccontextmanager
async def serve(central: Central, bus_address: str) -> AsyncIterator[Bluez]:
    """Be org.bluez on a bus until the end of the block."""
    bus = await MessageBus(bus_address=bus_address).connect()
    service = Bluez(bus, central)
    service.begin()
    await bus.request_name("org.bluez")
    try:
        yield service
    finally:
        await service.end()
        bus.disconnect()


_BUS_CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


@asynccontextmanager
async def private_bus(daemon: str = "dbus-daemon") -> AsyncIterator[str]:
    """A D-Bus daemon of our own, in a folder of our own; gives its address."""
    with tempfile.TemporaryDirectory(prefix="wardbeat-bus-") as folder:
        configuration = Path(folder) / "bus.conf"
        configuration.write_text(_BUS_CONFIG.format(folder=folder))
        process = await asyncio.create_subprocess_exec(
            daemon,
            f"--config-file={configuration}",
            "--nofork",
            "--nosyslog",
            "--print-address=1",
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", os.defpath)},
        )
        try:
            assert process.stdout is not None
            address = (await process.stdout.readline()).decode().strip()
            if not address:
                raise ValueError("dbus-daemon did not start on a bus of our own")
            yield address
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()
