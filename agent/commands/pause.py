"""`wardbeat pause`: stop measuring."""

import argparse

from agent.commands.loading import load, print_reply


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "--for", dest="length", choices=("hour", "tomorrow"), default="", help="end the pause automatically"
    )


def run(arguments: argparse.Namespace) -> int:
    from agent.control import client

    settings, _ = load(arguments)
    return print_reply(client.carry_out(settings, "pause", arguments.length))
