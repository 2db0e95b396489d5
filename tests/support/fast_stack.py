"""Scenarios on the fast path, in a separate process: python -m tests.support.fast_stack a|b NAME...

A JSON object a line, one for each.

(a) bleak on our backend over Bumble, everything in virtual time; (b) bleak's own Linux backend over our org.bluez on a
private D-Bus, in real time. Clock steps, sleep and the hour's absence are injected through `agent.system.clock` on both.
"""

import asyncio
import contextlib
import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

from agent.sources import Radio
from agent.sources.strap.states import StrapState
from firmware_sim import bluetoothd
from firmware_sim.bleak_backend import backend
from firmware_sim.central import Central
from firmware_sim.faults import Fault
from firmware_sim.private_bus import private_bus
from firmware_sim.virtual_radio import open_virtual_radio
from tests.scenarios.strap_scenarios import SCENARIOS, collapsed, play
from tests.support import straps, virtual_time
from tests.support.processes import system_tool

LONG_S, SLEEP_S = 3600.0, 600.0


class FastPlace:
    """See `strap_scenarios.Place`."""

    def __init__(self, kind, virtual_radio, reader, skipping, central, daemon):
        self._central = central
        self.kind, self.long_s, self.sleep_s = kind, LONG_S, SLEEP_S
        self.tells = virtual_radio.straps[0].spec.tells_when_held
        self._virtual_radio, self._reader, self._skipping, self._daemon = virtual_radio, reader, skipping, daemon
        self._marked_s = self._marked_beats = None
        self._loop = asyncio.get_running_loop()

    # ---- what is done

    async def suffer(self, fault, **more):
        await self._virtual_radio.suffer(Fault(fault, **more))

    async def daemon(self, what):
        if what == "kill":
            self._daemon.kill()
        else:
            await self._daemon.start()

    async def adapter(self, what):
        service = self._daemon.service
        if what == "rename":
            await service.rename("hci1")
        else:
            await service.power(on=what == "on")

    async def pass_time(self, seconds):
        if self.kind == "b" and seconds > 60:
            self._skipping.sleep(seconds)
        else:
            await asyncio.sleep(seconds)

    async def sleep_machine(self, seconds):
        self._skipping.sleep(seconds)

    async def forget_bond(self):
        address = self._virtual_radio.straps[0].spec.address
        await (self._daemon.service.forget(address) if self._daemon else self._central.forget(address))

    async def set_clock(self, seconds):
        self._skipping.set_wall(seconds)
        broken = self._skipping.clock.utc_break()
        assert broken is not None
        assert abs(broken.jump_s - seconds) < 1

    # ---- what is seen

    @property
    def states(self):
        return [StrapState.of(words).name for words in self._reader.words]

    async def mark(self):
        self._marked_s, self._marked_beats = self._loop.time(), len(self._reader.beats)

    async def _until(self, condition, within_s, what):
        end = self._loop.time() + within_s
        while not condition():
            if self._loop.time() > end:
                raise AssertionError(f"waited in vain for {what}; seen {self.states}")
            await asyncio.sleep(0.02)

    async def until(self, state, within_s=60.0):
        await self._until(lambda: self.states[-1:] == [state], within_s, state)

    async def more_beats(self, count, within_s=90.0):
        if self._marked_s is not None:
            await self._until(lambda: len(self._reader.beats) > self._marked_beats, within_s, "the first beat")
            self._recovered_s = next(at_s for at_s in self._reader.came_s if at_s >= self._marked_s) - self._marked_s
        have = len(self._reader.beats)
        await self._until(lambda: len(self._reader.beats) >= have + count, within_s, "beats")
        await self._until(lambda: self.states[-1:] == ["BEATS"], within_s, "BEATS")

    async def row(self, scenario):
        seen = collapsed(self.states)
        wrong = straps.unfaithful(self._reader, self._virtual_radio.straps[0].felt)
        wrong.pop("missing at the end")
        missing = wrong.pop("missing")  # each under a gap: else it would be joined over a loss
        wrong["gap without a loss"] -= min(wrong["gap without a loss"], int(scenario.quick))
        faults = sum(wrong.values()) + (missing + len(self._reader.gaps) if scenario.faultless else 0)
        return {
            "name": scenario.name,
            "place": self.kind,
            "expected": list(scenario.seen_on(self.kind)),
            "seen": list(seen),
            "seconds": round(self._recovered_s, 2),
            "beats": len(self._reader.beats),
            "missing": missing,
            "gaps": len(self._reader.gaps),
            "wrong": {what: count for what, count in wrong.items() if count},
            "good": seen == scenario.seen_on(self.kind) and not faults,
        }


@contextlib.asynccontextmanager
async def place_for(kind, scenario):
    skipping = virtual_time.Skipping(straps.START_NS)
    strap = straps.strap(skipping.clock, 1, script=scenario.script, **scenario.spec)
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        virtual_radio = await stack.enter_async_context(open_virtual_radio([strap], skipping.clock))
        central, daemon = Central(virtual_radio.dongle), None
        if kind == "a":
            await central.power_on()
            simulated = backend(central)
            radio = Radio(simulated.scanner, simulated.client, straps.SimulatedSystem(central))
        else:
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus = await stack.enter_async_context(
                private_bus(system_tool("dbus-daemon"))
            )
            daemon = await stack.enter_async_context(bluetoothd.serve(central, bus))
            stack.push_async_callback(straps.quit_bus)
            radio = Radio()
        reader = straps.Reader(straps.bind(folder / "state"), skipping.clock, radio)
        reading = asyncio.create_task(reader.read(), name="reading")
        try:
            yield FastPlace(kind, virtual_radio, reader, skipping, central, daemon)
        finally:
            await virtual_time.end(reading)


async def played(kind, name):
    scenario = SCENARIOS[name]
    fds = len(os.listdir("/proc/self/fd"))
    async with place_for(kind, scenario) as place:
        row = await play(scenario, place)
    row["left"] = await virtual_time.leftovers()
    row["left"] += [f"{len(os.listdir('/proc/self/fd')) - fds} file descriptors"] * (
        len(os.listdir("/proc/self/fd")) > fds
    )
    row["good"] = row["good"] and not row["left"]
    return row


def main():
    kind, *names = sys.argv[1:]
    run = virtual_time.run if kind == "a" else asyncio.run
    for name in names:
        try:
            row = run(played(kind, name))
        except Exception:  # the others are still played
            row = {"name": name, "place": kind, "good": False, "why": traceback.format_exc()[-2000:]}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
