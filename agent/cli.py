"""The command line: it finds the command's row, parses its options, calls it and prints errors; no logic.

Exit codes: 0 done, 1 a check failed, 2 wrong use or configuration, 3 something needed is missing.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from agent import __version__
from agent.commands import COMMANDS
from agent.errors import WardbeatError
from agent.system import logs
from agent.system.status import say


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    A command of a terminal (no ``argv``) dumps no core, whatever it is: each may hold a PIN, a key or measurements, and
    two fingers on the keyboard (SIGQUIT) end it at any moment.
    """
    name, arguments = _parsed(list(sys.argv[1:] if argv is None else argv))
    if argv is None:
        from agent.system import host  # what help and a wrong word do without

        host.no_core_dumps()
    logs.to_stderr()
    try:
        return COMMANDS[name].run(arguments)
    except WardbeatError as error:
        say(f"wardbeat: {error}")
        if error.remedy:
            say(f"  → {error.remedy}")
        return error.exit_code
    except PermissionError as error:
        say(f"wardbeat: {error.filename or 'a file'} belongs to another user, or you may not open it")
        say("  → Run this as the user who owns it.")
        return 3
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _parsed(words: list[str]) -> tuple[str, argparse.Namespace]:
    """The command's name and its options; a wrong word ends the program with exit code 2."""
    parser = _parser()
    if not words:
        parser.error("the COMMAND is missing; 'wardbeat --help' lists all of them")
    found = parser.parse_args(words)
    if found.command == "hub":  # the hub parses its own options, --help included
        return "hub", found
    spec = COMMANDS[found.command]
    options = argparse.ArgumentParser(prog=f"wardbeat {spec.name}", description=f"{_sentence(spec.words)}")
    spec.add_arguments(options)
    arguments = options.parse_args(found.rest)
    arguments.config = found.config
    return spec.name, arguments


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wardbeat",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measure heart-rate variability on this machine. Only sealed summaries leave, with your consent.",
        epilog=_listed(),
    )
    parser.add_argument("--version", action="version", version=f"wardbeat {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="use these settings; see 'wardbeat config example'")
    parser.add_argument(
        "command", metavar="COMMAND", choices=COMMANDS, help="what to do; 'wardbeat COMMAND --help' shows the options"
    )
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


def _listed() -> str:
    """The commands, grouped by task, one a line with its description."""
    groups = dict.fromkeys(spec.group for spec in COMMANDS.values())
    return "\n\n".join(
        "\n".join(
            [f"{group}:", *(f"  {spec.name:<10} {spec.words}" for spec in COMMANDS.values() if spec.group == group)]
        )
        for group in groups
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


if __name__ == "__main__":
    sys.exit(main())
