"""Floods against a running agent, each from a process of its own, and what they do to it.

As a program it is the attacker: `python -m tests.support.floods KIND ARGUMENTS`. It floods until its input ends, or for FLOOD_S
seconds, then prints how many messages it sent in how many seconds.
"""

import asyncio
import contextlib
import json
import os
import selectors
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from agent import pipeline
from agent.control import callers, channel, client
from agent.outbox import consents
from agent.publisher.screen import Screen
from agent.sources import Eyes
from agent.sources.camera import webcam
from agent.sources.strap import ble_strap
from agent.system import budget
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.wire import envelope
from agent.wire.keys import SignKey, kid, receive_public
from agent.wire.labels import down_topic, keys_topic
from tests.support import straps
from tests.support.processes import until
from tests.support.world import made_up_summary, make_world, start_site_broker

TICK_S = 0.01
FOREVER_S = 1e9
PLANTED_S = 2.0  # an agent without budgets does not turn before the flood ends
ROOT = Path(__file__).parents[2]


@dataclass
class Seen:
    """What one flood did.

    Attributes:
        flood: Its name.
        a_second: Messages a second that the attacker sent.
        late_ms: By how much each turn of the loop was late.
        took_s: Until each decision had its effect.
        more: What else was counted.
    """

    flood: str
    a_second: float = 0.0
    late_ms: list[float] = field(default_factory=list)
    took_s: dict[str, float] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)

    @property
    def p99_ms(self) -> float:
        return statistics.quantiles(self.late_ms, n=100)[98]

    @property
    def worst_ms(self) -> float:
        return max(self.late_ms)


# ---- the attackers


def attacker(kind: str, *words: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.floods", kind, *map(str, words)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT,
    )  # fmt: skip


def ended(process: subprocess.Popen) -> float:
    """End an attacker; messages a second."""
    out, _ = process.communicate(timeout=60)
    told = json.loads(out.splitlines()[-1]) if out.strip() else {"sent": 0, "seconds": 1.0}
    return told["sent"] / told["seconds"]


def _until_told(step) -> None:
    """Flood in steps until the input ends."""
    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), over.set()), daemon=True).start()
    began_s, sent = time.monotonic(), 0
    while not over.is_set() and time.monotonic() - began_s < _flood_s():
        before, sent = sent, sent + step()
        if before == 0 < sent:
            print("on", flush=True)
            began_s = time.monotonic()
    print(json.dumps({"sent": sent, "seconds": time.monotonic() - began_s}), flush=True)
    os._exit(0)


def _flood_s() -> float:
    return float(os.environ.get("FLOOD_S", FOREVER_S))


def _write(lines: bytes) -> None:
    """Lines to whoever reads us, without end."""
    began_s = time.monotonic()
    with contextlib.suppress(BrokenPipeError):
        while time.monotonic() - began_s < _flood_s():
            sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
        threading.Event().wait()  # alive, and silent
    os._exit(0)


def _publish(hub: str, port: str, topic: str, file: str, size: str, a_second: str) -> None:
    """Messages of one size out of a file, as a hub's stolen certificate may publish them: that of another worker, so that the
    hub of a test keeps its own session.
    """
    from hub.keys.certificates import renew_own
    from hub.receive import client as hub_client

    renew_own(Path(hub), "127.0.0.1", int(time.time()), "hub-2")
    wire = hub_client.make_client("hub-2", hub_client.tls_of(Path(hub), "hub-2"), v5=True)
    connected = threading.Event()
    wire.on_connect = lambda *_: connected.set()
    wire.connect("127.0.0.1", int(port))
    wire.loop_start()
    connected.wait(30)
    held, n = Path(file).read_bytes(), int(size)
    payloads = [held[at : at + n] for at in range(0, len(held), n)]
    began_s, sent = time.monotonic(), 0

    def step() -> int:
        nonlocal sent
        due = int((time.monotonic() - began_s) * float(a_second)) - sent
        for _ in range(due):
            wire.publish(topic, payloads[sent % len(payloads)], qos=0)
            sent += 1
        time.sleep(0.002)
        return due

    _until_told(step)


def _camera() -> None:
    """A camera process that was taken over: every line is allowed, and there is no end of them."""
    from agent.sources.camera.protocol import Told, written
    from agent.sources.camera.states import CameraState

    sys.stdin.buffer.readline()
    lines = b"".join(
        written(Told(state)) + b"{}\n" * 20 for state in (CameraState.TRACK, CameraState.IDLE, CameraState.POOR)
    )
    _write(lines)


