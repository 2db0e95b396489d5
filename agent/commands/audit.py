"""`wardbeat audit`: how the scorer treats groups of simulated people."""

import argparse
import json
from pathlib import Path

from agent.commands.arguments import count, up_to
from agent.system.installation import how_to_add
from agent.system.output import say, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--people",
        type=up_to(100_000),
        default=10_000,
        metavar="N",
        help="simulate this many people, at most 100000 (default 10000)",
    )
    parser.add_argument("--seed", type=count, default=1, metavar="N", help="random seed (default 1)")
    parser.add_argument(
        "--into",
        type=Path,
        default=Path("audit"),
        metavar="DIR",
        help="write audit.html and audit.json to this folder",
    )
    parser.add_argument(
        "--population",
        type=Path,
        metavar="DIR",
        help="only write the simulated people, with their true levels, as CSV files to this new folder",
    )
    parser.add_argument("--json", action="store_true", help="also print the JSON")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat audit`: what the scorer does to groups of people."""
    from agent.errors import Missing, WrongUse

    try:
        from hub import audit as audits
    except ModuleNotFoundError as error:
        raise Missing("the packages for the audit are not installed", remedy=how_to_add("audit")) from error
    if arguments.population is not None:
        people = audits.write_population(arguments.people, arguments.seed, arguments.population)
        say(f"Wrote {people:,} simulated people to {arguments.population}; dictionary.csv explains every column.")
        return 0
    say(f"Drawing and scoring {arguments.people:,} simulated people four times; 10,000 take a minute or two.")
    made = audits.report(arguments.people, arguments.seed)
    try:
        files = audits.write(made, arguments.into)
    except OSError as error:
        raise WrongUse(
            f"{arguments.into} cannot be written: {error.strerror}", remedy="Choose another folder."
        ) from error
    if arguments.json:
        show(json.dumps(audits.as_json(made)))
    for name, one in made.audits.items():
        say(f"{name}: {one.verdict}")
        for finding in one.findings:
            if finding.verdict != "passes":
                say(f"  {finding.verdict}: {finding.rate} by {finding.grouping}: {finding.words}")
    say(f"written: {' '.join(str(file) for file in files)}")
    return 0 if made.holds else 1
