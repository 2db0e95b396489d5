"""The care view in the browser of whoever watches the demo."""

import asyncio
import webbrowser

from agent.demo.team.members import Staff
from agent.system.output import say, show

_MINUTE_S = 60.0


async def open_view(port: int, staff: Staff, minutes: float) -> None:
    """Open the care view, or name its address where there is no browser; it stays for so many minutes.

    Args:
        port: Of the view on this machine.
        staff: The member whose certificate opens it.
        minutes: How long.
    """
    address = f"https://127.0.0.1:{port}/"
    say(
        f"\nThe care view is at {address} for {minutes:g} minutes; Ctrl-C ends the demo.\n"
        f"A browser needs the member's certificate first: import {staff.p12}\n"
        f"Its passphrase: {staff.passphrase}\n"
        "The browser warns of the site's certificate, because the demo's own authority signed it: here you may go on."
    )
    if not await asyncio.to_thread(webbrowser.open, address):
        say("No browser could be opened from here (none is installed, or there is no display). Open this yourself:")
        show(address, flush=True)
    await asyncio.sleep(minutes * _MINUTE_S)
