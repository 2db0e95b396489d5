"""A radio that is against us, for hours: links that end after 30 s or 150 s, stalls after 100 s, a daemon that dies, clock steps.

`lived(kind, ...)` runs one strap and the agent's source through it and holds what was taken over against the truth.
(a) in virtual time, without a socket; (b) in real time over D-Bus, with everything that many times shorter.
"""

import asyncio
import contextlib
import dataclasses
import gc
import os
import random
import tempfile
import tracemalloc
from array import array
from collections import Counter
from pathlib import Path

import numpy as np
from bleak.exc import BleakDBusError

from agent.sources import Radio
from agent.sources.strap.heart_rate_packet import decode
from agent.sources.strap.notifications import Mail
from agent.sources.strap.states import StrapState
from firmware_sim import bluetoothd
from firmware_sim.bleak_backend import backend
from firmware_sim.central import Central
from firmware_sim.faults import Fault
from firmware_sim.private_bus import private_bus
from firmware_sim.virtual_radio import open_virtual_radio
from tests.support import straps, virtual_time
from tests.support.processes import system_tool

_IN_FLIGHT = 6  # two packets: one may be held until its successor tells
KINDS = ("drops 30", "stalls 100", "drops 150")


class Truth:
    """What the strap felt, in little memory."""

    def __init__(self):
        self.end_ns, self.rr_1024, self.sent = array("q"), array("H"), array("b")

    def append(self, felt):
        self.end_ns.append(felt.end_ns)
        self.rr_1024.append(felt.rr_1024)
        self.sent.append(felt.sent)

    def __len__(self):
        return len(self.end_ns)


class Kept(straps.Reader):
    """A reader that keeps a night in little memory."""

    def __init__(self, folder, pace, radio):
        super().__init__(folder, pace, radio)
        self.samples, self.came_s = self, _Nothing()
        self.t_ns, self.rr, self.gap_ms = array("q"), array("H"), array("d")
        self._gap_ms = 0.0

    def append(self, sample):
        if sample.channel == "gap_ms":
            self._gap_ms = sample.value
            return
        self.t_ns.append(sample.t_ns)
        self.rr.append(round(sample.value * 1.024))
        self.gap_ms.append(self._gap_ms)
        self._gap_ms = 0.0

    def _said(self, _level, words, _remedy):
        self.last = words
        self.words = [words]


class _Nothing:
    def append(self, _value):
        pass


class Delivered:
    """Every interval that reached the agent's callback, as it arrived."""

    def __init__(self, leaky=False):
        self.rr = array("H")
        self._mail, self._kept = Mail.measurement, [] if leaky else None

    def __enter__(self):
        seen = self

        def measurement(mail, characteristic, payload):
            with contextlib.suppress(Exception):
                seen.rr.extend(decode(bytes(payload)).rr_1024)
            seen._mail(mail, characteristic, payload)
            if seen._kept is not None:
                seen._kept.append(Mail(mail._now_ns))  # 0.5 kB a packet, about 2 MB an hour

        Mail.measurement = measurement
        return self

    def __exit__(self, *_):
        Mail.measurement = self._mail


class SimulatedDaemon:
    """On way (a) the daemon is a switch: dead, no call is served and no callback comes, not even of a lost link."""

    def __init__(self, central, system):
        self._central, self._system = central, system
        self.life = 1
        self.dead = False

    def radio(self):
        simulated, daemon = backend(self._central), self

        def serve():
            if daemon.dead:
                raise BleakDBusError("org.freedesktop.DBus.Error.ServiceUnknown", ["the daemon is dead"])

        class Scanner(simulated.scanner):
            async def start(self):
                serve()
                await super().start()

            async def stop(self):
                serve()
                await super().stop()

        class Client(simulated.client):
            life = 0

            async def connect(self, pair, **kwargs):
                serve()
                self.life = daemon.life
                await super().connect(pair, **kwargs)

            def _on_gone(self, connection):
                if self.life == daemon.life and not daemon.dead:
                    super()._on_gone(connection)

            async def disconnect(self):
                serve()
                if self.life == daemon.life:
                    await super().disconnect()

            async def read_gatt_char(self, characteristic, **kwargs):
                serve()
                return await super().read_gatt_char(characteristic, **kwargs)

            async def start_notify(self, characteristic, callback, **kwargs):
                serve()

                def alive(value):
                    if self.life == daemon.life and not daemon.dead:
                        callback(value)

                await super().start_notify(characteristic, alive, **kwargs)

        return Radio(Scanner, Client, self._system)

    def kill(self, *, watched=True):
        self.dead = True
        if watched:
            self._system.news.tell(StrapState.BLUETOOTH_STOPPED)

    async def start(self):
        await self._central.power_on()
        self.life, self.dead = self.life + 1, False
        self._system.news.tell(None)


