"""What stands beside bleak on Linux, over a real D-Bus: what a cancelled call leaves behind, and who is believed."""

import asyncio
import contextlib
import os

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from agent.errors import SourceUnavailable
from agent.sources import Radio
from agent.sources.strap import ble_strap, bluetooth, pairing
from agent.sources.strap.bluez import Bluez
from agent.sources.strap.states import StrapState
from firmware_sim import bluetoothd, bluez
from firmware_sim.central import Central
from firmware_sim.private_bus import private_bus
from firmware_sim.profiles import STRAP_PROFILES
from firmware_sim.virtual_radio import open_virtual_radio
from tests.support import straps
from tests.support.processes import system_tool

pytestmark = pytest.mark.process


@contextlib.asynccontextmanager
async def a_daemon(**spec):
    """(daemon, its bus' address), with one strap on air."""
    pace = straps.clock(1.0)
    async with contextlib.AsyncExitStack() as stack:
        virtual_radio = await stack.enter_async_context(open_virtual_radio([straps.strap(pace, 1, **spec)], pace))
        bus = await stack.enter_async_context(private_bus(system_tool("dbus-daemon")))
        daemon = await stack.enter_async_context(bluetoothd.serve(Central(virtual_radio.dongle), bus))
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus
        stack.push_async_callback(straps.quit_bus)
        try:
            yield daemon, bus
        finally:
            os.environ.pop("DBUS_SYSTEM_BUS_ADDRESS", None)


def slow(handler, seconds):
    async def answering(self, call):
        await asyncio.sleep(seconds)
        return await handler(self, call)

    return answering


@pytest.mark.parametrize("how", ["cancelled", "answered late"])
def test_a_scan_whose_start_does_not_end_leaves_no_discovery_behind(how, monkeypatch):
    """The daemon allows one a client: one that is left makes every later scan fail."""
    start = ("org.bluez.Adapter1", "StartDiscovery")
    monkeypatch.setitem(bluez._METHODS, start, slow(bluez.Bluez.start_discovery, 0.3))
    monkeypatch.setattr(bluetooth, "_GATT_S", 0.15 if how == "answered late" else 5.0)

    async def main():
        async with a_daemon() as (daemon, _):
            scan = asyncio.create_task(pairing.find(ble_strap.Settings(), Radio(), 1.0))
            await asyncio.sleep(0.15)
            if how == "cancelled":
                scan.cancel()
            await asyncio.wait({scan})
            if how != "cancelled":
                with pytest.raises(SourceUnavailable, match=StrapState.NOT_ANSWERING.words):
                    scan.result()
            await asyncio.sleep(0.5)
            monkeypatch.setattr(bluetooth, "_GATT_S", 5.0)
            if daemon.service._scanners:  # the stop overtook the late start: the next scan's own failure ends it
                with contextlib.suppress(SourceUnavailable):
                    await pairing.find(ble_strap.Settings(), Radio(), 0.3)
            assert len(await pairing.find(ble_strap.Settings(), Radio(), 0.5)) == 1

    asyncio.run(main())


def test_a_power_cycle_that_is_cancelled_leaves_the_adapter_on(monkeypatch):
    monkeypatch.setattr(bluez, "_POWER_S", 0.4)

    async def main():
        async with a_daemon() as (daemon, _):
            system = Bluez(None, may_cycle=True)
            await system.ready()
            cycle = asyncio.create_task(system.cycle())
            await asyncio.sleep(0.2)  # the daemon is busy with the off
            cycle.cancel()
            await asyncio.wait({cycle})
            assert cycle.cancelled()
            await system.close()
            assert daemon.service._is_on()

    asyncio.run(main())


def test_an_adapter_that_a_person_switched_off_is_not_switched_on_and_a_busy_one_not_off():
    async def main():
        async with a_daemon() as (daemon, _):
            for adapter in (None, "hci0"):
                system = Bluez(adapter, may_cycle=True)
                await system.ready()
                assert (await system.facts("F0:00:00:00:00:01")).may_cycle
                await daemon.service.power(on=False)
                assert not (await system.facts("F0:00:00:00:00:01")).may_cycle
                await daemon.service.power(on=True)
                mouse = f"{daemon.service.adapter}/dev_AA"
                known = {"Address": bluez.Variant("s", "AA"), "Connected": bluez.Variant("b", True)}
                daemon.service.objects.add(mouse, "org.bluez.Device1", known)
                assert not (await system.facts("F0:00:00:00:00:01")).may_cycle
                daemon.service.objects.remove(mouse)
                await system.close()

    asyncio.run(main())


def test_only_the_bus_and_the_daemon_are_believed():
    async def main():
        async with a_daemon() as (daemon, bus):
            system = Bluez(None, may_cycle=True)
            await system.ready()
            ((who, _),) = daemon.service.bonds.agents.items()
            anybody = await MessageBus(bus_address=bus).connect()
            forged = Message(
                message_type=MessageType.SIGNAL, destination=who, path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus", member="NameOwnerChanged", signature="sss", body=["org.bluez", ":1.1", ""],
            )  # fmt: skip
            await anybody.send(forged)
            await asyncio.sleep(0.3)
            assert system.news.gone is None
            daemon.kill()
            await asyncio.sleep(0.3)
            assert system.news.gone is StrapState.BLUETOOTH_STOPPED, "a true one is"
            anybody.disconnect()
            await system.close()

    asyncio.run(main())


def test_a_strap_that_wants_a_bond_is_bound_over_the_bus(tmp_path):
    async def main():
        async with a_daemon(**STRAP_PROFILES["needs_bond"]):
            reader = straps.Reader(tmp_path, straps.clock(1.0), Radio())
            (found,) = await pairing.find(ble_strap.Settings(), Radio(), 0.5)
            assert await pairing.bind_to(ble_strap.Settings(), reader.around, found, 10.0)

    asyncio.run(main())
