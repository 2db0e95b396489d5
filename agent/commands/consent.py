"""`wardbeat consent`: shown, given with the PIN, withdrawn."""

import argparse

from agent.commands.loading import load, print_reply
from agent.system.status import say


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("what", choices=("show", "give", "withdraw"))
    parser.add_argument("--signal", action="append", default=[], help="only for this signal (may be repeated)")
    parser.add_argument(
        "--purpose",
        action="append",
        default=[],
        help="for this purpose: care, research, score, group (may be repeated)",
    )
    parser.add_argument(
        "--team",
        action="append",
        default=[],
        choices=("index", "context"),
        help="with --purpose care: what the care team may see, too (may be repeated)",
    )
    parser.add_argument("--context", action="store_true", help="with --purpose score: what you note goes, too")


def run(arguments: argparse.Namespace) -> int:
    from agent.commands import terminal
    from agent.control import client
    from agent.enrollment import consent_key, identity
    from agent.errors import WrongUse
    from agent.privacy.consent import PURPOSE_WORDS, check, text
    from agent.privacy.vault import existing_vault

    settings, profile = load(arguments)
    if arguments.what == "withdraw":
        if arguments.signal or arguments.purpose or arguments.context or arguments.team:
            raise WrongUse(
                "a withdrawal covers all signals and purposes",
                remedy="'wardbeat consent withdraw', then 'wardbeat consent give --signal' for what may continue.",
            )
        return print_reply(client.carry_out(settings, "withdraw"))
    enrolled = identity.load_enrolled(settings.state_dir, existing_vault(settings.state_dir, settings.key_store))
    signals = consent_key.signals(settings, arguments.signal, client.switched_sensors(settings))
    asked = enrolled.bundle.operator, signals, arguments.purpose
    wanted = consent_key.grants(profile, *asked, context=arguments.context, team=arguments.team)
    if wanted and (arguments.what == "give" or arguments.team):
        check(profile, wanted)
    words = text(profile, wanted, settings.consent_days)
    if arguments.what == "show":
        say(words)
        others = [purpose for purpose in profile.purposes if purpose not in {one.purpose for one in wanted}]
        for purpose in others:
            say(f"Not named here: {purpose} (--purpose {purpose}).{PURPOSE_WORDS.get(purpose, '')}")
        say(client.consent_in_force(settings, profile))
        return 0
    if not terminal.confirm(words, "Do you agree?"):
        say("No consent was given.")
        return 1
    pin = terminal.ask_pin("Your PIN: ")
    return print_reply(client.give_consent(settings, profile, wanted, pin))
