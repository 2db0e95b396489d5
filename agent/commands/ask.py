"""`wardbeat ask`: ask the care team to look at your weeks, take it back, and say something about an alert."""

import argparse

from agent.commands.arguments import count
from agent.commands.loading import load, print_reply


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("words", nargs="?", default="", help="words to the team, up to 500 characters, in quotes")
    one_of = parser.add_mutually_exclusive_group()
    one_of.add_argument("--take-back", action="store_true", help="you do not ask to be seen any more")
    one_of.add_argument(
        "--hold", type=count, metavar="N", help="hold alert N back for 24 hours; 'wardbeat looks --alerts' has N"
    )
    one_of.add_argument("--seen", type=count, metavar="N", help="say that you have read alert N")


def run(arguments: argparse.Namespace) -> int:
    from agent.control import client
    from agent.control.ask_words import encode_wish
    from agent.outbox.asks import Wish

    settings, _ = load(arguments)
    words = arguments.words.strip()
    if arguments.take_back:
        wish = Wish("take_back", words=words)
    elif arguments.hold is not None:
        wish = Wish("hold", arguments.hold, words)
    elif arguments.seen is not None:
        wish = Wish("seen", arguments.seen, words)
    else:
        wish = Wish("see", words=words)
    return print_reply(client.carry_out(settings, "ask", encode_wish(wish)))
