"""`wardbeat config example`: the commented example of a settings file."""

import argparse
from importlib.resources import files

from agent.system.output import show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("what", choices=("example",), help="print it, to be saved as your settings file")


def run(_: argparse.Namespace) -> int:
    """Print the example that travels with the program."""
    show(files("agent").joinpath("config.example.yaml").read_text(encoding="utf-8"), end="")
    return 0
