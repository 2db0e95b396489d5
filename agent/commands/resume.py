"""`wardbeat resume`: measure again."""

import argparse

from agent.commands.loading import load, print_reply


def add_arguments(_: argparse.ArgumentParser) -> None:
    """Add this command's options."""


def run(arguments: argparse.Namespace) -> int:
    from agent.control import client

    settings, _ = load(arguments)
    return print_reply(client.carry_out(settings, "resume"))