def _pipe() -> None:
    """A page's process that was taken over: allowed questions, and no end of them."""
    sys.stdin.buffer.readline()
    threading.Thread(target=sys.stdin.buffer.read, daemon=True).start()
    sys.stdout.buffer.write(b'{"ready": true}\n')
    lines = b"".join(
        json.dumps({"id": n, "ask": ask, "with": {}}).encode() + b"\n"
        for n, ask in enumerate(["now", "say", "left", "place"] * 50)
    )
    _write(lines)


def _page(port: str, key: str) -> None:
    """One client's process, as many requests as it can send: over connections that stay open, without waiting for answers."""
    asked = f"GET /page/now HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Wardbeat-Key: {key}\r\n\r\n".encode()
    block, sent_bytes = asked * 16, 0
    picked = selectors.DefaultSelector()

    def begin() -> None:
        with contextlib.suppress(OSError):
            made = socket.create_connection(("127.0.0.1", int(port)), 5)
            made.setblocking(False)
            picked.register(made, selectors.EVENT_READ | selectors.EVENT_WRITE, [0])

    for _ in range(16):
        begin()

    def step() -> int:
        nonlocal sent_bytes
        before = sent_bytes
        for chosen, ready in picked.select(0.1):
            at = chosen.data
            try:
                if ready & selectors.EVENT_READ and not chosen.fileobj.recv(2**20):
                    raise ConnectionResetError
                if ready & selectors.EVENT_WRITE:
                    sent = chosen.fileobj.send(block[at[0] :])
                    at[0] = (at[0] + sent) % len(block)
                    sent_bytes += sent
            except BlockingIOError:
                continue
            except OSError:
                picked.unregister(chosen.fileobj)
                chosen.fileobj.close()
                begin()
        return sent_bytes // len(asked) - before // len(asked)

    _until_told(step)


def _bus(address: str) -> None:
    """Signals to the agent's own names on the system bus, as every user of the machine may send them; no match rule asks for them."""

    async def connected() -> tuple[socket.socket, list[bytes]]:
        bus = await MessageBus(bus_address=address).connect()
        to = {
            "destination": "org.freedesktop.DBus",
            "path": "/org/freedesktop/DBus",
            "interface": "org.freedesktop.DBus",
        }
        names = (await bus.call(Message(**to, member="ListNames"))).body[0]
        daemon = (await bus.call(Message(**to, member="GetNameOwner", signature="s", body=["org.bluez"]))).body[0]
        signals = [
            Message(message_type=MessageType.SIGNAL, destination=name, path="/org/bluez/hci0", serial=99,
                    interface="org.freedesktop.DBus.Properties", member="PropertiesChanged", signature="sa{sv}as",
                    body=["org.bluez.Adapter1", {"Powered": Variant("b", False)}, []])._marshall(False)
            for name in names if name.startswith(":") and name not in (daemon, bus.unique_name)
        ]  # fmt: skip
        return bus._sock, signals

    loop = asyncio.new_event_loop()
    sock, signals = loop.run_until_complete(connected())
    sock.setblocking(True)
    block = b"".join(signals) * 20

    def step() -> int:
        sock.sendall(block)
        return 20 * len(signals)

    _until_told(step)


def _silent(path: str, many: str) -> None:
    """Callers of the control socket who say nothing, and take the place of each that is thrown out."""
    held: list[socket.socket] = []

    def step() -> int:
        made = socket.socket(socket.AF_UNIX)
        made.settimeout(0.2)
        try:
            made.connect(path)
        except OSError:
            made.close()
            time.sleep(0.01)
            return 0
        held.append(made)
        if len(held) > int(many):
            held.pop(0).close()
        time.sleep(0.001)
        return 1

    _until_told(step)


def _asks(path: str) -> None:
    """One caller of the control socket after the other, each with a question that is allowed."""

    def step() -> int:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as made:
            made.settimeout(5)
            made.connect(path)
            made.sendall(b'{"name": "status"}\n')
            made.recv(2**16)
            return 1
        return 0

    _until_told(step)


# ---- the agent


