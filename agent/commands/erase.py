"""`wardbeat erase`: everything here, and a request to the hub."""

import argparse

from agent.commands.loading import load, print_reply
from agent.system.status import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--yes", action="store_true", help="do not ask for confirmation")


def run(arguments: argparse.Namespace) -> int:
    from agent.commands import terminal
    from agent.control import client

    settings, _ = load(arguments)
    what = "This deletes your history and the ledger's contents here, withdraws consent, and asks the hub to erase."
    if not arguments.yes and not terminal.confirm(what, "Erase everything?"):
        say("Nothing was erased.")
        return 1
    return print_reply(client.carry_out(settings, "erase"))
