"""A tree of D-Bus objects with properties: what ObjectManager and Properties of any service do."""

from typing import Any, Final

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

OBJECT_MANAGER: Final = "org.freedesktop.DBus.ObjectManager"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_ERROR: Final = "org.freedesktop.DBus.Error."


class Objects:
    """Interfaces and properties by path; changes are told on the bus as they are made."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self.tree: dict[str, dict[str, dict[str, Variant]]] = {}

    def add(self, path: str, interface: str, properties: dict[str, Variant]) -> None:
        """Put an interface on a path."""
        self.tree.setdefault(path, {})[interface] = properties
        self._tell("/", OBJECT_MANAGER, "InterfacesAdded", "oa{sa{sv}}", [path, {interface: properties}])

    def remove(self, path: str) -> None:
        """Take a path and everything below it away."""
        for below in sorted((p for p in self.tree if p == path or p.startswith(path + "/")), reverse=True):
            interfaces = list(self.tree.pop(below))
            self._tell("/", OBJECT_MANAGER, "InterfacesRemoved", "oas", [below, interfaces])

    def change(self, path: str, interface: str, **properties: Variant) -> None:
        """Set properties, even to what they were: a notification is a changed Value."""
        if interface not in self.tree.get(path, {}):
            return
        self.tree[path][interface].update(properties)
        self._tell(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, properties, []])

    def value(self, path: str, interface: str, name: str) -> Any:
        """A property's bare value."""
        return self.tree[path][interface][name].value

    def answer(self, call: Message) -> Message | None:  # noqa: PLR0911 - one line a method of the interface
        """Answer what concerns the tree itself; None: it is somebody else's call."""
        if call.interface == OBJECT_MANAGER and call.member == "GetManagedObjects":
            return Message.new_method_return(call, "a{oa{sa{sv}}}", [self.tree])
        if call.interface != PROPERTIES:
            return None
        interface, *rest = call.body
        properties = self.tree.get(call.path or "", {}).get(interface)
        if properties is None:
            return Message.new_error(call, _ERROR + "UnknownObject", "no such object or interface")
        if call.member == "GetAll":
            return Message.new_method_return(call, "a{sv}", [properties])
        if rest[0] not in properties:
            return Message.new_error(call, _ERROR + "UnknownProperty", "no such property")
        if call.member == "Get":
            return Message.new_method_return(call, "v", [properties[rest[0]]])
        self.change(call.path or "", interface, **{rest[0]: rest[1]})
        return Message.new_method_return(call)

    def _tell(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if not self._bus.connected:
            return  # the bus went before us: nobody is left to be told
        self._bus.send(
            Message(
                message_type=MessageType.SIGNAL,
                path=path,
                interface=interface,
                member=member,
                signature=signature,
                body=body,
            )
        )
