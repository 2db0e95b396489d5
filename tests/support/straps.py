"""Simulated straps for tests, over both ways in: (a) a bleak backend on Bumble, (b) org.bluez on a private D-Bus."""

import asyncio
import contextlib
import os
from pathlib import Path

import numpy as np

from agent import pipeline
from agent.model import Sample
from agent.signal.heart.artifacts import Label, labels
from agent.sources import Radio, Surroundings
from agent.sources.strap import binding, ble_strap
from agent.sources.strap.escalation import Facts
from agent.sources.strap.platform import System
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.wire import schema
from firmware_sim import bluetoothd, packets, recording
from firmware_sim.bleak_backend import backend
from firmware_sim.central import Central
from firmware_sim.physiology import Physiology, phases
from firmware_sim.private_bus import private_bus
from firmware_sim.spec import Plan
from firmware_sim.strap import Strap
from firmware_sim.virtual_radio import open_room
from tests.support.machine import slowness
from tests.support.processes import system_tool
from tests.support.world import START_UTC_S, World, running_hub

WAYS = ("a", "b")
START_NS = START_UTC_S * 10**9


def clock(speed: float = 10.0) -> SessionClock:
    """Simulated time; slower on a busy machine, where a loop that is held up must not look like a silent strap."""
    return SessionClock(START_NS, speed=max(1.0, speed / slowness()))


def strap(pace, number: int = 1, body=None, script: str = "rest", **plan) -> Strap:
    body = Physiology(phases(script), number).beats() if body is None else body
    return Strap(Plan.numbered(number, **plan), iter(body), pace)


@contextlib.asynccontextmanager
async def air(way: str, straps, pace, faults=()):
    """(room, radio); way (b) needs dbus-daemon and sets the system bus of this process."""
    async with contextlib.AsyncExitStack() as stack:
        room = await stack.enter_async_context(open_room(straps, pace, faults))
        central = Central(room.dongle)
        await central.power_on()
        if way == "a":
            backends = backend(central)
            yield room, Radio(backends.scanner, backends.client)
            return
        bus = await stack.enter_async_context(private_bus(system_tool("dbus-daemon")))
        await stack.enter_async_context(bluetoothd.serve(central, bus))
        before = os.environ.get("DBUS_SYSTEM_BUS_ADDRESS")
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus
        try:
            yield room, Radio()
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
    plan = Plan.numbered(number)
    folder.mkdir(mode=0o700, exist_ok=True)
    binding.bind(folder, binding.Bound(plan.address, plan.name, plan.serial if serial is None else serial))
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


def unfaithful(reader: Reader, felt) -> dict[str, int]:
    """Where what was read differs from what the strap felt; all zero when nothing is wrong.

    Beats are recognised by order and length; where the next length is not the truth's next, truth is
    passed over until four lengths in a row agree (missing), or the beat was never felt (invented).
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
        wrong["missing"] += found - at
        place = index[id(truth[found])]
        if previous is not None:
            lost = place - previous > 1
            wrong["joined over a loss"] += lost and not gap_before[n]
            wrong["gap without a loss"] += gap_before[n] and not lost
        previous, at = place, found + 1
    wrong["missing at the end"] = len(truth) - at
    return wrong


def _gap_before(reader: Reader) -> list[bool]:
    marks, pending = [], False
    for sample in reader.samples:
        if sample.channel == "gap_ms":
            pending = True
        else:
            marks.append(pending)
            pending = False
    return marks


# ---- a recording through strap, agent, mosquitto and hub


async def play(way: str, world: World, file: Path, speed: float = 10.0):
    """Wear a recording; (what the hub stored, the intervals that the agent took over, places after a gap)."""
    pace = clock(speed)
    worn = strap(pace, body=recording.beats(file), from_first=True)
    bind(world.settings.state_dir)
    settings = world.settings.model_copy(update={"sources": {"ble_strap": ble_strap.Settings()}})
    taken: list[int] = []
    after_gap: list[int] = []

    seen_ns = 0

    def look(agent) -> None:
        nonlocal seen_ns  # the agent keeps only what its windows need, so look again and again
        for sample in agent.windows.ring._channels.get("rr_ms", ()):
            if sample.t_ns > seen_ns:
                if seen_ns and sample.t_ns - seen_ns - sample.value * 1e6 > 25e6:
                    after_gap.append(len(taken))
                seen_ns = sample.t_ns
                taken.append(round(sample.value * 1.024))

    async def until_over(agent) -> None:
        while not worn.body_ended.is_set():
            look(agent)
            await asyncio.sleep(0.2)
        await pace.sleep_until(pace.now_ns() + 4 * 10**9)
        look(agent)
        agent.stop_sensors.set()
        await asyncio.Event().wait()

    with running_hub(world) as receiver:
        async with air(way, [worn], pace) as (_, radio):
            await pipeline.run(
                settings,
                world.profile,
                pace,
                mode=RunMode(slot_s=0.3, one_shot=True),
                radio=radio,
                extra_tasks={"over": until_over},
            )
        stored = [(one.message.start_utc_s, one.features()) for one in receiver.store.summaries()]
    return stored, taken, after_gap


def differences(stored, rr_ms, after_gap=(), *, rounded: bool = True) -> dict[str, float]:
    """By how many rounding steps the hub differs from numpy over the intervals, cut by the hub's own n; the largest.

    Values are rounded to a step, so what is right differs by at most half a step.
    """
    rr = np.array([packets.ticks(one) for one in rr_ms]) / 1.024 if rounded else np.array(rr_ms)
    joined = np.ones(rr.size, dtype=bool)
    joined[list(after_gap)] = False
    good = (
        labels(rr, joined) == Label.NORMAL
    )  # which beats are right is judged in tests/agent/signal/heart/test_artifacts.py
    pair = np.concatenate([[False], good[1:] & good[:-1]])
    pair[list(after_gap)] = False  # where the agent saw a gap (a machine that woke late, at ten times the speed)
    diffs = np.concatenate([[0.0], np.diff(rr)])
    steps = {row.name: row.step for row in schema.features().values() if row.signal == "heart"}
    worst, at = dict.fromkeys(steps, 0.0), 0
    for _, features in stored:
        end = at + int(np.searchsorted(np.cumsum(good[at:]), features["hr_mean_bpm"][1])) + 1
        nn, dd = rr[at:end][good[at:end]], diffs[at:end][pair[at:end]]
        expected = {
            "hr_mean_bpm": 60_000 / nn.mean(),
            "rmssd_ms": np.sqrt((dd**2).mean()),
            "sdnn_ms": nn.std(ddof=1),
            "pnn50_01": (np.abs(dd) > 50).mean(),
        }
        for name, step in steps.items():
            if features[name][0] is not None:
                worst[name] = max(worst[name], abs(features[name][0] - expected[name]) / step)
        at = end
    return worst
