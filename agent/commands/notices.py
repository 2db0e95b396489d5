"""`wardbeat notices`: notifications at your desktop; each kind is off until you switch it on."""

import argparse
import json

from agent.commands.loading import load, print_reply
from agent.errors import WrongUse
from agent.system.output import show

_ASKED = {"show": "notices", "on": "notice-on", "off": "notice-off", "test": "notice-test"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("action", nargs="?", choices=tuple(_ASKED), default="show")
    parser.add_argument("kind", nargs="?", default="", help="which one, with on and off: see 'wardbeat notices'")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    from agent.control import channel

    if (arguments.action in ("on", "off")) != bool(arguments.kind):
        raise WrongUse("on and off take one kind", remedy="'wardbeat notices' lists the kinds.")
    settings, _ = load(arguments)
    reply = channel.ask(settings.state_dir, channel.Command(_ASKED[arguments.action], arguments.kind))
    if reply.exit_code or arguments.action != "show":
        return print_reply(reply)
    if arguments.json:
        show(reply.body)
        return 0
    found = json.loads(reply.body)
    for one in found["kinds"]:
        show(f"{one['kind']:<9} {'on ' if one['on'] else 'off'}  {one['begins']}; until {one['ends']}")
    if found["problem"]:
        show(f"{found['problem']['words']} → {found['problem']['remedy']}")
    return 0
