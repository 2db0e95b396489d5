"""Which strap is read: by its serial, under whatever address; and who may pair with this machine."""

import asyncio
import contextlib
import dataclasses
import os

import pytest
from bumble.att import Attribute
from bumble.core import UUID
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from agent.sources import Radio
from agent.sources.strap import binding as bound
from agent.sources.strap import ble_strap, pairing
from agent.sources.strap.binding import Bound
from agent.sources.strap.bluez import Bluez
from agent.sources.strap.states import StrapState
from firmware_sim import bluetoothd
from firmware_sim.bleak_backend import backend
from firmware_sim.central import Central
from firmware_sim.private_bus import private_bus
from firmware_sim.profiles import STRAP_PROFILES
from firmware_sim.spec import StrapSpec
from firmware_sim.strap import Strap
from firmware_sim.virtual_radio import open_virtual_radio
from tests.support import straps, virtual_time
from tests.support.processes import system_tool


@contextlib.asynccontextmanager
async def reading(folder, specs, *, binding, settings=None):
    """(reader, straps) in virtual time, over Bumble."""
    skipping = virtual_time.Skipping(straps.START_NS)
    worn = [
        Strap(spec, straps.Physiology(straps.phases("rest"), 1 + n).beats(), skipping.clock)
        for n, spec in enumerate(specs)
    ]
    async with open_virtual_radio(worn, skipping.clock) as virtual_radio:
        central = Central(virtual_radio.dongle)
        await central.power_on()
        simulated = backend(central)
        bound.bind(folder, binding)
        reader = straps.Reader(
            folder, skipping.clock, Radio(simulated.scanner, simulated.client, straps.SimulatedSystem(central))
        )
        task = asyncio.create_task(reader.read())
        try:
            yield reader, worn
        finally:
            await virtual_time.end(task)


def names(reader):
    return [StrapState.of(words).name for words in reader.words]


SPEC = StrapSpec.numbered(1)
OTHER = dataclasses.replace(StrapSpec.numbered(2), name=SPEC.name)  # another's, of the same name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("serial", "present", "found"),
    [
        ("SIM0001", (SPEC,), True),
        ("SIM0001", (OTHER, SPEC), True),
        ("SIM0001", (OTHER,), False),
        ("", (SPEC,), False),
        ("00000000", (dataclasses.replace(SPEC, serial="00000000"),), False),
    ],
    ids=["back under another address", "two of one name", "somebody else's", "without a serial", "a serial that says nothing"],
)  # fmt: skip
def test_a_strap_under_a_new_address_is_known_by_its_serial_alone(serial, present, found, tmp_path):
    async def main():
        binding = Bound("C0FFEE00-0000-4000-8000-000000000001", SPEC.name, serial)
        async with reading(tmp_path, present, binding=binding) as (reader, worn):
            await virtual_time.pass_s(40)
            assert bool(reader.beats) is found
            told = {strap.spec.serial: strap for strap in worn}
            if found:
                assert straps.unfaithful(reader, told["SIM0001"].felt)["invented"] == 0
                assert bound.bound(tmp_path).address == SPEC.address
            else:
                assert bound.bound(tmp_path) == binding
            assert names(reader)[-1] == ("BEATS" if found else "AWAY")

    virtual_time.run(main())


@pytest.mark.slow
@pytest.mark.long
def test_a_stranger_of_the_same_name_is_asked_once(tmp_path):
    async def main(folder):
        binding = Bound("C0FFEE00-0000-4000-8000-000000000001", SPEC.name, "SIM0001")
        asked = []
        async with reading(folder, (OTHER,), binding=binding) as (_, worn):
            worn[0]._device.on("connection", asked.append)
            await virtual_time.pass_s(600)
        return len(asked)

    assert virtual_time.run(main(tmp_path)) == 1


@pytest.mark.slow
def test_a_strap_at_the_bound_address_with_another_serial_is_never_read(tmp_path):
    async def main():
        thief = dataclasses.replace(SPEC, serial="SIM9999")
        async with reading(tmp_path, (thief,), binding=Bound(SPEC.address, SPEC.name, "SIM0001")) as (reader, _):
            await virtual_time.pass_s(300)
            assert not reader.samples
            assert names(reader)[-1] == "ANOTHER_STRAP"

    virtual_time.run(main())


