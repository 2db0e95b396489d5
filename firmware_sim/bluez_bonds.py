"""Pairing agents and bonds of the simulated org.bluez."""

import asyncio

from bumble.device import Connection
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from firmware_sim.dbus_objects import Objects

_DEVICE1 = "org.bluez.Device1"


class Refused(Exception):
    """A method call that ends in a D-Bus error: its name and its words."""


class Bonds:
    """AgentManager1, and what pairing does.

    Args:
        bus, objects: Where agents are asked, and where a bond is shown.
        connections: By the device's path; shared with the service.
    """

    def __init__(self, bus: MessageBus, objects: Objects, connections: dict[str, Connection]) -> None:
        self._bus, self._objects, self._connections = bus, objects, connections
        self.agents: dict[str, str] = {}  # who registered one, and where

    async def register_agent(self, call: Message) -> Message:
        if (call.sender or "") in self.agents:
            raise Refused("org.bluez.Error.AlreadyExists", "Already Exists")
        self.agents[call.sender or ""] = call.body[0]
        return Message.new_method_return(call)

    async def unregister_agent(self, call: Message) -> Message:
        self.agents.pop(call.sender or "", None)
        return Message.new_method_return(call)

    async def pair_silently(self, path: str) -> None:
        """An attribute wants a bond: the first agent is asked; without one nothing is ever answered (measured)."""
        while not self.agents:
            await asyncio.sleep(1.0)
        await self.pair(path, next(iter(self.agents)))

    async def pair(self, path: str, who: str) -> None:
        """Ask the caller's agent, then pair.

        Raises:
            Refused: There is no agent, or it says no.
        """
        if who not in self.agents:
            raise Refused("org.bluez.Error.AuthenticationFailed", "Authentication Failed")
        asked = Message(who, self.agents[who], "org.bluez.Agent1", "RequestAuthorization", signature="o", body=[path])
        answer = await self._bus.call(asked)
        if answer is None or answer.message_type is MessageType.ERROR:
            raise Refused("org.bluez.Error.AuthenticationRejected", "Authentication Rejected")
        await self._connections[path].pair()
        self._objects.change(path, _DEVICE1, Paired=Variant("b", True), Bonded=Variant("b", True))
