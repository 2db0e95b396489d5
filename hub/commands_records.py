"""`wardbeat hub register` and `wardbeat hub retain`: what a data protection officer asks for."""

import argparse
import json
import time
from contextlib import closing
from dataclasses import asdict

from agent.errors import CheckFailed, WireRefused, WrongUse
from agent.system import output
from agent.system.output import say


def register(arguments: argparse.Namespace) -> int:
    """Write the register of consents, or verify one."""
    from hub.register import write_register

    if arguments.verify:
        return _verify(arguments)
    if arguments.file.exists():
        raise WrongUse(f"{arguments.file} is there already", remedy="Name a new file; nothing is overwritten.")
    counts = write_register(arguments.folder, arguments.file, int(time.time()), labels=arguments.labels)
    output.show(json.dumps(dict(counts)))
    say(f"Wrote {arguments.file}: {counts.total()} consents and withdrawals, each with its person's signature.")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    from hub.files import read_whole
    from hub.register import read_register
    from hub.site import open_keys

    try:
        read = read_register(read_whole(arguments.file))
    except WireRefused as refused:
        raise CheckFailed(
            f"{arguments.file.name} cannot be believed ({refused.reason}): {refused}",
            remedy="Ask for the file again, by another way.",
        ) from refused
    with closing(open_keys(arguments.folder)) as keys:
        if read.root != keys.value("root public"):
            raise CheckFailed(
                f"{arguments.file.name} was signed by another site, whose root has the words {read.root_words}",
                remedy="Compare the words with the site that you expect.",
            )
    say(f"{len(read.lines) - 1} consents and withdrawals, all signed; made {read.lines[0]['made_utc']} by {read.site}.")
    return 0


def retain(arguments: argparse.Namespace) -> int:
    """Set the site's rules where some are given, and delete what they name."""
    from hub.retention import Rules, apply, put_rules, rules_of
    from hub.site import open_keys

    with closing(open_keys(arguments.folder)) as keys:
        known = rules_of(keys)
        asked = Rules(
            known.arrived_days if arguments.arrived_days is None else arguments.arrived_days or None,
            known.ended_days if arguments.ended_days is None else arguments.ended_days or None,
        )
        if asked != known:
            put_rules(keys, asked)
    deleted, receipt = apply(arguments.folder, int(time.time()), only_count=arguments.count)
    for one in deleted:
        output.show(json.dumps(asdict(one)))
    rows = sum(one.rows for one in deleted)
    if arguments.count:
        say(f"{rows} rows of {len(deleted)} devices would be deleted now.")
    elif receipt is None:
        say("Nothing is older than the rules allow.")
    else:
        say(f"Deleted {rows} rows of {len(deleted)} devices; the signed receipt is {receipt}.")
    return 0
