"""Straps, strangers and a Bluetooth daemon that talk nonsense: seeded, in virtual time.

make fuzz SECONDS=600 SEED=1        rounds of all three, as a table
"""

import asyncio
import contextlib
import itertools
import os
import random
import sys
import tempfile
import time
from pathlib import Path

from bumble.att import Attribute
from bumble.core import UUID
from bumble.gatt import Characteristic, Service
from dbus_fast import Message, MessageType, Variant

from agent.sources import Radio
from agent.sources.strap import binding
from agent.sources.strap.binding import Bound
from firmware_sim import bluetoothd
from firmware_sim.bleak_backend import backend
from firmware_sim.central import Central
from firmware_sim.physiology import Beat
from firmware_sim.private_bus import private_bus
from firmware_sim.spec import StrapSpec
from firmware_sim.strap import Strap
from firmware_sim.virtual_radio import open_virtual_radio
from tests.support import straps, virtual_time
from tests.support.processes import system_tool

OURS_MS, THEIRS_MS = 900.0, 450.0  # whose beat it is shows in its length
NONSENSE_S, CALM_S = 120.0, 90.0


def body(rr_ms):
    return (Beat(n * rr_ms / 1000, rr_ms) for n in itertools.count(1))


class Heard:
    """Reads as the pipeline does: what breaks is tried again."""

    def __init__(self, folder, clock, radio):
        self.reader = straps.Reader(folder, clock, radio)
        self.broken = []

    async def for_ever(self):
        while True:
            try:
                await self.reader.read()
            except Exception as error:  # as `pipeline.source`: told, and tried again
                self.broken.append(repr(error))
                await asyncio.sleep(2)

    def wrong(self):
        """Beats that are not ours."""
        return [round(beat.value) for beat in self.reader.beats if abs(beat.value - OURS_MS) > 5]

    def theirs(self):
        """Beats of a stranger: a daemon may also make some up, byte by byte, and those are nobody's."""
        return [value for value in self.wrong() if abs(value - THEIRS_MS) <= 5]


# ---- advertisements


def advertisement(chance, name):
    """Bytes that may be an advertisement: well-formed parts, cut ones, lies about lengths, and the bound strap's name."""
    parts = [b"\x02\x01\x06", b"\x03\x03\x0d\x18", bytes([len(name) + 1, 9]) + name, bytes([len(name) + 1, 8]) + name]
    made = b"".join(chance.sample(parts, chance.randint(0, 4)))
    for _ in range(chance.randint(0, 4)):
        where = chance.randint(0, len(made))
        made = made[:where] + chance.randbytes(chance.randint(0, 6)) + made[where + chance.randint(0, 3) :]
    return made[:31]


class Stranger(Strap):
    """Somebody else's strap, whose advertisement is made of anything."""

    chance = None

    def _advertisement(self):
        return advertisement(self.chance, b"WB-SIM 1")


# ---- GATT tables


class Odd(Strap):
    """A strap whose table is made of anything; its serial may be missing, doubled, cut, or another's."""

    chance = None

    def _services(self):
        chance = self.chance
        true = super()._services()
        made = [service for service in true if chance.random() < 0.85]
        for _ in range(chance.randint(0, 4)):
            kind = chance.choice(("180D", "180F", "180A", "1812", f"{chance.randrange(1 << 16):04X}"))
            made.append(Service(kind, [self._odd(chance) for _ in range(chance.randint(0, 5))]))
        chance.shuffle(made)
        return made

    def _odd(self, chance):
        uuid = chance.choice(("2A37", "2A19", "2A25", "2A29", "2A24", f"{chance.randrange(1 << 16):04X}"))
        properties = Characteristic.Properties(chance.choice((0, 0x02, 0x10, 0x12, 0x20, 0x3A)))
        permissions = Attribute.Permissions(chance.choice((0, 1, 3, 0x05)))
        value = chance.choice((b"", b"SIM0001", b"SIM0002", b"\xff" * 40, chance.randbytes(chance.randint(0, 200))))
        return Characteristic(UUID(uuid), properties, permissions, value)


async def over_bumble(seed, kind):
    """Straps that send nonsense for a while; what was read. ``kind``: adverts or tables."""
    chance = random.Random(seed)
    skipping = virtual_time.Skipping(straps.START_NS)
    ours = (Odd if kind == "tables" and chance.random() < 0.5 else Strap)(
        StrapSpec.numbered(1), body(OURS_MS), skipping.clock
    )
    others = [
        (Odd if kind == "tables" else Stranger)(
            StrapSpec(ours.spec.name, f"F0:00:00:00:00:0{n}", f"SIM000{n}", tells_when_held=chance.random() < 0.3),
            body(THEIRS_MS),
            skipping.clock,
        )
        for n in (2, 3, 4)
    ]
    for one in (ours, *others):
        one.chance = chance
    with tempfile.TemporaryDirectory() as folder:
        async with open_virtual_radio([*others, ours], skipping.clock) as virtual_radio:
            central = Central(virtual_radio.dongle)
            await central.power_on()
            simulated = backend(central)
            radio = Radio(simulated.scanner, simulated.client, straps.SimulatedSystem(central))
            # sometimes bound under an address that nobody has: then the name leads to everybody, and the serial decides
            address = chance.choice((ours.spec.address, "C0FFEE00-0000-4000-8000-000000000001"))
            binding.bind(Path(folder) / "s", Bound(address, ours.spec.name, "SIM0001"))
            heard = Heard(Path(folder) / "s", skipping.clock, radio)
            task = asyncio.create_task(heard.for_ever())
            await asyncio.sleep(NONSENSE_S)
            await virtual_time.end(task)
    return heard, type(ours) is Strap


# ---- D-Bus


