"""Linux's Bluetooth daemon beside bleak: whether it lives, its adapters, its bonds, and the pairing agent.

Measured: after ``kill -9 bluetoothd`` bleak says "connected" for ever, for it watches the bus and not who owns
org.bluez on it. A strap that needs a bond is never answered on a machine without a pairing agent. Both are mended here,
over one D-Bus connection of our own; the interfaces are those of doc/org.bluez.*.rst of BlueZ 5.66.
"""

import asyncio
import logging
from typing import Any, Final

from bleak.backends.bluezdbus import manager
from dbus_fast import BusType, ErrorType, Message, MessageType, Variant, unpack_variants
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

from agent.sources.strap.escalation import Facts
from agent.sources.strap.platform import System
from agent.sources.strap.states import StrapState

log = logging.getLogger(__name__)

BLUEZ: Final = "org.bluez"
_ADAPTER1, _DEVICE1, _AGENT1 = "org.bluez.Adapter1", "org.bluez.Device1", "org.bluez.Agent1"
_AGENT_PATH: Final = "/wardbeat/agent"
_OBJECTS, _PROPERTIES = "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus.Properties"
_CALL_S: Final = 5.0
_PAIR_S: Final = 30.0
_OFF_S: Final = 1.0  # between off and on: controllers need a moment
_ON_TRIES: Final = 12
# What an agent without display and keyboard is asked before a strap is let in; everything else is refused.
_ASKED: Final = ("RequestAuthorization", "RequestConfirmation", "AuthorizeService")
_MATCHES: Final = (
    "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'",
    f"type='signal',sender='{BLUEZ}',interface='{_OBJECTS}',arg0path='/org/bluez/'",
    f"type='signal',sender='{BLUEZ}',interface='{_PROPERTIES}',arg0='{_ADAPTER1}'",
)

_BUS: Final = ("/org/freedesktop/DBus", "org.freedesktop.DBus")
Tree = dict[str, dict[str, dict[str, Any]]]


