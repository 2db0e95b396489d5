"""`wardbeat recovery`: the code again, the request that it signs, a receipt checked."""

import argparse
import sys
import time

from agent.system.status import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "what",
        choices=("code", "erase", "verify"),
        help="show the code again; create the request for the operator; check a receipt (stdin)",
    )
    parser.add_argument("site", nargs="?", help="for erase: the hub's site")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat recovery`: the code again, or the paper that it signs."""
    from agent import config
    from agent.commands import terminal
    from agent.enrollment import identity
    from agent.errors import WrongUse
    from agent.wire import erasure
    from agent.wire.enroll import armor

    if arguments.what == "verify":
        return _verify()
    if arguments.what == "code":
        settings, _ = config.load(arguments.config)
        terminal.show_code(identity.recovery_code(settings.state_dir, terminal.ask_pin("Your PIN: ")))
        return 0
    if arguments.site is None:
        raise WrongUse(
            "the site is missing", remedy="Run 'wardbeat recovery erase SITE'; the hub's operator knows the name."
        )
    key = erasure.recovery_key(erasure.from_words(terminal.ask_words("The nine words of your recovery code: ")))
    wish = erasure.Wish(arguments.site, key.public, int(time.time()))
    print(armor("ERASURE", erasure.signed_wish(wish, key)), end="")
    say("Give the erasure request (on stdout) to the hub's operator. 'wardbeat hub erase' turns it into a receipt.")
    return 0


def _verify() -> int:
    from agent.wire import erasure

    site, words, erased = erasure.read_receipt(sys.stdin.read())
    say(f"Signed for the site {site}, under the root key whose eight words are: {words}")
    say(f"Device {erased.device}: erased up to consent {erased.serial}; {erased.kept} later rows remain.")
    say("Compare the eight words with the operator's, as you did when enrolling. They show who signed.")
    return 0
