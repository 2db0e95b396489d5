"""`wardbeat scan`: the person's own devices in range, and which of them is bound."""

import argparse
import json

from agent.commands.loading import load
from agent.system.output import say, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--seconds", type=float, default=8.0, help="listen for this many seconds (default 8)")
    parser.add_argument(
        "--bind", nargs="?", const="", metavar="STRAP", help="use this strap (name or address) from now on"
    )
    parser.add_argument("--sensor", default="", metavar="NAME", help="the sensor to look for (default: the strap)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from agent import sources
    from agent.control import device_scan as scan
    from agent.errors import WrongUse

    settings, _ = load(arguments)
    if not 0 < arguments.seconds <= 120:
        raise WrongUse(f"--seconds {arguments.seconds:g} is outside 0 to 120")
    name, how = sources.pairing(arguments.sensor)
    found = scan.in_reach(settings, name, arguments.seconds)
    if arguments.json:
        show(json.dumps([asdict(device) for device in found]))
    yours = scan.bound_address(settings.state_dir, name)
    for device in found:
        mark = "yours" if device.address == yours else ""
        say(f"  {device.name or '(no name)':<24} {device.address}  {device.rssi_dbm:>4} dBm  {mark}")
    if arguments.bind is None:
        if yours and yours not in (device.address for device in found) and scan.is_read(settings.state_dir, name):
            say(
                f"Your {how.noun} is not listed because the running agent reads it or looks for it; "
                "see 'wardbeat status'."
            )
            return 0
        if not found:
            say(f"No {how.noun} is in range. {how.advice}")
            return 1
        if not yours:
            say("To use one of them: wardbeat scan --bind NAME")
        return 0
    device_name, proved = scan.bind(settings, name, found, arguments.bind)
    if not proved:
        say(f"No {how.proof} arrived from {device_name}, so nothing is bound. {how.advice}")
        return 1
    say(f"{how.proof.capitalize()} arrived. {device_name} is now your {how.noun}; no other {how.noun} is read.")
    if name not in settings.sources:
        say(f"Switch it on in your settings:  sources: {{{name}: {{}}}}")
    return 0
