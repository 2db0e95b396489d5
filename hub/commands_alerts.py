"""`wardbeat hub alerts`: prepare what the care team may see, raise alerts, and send messages to the team."""

import argparse
import threading
from contextlib import closing

from agent.system import output
from agent.system.output import say
from agent.system.service_manager import ServiceManager
from hub.commands import stops_by_signal


def alerts(arguments: argparse.Namespace) -> int:
    """Follow until SIGINT or SIGTERM; or with --check print the rules in force."""
    from hub.alerts.follower import Follower
    from hub.alerts.settings import read_rules
    from hub.alerts.table import rows

    if arguments.check:
        for line in rows(read_rules(arguments.folder)):
            output.show(line)
        return 0
    stop: threading.Event = stops_by_signal()
    with closing(Follower(arguments.folder)) as follower:
        say("Alerts run.")
        follower.run(stop, ServiceManager().alive)
    return 0
