"""Linux: org.freedesktop.Notifications on the person's session bus.

Source: Desktop Notifications Specification 1.2. An id is valid for the service that gave it: where that service goes,
every id is forgotten, for the next one counts from 1 again and would close somebody else's notification.
"""

import asyncio
import os
import sys
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from dbus_fast import Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError, InvalidAddressError

from agent.notices.desktop import NoticeState, carry_out, unavailable
from agent.notices.rows import NoticeRow
from agent.system.output import printable

SERVICE: Final = "org.freedesktop.Notifications"
_PATH: Final = "/org/freedesktop/Notifications"
_BUS: Final = "org.freedesktop.DBus"
_SYSTEMD: Final = "org.freedesktop.systemd1"
_CALL_S: Final = 5.0
_NAME_MOST: Final = 40
_OPEN: Final = "default"  # the action of a click, by the specification
_NORMAL: Final = 1
_MATCHES: Final = (
    f"type='signal',sender='{_BUS}',member='NameOwnerChanged',arg0='{SERVICE}'",
    f"type='signal',sender='{SERVICE}',interface='{SERVICE}',path='{_PATH}'",
)
_NOBODY: Final = ("ServiceUnknown", "NameHasNoOwner", "Spawn.", "NoReply", "Disconnected")


def bus_address(environment: Mapping[str, str]) -> str:
    """Where the person's session bus is: a service of systemd may lack the variable that names it.

    Args:
        environment: Of this process.

    Raises:
        NoDesktop: There is none.
    """
    if named := environment.get("DBUS_SESSION_BUS_ADDRESS"):
        return named
    if folder := environment.get("XDG_RUNTIME_DIR"):
        socket = Path(folder) / "bus"
        if socket.exists():
            return f"unix:path={socket}"
    raise unavailable(NoticeState.NO_BUS)


