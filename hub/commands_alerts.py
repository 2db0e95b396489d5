"""`wardbeat hub alerts`: prepare what the care team may see, raise alerts, and send messages to the team."""

import argparse
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from agent.errors import CheckFailed, ConfigInvalid, WrongUse
from agent.system import output
from agent.system.output import say
from agent.system.service_manager import ServiceManager
from hub.commands import stops_by_signal

if TYPE_CHECKING:
    from hub.alerts.settings import SiteRules


def alerts(arguments: argparse.Namespace) -> int:
    """Follow until SIGINT or SIGTERM; or with --check print the rules in force, with --test send a test."""
    from hub.alerts.follower import Follower
    from hub.alerts.settings import read_rules
    from hub.alerts.table import rows
    from hub.process_state import SignOfLife

    if arguments.test:
        return _test(arguments.folder, arguments.test)
    if arguments.check:
        rules = read_rules(arguments.folder)
        for line in rows(rules):
            output.show(line)
        _check_files(rules)
        return 0
    stop: threading.Event = stops_by_signal()
    with closing(Follower(arguments.folder)) as follower:
        sign = SignOfLife(arguments.folder, "alerts", ServiceManager().alive)
        follower.run(stop, sign.alive, sign.clear, partial(say, "Alerts run."))
    sign.end()
    return 0


def _check_files(rules: "SiteRules") -> None:
    from hub.alerts.channels import unusable
    from hub.alerts.settings import FILE

    for channel in rules.channels:
        cause = unusable(channel.way)
        if cause:
            raise ConfigInvalid(
                f"{FILE}: channels.{channel.name}: {cause}",
                remedy="The file lies in the hub's folder, has mode 0600 and belongs to the user of 'hub alerts'.",
            )


def _test(folder: Path, name: str) -> int:
    """Send a test to a channel: count 0 and number 0, which no message has."""
    from hub.alerts.channels import NotDelivered
    from hub.alerts.posting import hand_over
    from hub.alerts.settings import FILE, read_rules
    from hub.site import open_keys
    from hub.store.posts import Post

    channels = {channel.name: channel for channel in read_rules(folder).channels}
    if name not in channels:
        known = ", ".join(channels) or "none"
        raise WrongUse(f"{FILE} has no channel {name!r}", remedy=f"Its channels: {known}.")
    with closing(open_keys(folder)) as keys:
        site = keys.site
    now_utc_s = int(time.time())
    try:
        hand_over(channels[name], Post(0, name, now_utc_s, now_utc_s, 0, 0), site, now_utc_s)
    except NotDelivered as error:
        raise CheckFailed(
            f"the channel {name} does not deliver: {error.cause}",
            remedy=f"Check {FILE}, and the server's log. An authority of your own needs 'ca_file'.",
        ) from error
    say(f"The channel {name} took the test over.")
    return 0
