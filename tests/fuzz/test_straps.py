"""Nonsense from straps, strangers and the daemon: no crash, no wrong strap, and back when it is over."""

import asyncio
import contextlib

import pytest

from agent.sources.strap import ble_strap
from tests.fuzz import straps
from tests.support import virtual_time
from tests.support.processes import system_tool


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 9))
@pytest.mark.parametrize("kind", ["adverts", "tables"])
def test_a_room_of_nonsense_gives_our_beats_or_none(kind, seed):
    heard, plain = virtual_time.run(straps.over_bumble(seed, kind))
    assert not heard.wrong()
    assert not heard.broken
    if plain:
        assert len(heard.reader.beats) > straps.NONSENSE_S / 3


@pytest.mark.process
@pytest.mark.long
def test_a_daemon_of_nonsense_gives_our_beats_or_none_and_ours_come_back():
    system_tool("dbus-daemon")
    heard, changed, came_back = virtual_time.run(straps.over_the_bus(3), grace_s=0.002)
    assert changed > 10
    assert not heard.theirs()
    assert came_back > straps.CALM_S / 3


def test_a_cancellation_that_a_library_loses_is_said_again():
    async def deaf():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        await asyncio.sleep(3600)

    async def main():
        task = asyncio.create_task(deaf())
        await asyncio.sleep(0)
        await virtual_time.end(task)
        return task.cancelled(), asyncio.get_running_loop().time() < 2

    assert virtual_time.run(main()) == (True, True)


@pytest.mark.slow
def test_a_wrong_strap_would_be_found(monkeypatch):
    async def yes(_self, _client):
        return True

    monkeypatch.setattr(ble_strap._Search, "_is_ours", yes)
    found = 0
    for seed in range(1, 9):
        heard, _ = virtual_time.run(straps.over_bumble(seed, "tables"))
        found += bool(heard.wrong())
    assert found