def forged(world, number: int = 256) -> bytes:
    """Answers that differ from the hub's in their signature alone: right size, recipient and signer id."""
    topic = down_topic(world.identity.site, world.identity.device)
    thief = envelope.Sender(SignKey.of(b"t" * 32), b"h" * 32, world.identity.site, topic)
    public = world.identity.receive.public
    ours, theirs = kid(thief.sign.public), kid(world.identity.directory().directory.receipt_publics[0])
    sealed = [thief.seal(receive_public(public), kid(public), (b"s" * 16, n + 1), b"\x00") for n in range(number)]
    return b"".join(one.replace(ours, theirs, 1) for one in sealed)


@contextlib.contextmanager
def without_budgets():
    """The readers as they were: nothing is thrown away, nothing is counted, nobody yields."""

    async def no_rest(_self) -> None:
        return

    with (
        mock.patch.object(budget.Budget, "take", return_value=True),
        mock.patch.object(budget.Budget, "wait_s", return_value=0.0),
        mock.patch.object(budget.Pace, "rest", no_rest),
        mock.patch.object(Screen, "refusal", return_value=""),
        mock.patch.object(callers, "_CALLERS_MOST", 10**6),
    ):
        yield


class Flooded:
    """An agent under one flood; `run` gives what was seen."""

    def __init__(self, folder: Path, flood: str, *, samples: int = 100, flood_s: float = FOREVER_S) -> None:
        self.folder, self.flood, self.samples, self.flood_s = folder, flood, samples, flood_s
        self.seen = Seen(flood)
        self._opening: asyncio.Task | None = None
        made = make_world(folder, consent=False)
        camera = folder / "camera"
        camera.touch()
        sources = {
            "camera": {"webcam": webcam.Settings(str(camera), yield_to_calls=False)},
            "bus": {"ble_strap": ble_strap.Settings()},
        }.get(flood, {})
        made.settings = made.settings.model_copy(update={"sources": sources})
        self.world = made

    def run(self) -> Seen:
        stop = asyncio.Event()
        broker = start_site_broker(self.world)

        async def task(agent) -> None:
            ticking = asyncio.create_task(self._tick())
            try:
                await self._person(agent)
            finally:
                ticking.cancel()
                stop.set()

        words = (sys.executable, "-m", "tests.support.floods")
        patched = (
            mock.patch("agent.page.process.COMMAND", (*words, "pipe"))
            if self.flood == "pipe"
            else contextlib.nullcontext()
        )
        self.world.give_consent(int(time.time()))
        try:
            with patched, mock.patch.dict(os.environ, {"FLOOD_S": str(self.flood_s)}):
                asyncio.run(self._lived(stop, task, Eyes((*words, "camera"))))
        finally:
            broker.stop()
            self.world.close()
        return self.seen

    async def _lived(self, stop: asyncio.Event, task, eyes: Eyes) -> None:
        clock, mode = SessionClock(), RunMode(window_s=20.0, slot_s=1.0)
        async with contextlib.AsyncExitStack() as parts:
            radio = None
            if self.flood == "bus":
                straps.bind(self.world.settings.state_dir)
                _, radio = await parts.enter_async_context(straps.air("b", [straps.strap(clock)], clock))
            settings, profile = self.world.settings, self.world.profile
            await pipeline.run(
                settings, profile, clock, stop=stop, mode=mode, radio=radio, eyes=eyes, extra_tasks={"person": task}
            )

    async def _tick(self) -> None:
        while True:
            due_s = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            self.seen.late_ms.append((time.monotonic() - due_s) * 1000.0)

    async def _person(self, agent) -> None:
        await until(lambda: agent.publisher._connected, what="the broker")
        await until((self.world.settings.state_dir / channel.SOCKET).exists, what="the control socket")
        process = await self._begin(agent)
        try:
            if process is not None:
                await asyncio.to_thread(process.stdout.readline)
            if self.flood_s == FOREVER_S:
                await until(lambda: self._is_on(agent), what=f"the flood {self.flood}")
                self.seen.late_ms.clear()
            await until(lambda: len(self.seen.late_ms) >= self.samples, 120.0, "turns of the loop")
            if process is not None and self.flood_s < FOREVER_S:
                await asyncio.to_thread(process.wait)
            for name in ("pause", "withdraw", "erase") if self.flood_s == FOREVER_S else ():
                await self._arrange(agent)
                self.seen.took_s[name] = await self._decided(agent, name)
        finally:
            if self._opening is not None:  # a process that floods gives no code
                with contextlib.suppress(AssertionError):
                    await self._opening
            if process is not None:
                self.seen.a_second = await asyncio.to_thread(ended, process)
        self.seen.more = dict(agent.publisher.counters)

    async def _begin(self, agent) -> subprocess.Popen | None:
        world, hub = self.world, self.world.hub
        device = world.identity
        sock = world.settings.state_dir / channel.SOCKET
        if self.flood == "answers":
            file, topic = self.folder / "forged", down_topic(device.site, device.device)
            file.write_bytes(forged(world))
            return attacker("publish", hub, world.port, topic, file, envelope.ENVELOPE_BYTES, 2000)
        if self.flood in ("bodies", "directories"):
            file = self.folder / "bodies"
            size = 64_000
            shape = b"\x84" + b"".join(b"\x59" + struct.pack(">H", n) + b"\x18" * n for n in (300, 64, size - 441, 64))
            bodies = b"\x98" * size if self.flood == "bodies" else shape
            file.write_bytes(bodies[:size])
            topic = down_topic(device.site, device.device) if self.flood == "bodies" else keys_topic(device.site)
            return attacker("publish", hub, world.port, topic, file, size, 400)
        if self.flood == "page":
            await _open(agent)
            port, key = await _enter(world.settings.state_dir)
            return attacker("page", port, key)
        if self.flood == "pipe":
            self._opening = asyncio.create_task(_open(agent))
            return None
        if self.flood == "bus":
            await until(lambda: agent.live.recent(0), what="a beat")
            return attacker("bus", os.environ["DBUS_SYSTEM_BUS_ADDRESS"])
        if self.flood == "silent":
            return attacker("silent", sock, 200)
        if self.flood == "asks":
            return attacker("asks", sock)
        return None  # the camera floods by itself

    def _is_on(self, agent) -> bool:
        counted = sum(agent.publisher.counters.values())
        if self.flood in ("answers", "bodies", "directories"):
            return counted > 100
        if self.flood == "camera":
            return any(state.part == "source.webcam" for state in agent.board.states())
        return True

    async def _arrange(self, agent) -> None:
        """What each decision takes away is there."""
        agent.history.keep(made_up_summary())
        if agent.paused:
            await asyncio.to_thread(_patient, client.carry_out, self.world.settings, "resume")
        if consents.in_force(agent.outbox) is None:
            await asyncio.to_thread(_patient, self.world.give_consent, agent.utc_s() + 1)

    async def _decided(self, agent, name: str) -> float:
        settings, began_s = self.world.settings, time.monotonic()
        asking = asyncio.create_task(asyncio.to_thread(client.carry_out, settings, name))
        effect = {
            "pause": lambda: agent.paused,
            "withdraw": lambda: consents.in_force(agent.outbox) is None,
            "erase": lambda: next(agent.history.summaries(), None) is None,
        }[name]
        await until(effect, what=f"the effect of {name}")
        took_s = time.monotonic() - began_s
        assert (await asking).exit_code == 0
        return took_s