class Bluez(System):
    """See `System`; every call has a timeout and raises a `LINK_ERRORS` error."""

    pairs = True

    def __init__(self, adapter: str | None, *, may_cycle: bool) -> None:
        super().__init__()
        self._wish, self._may_cycle = adapter, may_cycle
        self._bus: MessageBus | None = None
        self._watching = self._registered = self._stale = False
        self._expected = self._not_registered = self._owner = self._off = ""

    async def ready(self, *, pairing: bool = True) -> None:
        if self._bus is None or not self._bus.connected or not self._watching:
            await self.close()
            self._bus = bus = MessageBus(bus_type=BusType.SYSTEM)
            async with asyncio.timeout(_CALL_S):
                await bus.connect()
            bus.add_message_handler(self._on_message)
            for rule in _MATCHES:
                await self._call(*_BUS, "AddMatch", "s", [rule])
            self._watching = True
            try:
                self._owner = str((await self._call(*_BUS, "GetNameOwner", "s", [BLUEZ]))[0])
            except DBusError:  # nobody yet; the watch will tell
                self._owner = ""
        if self._stale:
            self._renew_bleak()
        if pairing and not self._registered:
            try:
                to = ("/org/bluez", "org.bluez.AgentManager1")
                await self._call(*to, "RegisterAgent", "os", [_AGENT_PATH, "NoInputNoOutput"])
                self._registered = True
            except DBusError as error:  # a strap without a bond does not need it, and the next try asks again
                self._registered = error.type == "org.bluez.Error.AlreadyExists"
                if error.type != self._not_registered:
                    log.info("the pairing agent could not be registered: %s", error.type)
                self._not_registered = error.type

    def _renew_bleak(self) -> None:
        """Let bleak forget what a daemon of the past told it.

        bleak 3.1 keeps the daemon's tree for the life of its bus connection and has no public way to drop it; a lost
        connection is its own, tested way. Where a later bleak keeps it elsewhere, nothing happens here.
        """
        instances = getattr(manager, "_global_instances", None) or {}
        mine = instances.get(asyncio.get_running_loop())
        bus = getattr(mine, "_bus", None)
        if bus is not None:
            bus.disconnect()
        self._stale = False

    async def close(self) -> None:
        if self._off and self._bus is not None and self._bus.connected:
            await self._on_again()
        bus, self._bus, self._watching, self._registered = self._bus, None, False, False
        if bus is not None:
            bus.disconnect()  # the daemon forgets our pairing agent with it

    # ---- watching, and being asked

    def _on_message(self, message: Message) -> Message | None:
        if message.message_type is MessageType.METHOD_CALL and message.path == _AGENT_PATH:
            return self._answer(message)
        if message.message_type is not MessageType.SIGNAL:
            return None
        body, member = message.body, message.member
        # match rules do not hold back what is sent to us alone: whoever is not the daemon is not heard
        if message.sender != (_BUS[1] if member == "NameOwnerChanged" else self._owner):
            return None
        if member == "NameOwnerChanged" and len(body) == 3 and body[0] == BLUEZ:
            self._owner = body[2]
            self._registered, self._stale = False, True
            self.news.tell(None if body[2] else StrapState.BLUETOOTH_STOPPED)
        elif member == "InterfacesAdded" and len(body) == 2 and _ADAPTER1 in body[1]:
            self.news.tell(None)
        elif member == "InterfacesRemoved" and len(body) == 2 and _ADAPTER1 in body[1]:
            self.news.tell(StrapState.BROKEN if self._uses(body[0]) else None)
        elif member == "PropertiesChanged" and len(body) == 3 and body[0] == _ADAPTER1 and "Powered" in body[1]:
            off = not body[1]["Powered"].value and self._uses(message.path)
            self.news.tell(StrapState.BROKEN if off else None)
        return None

    def _uses(self, adapter: str | None) -> bool:
        """Whether our link runs over this adapter; a workstation may have two."""
        return self._expected.startswith(f"{adapter}/")

    def _answer(self, asked: Message) -> Message | None:
        """Agent1: yes to the strap that is being connected, no to everybody else."""
        if asked.interface != _AGENT1:
            return None
        if not self._owner or asked.sender != self._owner:
            return Message.new_error(asked, "org.bluez.Error.Rejected", "only the Bluetooth daemon may ask")
        if asked.member in ("Release", "Cancel"):
            self._registered = self._registered and asked.member == "Cancel"
            return Message.new_method_return(asked)
        if asked.member in _ASKED and self._expected and asked.body and asked.body[0] == self._expected:
            self.paired = True
            return Message.new_method_return(asked)
        log.warning("pairing was refused: %s", asked.member)
        return Message.new_error(asked, "org.bluez.Error.Rejected", "only the bound strap may pair")

    def expect(self, device: Any) -> None:
        self.paired = False
        details = getattr(device, "details", None)
        self._expected = str(details.get("path", "")) if isinstance(details, dict) else ""

    # ---- asking

    async def missing(self) -> StrapState | None:
        await self.ready(pairing=False)
        if not self._owner:  # and it is not asked: the bus might start it
            return StrapState.BLUETOOTH_STOPPED
        tree = await self._tree()
        if not any(_ADAPTER1 in interfaces for interfaces in tree.values()):
            return StrapState.NO_ADAPTER
        path = _adapter(tree, self._wish)
        if path is None and self._wish is not None:
            return StrapState.NO_ADAPTER
        return StrapState.BLUETOOTH_OFF if path is None or not tree[path][_ADAPTER1].get("Powered") else None

    async def adapter(self, wish: str | None) -> str | None:
        path = _adapter(await self._tree(), wish)
        return wish if path is None else path.rsplit("/", 1)[-1]

    async def facts(self, address: str) -> Facts:
        tree = await self._tree()
        adapter = _adapter(tree, self._wish)
        device = _device(tree, adapter, address)
        bonded = device is not None and bool(tree[device][_DEVICE1].get("Paired"))
        others = any(
            interfaces.get(_DEVICE1, {}).get("Connected") and path != device
            for path, interfaces in tree.items()
            if path.startswith(f"{adapter}/")
        )
        # one that a person switched off stays off
        is_on = adapter is not None and bool(tree[adapter][_ADAPTER1].get("Powered"))
        return Facts(bonded, self._may_cycle and is_on and not others)

    async def pair(self, client: Any) -> None:
        # from this connection, so that the daemon asks our agent and not a desktop's
        path = _device(await self._tree(), self._expected.rsplit("/", 1)[0], client.address)
        if path is None:
            raise DBusError(ErrorType.UNKNOWN_OBJECT, "the strap is not known to the daemon")
        # "already exists" is a failure too: the daemon has a bond, and the strap does not know it
        await self._call(path, _DEVICE1, "Pair", within_s=_PAIR_S)

    async def remove(self, address: str) -> None:
        tree = await self._tree()
        path = _device(tree, _adapter(tree, self._wish), address)
        if path is not None:
            await self._call(path.rsplit("/", 1)[0], _ADAPTER1, "RemoveDevice", "o", [path])
        self._stale = True

    async def cycle(self) -> None:
        path = _adapter(await self._tree(), self._wish)
        if path is None:
            return
        self._off, self._stale = path, True
        try:
            await self._power(path, on=False)
            await asyncio.sleep(_OFF_S)
        finally:  # whatever ends us here, and if the daemon is still busy with the off: the adapter goes on again
            await self._on_again()

    async def _on_again(self) -> None:
        for _ in range(_ON_TRIES):
            try:
                await self._power(self._off, on=True)
                self._off = ""
                return
            except (DBusError, TimeoutError):
                await asyncio.sleep(_OFF_S / 2)
        log.warning("the Bluetooth adapter could not be switched on again")

    async def _power(self, path: str, *, on: bool) -> None:
        body = [_ADAPTER1, "Powered", Variant("b", on)]
        await self._call(path, _PROPERTIES, "Set", "ssv", body, within_s=2 * _CALL_S)

    async def _tree(self) -> Tree:
        body = await self._call("/", _OBJECTS, "GetManagedObjects")
        tree = unpack_variants(body[0]) if body else None
        if not isinstance(tree, dict) or not all(isinstance(one, dict) for one in tree.values()):
            raise DBusError(ErrorType.INVALID_SIGNATURE, "the daemon's answer cannot be read")
        return tree

    async def _call(
        self,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        body: list[Any] | None = None,
        *,
        within_s: float = _CALL_S,
    ) -> list[Any]:
        bus = self._bus
        if bus is None:
            raise DBusError(ErrorType.DISCONNECTED, "there is no connection to the bus")
        to = "org.freedesktop.DBus" if interface == "org.freedesktop.DBus" else BLUEZ
        async with asyncio.timeout(within_s):
            asked = Message(to, path, interface, member, signature=signature, body=body or [])
            reply = await bus.call(asked)
        if reply is None:
            return []
        if reply.message_type is MessageType.ERROR:
            raise DBusError(str(reply.error_name), str(reply.body[0]) if reply.body else "", reply)
        return list(reply.body)


def _adapter(tree: Tree, wish: str | None) -> str | None:
    """The path of the adapter that was named, by name or by address; without a wish, of the first that is on."""
    for path in sorted(tree):
        adapter = tree[path].get(_ADAPTER1)
        if adapter is None:
            continue
        names = (path.rsplit("/", 1)[-1].lower(), str(adapter.get("Address", "")).lower())
        if adapter.get("Powered") if wish is None else wish.lower() in names:
            return path
    return None


def _device(tree: Tree, adapter: str | None, address: str) -> str | None:
    """The path of a device below an adapter, by its address."""
    for path, interfaces in tree.items():
        here = adapter is not None and path.startswith(f"{adapter}/")
        if here and str(interfaces.get(_DEVICE1, {}).get("Address", "")).lower() == address.lower():
            return path
    return None
