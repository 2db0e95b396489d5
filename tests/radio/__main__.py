"""`make test-radio`: the scenarios on a real kernel and a real bluetoothd, beside the fast path.

    make test-radio                      all of them, two guests at a time
    make test-radio ONLY="link loss 0x08"

What an hour is on the fast path is five real minutes here; the machine's sleep is the guest's processors stopped.
"""

import asyncio
import contextlib
import os
import socket
import sys
import tempfile
import time
from pathlib import Path

from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

from agent.model import Sample
from firmware_sim.clock import StrapClock
from firmware_sim.faults import Fault
from firmware_sim.radio import Air, Chip
from firmware_sim.virtual_radio import open_virtual_radio
from tests.radio import vm
from tests.scenarios import strap_table
from tests.scenarios.strap_scenarios import SCENARIOS, collapsed, play
from tests.support import straps

MINUTES_5 = float(os.environ.get("LONG_S", "300"))
LONG = ("strap absent for an hour", "sleep of ten minutes")


class Told:
    """What the guest's source told, as `straps.unfaithful` reads it."""

    def __init__(self, told):
        self.samples = [
            Sample(n, "gap_ms" if kind == "gap" else "rr_ms", value) for n, (kind, value) in enumerate(told)
        ]
        self.rr_1024 = [round(one.value * 1.024) for one in self.samples if one.channel == "rr_ms"]
        self.gaps = [one for one in self.samples if one.channel == "gap_ms"]


class GuestPlace:
    """See `strap_scenarios.Place`."""

    kind = "guest"
    long_s = sleep_s = MINUTES_5

    def __init__(self, guest, virtual_radio):
        self._guest, self._virtual_radio = guest, virtual_radio
        self.tells = virtual_radio.straps[0].spec.tells_when_held
        self._marked = False

    async def suffer(self, fault, **more):
        await self._virtual_radio.suffer(Fault(fault, **more))

    async def daemon(self, what):
        await self._guest.ask(do=what)

    async def adapter(self, what):
        await (self._guest.ask(do="rename") if what == "rename" else self._guest.ask(do="power", on=what == "on"))
        if what == "rename":
            await self._guest.ask(do="power", on=True)

    async def pass_time(self, seconds):
        await asyncio.sleep(seconds)

    async def sleep_machine(self, seconds):
        await self._guest.freeze(on=True)
        await asyncio.sleep(seconds)
        await self._guest.freeze(on=False)

    async def forget_bond(self):
        await self._guest.ask(do="forget", address=self._virtual_radio.straps[0].spec.address)

    async def set_clock(self, seconds):
        await self._guest.ask(do="set_clock", seconds=seconds)

    async def mark(self):
        await self._guest.ask(do="mark")
        self._marked = True

    async def _seen(self, condition, within_s, what):
        end_s = time.monotonic() + within_s
        while True:
            seen = await self._guest.ask(do="state")
            if condition(seen):
                return seen
            assert time.monotonic() < end_s, f"waited in vain for {what}; seen {seen}"
            await asyncio.sleep(0.3)

    async def until(self, state, within_s=60.0):
        await self._seen(lambda seen: seen["states"][-1:] == [state], 2 * within_s, state)

    async def more_beats(self, count, within_s=90.0):
        if self._marked:
            seen = await self._seen(lambda seen: seen["recovered_s"] is not None, within_s, "the first beat")
            self._recovered_s = seen["recovered_s"]
        have = (await self._guest.ask(do="state"))["beats"]
        seen = await self._seen(
            lambda seen: seen["beats"] >= have + count and seen["states"][-1] == "BEATS", within_s, "beats"
        )
        self._states = seen["states"]

    async def row(self, scenario):
        ended = await self._guest.ask(do="end")
        seen = collapsed([state for state in self._states if state not in scenario.passing])
        passed = [state for state in self._states if state in scenario.passing]
        reader = Told(ended["told"])
        wrong = straps.unfaithful(reader, self._virtual_radio.straps[0].felt)
        wrong.pop("missing at the end")
        missing = wrong.pop("missing")
        wrong["gap without a loss"] -= min(wrong["gap without a loss"], int(scenario.quick))
        faults = sum(wrong.values()) + (missing + len(reader.gaps) if scenario.faultless else 0)
        return {
            "name": scenario.name, "place": "guest", "expected": list(scenario.seen_on("guest")), "seen": list(seen),
            "seconds": round(self._recovered_s, 2), "beats": len(reader.rr_1024), "missing": missing,
            "gaps": len(reader.gaps), "wrong": {what: count for what, count in wrong.items() if count},
            "passed": passed,
            "left": [], "fds": ended["fds"], "tasks": ended["tasks"],
            "good": seen == scenario.seen_on("guest") and not faults,
        }  # fmt: skip


