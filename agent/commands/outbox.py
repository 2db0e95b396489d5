"""`wardbeat outbox`: the sealed rows, counted, checked and printed."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.loading import load, outbox_to_read
from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.config import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument(
        "what", choices=("status", "fsck", "export"), help="print counts; check the whole file; print every row as JSON"
    )
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="for fsck: check another file, such as one set aside"
    )


def run(arguments: argparse.Namespace) -> int:
    settings, _ = load(arguments)
    if arguments.what == "fsck":
        return _fsck(settings, arguments.file)
    if arguments.what == "export":
        with outbox_to_read(settings) as outbox:
            for row in outbox.sealed_rows():
                show(json.dumps(row))
        return 0
    with outbox_to_read(settings) as outbox:
        show(json.dumps({"rows": outbox.counts(), "waiting": outbox.waiting(), "unsettled": outbox.unsettled()}))
    return 0


def _fsck(settings: "Settings", file: "Path | None") -> int:
    from agent.errors import WrongUse
    from agent.outbox import damage, ledger
    from agent.system import state_files

    path = file or settings.state_dir / "outbox.db"
    if not path.is_file():
        raise WrongUse(f"{path}: no such file", remedy="'wardbeat run' creates the outbox.")
    found = damage.faults(path)
    for words in found:
        show(words)
    if found and file is None:
        damage.suspect(settings.state_dir)
        say("It is damaged. When the agent starts next, it sets the file aside and continues with a new one.")
    if not found and file is None:
        with outbox_to_read(settings) as outbox:
            say(f"{ledger.verify(outbox).rows} rows; the file and the chain are whole")
    for path in state_files.copies(settings.state_dir) if file is None else ():
        say(f"{path.name} holds a copy of what was measured or said; 'wardbeat erase' overwrites and removes it")
    return int(bool(found))
