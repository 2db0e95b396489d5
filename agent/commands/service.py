"""`wardbeat service`: the agent as a service of the person's session."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Final

from agent.commands.loading import load
from agent.errors import WrongUse
from agent.system.output import say, show

# where the log is, beside the word of the service manager
_LOG: Final = {"linux": "; 'journalctl --user -u wardbeat' shows the log."}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("what", choices=("install", "remove", "status"))
    parser.add_argument("--linger", action="store_true", help="let it go on after you log off")
    parser.add_argument("--headless", metavar="USER", help="for a machine that nobody logs in to (as root)")


def run(arguments: argparse.Namespace) -> int:
    """Do what was asked for, by this system's own service manager."""
    from agent.service import platforms

    manager = platforms.manager()
    if arguments.headless:
        return _headless(arguments.what, arguments.headless)
    settings, _ = load(arguments)
    if arguments.what == "install":
        manager.install(arguments.config, settings.state_dir, linger=arguments.linger)
        ends = "It goes on after you log off." if manager.status().lingers else "It ends when you log off."
        say(f"The agent runs, and starts with your session. {ends}")
        return 0
    if arguments.what == "remove":
        manager.remove()
        say("The agent is stopped and starts no more. What it stored is still here; 'wardbeat erase' deletes it.")
        return 0
    state = manager.status()
    show(json.dumps(asdict(state)))
    say("The agent runs." if state.running else "The agent does not run.")
    say("It starts with your session." if state.installed else "It does not start with your session.")
    if state.lingers:
        say("It goes on after you log off.")
    if state.words:
        say(f"Its last end: {state.words}{_LOG.get(sys.platform, '.')}")
    return 0 if state.running else 1


def _headless(what: str, user: str) -> int:
    if sys.platform != "linux":
        raise WrongUse("--headless is for systemd", remedy="Log in as that user, and run 'wardbeat service install'.")
    from agent.service import systemd

    if what == "install":
        file = systemd.install_headless(user)
        say(f"The agent of {user} runs, and starts with this machine. Its settings: {file}")
    elif what == "remove":
        systemd.remove_headless(user)
        say(f"The agent of {user} is stopped. Its settings and what it stored are still here.")
    else:
        say(f"Ask the machine's own manager: systemctl status wardbeat@{user}")
    return 0
