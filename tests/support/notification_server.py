"""A notification service on a bus of its own, as the specification has it; it can be slow, refuse, and go away."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from firmware_sim.private_bus import private_bus
from tests.support.processes import system_tool

SERVICE, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
SYSTEMD = "org.freedesktop.systemd1"


@dataclass(frozen=True)
class Received:
    """A Notify call, as it came."""

    number: int
    replaces: int
    title: str
    text: str
    actions: tuple[str, ...]
    hints: dict
    everything: str


class NotificationServer:
    """Owns the name; `received` is what came, `standing` what a person would see."""

    def __init__(self, address: str, capabilities=("actions", "body", "persistence"), *, is_slow=False):
        self.address, self.capabilities, self.is_slow = address, list(capabilities), is_slow
        self.received: list[Received] = []
        self.standing: dict[int, Received] = {}
        self.closed: list[int] = []
        self.units: list[list] = []
        self.calls: list[str] = []
        self.refusal = ""
        self._waiting: list[Message] = []
        self._last = 0
        self._bus: MessageBus | None = None

    async def start(self, *names: str) -> None:
        self._bus = await MessageBus(bus_address=self.address).connect()
        self._bus.add_message_handler(self._answer)
        for name in names or (SERVICE,):
            await self._bus.request_name(name)

    def stop(self) -> None:
        self._bus.disconnect()

    async def crash(self) -> None:
        """Everything that stood is gone with it, and ids count from 1 again."""
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()
        self.standing.clear()
        self._last = 0

    def wake(self) -> None:
        """Answer all that waited."""
        self.is_slow = False
        for call in self._waiting:
            self._bus.send(self._reply(call))
        self._waiting.clear()

    def dismiss(self, number: int) -> None:
        """The person closes one."""
        del self.standing[number]
        self._signal("NotificationClosed", "uu", [number, 2])

    def click(self, number: int) -> None:
        self._signal("ActionInvoked", "us", [number, "default"])

    def _signal(self, member, signature, body) -> None:
        self._bus.send(Message.new_signal(PATH, SERVICE, member, signature, body))

    def _answer(self, call: Message):
        if call.message_type is not MessageType.METHOD_CALL or call.interface not in (SERVICE, f"{SYSTEMD}.Manager"):
            return None
        self.calls.append(call.member)
        if self.is_slow:
            self._waiting.append(call)
            return True
        return self._reply(call)

    def _reply(self, call: Message) -> Message:
        if self.refusal:
            return Message.new_error(call, self.refusal, "no")
        return getattr(self, f"_{call.member}")(call)

    def _GetCapabilities(self, call):
        return Message.new_method_return(call, "as", [self.capabilities])

    def _GetServerInformation(self, call):
        return Message.new_method_return(call, "ssss", ["a service\x1b of tests", "nobody", "1", "1.2"])

    def _Notify(self, call):
        _, replaces, _, title, text, actions, hints, _ = call.body
        self._last += not replaces
        number = replaces or self._last
        plain = {name: hint.value for name, hint in hints.items()}
        one = Received(number, replaces, title, text, tuple(actions), plain, repr(call.body))
        self.received.append(one)
        self.standing[number] = one
        return Message.new_method_return(call, "u", [number])

    def _CloseNotification(self, call):
        (number,) = call.body
        self.closed.append(number)
        if self.standing.pop(number, None) is not None:
            self._signal("NotificationClosed", "uu", [number, 3])
        return Message.new_method_return(call)

    def _StartTransientUnit(self, call):
        self.units.append([call.signature, *call.body])
        return Message.new_method_return(call, "o", ["/org/freedesktop/systemd1/job/1"])


@asynccontextmanager
async def session_bus(monkeypatch) -> AsyncIterator[str]:
    """A session bus of our own, named to this process as a desktop names it; nobody shows notifications on it yet."""
    async with private_bus(system_tool("dbus-daemon")) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address