def test_a_serial_that_many_share_says_nothing():
    for serial in ("", "0", "00000000", "123456", "11112222", "1234567890", "AAAAAA"):
        assert not Bound("A", "name", serial).lasting, serial
    for serial in ("1A2B3C4D", "E5F0A71C", "SIM0001"):
        assert Bound("A", "name", serial).lasting
    assert not Bound("A", "", "1A2B3C4D").lasting


# ---- straps as they are met


@pytest.mark.slow
@pytest.mark.parametrize("name", STRAP_PROFILES)
def test_every_strap_profile_is_read(name, tmp_path):
    """Ten minutes: what is read is what was felt, and the person is told what there is to tell."""

    async def main():
        spec = dataclasses.replace(SPEC, **STRAP_PROFILES[name])
        async with reading(tmp_path, (spec,), binding=Bound(SPEC.address, SPEC.name, "SIM0001")) as (reader, worn):
            await virtual_time.pass_s(600)
            wrong = straps.unfaithful(reader, worn[0].felt)
            return len(reader.beats), len(reader.gaps), wrong, names(reader)

    beats, gaps, wrong, seen = virtual_time.run(main())
    if name == "verity":
        assert beats == 0
        assert seen[-1] == "NO_BEATS"
        return
    assert wrong["invented"] == wrong["joined over a loss"] == 0
    assert wrong["missing"] <= gaps
    assert beats > 500
    leaves = {"stops_30": 18, "stalls_100": 4, "stops_150": 3, "rejects_parameters": 0}.get(name, 0)
    assert abs(gaps - leaves) <= 2, gaps


@pytest.mark.slow
def test_a_strap_that_insists_on_its_interval_leaves_a_host_that_refuses(tmp_path):
    async def main():
        skipping = virtual_time.Skipping(straps.START_NS)
        strap = straps.strap(skipping.clock, 1, **STRAP_PROFILES["rejects_parameters"])
        async with open_virtual_radio([strap], skipping.clock) as virtual_radio:
            central = Central(virtual_radio.dongle, accepts_intervals=False)
            await central.power_on()
            simulated = backend(central)
            reader = straps.Reader(
                straps.bind(tmp_path / "s"), skipping.clock, Radio(simulated.scanner, simulated.client)
            )
            task = asyncio.create_task(reader.read())
            await virtual_time.pass_s(320)
            await virtual_time.end(task)
        return len(reader.gaps), straps.unfaithful(reader, strap.felt)

    gaps, wrong = virtual_time.run(main())
    assert 8 <= gaps <= 11
    assert wrong["invented"] == wrong["joined over a loss"] == 0


# ---- who may pair


@pytest.mark.process
def test_the_pairing_agent_says_yes_to_the_bound_strap_and_no_to_everybody_else(tmp_path):
    asked = (
        ("RequestAuthorization", "o", ["{}"]),
        ("RequestConfirmation", "ou", ["{}", 1]),
        ("AuthorizeService", "os", ["{}", "u"]),
    )
    never = ("RequestPinCode", "o", ["{}"]), ("RequestPasskey", "o", ["{}"]), ("DisplayPasskey", "ouq", ["{}", 1, 1])

    async def main():
        pace = straps.clock(1.0)
        async with contextlib.AsyncExitStack() as stack:
            virtual_radio = await stack.enter_async_context(open_virtual_radio([straps.strap(pace)], pace))
            bus = await stack.enter_async_context(private_bus(system_tool("dbus-daemon")))
            daemon = await stack.enter_async_context(bluetoothd.serve(Central(virtual_radio.dongle), bus))
            os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus
            system = Bluez(None, may_cycle=True)
            await system.ready()
            ((who, where),) = daemon.service.bonds.agents.items()
            daemons, anybody = daemon._bus, await MessageBus(bus_address=bus).connect()

            async def answer(member, signature, body, path, caller=daemons):
                filled = [path if one == "{}" else one for one in body]
                reply = await caller.call(
                    Message(who, where, "org.bluez.Agent1", member, signature=signature, body=filled)
                )
                return reply.message_type is MessageType.METHOD_RETURN

            ours, stranger = "/org/bluez/hci0/dev_F0_00_00_00_00_01", "/org/bluez/hci0/dev_F0_00_00_00_00_02"
            for row in (*asked, *never):
                assert not await answer(*row, ours), "nobody is being connected"
            system.expect(type("Device", (), {"details": {"path": ours}}))
            assert all([await answer(*row, ours) for row in asked])
            assert not any([await answer(*row, stranger) for row in asked])
            assert not any([await answer(*row, path) for row in never for path in (ours, stranger)])
            assert not any([await answer(*row, ours, anybody) for row in asked]), "only the Bluetooth daemon may ask"
            system.expect(None)
            assert not any([await answer(*row, ours) for row in asked])
            anybody.disconnect()
            await system.close()

    try:
        asyncio.run(main())
    finally:
        os.environ.pop("DBUS_SYSTEM_BUS_ADDRESS", None)


