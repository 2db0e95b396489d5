"""What `wardbeat enroll` and `wardbeat recovery` do: papers in and out, a code on the terminal alone."""

import argparse
import sys
import time

from agent.system.status import say


def enroll(arguments: argparse.Namespace) -> int:
    """`wardbeat enroll`: with a bundle the request, with an answer the end."""
    from agent import config
    from agent.commands import terminal
    from agent.enrollment import identity, steps
    from agent.errors import WrongUse
    from agent.wire.directory import fingerprint_words
    from agent.wire.enroll import armor, dearmor, decode_bundle

    settings, _ = config.load(arguments.config)
    try:
        text = arguments.paper.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise WrongUse(f"{arguments.paper} cannot be read: {error.strerror}", remedy="Check the file name.") from error
    if "BEGIN WARDBEAT ANSWER" in text:
        enrolled = steps.finish_enrollment(settings, dearmor("ANSWER", text))
        say(f"Enrolled at {enrolled.bundle.operator}. Next: wardbeat consent show")
        return 0
    paper = dearmor("BUNDLE", text)
    bundle = decode_bundle(paper)
    say(f"Site {bundle.site} of {bundle.operator}; broker {bundle.host}:{bundle.port}")
    say(f"Compare these eight words with the operator: {fingerprint_words(bundle.root_public)}")
    if identity.exists(settings.state_dir) and not arguments.replace:
        raise WrongUse(
            "this machine is already enrolled", remedy="To start over, add --replace; the old keys are destroyed."
        )
    pin = terminal.ask_pin("Choose a PIN that only you know (6 or more characters):  ", twice=True)
    request = steps.begin_enrollment(settings, paper, pin, replace_old=arguments.replace)
    terminal.show_code(identity.recovery_code(settings.state_dir, pin))
    print(armor("REQUEST", request), end="")
    say("Give the request (on stdout) to the hub's operator. When you have the answer, run: wardbeat enroll ANSWER")
    return 0


def recovery(arguments: argparse.Namespace) -> int:
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
