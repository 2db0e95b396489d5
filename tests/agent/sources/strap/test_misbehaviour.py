"""Straps and libraries that misbehave, and a strap that is changed for another."""

import asyncio
import dataclasses
import sys
import types

import pytest
from bumble.att import Attribute
from bumble.gatt import Characteristic, Service

from agent import pipeline
from agent.model import Sample
from agent.sources import SOURCES
from agent.sources.strap import binding, ble_strap, pairing
from firmware_sim import physiology
from firmware_sim.faults import Fault
from firmware_sim.strap import Strap
from tests.support import straps
from tests.support.processes import until


class Shy(Strap):
    """Its first link breaks while it is being made."""

    def _on_connection(self, connection):
        super()._on_connection(connection)
        self.connections = getattr(self, "connections", 0) + 1
        if self.connections == 1:
            asyncio.get_running_loop().call_later(0.005, self._chip.lose_links)


class TwoBatteries(Strap):
    """As some sensors are: a service twice."""

    def _services(self):
        level = Characteristic("2A19", Characteristic.Properties.READ, Attribute.Permissions.READABLE, b"\x50")
        return [*super()._services(), Service("180F", [level])]


@pytest.mark.process
@pytest.mark.parametrize("kind", [Shy, TwoBatteries])
def test_a_strap_that_misbehaves_is_read_all_the_same(kind, tmp_path):
    async def main(way):
        pace = straps.clock(1.0)
        strap = kind(straps.StrapSpec.numbered(1), straps.Physiology(physiology.phases("rest"), 1).beats(), pace)
        async with straps.air(way, [strap], pace) as (_, radio):
            reader = straps.Reader(straps.bind(tmp_path / way), pace, radio)
            async with straps.reading(reader):
                await until(lambda: len(reader.beats) >= 3, 25, f"beats ({way})")

    straps.both_ways(main)


@pytest.mark.process
def test_a_reading_that_a_library_cancels_is_tried_again(world):
    """Bumble cancels its own futures; a cancelled child would end the sensor for good without a word."""
    tries = []

    async def samples(_settings, _around):
        tries.append(1)
        if len(tries) == 1:
            raise asyncio.CancelledError
        yield Sample(straps.START_NS + 1, "rr_ms", 800.0)
        await asyncio.Event().wait()

    fickle = types.SimpleNamespace(samples=samples)
    sys.modules["fickle_sensor"] = fickle
    SOURCES["fickle"] = dataclasses.replace(SOURCES["ble_strap"], name="fickle", module="fickle_sensor", pairing=None)

    async def enough(agent):
        await until(agent.windows.ring.newest_ns, 10, "the second try")
        agent.stop_sensors.set()
        await asyncio.Event().wait()

    try:
        settings = world.settings.model_copy(update={"sources": {"fickle": None}})
        mode = pipeline.RunMode(one_shot=True, serves=False)
        straps.run(pipeline.run(settings, world.profile, straps.clock(), mode=mode, extra_tasks={"enough": enough}))
    finally:
        del SOURCES["fickle"], sys.modules["fickle_sensor"]
    assert len(tries) == 2


def test_a_new_binding_ends_the_reading_of_the_old_strap(tmp_path):
    async def main():
        pace = straps.clock(1.0)
        async with straps.air("a", [straps.strap(pace, 1), straps.strap(pace, 2)], pace) as (virtual_radio, radio):
            reader = straps.Reader(straps.bind(tmp_path / "state", 1), pace, radio)
            async with straps.reading(reader):
                await until(lambda: len(reader.beats) > 0, what="the first strap")
                straps.bind(tmp_path / "state", 2)
                await until(lambda: virtual_radio.straps[1]._listening, what="the second strap")
                assert not virtual_radio.straps[0]._listening

    straps.run(main())


def test_a_strap_without_beats_says_so_and_is_not_bound_over_another(tmp_path):
    async def main():
        pace = straps.clock()
        bodies = [straps.strap(pace, 1), straps.strap(pace, 2)]
        silent = [Fault("missing_rr", 0, 999, 0), Fault("low_battery", 0, strap=0), Fault("malformed", 0, 999, 1)]
        async with straps.air("a", bodies, pace, silent) as (_, radio):
            reader = straps.Reader(straps.bind(tmp_path / "state", 1), pace, radio)
            async with straps.reading(reader):
                await until(lambda: "the strap sends a heart rate but no beats" in reader.words, what="the words")
                assert not [words for words in reader.words if "receiving beats" in words], "not even for its battery"
            found = await pairing.find(ble_strap.Settings(), radio, 0.3)
            for one in found:
                assert not await pairing.bind_to(ble_strap.Settings(), reader.around, one, 10.0)
        assert binding.bound(tmp_path / "state").serial == "SIM0001"

    straps.run(main())