async def one(guest, dongle, number, scenario):
    """Play one scenario with a strap of its own, on the guest's one dongle."""
    pace = StrapClock()
    strap = straps.strap(pace, number, script=scenario.script, **scenario.spec)
    async with open_virtual_radio([strap], pace, dongle=dongle) as virtual_radio:
        spec = strap.spec
        await guest.ask(do="unmark")
        await guest.ask(do="begin", address=spec.address, name=spec.name, serial=spec.serial)
        place = GuestPlace(guest, virtual_radio)
        try:
            row = await play(scenario, place)
        except (AssertionError, TimeoutError) as failed:
            with contextlib.suppress(Exception):
                await guest.ask(do="end")
            row = {"name": scenario.name, "place": "guest", "good": False, "why": str(failed) or repr(failed)}
        if scenario.name == "adapter renamed":
            await guest.ask(do="restore")
        await guest.ask(do="mend")
    return row


async def on_a_guest(names, start=1):
    """Play scenarios one after the other on one guest."""
    rows, began_s = [], time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wardbeat-radio-") as folder:
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        dongle = Chip("dongle", link=Air(), public_address="00:00:5E:00:53:01")
        transport = await open_tcp_server_transport_with_socket(listening)
        dongle.set_packet_sink(transport.sink)
        transport.source.set_packet_sink(dongle)
        try:
            async with vm.booted(Path(folder), listening.getsockname()[1]) as guest:
                print(f"a guest is up after {time.monotonic() - began_s:.0f} s", flush=True)
                for number, name in enumerate(names, start):
                    row = await one(guest, dongle, number, SCENARIOS[name])
                    strap_table.show([row])
                    if not row["good"]:
                        print((Path(folder) / "console.log").read_text(errors="replace")[-12000:])
                    sys.stdout.flush()
                    rows.append(row)
        except AssertionError:
            print((Path(folder) / "console.log").read_text(errors="replace")[-4000:])
            raise
        finally:
            transport.server.close()  # else the loop goes on watching a descriptor that somebody else gets next
            await transport.close()
    return rows


async def main():
    began_s = time.monotonic()
    only = os.environ.get("ONLY")
    names = [name for name, one in SCENARIOS.items() if "guest" in one.places and only in (None, name)]
    vm.kernel()
    parts = [[name for name in names if name in LONG], [name for name in names if name not in LONG]]
    done = await asyncio.gather(*(on_a_guest(part, 1 + 100 * n) for n, part in enumerate(parts) if part))
    rows = [row for part in done for row in part]
    print(f"\n== real kernel, real bluetoothd: {len(rows)} scenarios in {time.monotonic() - began_s:.0f} s")
    bad = strap_table.show(rows)
    print("\n== the fast path beside it")
    fast = {row["name"]: row for row in await strap_table.all_rows(("b",)) if row["name"] in names}
    bad += strap_table.show(fast.values())
    print("\n== what differs")
    for row in rows:
        beside = fast[row["name"]]
        if row.get("seen") != beside.get("seen"):
            print(f"{row['name']}: {row.get('seen')} here, {beside.get('seen')} on the fast path")
        if row.get("passed"):
            print(f"{row['name']}: {row['passed']} passed by here")
    planted = dict(rows[0], seen=rows[0].get("seen", [])[:-1])
    found = tuple(planted["seen"]) != SCENARIOS[planted["name"]].seen_on("guest")
    print(f"planted: a state taken from a transcript is {'found' if found else 'NOT FOUND'}")
    return 1 if bad or not found else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
