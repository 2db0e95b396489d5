"""`wardbeat demo`: the whole chain on this machine with a synthetic person."""

import argparse
from pathlib import Path
from typing import Final

_FILES: Final = """\
recording (--replay): one interval in ms per line, or a CSV with the header t_s,rr_ms (t_s: end of the interval)
timeline of faults (--faults), in session seconds:
  - {at_s: 60, fault: link_loss, for_s: 10}
  - {at_s: 120, fault: malformed, for_s: 3}
  - {at_s: 300, fault: low_battery, percent: 4}
faults: link_loss, silent, contact_lost, missing_rr, malformed, low_battery, absent
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = _FILES
    parser.add_argument("--minutes", type=float, help="run for this many real minutes (default 2; with --page 30)")
    parser.add_argument(
        "--speed", type=float, help="session seconds per real second, 1 to 10 (default 10; with --page 1)"
    )
    parser.add_argument("--replay", type=Path, metavar="FILE", help="play a recording instead of a synthetic heart")
    parser.add_argument("--seed", type=int, default=1, help="seed of the synthetic heart (default 1)")
    parser.add_argument("--faults", type=Path, metavar="FILE", help="inject the strap faults of this YAML timeline")
    parser.add_argument("--face", action="store_true", help="also simulate a face in front of the camera")
    parser.add_argument(
        "--page",
        nargs="?",
        const="open",
        choices=("open", "print"),
        default="",
        help="open your page in the browser, at real speed; print: only print its file name",
    )
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="save the live view as SVG after two thirds of the run"
    )
    parser.add_argument(
        "--team",
        action="store_true",
        help="ten synthetic people over a made-up year, and the care team's view of them; --minutes: how long it stays "
        "open (default 30; with --json 0)",
    )
    parser.add_argument("--keep", action="store_true", help="keep all files, and print where they are")
    parser.add_argument("--json", action="store_true", help="print the report as JSON in the last line")


def run(arguments: argparse.Namespace) -> int:
    if arguments.team:
        return _team(arguments)
    from agent.demo import run as demo_run
    from agent.demo.options import DemoOptions

    asked = arguments
    paths = (asked.replay, asked.seed, asked.faults, asked.keep, asked.picture, asked.face, asked.page)
    minutes = asked.minutes if asked.minutes is not None else 30.0 if asked.page else 2.0
    speed = asked.speed if asked.speed is not None else 1.0 if asked.page else 10.0
    options = DemoOptions(minutes, speed, *paths)
    return demo_run.main(options, as_json=asked.json)


def _team(asked: argparse.Namespace) -> int:
    from agent.demo.team import run as team_run
    from agent.demo.team.options import TeamOptions
    from agent.errors import WrongUse

    if asked.replay or asked.faults or asked.picture or asked.face or asked.page or asked.speed is not None:
        raise WrongUse("--team goes with --minutes, --seed, --keep and --json alone")
    minutes = asked.minutes if asked.minutes is not None else 0.0 if asked.json else 30.0
    return team_run.main(TeamOptions(minutes, asked.seed, asked.keep), as_json=asked.json)
