"""`wardbeat doctor`: every part's health, with a remedy. docs/operate.md lists its checks and exit codes."""

import argparse
import json

from agent.commands.loading import load
from agent.errors import WrongUse
from agent.system.output import say, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")


def run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from agent.commands.doctor_checks import checks
    from agent.commands.doctor_rows import Check, exit_code

    try:
        found = [*checks(*load(arguments))]
    except WrongUse as error:
        if not arguments.json:
            raise
        found = [Check("settings", ok=False, words=str(error), remedy=error.remedy)]
    if arguments.json:
        show(json.dumps([asdict(check) for check in found]))
        return exit_code(found)
    for check in found:
        mark = {True: "ok  ", False: "FAIL", None: "--  "}[check.ok]
        say(f"{mark} {check.check_id:<18} {check.words}")
        if check.ok is False and check.remedy:
            say(f"     {'':<18} → {check.remedy}")
    return exit_code(found)