@contextlib.asynccontextmanager
async def field(kind, skipping):
    """(strap, reader, daemon) with the reader running."""
    strap = straps.strap(
        skipping.clock, 1, body=straps.Physiology(straps.phases("rest:1800,mental_load:900") * 40, 1).beats()
    )
    strap.felt = Truth()
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        virtual_radio = await stack.enter_async_context(open_virtual_radio([strap], skipping.clock))
        central = Central(virtual_radio.dongle)
        if kind == "a":
            await central.power_on()
            daemon = SimulatedDaemon(central, straps.SimulatedSystem(central))
            radio = daemon.radio()
        else:
            bus = await stack.enter_async_context(private_bus(system_tool("dbus-daemon")))
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus
            daemon = await stack.enter_async_context(bluetoothd.serve(central, bus))
            stack.push_async_callback(straps.quit_bus)
            radio = Radio()
        reader = Kept(straps.bind(folder / "state"), skipping.clock, radio)
        reading = asyncio.create_task(reader.read(), name="reading")
        try:
            yield strap, reader, daemon
        finally:
            await virtual_time.end(reading)


async def torment(strap, daemon, skipping, chance, quick, told, *, watched=True):
    """For ever: each link is of a bad kind, and now and then worse happens.

    ``quick`` is how many times shorter; ``watched`` whether the daemon's death is told, or only the silence tells.
    """
    links, kinds = None, 0
    loop = asyncio.get_running_loop()
    worse_s, clock_s, away_s = (loop.time() + chance.uniform(0.5, 1.5) * base / quick for base in (1200, 3600, 5400))
    while True:
        await asyncio.sleep(0.5 / quick if quick > 1 else 1.0)
        now_s = loop.time()
        current = next(iter(strap._since_ns), None)
        if current is not None and current is not links:
            links, kind = current, KINDS[kinds % len(KINDS)]
            kinds += 1
            told[kind] += 1
            drops = {"drops 30": 30 / quick, "drops 150": 150 / quick}.get(kind)
            stalls = 100 / quick if kind.startswith("stalls") else None
            strap.spec = dataclasses.replace(strap.spec, drops_after_s=drops, stalls_after_s=stalls)
        if now_s > clock_s:
            clock_s = now_s + chance.uniform(0.5, 1.5) * 3600 / quick
            skipping.set_wall(chance.choice((-3600, 3600)))
            skipping.clock.utc_break()
            told["clock steps"] += 1
        if now_s > worse_s:
            worse_s = now_s + chance.uniform(0.5, 1.5) * 1200 / quick
            told["daemon restarts"] += 1
            daemon.kill() if watched else daemon.kill(watched=False)
            await asyncio.sleep(chance.uniform(0.5, 8))
            await daemon.start()
            if strap._findable_ns is not None:
                strap._findable_ns = skipping.clock.now_ns()
        if now_s > away_s:
            away_s = now_s + chance.uniform(0.5, 1.5) * 5400 / quick
            told["absences"] += 1
            await strap.suffer(Fault("absent", for_s=chance.uniform(60, 1200) / quick))


@dataclasses.dataclass
class Lived:
    """What came of it.

    Attributes:
        felt, delivered, taken: Beats.
        lost, doubled: Of those delivered to the agent's callback.
        in_flight: Delivered last, and not taken over yet when the run was ended.
        gaps: Losses that were recorded, of how many.
        worst_gap_s: By how much a recorded gap differs from the true one, at most.
        false_gaps: Recorded without a loss.
        reconnects_s: Findable again to listening.
        faults: What was done.
        left: Tasks and descriptors that stayed behind.
        memory_mb: Resident, hour by hour; with ``traced`` what agent, bleak and its companion hold.
    """

    felt: int
    delivered: int
    taken: int
    lost: int
    doubled: int
    in_flight: int
    losses: int
    gaps: int
    worst_gap_s: float
    false_gaps: int
    reconnects_s: np.ndarray
    faults: Counter
    memory_mb: list
    left: list = dataclasses.field(default_factory=list)


