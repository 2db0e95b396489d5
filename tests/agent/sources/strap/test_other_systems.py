"""Windows and macOS by their errors: what bleak raises there, faked over the simulated radio. Unproven on hardware."""

import asyncio

import pytest
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)

from agent.sources import Radio
from agent.sources.strap.states import StrapState
from firmware_sim.bleak_backend import backend
from firmware_sim.central import Central
from firmware_sim.virtual_radio import open_virtual_radio
from tests.support import straps, virtual_time


async def never(*_args, **_kwargs):
    await asyncio.Event().wait()


def raises(error):
    async def raising(*_args, **_kwargs):
        raise error

    return raising


async def lived_through(folder, faked, spec, seconds):
    """Names of states and beats, where the first calls of ``faked`` go as told and the later ones as they should."""
    skipping = virtual_time.Skipping(straps.START_NS)
    strap = straps.strap(skipping.clock, 1, **spec)
    async with open_virtual_radio([strap], skipping.clock) as virtual_radio:
        central = Central(virtual_radio.dongle)
        await central.power_on()
        simulated = backend(central)
        asked = []

        def first_as_told(base, name):
            true, told = getattr(base, name), list(faked.get(name, ()))

            async def call(self, *args, **kwargs):
                if told:
                    return await told.pop(0)(self, *args, **kwargs)
                return await true(self, *args, **kwargs)

            return call

        names = {"connect", "disconnect", "start_notify", "read_gatt_char", "pair"}
        client = type("Elsewhere", (simulated.client,), {name: first_as_told(simulated.client, name) for name in names})
        made = client.__init__

        def kept(self, *args, **kwargs):
            asked.append(kwargs.get("winrt"))
            made(self, *args, **kwargs)

        client.__init__ = kept
        scanner = type("Scanner", (simulated.scanner,), {"start": first_as_told(simulated.scanner, "start")})
        reader = straps.Reader(straps.bind(folder / "s"), skipping.clock, Radio(scanner, client))
        task = asyncio.create_task(reader.read())
        await virtual_time.pass_s(seconds)
        await virtual_time.end(task)
    return [StrapState.of(words).name for words in reader.words], len(reader.beats), asked


OFF = BleakBluetoothNotAvailableError("off", BleakBluetoothNotAvailableReason.POWERED_OFF)
DENIED = BleakBluetoothNotAvailableError("denied", BleakBluetoothNotAvailableReason.DENIED_BY_USER)
CASES = {
    "windows: unreachable, then the second connect hangs": (
        {"connect": [raises(BleakError("Could not get GATT services: Unreachable")), never]}, {}, ["NOT_CONNECTED"],
    ),
    "windows: the device object is gone": (
        {"connect": [raises(BleakDeviceNotFoundError("F0:00:00:00:00:01"))] * 2}, {}, [],
    ),
    "windows: the object has been closed under a subscription": (
        {"start_notify": [raises(OSError(-2147483629, "The object has been closed"))] * 2}, {}, ["NOT_CONNECTED"],
    ),
    "windows: a read that never returns": ({"read_gatt_char": [never]}, {}, ["NOT_CONNECTED"]),
    "windows: closing hangs": ({"disconnect": [never] * 3}, {"drops_after_s": 20.0}, ["BROKEN"]),
    "windows: bluetooth is off": ({"start": [raises(OFF)] * 3}, {}, ["BLUETOOTH_OFF"]),
    "macos: the person has not allowed it yet": ({"start": [raises(DENIED)] * 4}, {}, ["NOT_PERMITTED"]),
    "macos: pairs by itself, and has no call for it": (
        {"start_notify": [raises(BleakGATTProtocolError(0x0F))], "pair": [raises(NotImplementedError())]}, {}, ["PAIRED"],
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_what_other_systems_raise_is_told_and_lived_through(case, tmp_path):
    faked, spec, told = CASES[case]
    seen, beats, asked = virtual_time.run(lived_through(tmp_path, faked, spec, 120))
    assert [state for state in told if state in seen] == told, seen
    assert seen[-1] == "BEATS", seen
    assert beats > 50
    assert asked
    assert all(one == {"use_cached_services": False} for one in asked), "Windows remembers services that are gone"
