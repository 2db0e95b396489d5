"""`wardbeat recovery`: the code again, the request that it signs, a receipt checked."""

import argparse
import sys
import time

from agent.system.output import say, show


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
    from agent.privacy.vault import existing_vault
    from agent.wire import erasure
    from agent.wire.armor import armor

    if arguments.what == "verify":
        return _verify(arguments)
    if arguments.what == "code":
        settings, _ = config.load(arguments.config)
        vault = existing_vault(settings.state_dir, settings.key_store)
        terminal.show_code(identity.recovery_code(settings.state_dir, terminal.ask_pin("Your PIN: "), vault))
        return 0
    if arguments.site is None:
        raise WrongUse(
            "the site is missing", remedy="Run 'wardbeat recovery erase SITE'; the hub's operator knows the name."
        )
    key = erasure.recovery_key(erasure.from_words(terminal.ask_words("The nine words of your recovery code: ")))
    wish = erasure.Wish(arguments.site, key.public, int(time.time()))
    show(armor("ERASURE", erasure.signed_wish(wish, key)), end="")
    say("Give the erasure request (on stdout) to the hub's operator. 'wardbeat hub erase' turns it into a receipt.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from agent import config
    from agent.enrollment import departure, identity
    from agent.errors import CheckFailed, KeysMissing
    from agent.privacy.vault import existing_vault
    from agent.wire import erase_receipt

    text = sys.stdin.read()
    receipt = erase_receipt.read_receipt(text)
    say(f"Signed is this, and nothing else:\n\n{receipt.words}\n")
    if not receipt.is_told_by(text):
        raise CheckFailed(
            "the file says something around the signed part that is not signed",
            remedy="Believe only what is printed here. A hub writes a receipt without such words.",
        )
    settings, _ = config.load(arguments.config)
    try:
        enrolled = identity.load_enrolled(settings.state_dir, existing_vault(settings.state_dir, settings.key_store))
    except KeysMissing:
        say("This machine is not enrolled, so it knows no directory to compare with: a key may have been stolen since.")
    else:
        say(departure.compare(receipt, enrolled))
    say("Compare the eight words with the operator's, by voice. They show whose root key it is.")
    return 0
