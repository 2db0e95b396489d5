"""Named pipes on the interface of `agent.control.pipe.Pipes`, over socket pairs: what Windows decides is decided here."""

import asyncio
import queue
import socket
from dataclasses import dataclass, field

SID = "S-1-5-21-1-2-3-1001"
STRANGER = "S-1-5-21-1-2-3-1002"


class FakeConnection:
    """A caller's end."""

    def __init__(self, ours: socket.socket, owners: frozenset[str]) -> None:
        self.ours, self._owners = ours, owners

    def owners(self) -> frozenset[str]:
        return self._owners

    def send(self, data: bytes, timeout_s: float) -> None:
        self.ours.settimeout(timeout_s)
        self.ours.sendall(data)

    def receive(self, timeout_s: float) -> bytes:
        self.ours.settimeout(timeout_s)
        return self.ours.recv(65_536)

    def close(self) -> None:
        self.ours.close()


@dataclass
class FakePipe:
    """A name: its rules, and the ends that wait. It goes with the last of them."""

    rules: str
    owner: str
    free: "queue.Queue[FakeWaiting]" = field(default_factory=queue.Queue)
    ends: int = 0


class FakeWaiting:
    """A server's end."""

    def __init__(self, machine: "FakePipes", pipe: FakePipe, name: str) -> None:
        self._machine, self._pipe, self._name = machine, pipe, name
        self._loop = asyncio.get_running_loop()
        self._called: asyncio.Future[socket.socket] = self._loop.create_future()
        self._caller = ""
        pipe.ends += 1
        pipe.free.put(self)

    def call(self, theirs: socket.socket, caller: str) -> None:
        """From the caller's thread."""
        self._caller = caller
        self._loop.call_soon_threadsafe(self._called.set_result, theirs)

    async def connected(self) -> None:
        connection = await self._called
        if self._machine.leaves_at_once:
            self._machine.leaves_at_once -= 1
            connection.close()
            raise BrokenPipeError

    async def hand_over(self, protocol: asyncio.StreamReaderProtocol) -> None:
        theirs = self._called.result()
        self._machine.callers[theirs.fileno()] = self._caller
        await self._loop.connect_accepted_socket(lambda: protocol, theirs)
        self.close()

    def close(self) -> None:
        self._pipe.ends -= 1
        if self._pipe.ends == 0:
            self._machine.names.pop(self._name, None)


class FakePipes:
    """The pipes of one machine, as one of its users sees them."""

    def __init__(self, sid: str = SID) -> None:
        self.sid, self.names, self.callers = sid, {}, {}
        self.caller, self.serves = sid, sid
        self.leaves_at_once, self.refuses_ends = 0, 0

    def own_sid(self) -> str:
        return self.sid

    def listen(self, name: str, rules: str, *, is_first: bool) -> FakeWaiting:
        if is_first and name in self.names:
            raise PermissionError
        if not is_first and self.refuses_ends:
            self.refuses_ends -= 1
            raise OSError("all ends are taken")
        pipe = self.names.setdefault(name, FakePipe(rules, rules.removeprefix("O:").partition("D:")[0]))
        return FakeWaiting(self, pipe, name)

    def caller_sid(self, writer: asyncio.StreamWriter) -> str:
        return self.callers[writer.get_extra_info("socket").fileno()]

    def call(self, name: str, timeout_s: float) -> FakeConnection:
        if name not in self.names:
            raise FileNotFoundError
        pipe = self.names[name]
        try:
            waiting = pipe.free.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError from None
        ours, theirs = socket.socketpair()
        waiting.call(theirs, self.caller)
        return FakeConnection(ours, frozenset((pipe.owner, self.serves)))
