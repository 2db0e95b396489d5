"""`wardbeat open`: the page in the browser."""

import argparse
from pathlib import Path

from agent.commands.loading import load
from agent.system.browser import lead_in
from agent.system.status import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument(
        "--desktop",
        action="store_true",
        help="as the desktop's launcher does: start the agent, say errors in the browser",
    )
    form.add_argument(
        "--print", dest="only_print", action="store_true", help="print the file name; do not open a browser"
    )


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat open`: lead the browser in by a file that only this user can read."""
    from agent.control import channel

    if arguments.desktop:
        from agent.commands import launcher

        return launcher.open_page(arguments)
    settings, _ = load(arguments)
    reply = channel.ask(settings.state_dir, channel.Command("open"))
    if reply.exit_code:
        say(f"wardbeat: {reply.words}")
        say(f"  → {reply.remedy}")
        return reply.exit_code
    return lead_in(Path(reply.body), only_print=arguments.only_print)
