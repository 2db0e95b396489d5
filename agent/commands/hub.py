"""`wardbeat hub`: the reference receiver, which parses its own options."""

import argparse

from agent.system.installation import how_to_add


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Add this command's options."""


def run(arguments: argparse.Namespace) -> int:
    from agent.errors import Missing

    try:
        from hub import cli
    except ModuleNotFoundError as error:
        raise Missing("the hub packages are not installed", remedy=how_to_add("hub")) from error
    return cli.main(arguments.rest)
