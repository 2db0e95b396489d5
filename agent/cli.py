"""The command line: it finds the command's row, parses its options, calls it and prints errors; no logic.

Exit codes: 0 done, 1 a check failed, 2 wrong use or configuration, 3 something needed is missing.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from agent import __version__
from agent.commands import COMMANDS
from agent.errors import Missing, StorageFull, WardbeatError
from agent.system import logs, output
from agent.system.installation import how_to_add, how_to_repair
from agent.system.output import say
from agent.system.parser import Parser

# which extra of the installation brings a package
_EXTRAS: Final = {
    **dict.fromkeys(("sqlalchemy", "hub"), "hub"),
    **dict.fromkeys(("psycopg", "psycopg_binary"), "postgres"),
    **dict.fromkeys(("amqtt", "rich", "bumble", "skimage", "firmware_sim"), "demo"),
    **dict.fromkeys(("cv2", "av", "ai_edge_litert", "onnxruntime", "psutil"), "camera"),
    "mediapipe": "mediapipe",
    "pypdf": "evidence",
    "matplotlib": "plot",
    "fairlearn": "audit",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.

    A command of a terminal (no ``argv``) dumps no core, whatever it is: each may hold a PIN, a key or measurements, and
    two fingers on the keyboard (SIGQUIT) end it at any moment.
    """
    output.tolerate_any_text()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv), of_terminal=argv is None)
        output.finish()
    except WardbeatError as error:
        output.give_up_what_waits()
        return _told(error)
    except SystemExit:  # the parser has printed help, or what is wrong
        try:
            output.finish()
        except StorageFull as full:
            return _told(full)
        raise
    except KeyboardInterrupt:
        return 130
    return code


def _run(words: list[str], *, of_terminal: bool) -> int:
    """Carry one command out; whatever an operating system or an installation may lack has a remedy."""
    try:
        name, arguments = _parsed(words)
        if of_terminal:
            from agent.system import host  # what help and a wrong word do without

            host.no_core_dumps()
        logs.to_system()
        return COMMANDS[name].run(arguments)
    except BrokenPipeError:
        return 0  # who reads the output has seen enough
    except PermissionError as error:
        raise Missing(
            f"{error.filename or 'a file'} belongs to another user, or you may not open it",
            remedy="Run this as the user who owns it.",
        ) from error
    except OSError as error:
        full = output.disk_full(error)
        raise full or Missing(
            f"{error.filename or 'the system'}: {error.strerror or error}",
            remedy="Check that it is there and can be used; 'wardbeat doctor' shows more.",
        ) from error
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        extra = _EXTRAS.get(package)
        raise Missing(
            f"the package {package!r} is not installed",
            remedy=how_to_add(extra) if extra else how_to_repair(),
        ) from error


def _told(error: WardbeatError) -> int:
    """Print an error with its remedy; the exit code."""
    say(f"wardbeat: {error}")
    if error.remedy:
        say(f"  → {error.remedy}")
    return error.exit_code


def _parsed(words: list[str]) -> tuple[str, argparse.Namespace]:
    """The command's name and its options; a wrong word ends the program with exit code 2."""
    parser = _parser()
    if not words:
        parser.error("the COMMAND is missing; 'wardbeat --help' lists all of them")
    found = parser.parse_args(words)
    if found.command == "hub":  # the hub parses its own options, --help included
        return "hub", found
    spec = COMMANDS[found.command]
    options = Parser(prog=f"wardbeat {spec.name}", description=f"{_sentence(spec.words)}")
    spec.add_arguments(options)
    arguments = options.parse_args(found.rest)
    arguments.config = found.config
    return spec.name, arguments


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
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