class Freedesktop:
    """See `agent.notices.desktop.Desktop`.

    Args:
        told: Called when one was clicked or closed, or the service has gone.
    """

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told
        self._bus: MessageBus | None = None
        self._owner, self._name = "", ""
        self._can: frozenset[str] = frozenset()
        self._ids: dict[str, int] = {}
        self._closed: set[str] = set()
        self._late: set[int] = set()
        self._clicked = False

    async def show(self, row: NoticeRow) -> str:
        """Show one, in place of the one of its kind that stands; the service's name."""
        await self._ready()
        title, text = (row.title, row.text) if "body" in self._can else (row.text, "")
        hints = {
            "desktop-entry": Variant("s", "wardbeat"),
            "urgency": Variant("y", _NORMAL),
            "suppress-sound": Variant("b", True),
        }
        actions = [_OPEN, row.opens] if "actions" in self._can else []
        body = ["Wardbeat", self._ids.get(row.kind, 0), "wardbeat", title, text, actions, hints, -1]
        (number,) = await self._call("Notify", "susssasa{sv}i", body, closes_late=True)
        self._closed.discard(row.kind)
        self._ids[row.kind] = int(number)
        return self._name

    async def withdraw(self, kind: str) -> None:
        """Take one away; nothing where its service has gone. One that is slow does it when it comes to it."""
        if (number := self._ids.pop(kind, None)) is not None:
            await self._close_quietly(number)

    def closed(self) -> frozenset[str]:
        """Kinds that were closed since this was asked last."""
        found = frozenset(self._closed)
        self._closed.clear()
        return found

    def was_clicked(self) -> bool:
        """Whether one was clicked since this was asked last."""
        clicked, self._clicked = self._clicked, False
        return clicked

    async def lead_in(self, uri: str) -> None:
        """Open an address in the person's browser: started by their own systemd, for a browser that this agent starts
        would be confined as the agent is; by ourselves where there is none.
        """
        words = [sys.executable, "-P", "-m", "webbrowser", uri]
        properties = [
            ["Description", Variant("s", "Wardbeat: your page")],
            ["Type", Variant("s", "oneshot")],
            ["KillMode", Variant("s", "process")],  # the browser stays when the one that opened it has ended
            ["CollectMode", Variant("s", "inactive-or-failed")],
            ["ExecStart", Variant("a(sasb)", [[words[0], words, False]])],
        ]
        unit = f"wardbeat-open-{uuid.uuid4().hex[:12]}.service"
        call = Message(
            _SYSTEMD,
            "/org/freedesktop/systemd1",
            f"{_SYSTEMD}.Manager",
            "StartTransientUnit",
            signature="ssa(sv)a(sa(sv))",
            body=[unit, "fail", properties, []],
        )
        try:
            await self._sent(call)
        except DBusError:
            await carry_out(tuple(words))

    async def close(self) -> None:
        """Withdraw everything, and leave the bus."""
        for number in self._ids.values():
            await self._close_quietly(number)
        self._leave()

    # ---- the bus

    async def _ready(self) -> None:
        """Join the bus, and know who shows notifications.

        Raises:
            NoDesktop: There is no bus, or nobody on it.
        """
        if self._bus is None or not self._bus.connected:
            self._leave()
            address = bus_address(os.environ)
            try:
                async with asyncio.timeout(_CALL_S):
                    self._bus = await MessageBus(bus_address=address).connect()
                    self._bus.add_message_handler(self._on_message)
                    for rule in _MATCHES:
                        await self._sent(
                            Message(_BUS, f"/{_BUS.replace('.', '/')}", _BUS, "AddMatch", signature="s", body=[rule])
                        )
            except (OSError, TimeoutError, EOFError, AuthError, InvalidAddressError, DBusError) as error:
                self._leave()
                raise unavailable(NoticeState.NO_BUS) from error
        if not self._owner:
            (can,) = await self._call("GetCapabilities")
            self._can = frozenset(map(str, can))
            name, *_ = await self._call("GetServerInformation")
            self._name = printable(str(name))[:_NAME_MOST]

    def _leave(self) -> None:
        if self._bus is not None:
            self._bus.disconnect()
        self._bus = None
        self._forget()

    def _forget(self) -> None:
        """The service has gone, and with it what it showed."""
        self._closed |= set(self._ids)
        self._ids.clear()
        self._late.clear()
        self._owner = ""

    async def _call(
        self, member: str, signature: str = "", body: list[Any] | None = None, *, closes_late: bool = False
    ) -> list[Any]:
        """Ask the notification service.

        Args:
            member, signature, body: Of the call.
            closes_late: An id that comes too late to be known is closed when it comes.

        Raises:
            NoDesktop: It is not there, does not answer or refuses.
        """
        call = Message(SERVICE, _PATH, SERVICE, member, signature=signature, body=body or [])
        try:
            reply = await self._sent(call)
        except DBusError as error:
            if not any(word in error.type for word in _NOBODY):
                raise unavailable(NoticeState.REFUSED) from error
            self._forget()
            raise unavailable(NoticeState.NO_SERVICE) from error
        except TimeoutError as error:
            if closes_late:
                self._late.add(call.serial)
            raise unavailable(NoticeState.NO_ANSWER) from error
        except (OSError, EOFError) as error:
            self._leave()
            raise unavailable(NoticeState.NO_BUS) from error
        self._owner = reply.sender or ""
        return list(reply.body)

    async def _close_quietly(self, number: int) -> None:
        with suppress(OSError, EOFError, TimeoutError):
            if self._bus is not None and self._bus.connected:
                async with asyncio.timeout(_CALL_S):
                    await self._bus.send(_closing(number))

    async def _sent(self, call: Message) -> Message:
        assert self._bus is not None
        async with asyncio.timeout(_CALL_S):
            reply = await self._bus.call(call)
        if reply is None:
            raise EOFError
        if reply.message_type is MessageType.ERROR:
            raise DBusError(reply.error_name or "", str(reply.body), reply)
        return reply

    def _on_message(self, message: Message) -> None:
        if message.message_type is MessageType.METHOD_RETURN and message.reply_serial in self._late:
            self._late.discard(message.reply_serial)
            if self._bus is not None and message.signature == "u":
                self._bus.send(_closing(message.body[0])).add_done_callback(_unread)
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.sender == _BUS and message.body[:1] == [SERVICE]:
            self._forget()
            self._told()
        elif message.interface == SERVICE and message.sender == self._owner:
            self._heard(message)

    def _heard(self, message: Message) -> None:
        kinds = {number: kind for kind, number in self._ids.items()}
        kind = kinds.get(message.body[0]) if message.body else None
        if kind is None:
            return
        if message.member == "NotificationClosed":
            del self._ids[kind]
            self._closed.add(kind)
        elif message.member == "ActionInvoked" and message.body[1:] == [_OPEN]:
            self._clicked = True
        self._told()


def _unread(sent: "asyncio.Future[Any]") -> None:
    """Whether it was sent does not matter: where it was not, the bus has gone."""
    if not sent.cancelled():
        sent.exception()


def _closing(number: int) -> Message:
    """A call that nobody waits for."""
    quiet = MessageFlag.NO_REPLY_EXPECTED
    return Message(SERVICE, _PATH, SERVICE, "CloseNotification", signature="u", body=[number], flags=quiet)
