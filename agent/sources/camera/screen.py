"""Whether the person sits at their own unlocked screen, as logind knows it: else their camera would see somebody else.

Source: org.freedesktop.login1(5). The camera closes where the person's session is locked, where another person's is in
front, and where the person has logged off and their agent lingers. A user who never logs in (a headless machine) has no
session to lock, and a system without logind says nothing: there the person's own switch decides alone.
"""

import asyncio
import os
import sys
from typing import Any, Final

_LOGIND: Final = "org.freedesktop.login1"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_CALL_S: Final = 3.0


class Screen:
    """Asks logind; what cannot be asked stays as it was known last, and is open at first."""

    def __init__(self) -> None:
        self._bus: Any = None
        self._shut = False

    async def is_shut(self) -> bool:
        """Whether the camera must be closed now."""
        if sys.platform != "linux":
            return False
        from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

        try:
            async with asyncio.timeout(_CALL_S):
                self._shut = await self._asked()
        except DBusError as error:
            if error.type == f"{_LOGIND}.NoSuchUser":
                self._shut = False  # who never logs in has no session to lock
        except (OSError, TimeoutError, EOFError, AuthError, InvalidAddressError):
            self.close()
        return self._shut

    def close(self) -> None:
        """Leave the bus."""
        if self._bus is not None:
            self._bus.disconnect()
        self._bus = None

    async def _asked(self) -> bool:
        if sys.platform != "linux":
            return False
        from dbus_fast import BusType
        from dbus_fast.aio import MessageBus

        if self._bus is None or not self._bus.connected:
            self._bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        user = await self._call("/org/freedesktop/login1", f"{_LOGIND}.Manager", "GetUser", "u", [os.getuid()])
        name, session = await self._property(user, "User", "Display")
        if not name:
            return True  # logged off, and the agent goes on
        active = await self._property(session, "Session", "Active")
        return not active or bool(await self._property(session, "Session", "LockedHint"))

    async def _property(self, path: str, interface: str, name: str) -> Any:
        return (await self._call(path, _PROPERTIES, "Get", "ss", [f"{_LOGIND}.{interface}", name])).value

    async def _call(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> Any:
        from dbus_fast import Message, MessageType
        from dbus_fast.errors import DBusError

        call = Message(_LOGIND, path, interface, member, signature=signature, body=body)
        reply = await self._bus.call(call)
        if reply.message_type is MessageType.ERROR:
            raise DBusError(reply.error_name, str(reply.body), reply)
        return reply.body[0]
