"""What whoever runs a study does with people: labels, and invitations in bulk. Results on stdout, words on stderr."""

import argparse
import json
from contextlib import closing

from agent.errors import WrongUse
from agent.system import output
from agent.system.output import say


def invite_many(arguments: argparse.Namespace) -> int:
    """Write a bundle for each label and a page of cards; print their names as JSON, one per line."""
    from hub.invitations import CARDS, invite_all, read_labels

    if arguments.into is None:
        raise WrongUse("--labels needs a folder", remedy="Name a new one: --into invitations")
    if arguments.label:
        raise WrongUse("--label and --labels do not go together", remedy="Use one of them.")
    made = invite_all(arguments.folder, read_labels(arguments.labels), arguments.into, at_once=arguments.in_person)
    for card in made:
        output.show(json.dumps({"label": card.label, "name": card.name, "ends_utc_s": card.ends_utc_s}))
    say(f"Wrote {len(made)} bundles and {arguments.into / CARDS}: print it, hand the cards over, destroy the folder.")
    say("Whoever has a card can ask to be enrolled: compare each request's words by voice before you admit it.")
    return 0


def label(arguments: argparse.Namespace) -> int:
    """Give a device a study label."""
    from hub.site import open_keys

    with closing(open_keys(arguments.folder)) as keys:
        device = keys.devices.named(arguments.device)
        if device is None:
            raise WrongUse(
                f"no device {arguments.device!r} was admitted here",
                remedy="Run 'wardbeat hub show FOLDER --devices'.",
            )
        keys.people.put_label(device.kid, arguments.label)
    say(f"{arguments.device}: {arguments.label or 'no label'}")
    return 0