class Nonsense:
    """A bus on which the daemon's words are changed on their way out, while ``on``."""

    def __init__(self, bus, chance):
        self._bus, self._chance, self.on, self.changed = bus, chance, True, 0

    def __getattr__(self, name):
        return getattr(self._bus, name)

    def send(self, message):
        if self.on and self._chance.random() < 0.15:
            self.changed += 1
            message = self._mangled(message)
            if message is None:
                return _nothing()
        return self._bus.send(message)

    def _mangled(self, message):
        chance = self._chance
        kind = chance.randrange(4)
        if kind == 0:
            return None
        if message.message_type is MessageType.METHOD_RETURN and kind == 1:
            name = chance.choice(
                (
                    "org.bluez.Error.Failed",
                    "org.bluez.Error.InProgress",
                    "org.freedesktop.DBus.Error.UnknownObject",
                    "org.freedesktop.DBus.Error.NoReply",
                    "a.b",
                )
            )
            return Message(message_type=MessageType.ERROR, destination=message.destination, reply_serial=message.reply_serial,
                           error_name=name, signature="s", body=[chance.choice(("", "le-connection-abort-by-local", "x" * 500))])  # fmt: skip
        message.signature, message.body = self._body(message)
        return message

    def _body(self, message):
        chance = self._chance
        if message.signature == "sa{sv}as" and chance.random() < 0.6:  # a property of another type
            interface, changed, gone = message.body
            return message.signature, [interface, {name: self._value() for name in changed}, gone]
        if message.signature == "oa{sa{sv}}":
            path, interfaces = message.body
            odd = {
                name: {key: self._value() for key in some if chance.random() < 0.7} for name, some in interfaces.items()
            }
            return message.signature, [path, odd]
        return chance.choice(
            (("", []), ("s", ["?"]), ("ay", [b"\x00"]), ("as", [[]]), ("u", [7]), ("v", [self._value()]))
        )

    def _value(self):
        chance = self._chance
        return chance.choice(
            (Variant("s", "?"), Variant("b", chance.random() < 0.5), Variant("u", 1 << 31), Variant("ay", chance.randbytes(9)),
             Variant("as", ["x"]), Variant("n", -1), Variant("a{sv}", {}))
        )  # fmt: skip


def _nothing():
    done = asyncio.get_running_loop().create_future()
    done.set_result(None)
    return done


async def over_the_bus(seed):
    """A daemon of nonsense for a while, then a calm one: what was read, how much was changed, whether beats came back."""
    chance = random.Random(seed)
    skipping = virtual_time.Skipping(straps.START_NS)
    ours, other = (
        Strap(StrapSpec.numbered(n), body(rr_ms), skipping.clock) for n, rr_ms in ((1, OURS_MS), (2, THEIRS_MS))
    )
    async with contextlib.AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        virtual_radio = await stack.enter_async_context(open_virtual_radio([ours, other], skipping.clock))
        bus = await stack.enter_async_context(private_bus(system_tool("dbus-daemon")))
        daemon = await stack.enter_async_context(bluetoothd.serve(Central(virtual_radio.dongle), bus))
        service = daemon.service
        nonsense = service._bus = service.objects._bus = Nonsense(service._bus, chance)
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus
        heard = Heard(straps.bind(folder / "s"), skipping.clock, Radio())
        task = asyncio.create_task(heard.for_ever())
        await asyncio.sleep(NONSENSE_S)
        nonsense.on = False
        # what was said wrongly stays said until the daemon begins anew, as a real one would
        daemon.kill()
        await asyncio.sleep(1)
        await daemon.start()
        before = len(heard.reader.beats)
        await asyncio.sleep(CALM_S)
        came_back = len(heard.reader.beats) - before
        await virtual_time.end(task)
        await straps.quit_bus()
    os.environ.pop("DBUS_SYSTEM_BUS_ADDRESS", None)
    return heard, nonsense.changed, came_back


def rounds(seconds, seed):
    """Rounds until the time is up; (what, rounds, beats, from a wrong strap, breaks, not come back)."""
    kinds = ("adverts", "tables", "bus")
    rows = {kind: [0, 0, 0, 0, 0] for kind in kinds}
    breaks, end_s = {}, time.monotonic() + seconds
    number = seed
    while True:
        for kind in kinds:
            row, missed = rows[kind], 0
            if kind == "bus":
                heard, _, came_back = virtual_time.run(over_the_bus(number), grace_s=0.002)
                missed = came_back < CALM_S / 3
            else:
                heard, plain = virtual_time.run(over_bumble(number, kind))
                missed = plain and len(heard.reader.beats) < NONSENSE_S / 3
            wrong = heard.theirs() if kind == "bus" else heard.wrong()
            for place, more in enumerate((1, len(heard.reader.beats), len(wrong), len(heard.broken), missed)):
                row[place] += more
            for one in heard.broken:
                breaks.setdefault(one[:100], (kind, number))
            if missed or wrong:
                print(f"{kind}, seed {number}: {'nothing came back' if missed else 'a wrong strap'}", flush=True)
        number += 1
        if time.monotonic() > end_s:
            return rows, breaks


def main():
    seconds, seed = float(os.environ.get("SECONDS", "120")), int(os.environ.get("SEED", "1"))
    rows, breaks = rounds(seconds, seed)
    print(
        f"{'':10}{'rounds':>8}{'beats':>8}{'of a wrong strap':>18}{'breaks, tried again':>21}{'did not come back':>19}"
    )
    for kind, row in rows.items():
        print(f"{kind:10}{row[0]:8}{row[1]:8}{row[2]:18}{row[3]:21}{row[4]:19}")
    for what, where in breaks.items():
        print(f"  {where}: {what}")
    return 1 if any(row[2] or row[4] for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
