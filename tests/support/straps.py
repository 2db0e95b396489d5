"""Simulated straps for tests, over both ways in: (a) a bleak backend on Bumble, (b) org.bluez on a private D-Bus."""

import asyncio
import contextlib
import os
from pathlib import Path

from agent.model import Sample
from agent.sources import Radio, Surroundings
from agent.sources.strap import binding, ble_strap
from agent.sources.strap.escalation import Facts
from agent.sources.strap.platform import System
from agent.system.clock import SessionClock
from firmware_sim import bluetoothd
from firmware_sim.bleak_backend import backend
from firmware_sim.central import Central
from firmware_sim.physiology import Physiology, phases
from firmware_sim.private_bus import private_bus
from firmware_sim.spec import StrapSpec
from firmware_sim.strap import Strap
from firmware_sim.virtual_radio import open_virtual_radio
from tests.support import virtual_time
from tests.support.machine import slowness
from tests.support.processes import system_tool

WAYS = ("a", "b")
START_NS = virtual_time.START_UTC_S * 10**9


def clock(speed: float = 10.0) -> SessionClock:
    """Simulated time; slower on a busy machine, where a loop that is held up must not look like a silent strap."""
    return SessionClock(START_NS, speed=max(1.0, speed / slowness()))


def strap(pace, number: int = 1, body=None, script: str = "rest", **spec) -> Strap:
    body = Physiology(phases(script), number).beats() if body is None else body
    return Strap(StrapSpec.numbered(number, **spec), iter(body), pace)


@contextlib.asynccontextmanager
async def air(way: str, straps, pace, faults=()):
    """(virtual_radio, radio); way (b) needs dbus-daemon and sets the system bus of this process."""
    async with contextlib.AsyncExitStack() as stack:
        virtual_radio = await stack.enter_async_context(open_virtual_radio(straps, pace, faults))
        central = Central(virtual_radio.dongle)
        await central.power_on()
        if way == "a":
            backends = backend(central)
            yield virtual_radio, Radio(backends.scanner, backends.client)
            return
        bus = await stack.enter_async_context(private_bus(system_tool("dbus-daemon")))
        await stack.enter_async_context(bluetoothd.serve(central, bus))
        before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus
        try:
            yield virtual_radio, Radio()
        finally:
            await quit_bus()
            os.environ.pop("DBUS_SYSTEM_BUS_ADDRESS")
            if before is not None:
                os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = before


async def quit_bus() -> None:
    """Close bleak's bus of this loop, which it would keep for ever."""
    from bleak.backends.bluezdbus import manager

    mine = manager._global_instances.pop(asyncio.get_running_loop(), None)
    if mine is not None and mine._bus is not None:
        mine._bus.disconnect()
        await asyncio.wait({mine._bus_watcher_task})


def run(coroutine, seconds: float = 400):
    """Run a test's coroutine; a deadline, not a pace."""

    async def bounded():
        async with asyncio.timeout(seconds):
            return await coroutine

    return asyncio.run(bounded())


def both_ways(main):
    """Both ways in at a time: a strap takes its time, and most of it is waiting."""

    async def gathered():
        return await asyncio.gather(*(main(way) for way in WAYS))

    return run(gathered())


@contextlib.asynccontextmanager
async def reading(reader: "Reader"):
    """Read in a separate task until the block ends."""
    task = asyncio.create_task(reader.read())
    try:
        yield
    finally:
        await virtual_time.end(task)


class SimulatedSystem(System):
    """What stands beside the backend over Bumble: bonds, and a daemon that dies when a test says so."""

    def __init__(self, central: Central) -> None:
        super().__init__()
        self._central = central
        self.removed = self.cycled = 0

    async def facts(self, address: str) -> Facts:
        return Facts(await self._central.bonded(address), may_cycle=True)

    async def remove(self, address: str) -> None:
        self.removed += 1
        await self._central.forget(address)

    async def cycle(self) -> None:
        self.cycled += 1


def bind(folder: Path, number: int = 1, serial: str | None = None) -> Path:
    spec = StrapSpec.numbered(number)
    folder.mkdir(mode=0o700, exist_ok=True)
    binding.bind(folder, binding.Bound(spec.address, spec.name, spec.serial if serial is None else serial))
    return folder


class Reader:
    """One source being read into a list, with the words it said."""

    def __init__(self, folder: Path, pace, radio: Radio) -> None:
        self.samples: list[Sample] = []
        self.came_s: list[float] = []  # when, on the loop's clock
        self.words: list[str] = []
        self._pace = pace
        self.around = Surroundings(pace, folder, self._said, radio)

    def _said(self, _level, words, _remedy) -> None:
        if not self.words or self.words[-1] != words:
            self.words.append(words)

    async def read(self) -> None:
        async for sample in ble_strap.samples(ble_strap.Settings(), self.around):
            self.samples.append(sample)
            self.came_s.append(asyncio.get_running_loop().time())

    @property
    def beats(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.channel == "rr_ms"]

    @property
    def gaps(self) -> list[Sample]:
        return [sample for sample in self.samples if sample.channel == "gap_ms"]

    @property
    def rr_1024(self) -> list[int]:
        return [round(sample.value * 1.024) for sample in self.beats]


_ON_THEIR_WAY = 2  # beats, at each loss of a link


def unfaithful(reader: Reader, felt) -> dict[str, int]:
    """Where what was read differs from what the strap felt; all zero when nothing is wrong.

    Beats are recognised by order and length; where the next length is not the truth's next, truth is
    passed over until four lengths in a row agree (missing), or the beat was never felt (invented). The last ones that a
    strap handed to its radio as the link went were heard by nobody: they are no fault where a gap stands there.
    """
    truth = [one for one in felt if one.sent]
    wrong = {"missing": 0, "invented": 0, "joined over a loss": 0, "gap without a loss": 0}
    at, previous = 0, None
    index = {id(one): n for n, one in enumerate(felt)}
    gap_before = _gap_before(reader)
    lengths, got = [one.rr_1024 for one in truth], reader.rr_1024
    for n in range(len(got)):
        ahead = got[n : n + 4]
        near = range(at, len(lengths))
        found = next((k for k in near if lengths[k : k + 4][: len(ahead)] == ahead), None)
        if found is None and at < len(lengths) and lengths[at] == got[n]:
            found = at  # a loss or an invention follows
        if found is None:
            wrong["invented"] += 1
            continue
        missing = found - at
        if missing and gap_before[n] and _link_went(felt, index[id(truth[found - 1])]):
            missing = max(0, missing - _ON_THEIR_WAY)
        wrong["missing"] += missing
        place = index[id(truth[found])]
        if previous is not None:
            lost = place - previous > 1
            wrong["joined over a loss"] += lost and not gap_before[n]
            wrong["gap without a loss"] += gap_before[n] and not lost
        previous, at = place, found + 1
    wrong["missing at the end"] = len(truth) - at
    return wrong


def _link_went(felt, place: int) -> bool:
    """Whether the strap felt another beat after this one and had no link to send it."""
    return place + 1 < len(felt) and not felt[place + 1].sent


def _gap_before(reader: Reader) -> list[bool]:
    marks, pending = [], False
    for sample in reader.samples:
        if sample.channel == "gap_ms":
            pending = True
        else:
            marks.append(pending)
            pending = False
    return marks
