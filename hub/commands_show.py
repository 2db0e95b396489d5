"""`wardbeat hub show`: a view as a table for people, or as JSON, and what a monitoring system checks."""

import argparse
import datetime as dt
import json
import os
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from agent.errors import ConfigInvalid, WrongUse
from agent.system import output
from agent.system.output import say
from hub.views import VIEWS, Reader, view_named
from hub.views.device_checks import CHECKS, failed

_DEVICES = "devices"
_SCORED_WITHIN_S = 60  # a running scorer needs a second
_DELIVERED_WITHIN_S = 3600


def add_arguments(command: argparse.ArgumentParser) -> None:
    """An option for each view and each check."""
    options = command.add_mutually_exclusive_group()
    for view in VIEWS:
        options.add_argument(f"--{view.name}", dest="view", action="store_const", const=view.name, help=view.help)
    command.set_defaults(view=VIEWS[0].name)
    for check in CHECKS:
        help_line = f"with --devices: exit with 1 ({check.check_id}) if {check.words}"
        command.add_argument(check.option, dest=check.check_id, type=int, metavar="N", help=help_line)


def show(arguments: argparse.Namespace) -> int:
    """Print a view: a table in a terminal, else JSON, one object per line."""
    from hub.views.open_hub import PAGE_ROWS, OpenHub, Page

    view = view_named(arguments.view)
    if not view.paged and (arguments.after or arguments.most is not None):
        raise WrongUse(f"--{view.name} has no pages", remedy="Leave out --after and --most.")
    page = Page(arguments.after, PAGE_ROWS if arguments.most is None else arguments.most)
    if page.after < 0 or page.most < 1:
        raise WrongUse("--after and --most are out of range", remedy="Give --after 0 or more, and --most 1 or more.")
    asked = _asked(arguments)
    with OpenHub(arguments.folder, page) as hub:
        rows: Iterable[dict[str, Any]] = view.rows(hub, Reader.OPERATOR)
        if asked or view.name == VIEWS[0].name:
            rows = list(rows)
        if arguments.json or not sys.stdout.isatty():
            for row in rows:
                output.show(json.dumps(row))
        else:
            for line in view.table(rows, shutil.get_terminal_size().columns):
                output.show(line)
    if view.name == VIEWS[0].name:
        overview = next(iter(rows))
        found = _say_hearing(arguments.folder) | _say_scoring(overview) | _say_posts(overview)
        return found | _say_processes(arguments.folder, overview) | _say_rules(arguments.folder)
    return _say_checks(rows, asked) if asked else 0


def _asked(arguments: argparse.Namespace) -> dict[str, int]:
    """Days of the checks that were asked for, by id."""
    found = {check.check_id: getattr(arguments, check.check_id) for check in CHECKS}
    asked = {check_id: days for check_id, days in found.items() if days is not None}
    if asked and arguments.view != _DEVICES:
        raise WrongUse("checks are made of devices", remedy=f"Add --{_DEVICES}.")
    if any(days < 1 for days in asked.values()):
        raise WrongUse("a check needs a number of days from 1", remedy="Give 1 or more.")
    return asked


def _say_checks(rows: Iterable[dict[str, Any]], asked: dict[str, int]) -> int:
    """Say which checks failed; 1 if any did."""
    found = list(failed(rows, asked, dt.datetime.now(dt.UTC).date()))
    for one in found:
        name = f"{one.label} ({one.device})" if one.label else one.device
        say(f"FAIL {one.check_id:<18} {name}: {one.words}")
        say(f"     {'':<18} → {one.remedy}")
    for check_id in asked:
        if all(one.check_id != check_id for one in found):
            say(f"ok   {check_id:<18} every device")
    return int(bool(found))


def _say_scoring(overview: dict[str, Any]) -> int:
    """Say when what arrived is not scored; 1 then."""
    since = overview["due_since_utc_s"]
    waits_s = 0 if since is None else int(time.time()) - since
    if waits_s < _SCORED_WITHIN_S:
        return 0
    say(
        f"{overview['due']} rows wait to be scored, the first for {waits_s} s. "
        "Start 'wardbeat hub score SITE', or read its log."
    )
    return 1


def _say_processes(folder: Path, overview: dict[str, Any]) -> int:
    """Say which other processes were killed, and whether people wait for the alerts; 1 then."""
    from hub.process_state import PROCESSES, read_all

    failing, now_utc_s = 0, int(time.time())
    for state in read_all(folder):
        if not state.is_ended and not state.is_up(now_utc_s):
            say(f"{state.name} gave no sign of life for {state.silent_s(now_utc_s)} s. Start '{state.start_again}'.")
            failing = 1
        since = overview["changed_since_utc_s"]
        waits_s = 0 if since is None else now_utc_s - since
        if state.name == "alerts" and waits_s >= _SCORED_WITHIN_S:
            say(f"What changed is not followed, the first for {waits_s} s. Start '{PROCESSES['alerts']}'.")
            failing = 1
    return failing


def _say_rules(folder: Path) -> int:
    """Say why alerts.yaml is refused: what runs keeps its rules, and would not start again; 1 then."""
    from hub.alerts.settings import FILE, read_rules

    if not os.access(folder / FILE, os.R_OK):  # there is none, or it is for the alerts' own user
        return 0
    try:
        read_rules(folder)
    except ConfigInvalid as error:
        say(f"{error}. {error.remedy} A running 'hub alerts' keeps the rules that it has, and would not start again.")
        return 1
    return 0


def _say_posts(overview: dict[str, Any]) -> int:
    """Say which channels have not delivered for an hour; 1 if any has not."""
    failing = 0
    for channel in overview["channels"]:
        waits_s = int(time.time()) - channel["since_utc_s"]
        if channel["tries"] and waits_s >= _DELIVERED_WITHIN_S:
            say(
                f"The channel {channel['channel']} has not delivered {channel['messages']} messages, the first for "
                f"{waits_s // 60} min. Read the log of 'wardbeat hub alerts', and check alerts.yaml."
            )
            failing = 1
    return failing


def _say_hearing(folder: Path) -> int:
    """Say when the running workers last received, and what keeps them from it; 1 if something does."""
    from hub.hearing import TROUBLES, read_all

    failing, now_utc_s = 0, int(time.time())
    for worker in read_all(folder):
        words, remedy = TROUBLES[worker.now(now_utc_s)]
        last = "nothing yet"
        if worker.received_utc_s:
            last = f"last {now_utc_s - worker.received_utc_s} s ago"
        say(f"Worker {worker.worker} received {last}: {words}. {remedy}".strip())
        failing |= bool(remedy)
    return failing
