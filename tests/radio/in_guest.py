"""Inside the guest: the agent's source on the real daemon, and what is done to that daemon. One JSON line each way."""

import asyncio
import json
import logging
import os
import signal
import sys
import tempfile
import time
import tty
from pathlib import Path

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from agent.sources import Radio
from agent.sources.strap import binding
from agent.sources.strap.states import StrapState
from agent.system.clock import SessionClock
from tests.support import straps

DAEMON = next(path for path in ("/usr/libexec/bluetooth/bluetoothd", "/usr/sbin/bluetoothd") if Path(path).exists())


class Host:
    """The commands."""

    def __init__(self):
        self.daemon = self.attach = self.dummy = self.reading = self.reader = None
        self.marked_s = None

    async def start_daemon(self):
        self.daemon = await asyncio.create_subprocess_exec(DAEMON, "-n")

    async def start_radio(self):
        self.attach = await asyncio.create_subprocess_exec("btattach", "-B", "/dev/ttyS1", "-P", "h4", "-S", "115200")

    async def begin(self, address, name, serial):
        """Read a strap, from nothing."""
        folder = Path(tempfile.mkdtemp())
        binding.bind(folder, binding.Bound(address, name, serial))
        self.reader = straps.Reader(folder, SessionClock(), Radio())
        self.reading = asyncio.create_task(self.reader.read())
        return {}

    async def end(self):
        """Stop reading; what came, and what is left behind."""
        self.reading.cancel()
        await asyncio.wait({self.reading})
        told = [["gap" if one.channel == "gap_ms" else "beat", one.value] for one in self.reader.samples]
        await straps.quit_bus()
        await asyncio.sleep(0.5)
        tasks = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        return {
            "told": told,
            "tasks": sorted(one for one in tasks if one not in ("commands",)),
            "fds": len(os.listdir("/proc/self/fd")),
        }

    async def state(self):
        """What the person reads."""
        recovered_s = None
        if self.marked_s is not None:
            recovered_s = next((at_s - self.marked_s for at_s in self.reader.came_s if at_s >= self.marked_s), None)
        states = [getattr(StrapState.of(words), "name", words) for words in self.reader.words]
        return {"states": states, "beats": len(self.reader.beats), "recovered_s": recovered_s}

    async def mark(self):
        self.marked_s = asyncio.get_running_loop().time()
        return {}

    async def unmark(self):
        self.marked_s = None
        return {}

    async def kill(self):
        """kill -9 of the daemon."""
        self.daemon.send_signal(signal.SIGKILL)
        await self.daemon.wait()
        return {}

    async def start(self):
        await self.start_daemon()
        return {}

    async def mend(self):
        """Whatever a scenario left: a daemon runs, and the adapter is on."""
        if self.daemon.returncode is not None:
            await self.start_daemon()
        if self.attach.returncode is not None:
            await self.start_radio()
        return await self.power(on=True)

    async def power(self, on):
        """Switch the adapter, as a person does; until it is so."""
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        try:
            async with asyncio.timeout(60):
                while not await self._powered(bus, on):
                    await asyncio.sleep(0.3)
        finally:
            bus.disconnect()
        return {}

    async def _powered(self, bus, on):
        body = ["org.bluez.Adapter1", "Powered", Variant("b", on)]
        for adapter in ("hci0", "hci1"):
            path = f"/org/bluez/{adapter}"
            properties = "org.freedesktop.DBus.Properties"
            await bus.call(Message("org.bluez", path, properties, "Set", signature="ssv", body=body))
            asked = Message("org.bluez", path, properties, "Get", signature="ss", body=body[:2])
            answer = await bus.call(asked)
            if answer.message_type is MessageType.METHOD_RETURN and answer.body[0].value is on:
                return True
        return False

    async def forget(self, address):
        """As a person does, in the system's settings."""
        bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        device = f"/org/bluez/hci0/dev_{address.replace(':', '_')}"
        await bus.call(
            Message("org.bluez", "/org/bluez/hci0", "org.bluez.Adapter1", "RemoveDevice", signature="o", body=[device])
        )
        bus.disconnect()
        return {}

    async def rename(self):
        """The adapter goes, its name is taken, and it comes back as hci1."""
        self.attach.send_signal(signal.SIGTERM)
        await self.attach.wait()
        self.dummy = os.open("/dev/vhci", os.O_RDWR)
        os.write(self.dummy, b"\xff\x00")
        await asyncio.sleep(0.5)
        await self.start_radio()
        return {"adapters": sorted(os.listdir("/sys/class/bluetooth"))}

    async def restore(self):
        """As it was at first."""
        self.attach.send_signal(signal.SIGTERM)
        await self.attach.wait()
        os.close(self.dummy)
        await asyncio.sleep(0.5)
        await self.start_radio()
        return {}

    async def set_clock(self, seconds):
        time.clock_settime(time.CLOCK_REALTIME, time.time() + seconds)
        return {}


async def main(terminal):
    host = Host()
    await host.start_radio()
    await host.start_daemon()
    file = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(file)
    loop, lines, pending = asyncio.get_running_loop(), asyncio.Queue(), b""

    def readable():
        nonlocal pending
        *whole, pending = (pending + os.read(file, 65536)).split(b"\n")
        for line in whole:
            lines.put_nowait(line)

    def answer(body):
        rest = json.dumps(body).encode() + b"\n"
        while rest:
            rest = rest[os.write(file, rest) :]

    loop.add_reader(file, readable)
    await host.power(True)
    answer({"ready": True})
    while True:
        line = await lines.get()
        if not line.startswith(b"{"):
            continue
        asked = json.loads(line)
        try:
            done = await getattr(host, asked.pop("do"))(**asked)
        except Exception as error:
            done = {"error": repr(error)}
        answer(done)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)  # to the console
    asyncio.run(main(sys.argv[1]))
