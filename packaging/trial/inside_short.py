"""Runs inside the machine, in place of `wardbeat run`: the same agent with windows of 75 s, as a synthetic site allows.

A window of five minutes and a slot of five minutes would make one trial a quarter of an hour long.
"""

import asyncio

from agent import config, pipeline
from agent.system import logs, signals
from agent.system.run_mode import RunMode
from agent.system.service_manager import ServiceManager


async def main() -> None:
    """Until the service manager ends it."""
    stop, manager = asyncio.Event(), ServiceManager()
    signals.stop_on_signals(stop)
    mode = RunMode(window_s=75.0, slot_s=3.0, alive=manager.alive, alive_s=manager.every_s)
    await pipeline.run(*config.load(None), mode=mode, stop=stop)


logs.to_system()
asyncio.run(main())