async def lived(kind, seconds, *, seed=1, quick=1.0, watched=True, traced=False, leaky=False):
    """Live through it; ``leaky`` plants a source that keeps the letters of every link."""
    fds = len(os.listdir("/proc/self/fd"))
    skipping, told, memory_mb = virtual_time.Skipping(straps.START_NS), Counter(), []
    if traced:
        tracemalloc.start()
    with Delivered(leaky) as delivered:
        async with field(kind, skipping) as (strap, reader, daemon):
            work = torment(strap, daemon, skipping, random.Random(seed), quick, told, watched=watched)
            tormenting = asyncio.create_task(work, name="torment")
            slices = max(4, round(seconds / 3600))
            for _ in range(slices):
                await asyncio.sleep(seconds / slices)
                memory_mb.append(_held_mb() if traced else _resident_mb())
            await virtual_time.end(tormenting)
    found = judged(strap, reader, delivered, told, memory_mb)
    found.left = await virtual_time.leftovers()
    more = len(os.listdir("/proc/self/fd")) - fds
    found.left += [f"{more} file descriptors"] * (more > 0)
    return found


def _held_mb():
    """What is held by lines of the agent and of the libraries it reads the strap with."""
    gc.collect()
    mine = [tracemalloc.Filter(True, pattern) for pattern in ("*/agent/*", "*/bleak/*", "*/bleak_retry_connector/*")]
    return sum(one.size for one in tracemalloc.take_snapshot().filter_traces(mine).statistics("filename")) / 1e6


def _resident_mb():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def judged(strap, reader, delivered, told, memory_mb):
    """Hold what was taken over against what was delivered, and its gaps against what was felt."""
    lost, doubled, in_flight = differences(list(delivered.rr), list(reader.rr))
    truth, at, previous = strap.felt, 0, None
    losses = gaps = false_gaps = 0
    worst_s = 0.0
    rr, sent = list(truth.rr_1024), list(truth.sent)
    taken = list(reader.rr)

    def near(at, n):
        return abs(truth.end_ns[at] - reader.t_ns[n]) < 3e9

    for n, one in enumerate(taken):
        while at < len(rr) and not (
            sent[at] and rr[at] == one and near(at, n) and _follows(rr, sent, at, taken, reader.gap_ms, n)
        ):
            at += 1
        if at >= len(rr):
            raise AssertionError(f"beat {n} of {len(taken)} was never felt")
        if previous is not None:
            lost_here, recorded_ms = at - previous > 1, reader.gap_ms[n]
            losses += lost_here
            gaps += lost_here and recorded_ms > 0
            false_gaps += not lost_here and recorded_ms > 0
            if lost_here and recorded_ms > 0:
                true_s = (truth.end_ns[at] - truth.end_ns[previous]) / 1e9 - rr[at] / 1024
                worst_s = max(worst_s, abs(true_s - recorded_ms / 1000))
        previous, at = at, at + 1
    return Lived(len(rr), len(delivered.rr), len(taken), lost, doubled, in_flight, losses, gaps, worst_s, false_gaps,
                 np.array(strap.reconnects_s[1:]), told, memory_mb)  # fmt: skip


def _follows(rr, sent, at, taken, gap_ms, n):
    """Whether the next four agree too, as far as they follow in one row on both sides."""
    for k in range(1, 5):
        if n + k >= len(taken) or gap_ms[n + k] > 0 or at + k >= len(rr) or not sent[at + k]:
            return True
        if rr[at + k] != taken[n + k]:
            return False
    return True


def differences(delivered, taken):
    """(lost, doubled or invented, not yet taken at the end): both are the same row, so a difference tells."""
    lost = doubled = at = 0
    for one in taken:
        ahead = delivered[at : at + 400]
        if one in ahead:
            skipped = ahead.index(one)
            if skipped > 3 and delivered[max(0, at - 4) : at].count(one):  # said again rather than so many left out
                doubled += 1
                continue
            lost += skipped
            at += skipped + 1
        else:
            doubled += 1
    rest = len(delivered) - at
    return lost + max(0, rest - _IN_FLIGHT), doubled, min(rest, _IN_FLIGHT)