def test_a_strap_that_wants_a_bond_is_bound_by_scan(tmp_path):
    async def main():
        skipping = virtual_time.Skipping(straps.START_NS)
        strap = straps.strap(skipping.clock, 1, **STRAP_PROFILES["needs_bond"])
        async with open_virtual_radio([strap], skipping.clock) as virtual_radio:
            central = Central(virtual_radio.dongle)
            await central.power_on()
            simulated = backend(central)
            radio = Radio(simulated.scanner, simulated.client, straps.SimulatedSystem(central))
            reader = straps.Reader(tmp_path, skipping.clock, radio)
            (found,) = await pairing.find(ble_strap.Settings(), radio, 0.5)
            assert await pairing.bind_to(ble_strap.Settings(), reader.around, found, 10.0)
        assert bound.bound(tmp_path).serial == "SIM0001"

    virtual_time.run(main())


@pytest.mark.slow
def test_a_stranger_of_the_same_name_is_never_paired(tmp_path):
    """Its serial is unknown until it has been read, and it wants a bond before that."""

    async def main():
        binding = Bound("C0FFEE00-0000-4000-8000-000000000001", SPEC.name, "SIM0001")
        async with reading(tmp_path, (OTHER,), binding=binding) as (reader, worn):
            device = worn[0]._device
            for attribute in device.gatt_server.attributes:
                if attribute.type == UUID("2A25"):
                    attribute.permissions |= Attribute.Permissions.READ_REQUIRES_ENCRYPTION
            paired = []
            device.on("connection", lambda connection: connection.on("pairing_start", paired.append))
            device.on("connection", lambda connection: connection.on("pairing", paired.append))
            await virtual_time.pass_s(120)
            assert not paired
            assert not reader.beats
            assert bound.bound(tmp_path) == binding
            assert names(reader)[-1] == "AWAY"

    virtual_time.run(main())


@pytest.mark.long
def test_an_adapter_that_hears_nothing_at_all_is_switched_off_and_on_once(tmp_path):
    async def main(specs):
        skipping = virtual_time.Skipping(straps.START_NS)
        worn = [Strap(spec, straps.Physiology(straps.phases("rest"), 1).beats(), skipping.clock) for spec in specs]
        async with open_virtual_radio(worn, skipping.clock) as virtual_radio:
            central = Central(virtual_radio.dongle)
            await central.power_on()
            simulated, system = backend(central), straps.SimulatedSystem(central)
            reader = straps.Reader(
                straps.bind(tmp_path / "s"), skipping.clock, Radio(simulated.scanner, simulated.client, system)
            )
            task = asyncio.create_task(reader.read())
            await virtual_time.pass_s(1800)
            await virtual_time.end(task)
        return system.cycled

    assert virtual_time.run(main(())) == 1
    assert virtual_time.run(main((StrapSpec.numbered(7),))) == 0, (
        "others are heard: the strap is away, the adapter is well"
    )


@pytest.mark.slow
def test_a_pause_does_not_let_the_adapter_be_cycled_again_within_the_hour(tmp_path):
    async def main():
        skipping = virtual_time.Skipping(straps.START_NS)
        async with open_virtual_radio([], skipping.clock) as virtual_radio:
            central = Central(virtual_radio.dongle)
            await central.power_on()
            simulated, system = backend(central), straps.SimulatedSystem(central)
            radio = Radio(simulated.scanner, simulated.client, system)
            straps.bind(tmp_path / "s")
            for _ in range(4):  # each reading hears nothing at all for long enough
                task = asyncio.create_task(straps.Reader(tmp_path / "s", skipping.clock, radio).read())
                await virtual_time.pass_s(600)
                await virtual_time.end(task)
            once = system.cycled
            await virtual_time.pass_s(3600)
            task = asyncio.create_task(straps.Reader(tmp_path / "s", skipping.clock, radio).read())
            await virtual_time.pass_s(600)
            await virtual_time.end(task)
            return once, system.cycled

    assert virtual_time.run(main()) == (1, 2)
