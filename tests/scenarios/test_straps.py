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


@pytest.mark.parametrize(("unheard", "is_gap", "missing"), [(1, True, 0), (2, True, 0), (4, True, 2), (1, False, 1)])
def test_beats_on_their_way_as_the_link_went_are_no_fault_where_a_gap_stands(unheard, is_gap, missing):
    """The last beats before the loss were sent and heard by nobody; then ten were felt without a link."""

    class Told:
        gaps = ()

    felt = [Felt(n, 800 + n, "n", not 20 <= n < 30) for n in range(40)]
    heard = [n for n in range(40) if not 20 - unheard <= n < 30]
    reader = Told()
    reader.samples = [Sample(n, "rr_ms", (800 + n) / 1.024) for n in heard]
    if is_gap:
        reader.samples.insert(20 - unheard, Sample(25, "gap_ms", 10_000.0))
    reader.rr_1024 = [800 + n for n in heard]
    wrong = straps.unfaithful(reader, felt)
    assert wrong["missing"] == missing
    assert wrong["joined over a loss"] == (not is_gap)
