"""The person's own devices in range, and the one that may be read: `wardbeat scan` and the page's first steps."""

import asyncio
import json
from pathlib import Path

from agent import sources
from agent.config import Settings
from agent.control import channel
from agent.control.channel import Command
from agent.errors import NotRunning, WrongUse
from agent.sources import FoundDevice, Radio, Surroundings
from agent.system.clock import SessionClock
from agent.system.status import Level

PROOF_S = 15.0


def in_reach(settings: Settings, name: str, seconds: float, radio: Radio | None = None) -> list[FoundDevice]:
    """Devices that advertise, strongest first.

    Args:
        settings: In force.
        name: The sensor, as in SOURCES.
        seconds: How long to listen.
        radio: See `pipeline.run`.

    Raises:
        SourceUnavailable: There is nothing to look with.
    """
    return asyncio.run(sources.find(name, _settings(settings, name), radio or Radio(), seconds))


def bind(
    settings: Settings, name: str, found: list[FoundDevice], which: str, radio: Radio | None = None
) -> tuple[str, bool]:
    """Bind one of the devices found; its name, and whether measurements came (else nothing is bound).

    Args:
        settings: Say where the state folder is.
        name: The sensor, as in SOURCES.
        found: As `in_reach` gave it.
        which: Name or address of the device; empty: the only one there is.
        radio: See `pipeline.run`.

    Raises:
        WrongUse: There is no such device, or more than one.
        SourceUnavailable: It could not be connected.
    """
    device = _chosen(settings, name, found, which)
    context = Surroundings(SessionClock(), settings.state_dir, silent, radio or Radio())
    proved = asyncio.run(sources.bind(name, _settings(settings, name), context, device, PROOF_S))
    return device.name or device.address, proved


def _chosen(settings: Settings, name: str, found: list[FoundDevice], which: str) -> FoundDevice:
    _, how = sources.pairing(name)
    if is_read(settings.state_dir, name):
        raise WrongUse(
            f"the running agent is reading a {how.noun}",
            remedy=f"Run 'wardbeat pause', bind the new {how.noun}, then run 'wardbeat resume'.",
        )
    if not found:
        raise WrongUse(f"no {how.noun} is in range", remedy=how.advice)
    chosen = [device for device in found if not which or which.lower() in (device.name.lower(), device.address.lower())]
    names = ", ".join(f"{device.name or 'unnamed'} ({device.address})" for device in chosen or found)
    if not chosen:
        raise WrongUse(
            f"no {how.noun} called {which!r} is in reach; seen: {names}", remedy="Put your strap on, and give its name."
        )
    if len(chosen) > 1:
        raise WrongUse(f"which {how.noun} is yours? {names}", remedy="Run 'wardbeat scan --bind NAME' (or ADDRESS).")
    if not which and bound_address(settings.state_dir, name) not in ("", chosen[0].address):
        raise WrongUse(
            f"another {how.noun} is bound already; the {how.noun} in range is {names}",
            remedy="If that is your strap now, bind it: 'wardbeat scan --bind NAME'.",
        )
    return chosen[0]


def bound_address(folder: Path, name: str) -> str:
    """The address of the device that may be read; empty: none is bound."""
    device = sources.bound(name, folder)
    return "" if device is None else device["address"]


def is_read(folder: Path, name: str) -> bool:
    """Whether the running agent reads the device, or looks for it: such a device shows in no scan."""
    try:
        body = json.loads(channel.ask(folder, Command("status")).body)
    except NotRunning:
        return False
    return not body["paused"] and any(state["part"] == f"source.{name}" for state in body["states"])


def _settings(settings: Settings, name: str) -> object:
    return settings.sources.get(name) or sources.settings_type(name)()


def silent(_level: Level, _words: str, _remedy: str) -> None:
    """A scan shows no state."""
