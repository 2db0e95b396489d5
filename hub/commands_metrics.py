"""`wardbeat hub metrics`: counts for a Prometheus on this machine."""

import argparse
import asyncio

from agent.system.output import say
from agent.system.service_manager import ServiceManager
from agent.system.signals import stop_on_signals
from hub.metrics.address import Address


def metrics(arguments: argparse.Namespace) -> int:
    """Answer on an address of this machine until SIGINT or SIGTERM."""
    from hub.metrics.service import serve
    from hub.process_state import SignOfLife
    from hub.site import open_keys

    address = Address.parsed(arguments.listen)
    open_keys(arguments.folder).close()  # without a hub here no file is made
    sign = SignOfLife(arguments.folder, "metrics", ServiceManager().alive)

    def alive() -> None:
        sign.clear()
        sign.alive()

    async def until_stopped() -> None:
        stop = asyncio.Event()
        stop_on_signals(stop)
        ready = f"The metrics are at {address}/metrics; the process runs."
        await serve(arguments.folder, address, stop, alive=alive, ready=lambda: say(ready))

    asyncio.run(until_stopped())
    sign.end()
    return 0
