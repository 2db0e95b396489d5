"""Straps in reach, and the one of them that may be read: `wardbeat scan`."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from agent import control, sources
from agent.clock import SessionClock
from agent.config import Settings
from agent.control import Command
from agent.errors import NotRunning, SourceUnavailable, WrongUse
from agent.sources import Radio, Surroundings
from agent.status import Level

PROOF_S = 15.0


def in_reach(settings: Settings, seconds: float, radio: Radio | None = None) -> list[Any]:
    """Straps that advertise (`sources.strap_link.Nearby`), strongest first.

    Raises:
        SourceUnavailable: There is no Bluetooth to scan with.
    """
    strap = sources.module("ble_strap")
    return asyncio.run(strap.nearby(_settings(settings), radio or Radio(), seconds))


def bind(settings: Settings, found: list[Any], which: str, radio: Radio | None = None) -> tuple[str, bool]:
    """Bind one of the straps found; its name, and whether beats were seen (else nothing is bound).

    Args:
        settings: Say where the state folder is.
        found: As `in_reach` gave it.
        which: Name or address; empty: the only one there is.
        radio: See `pipeline.run`.

    Raises:
        WrongUse: There is no such strap, or more than one.
        SourceUnavailable: It could not be connected.
    """
    if reads_a_strap(settings.state_dir):
        raise WrongUse(
            "the running agent is reading a strap",
            remedy="Run 'wardbeat pause', bind the new strap, then run 'wardbeat resume'.",
        )
    if not found:
        raise WrongUse(
            "no strap is in range", remedy="Put it on, moisten the electrodes, and close other apps that use it."
        )
    chosen = [one for one in found if not which or which.lower() in (one.name.lower(), one.address.lower())]
    names = ", ".join(f"{one.name or 'unnamed'} ({one.address})" for one in chosen or found)
    if not chosen:
        raise WrongUse(
            f"no strap called {which!r} is in range; found: {names}", remedy="Put your strap on, and give its name."
        )
    if len(chosen) > 1:
        raise WrongUse(f"which strap is yours? {names}", remedy="Run 'wardbeat scan --bind NAME' (or ADDRESS).")
    if not which and bound_address(settings.state_dir) not in ("", chosen[0].address):
        raise WrongUse(
            f"another strap is bound already; the strap in range is {names}",
            remedy="If that is your strap now, bind it: 'wardbeat scan --bind NAME'.",
        )
    strap = sources.module("ble_strap")
    around = Surroundings(SessionClock(), settings.state_dir, _silent, radio or Radio())
    beats = asyncio.run(strap.bind_to(_settings(settings), around, chosen[0], PROOF_S))
    return chosen[0].name or chosen[0].address, beats


def bound_name(folder: Path) -> str:
    """The name of the strap that may be read.

    Raises:
        SourceUnavailable: None is bound.
    """
    return str(sources.module("ble_strap").bound(folder).name)


def bound_strap(folder: Path) -> dict[str, str] | None:
    """All that is kept of the bound strap; None: none is bound."""
    try:
        return asdict(sources.module("ble_strap").bound(folder))
    except SourceUnavailable:
        return None


def bound_address(folder: Path) -> str:
    """The address of the strap that may be read; empty: none is bound."""
    strap = bound_strap(folder)
    return "" if strap is None else strap["address"]


def reads_a_strap(folder: Path) -> bool:
    """Whether the running agent is reading a strap, or looks for it: such a strap shows in no scan."""
    try:
        body = json.loads(control.ask(folder, Command("status")).body)
    except NotRunning:
        return False
    return not body["paused"] and any(state["part"] == "source.ble_strap" for state in body["states"])


def _settings(settings: Settings) -> Any:
    return settings.sources.get("ble_strap") or sources.settings_type("ble_strap")()


def _silent(_level: Level, _words: str, _remedy: str) -> None:
    """A scan has no board."""
