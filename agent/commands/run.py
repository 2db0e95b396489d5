"""`wardbeat run`: the agent."""

import argparse
import logging
import time
from typing import TYPE_CHECKING, Final

from agent.system import output
from agent.system.output import say

if TYPE_CHECKING:
    from agent.config_watch import InForce, SettingsWatch
    from agent.system.events import Events
    from agent.system.service_manager import ServiceManager

_DISK_S: Final = 2.0
_SOON_S: Final = 5.0  # a run that breaks so soon, twice in a row, would break again and again


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Add this command's options."""


def run(arguments: argparse.Namespace) -> int:
    import asyncio

    from agent.config_watch import SettingsWatch
    from agent.errors import BeginAgain, OutboxBroken, StorageFull
    from agent.system.events import Events
    from agent.system.service_manager import ServiceManager

    watch, manager, events = SettingsWatch(arguments.config), ServiceManager(), Events()
    _greet(watch.in_force, manager)
    ended_soon = is_full = False
    while True:
        began_s = time.monotonic()
        try:
            asyncio.run(_once(watch, manager, events))
            manager.stopping()
            return 0
        except (StorageFull, OSError) as error:
            full = output.disk_full(error)
            if full is None:
                raise
            if not is_full or time.monotonic() - began_s > _SOON_S:
                say(f"wardbeat: {full}")
                say(f"  → {full.remedy} Wardbeat then starts without further action; Ctrl-C ends it.")
            is_full = True
            manager.alive()  # it waits for the disk, and a restart would not help
            time.sleep(_DISK_S)
        except BeginAgain as again:
            say(f"wardbeat: {again}; it starts again")
        except OutboxBroken as broken:
            soon = time.monotonic() - began_s < _SOON_S
            if soon and ended_soon:
                raise
            ended_soon = soon
            say(f"wardbeat: {broken}; it starts again, and sets the file aside if it is damaged")


def _greet(now: "InForce", manager: "ServiceManager") -> None:
    profile = now.profile
    say(
        f"Wardbeat runs under the profile {profile.name}: {profile.words} 'wardbeat status' shows more; Ctrl-C ends it."
    )
    if not now.settings.sources:
        say("No sensor is switched on yet.")
    say("Your page: wardbeat open")
    if not manager.is_watching:
        say("To let it start with your session: wardbeat service install")


async def _once(watch: "SettingsWatch", manager: "ServiceManager", events: "Events") -> None:
    """One run of the agent with what is in force, until a signal ends it."""
    import asyncio

    from agent import pipeline
    from agent.system import signals
    from agent.system.run_mode import RunMode

    stop, now = asyncio.Event(), watch.in_force
    signals.stop_on_signals(stop)
    logging.getLogger().setLevel(now.settings.log_level.upper())
    alive = manager.alive if manager.is_watching else None
    mode = RunMode(alive=alive, alive_s=manager.every_s, held=now.held, changed=events.note)
    await pipeline.run(now.settings, now.profile, mode=mode, stop=stop, watch=watch)