def _patient(work, *words) -> None:
    """What gives is no decision that a mark stands for: a person tries again when the agent is busy."""
    from agent.errors import AgentBusy, WardbeatError

    for _ in range(200):
        try:
            reply = work(*words)
        except AgentBusy:
            continue
        except WardbeatError as error:
            if "not newer" in str(error):
                continue
            raise
        if reply is None or reply.exit_code == 0:
            return


async def _open(agent) -> None:
    reply = await asyncio.to_thread(channel.ask, agent.folder, channel.Command("open"))
    assert reply.exit_code == 0, reply.words


async def _enter(state: Path) -> tuple[int, str]:
    """Port and key of a session, as the browser gets them."""
    import http.client

    address = (state / "open.html").read_text().split("url=")[1].split('"')[0]
    port, code = address.removeprefix("http://127.0.0.1:").split("/#")

    def entered() -> str:
        connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=20)
        body = json.dumps({"code": code})
        headers = {"Origin": f"http://127.0.0.1:{port}", "Content-Type": "application/json"}
        connection.request("POST", "/enter", body, headers)
        key = json.loads(connection.getresponse().read())["key"]
        connection.close()
        return str(key)

    return int(port), await asyncio.to_thread(entered)


KINDS = {
    "publish": _publish,
    "camera": _camera,
    "pipe": _pipe,
    "page": _page,
    "bus": _bus,
    "silent": _silent,
    "asks": _asks,
}

if __name__ == "__main__":
    KINDS[sys.argv[1]](*sys.argv[2:])
