"""`wardbeat service`: the agent as a service of the person's session."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

from agent.commands.loading import load
from agent.system.output import say, show

_SYSTEMD: Final = Path("/run/systemd/system")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("what", choices=("install", "remove", "status"))
    parser.add_argument("--linger", action="store_true", help="let it go on after you log off")
    parser.add_argument("--headless", metavar="USER", help="for a machine that nobody logs in to (as root)")


def run(arguments: argparse.Namespace) -> int:
    from agent.service import unmanaged

    if sys.platform != "linux" or not _SYSTEMD.is_dir():
        raise unmanaged()
    from agent.service import systemd

    if arguments.headless:
        if arguments.what == "install":
            file = systemd.install_headless(arguments.headless)
            say(f"The agent of {arguments.headless} runs, and starts with this machine. Its settings: {file}")
        elif arguments.what == "remove":
            systemd.remove_headless(arguments.headless)
            say(f"The agent of {arguments.headless} is stopped. Its settings and what it stored are still here.")
        else:
            say(f"Ask the machine's own manager: systemctl status wardbeat@{arguments.headless}")
        return 0
    settings, _ = load(arguments)
    if arguments.what == "install":
        systemd.install(arguments.config, settings.state_dir, linger=arguments.linger)
        ends = "It goes on after you log off." if systemd.status().lingers else "It ends when you log off."
        say(f"The agent runs, and starts with your session. {ends}")
        return 0
    if arguments.what == "remove":
        systemd.remove()
        say("The agent is stopped and starts no more. What it stored is still here; 'wardbeat erase' deletes it.")
        return 0
    state = systemd.status()
    show(json.dumps(asdict(state)))
    say("The agent runs." if state.running else "The agent does not run.")
    say("It starts with your session." if state.installed else "It does not start with your session.")
    if state.lingers:
        say("It goes on after you log off.")
    if state.words:
        say(f"Its last end: {state.words}; 'journalctl --user -u wardbeat' shows the log.")
    return 0 if state.running else 1
