"""`wardbeat doctor`: every part's health, with a remedy. docs/operate.md lists its checks and exit codes."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from agent import __version__
from agent.commands.loading import load
from agent.errors import WrongUse
from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.commands.doctor_rows import Check

_OK, _CRITICAL, _UNKNOWN = 0, 2, 3  # Monitoring Plugins' guidelines, 2.10
_UNREADABLE: Final = "settings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON, and nothing else")
    form.add_argument("--nagios", action="store_true", help="one line for a monitoring system, with its exit codes")
    form.add_argument("--prometheus", action="store_true", help="a text file for Prometheus' node exporter")


def run(arguments: argparse.Namespace) -> int:
    from dataclasses import asdict

    from agent.commands.doctor_checks import checks
    from agent.commands.doctor_rows import Check, exit_code

    try:
        found = [*checks(*load(arguments))]
    except WrongUse as error:
        if not (arguments.json or arguments.nagios or arguments.prometheus):
            raise
        found = [Check("settings", ok=False, words=str(error), remedy=error.remedy)]
    if arguments.json:
        show(json.dumps([asdict(check) for check in found]))
        return exit_code(found)
    if arguments.nagios:
        line, code = monitored(for_monitors(found))
        show(line)
        return code
    if arguments.prometheus:
        show(exposed(for_monitors(found)), end="")
        return 0
    for check in found:
        mark = {True: "ok  ", False: "FAIL", None: "--  "}[check.ok]
        say(f"{mark} {check.check_id:<18} {check.words}")
        if check.ok is False and check.remedy:
            say(f"     {'':<18} → {check.remedy}")
    return exit_code(found)


def for_monitors(found: "Sequence[Check]") -> "list[Check]":
    """What is sent on to those who run the machine: a check that could tell what a person does is named if it fails.

    Whether a line is there must say nothing: a consent, a sensor that is switched on, a strap that is worn.

    Args:
        found: What doctor saw.
    """
    from agent.commands.doctor_rows import CHECKS

    ours = {name for name, spec in CHECKS.items() if not spec.is_personal}
    return [one for one in found if one.check_id in ours or one.ok is False]


def monitored(found: "Sequence[Check]") -> tuple[str, int]:
    """One line and the exit code of a monitoring plugin. It names checks and no values: such lines are sent on.

    Args:
        found: What doctor saw.
    """
    failed = [check.check_id for check in found if check.ok is False]
    count = f"checks={len(found)};;;0 failed={len(failed)};;;0"
    if _UNREADABLE in failed:
        return f"WARDBEAT UNKNOWN - the settings cannot be read: 'wardbeat doctor' says why | {count}", _UNKNOWN
    if failed:
        return f"WARDBEAT CRITICAL - {', '.join(failed)}: 'wardbeat doctor' names the remedies | {count}", _CRITICAL
    return f"WARDBEAT OK - {len(found)} checks | {count}", _OK


def exposed(found: "Sequence[Check]") -> str:
    """What doctor saw in Prometheus' text format: 1 ok, 0 failed; what does not apply is left out. No value, no path.

    Args:
        found: What doctor saw.
    """
    rows = [f'wardbeat_check_ok{{check="{one.check_id}"}} {int(one.ok)}' for one in found if one.ok is not None]
    return "\n".join(
        (
            "# HELP wardbeat_check_ok Whether a check of 'wardbeat doctor' holds.",
            "# TYPE wardbeat_check_ok gauge",
            *rows,
            "# HELP wardbeat_build_info The version that runs this check.",
            "# TYPE wardbeat_build_info gauge",
            f'wardbeat_build_info{{version="{__version__}"}} 1',
            "",
        )
    )
