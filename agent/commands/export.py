"""`wardbeat export`: all data about the person."""

import argparse
import json

from agent.commands.loading import load, outbox_to_read
from agent.system.output import show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--pretty", action="store_true", help="indent the JSON")


def run(arguments: argparse.Namespace) -> int:
    from agent.control import export

    settings, _ = load(arguments)
    folder = settings.state_dir
    if (folder / "history.db").exists() and not (folder / "outbox.db").exists():
        from agent.privacy.vault import existing_vault

        # the agent never ran, and the person said something
        everything = export.history_held(settings, existing_vault(folder, settings.key_store))
    else:
        with outbox_to_read(settings) as outbox:
            everything = export.everything_held(settings, outbox)
    show(json.dumps(everything, indent=2 if arguments.pretty else None))
    return 0
