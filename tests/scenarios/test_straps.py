"""Every fault of the field on the fast path: what the person reads, what is lost, and what is left behind."""

import asyncio

import pytest

from agent.model import Sample
from firmware_sim.spec import Felt
from tests.scenarios import strap_table
from tests.scenarios.strap_scenarios import SCENARIOS
from tests.support import straps
from tests.support.processes import system_tool

CASES = [(name, kind) for name, one in SCENARIOS.items() for kind in ("a", "b") if kind in one.places]


@pytest.fixture(scope="module")
def rows():
    system_tool("dbus-daemon")
    return {(row["name"], row["place"]): row for row in asyncio.run(strap_table.all_rows())}


@pytest.mark.process
@pytest.mark.long
@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_scenario_is_lived_through_as_it_should(rows, name, kind):
    row = rows[name, kind]
    assert row["good"], row


def test_the_detectors_find_what_is_planted():
    class Told:
        gaps = ()

    reader = Told()
    felt = [Felt(n, 800 + n, "n", True) for n in range(40)]
    reader.samples = [Sample(n, "rr_ms", (800 + n) / 1.024) for n in range(40) if n != 20]
    reader.rr_1024 = [round(one.value * 1.024) for one in reader.samples]
    assert straps.unfaithful(reader, felt)["joined over a loss"] == 1
    doubled = reader.samples[:10] + reader.samples[9:]
    reader.samples = doubled
    reader.rr_1024 = [round(one.value * 1.024) for one in doubled]
    assert straps.unfaithful(reader, felt)["invented"] == 1
