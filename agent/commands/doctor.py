"""`wardbeat doctor`: every part's health, with a remedy."""

import argparse
import json

from agent.commands.loading import load
from agent.system.output import say, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from agent.commands.doctor_checks import checks

    settings, profile = load(arguments)
    found = list(checks(settings, profile))
    if arguments.json:
        show(json.dumps([asdict(check) for check in found]))
    for check in found:
        mark = {True: "ok  ", False: "FAIL", None: "--  "}[check.ok]
        say(f"{mark} {check.check_id:<16} {check.words}")
        if check.ok is False and check.remedy:
            say(f"     {'':<16} → {check.remedy}")
    return 1 if any(check.ok is False for check in found) else 0
