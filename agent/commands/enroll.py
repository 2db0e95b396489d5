"""`wardbeat enroll`: keys made from a bundle, and finished with the answer."""

import argparse
from pathlib import Path
from typing import Final

from agent.system.output import say, show

_COMPARE: Final = """\
Ask the hub's operator to read out the eight words of this bundle: by voice, not by the way that brought the
file. This machine reads:"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("paper", type=Path, metavar="BUNDLE|ANSWER")
    parser.add_argument("--replace", action="store_true", help="destroy the keys of the earlier enrollment")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat enroll`: with a bundle the request, with an answer the end."""
    from agent import config
    from agent.commands import terminal
    from agent.enrollment import identity, steps
    from agent.errors import CheckFailed, WrongUse
    from agent.privacy.vault import existing_vault
    from agent.system.terminal import ask_agreement
    from agent.wire import paper_codes
    from agent.wire.enroll import armor, dearmor, verified_request

    settings, _ = config.load(arguments.config)
    try:
        text = arguments.paper.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise WrongUse(f"{arguments.paper} cannot be read: {error.strerror}", remedy="Check the file name.") from error
    if paper_codes.is_coded(text):  # scanned from a card
        text = paper_codes.armored_of(text)
    if "BEGIN WARDBEAT ANSWER" in text:
        enrolled = steps.finish_enrollment(settings, dearmor("ANSWER", text))
        say(f"Enrolled at {enrolled.bundle.operator}. Next: wardbeat consent show")
        return 0
    paper = dearmor("BUNDLE", text)
    bundle = identity.read_bundle(paper)
    say(f"Site {bundle.site} of {bundle.operator}; broker {bundle.host}:{bundle.port}")
    if identity.exists(settings.state_dir) and not arguments.replace:
        raise WrongUse(
            "this machine is already enrolled", remedy="To start over, add --replace; the old keys are destroyed."
        )
    words = f"{_COMPARE}\n\n    {bundle.words}\n"
    if not ask_agreement(words, "Do they agree?"):
        raise CheckFailed(
            "the words do not agree, or were not compared; nothing was made",
            remedy="Somebody may have changed the bundle: ask the operator for another one, by another way.",
        )
    pin = terminal.ask_pin("Choose a PIN that only you know (6 characters or more, not a date):  ", twice=True)
    request = steps.begin_enrollment(settings, paper, pin, replace_old=arguments.replace)
    vault = existing_vault(settings.state_dir, settings.key_store)
    terminal.show_code(identity.recovery_code(settings.state_dir, pin, vault))
    show(armor("REQUEST", request), end="")
    say(f"The request's eight words, for the operator to compare: {verified_request(request).words}")
    say("Give the request (on stdout) to the hub's operator. When you have the answer, run: wardbeat enroll ANSWER")
    return 0
