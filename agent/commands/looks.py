"""`wardbeat looks`: who looked at your values, what and when, and the alerts about you."""

import argparse
import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.commands.loading import load, outbox_to_read
from agent.system import host
from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.outbox import Outbox
    from agent.outbox.alerts import Heard
    from agent.outbox.looks import State
    from agent.wire.looks import Look


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--alerts", action="store_true", help="list the alerts about you instead")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    from agent.outbox import looks

    settings, _ = load(arguments)
    with outbox_to_read(settings) as outbox:
        if arguments.alerts:
            return _alerts(outbox, as_json=arguments.json)
        found = looks.state(outbox, int(time.time()))
    if arguments.json:
        show(json.dumps(found.as_json()))
    else:
        _print(found)
    return 0 if found.is_whole else 1


def _print(found: "State") -> None:
    from agent.outbox.looks import spans
    from agent.tables.team import LOOK_FAULTS

    for one in found.listed:
        waits = "" if one.look.number <= found.proven_to else "  (not proven: numbers before it are not here)"
        show(f"{_line(one.look)}{waits}")
    for fault in found.faults:
        line = "" if fault.look is None else f": {_line(fault.look).strip()}"
        say(f"Does not fit: {LOOK_FAULTS[fault.why]}{line}")
    if found.on_its_way:
        say(f"On their way: {', '.join(spans(found.on_its_way))}.")
    if found.missing:
        say(f"Missing: {', '.join(spans(found.missing))}. The hub did not send these numbers within three days.")
    if not found.is_whole:
        say("The chain is not whole: the hub's list was changed, or something was left out. Ask the operator.")
    elif found.listed:
        say(f"{len(found.listed)} looks; none is missing or changed.")
    else:
        say("The hub has reported no look at your values.")


def _line(look: "Look") -> str:
    from agent.tables.team import ROLES, VIEWS

    at = f"{host.local_time(look.at_utc_s):%Y-%m-%d %H:%M}"
    return f"{look.number:>6}  {at}  {look.who} ({ROLES[look.role]}): {VIEWS[look.view]}"


def _alerts(outbox: "Outbox", *, as_json: bool) -> int:
    from agent.outbox import alerts
    from agent.tables.team import ALERT_STATES, RULES

    found = alerts.kept(outbox)[::-1]
    if as_json:
        show(json.dumps({"alerts": [asdict(heard) for heard in found]}))
        return 0
    for heard in found:
        alert = heard.alert
        at = f"{host.local_time(alert.made_utc_s):%Y-%m-%d %H:%M}"
        show(f"{alert.number:>6}  {at}  {RULES[alert.rule]} ({ALERT_STATES[alert.state]}) {_team(heard)}".rstrip())
    if not found:
        say("There is no alert about you.")
    return 0


def _team(heard: "Heard") -> str:
    """When the team reads it."""
    from agent.tables.team import NO_TEAM_READS

    alert = heard.alert
    if not alert.team_utc_s:
        return NO_TEAM_READS
    at = f"{host.local_time(alert.team_utc_s):%Y-%m-%d %H:%M}"
    if alert.state in ("with_team", "acknowledged", "closed"):
        return f"The team could read it from {at}."
    hold = f" 'wardbeat ask --hold {alert.number}' postpones that." if heard.may_be_held(int(time.time())) else ""
    return f"The team reads it from {at}.{hold}"
