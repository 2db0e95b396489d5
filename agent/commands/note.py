"""`wardbeat note`: a shift, or a change after which your normal is another one; the list, and taking back."""

import argparse
import time
from datetime import datetime
from typing import TYPE_CHECKING

from agent.commands.arguments import count
from agent.commands.self_report import tell, told
from agent.system import host
from agent.system.status import say

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.windows.history import Told


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("what", choices=("shift", "medication", "illness", "pregnancy", "pacemaker", "list", "remove"))
    parser.add_argument("number", nargs="?", type=count, metavar="N", help="for remove: the number from 'note list'")
    parser.add_argument(
        "--from", dest="begins", metavar="TIME", help="begin in local time, 2026-11-22T21:00 (default: now)"
    )
    parser.add_argument("--until", dest="ends", metavar="TIME", help="end of a shift, or of a change that is over")
    parser.add_argument("--kind", choices=("day", "night"), help="kind of shift (default: day)")


def run(arguments: argparse.Namespace) -> int:
    """`wardbeat note`: a shift, or a change after which your normal is another one; the list, and taking back."""
    from agent import config
    from agent.errors import WrongUse
    from agent.weeks import noting

    settings, _ = config.load(arguments.config)
    now_s = int(time.time())
    if arguments.what in ("list", "remove"):
        return _noted(settings, arguments)
    begins_s = now_s if arguments.begins is None else _utc_s(arguments.begins)
    ends_s = None if arguments.ends is None else _utc_s(arguments.ends)
    if arguments.what == "shift":
        if ends_s is None:
            raise WrongUse(
                "the end of the shift is missing", remedy="Example: --from 2026-11-22T21:00 --until 2026-11-23T07:00"
            )
        noted = noting.shift(begins_s, ends_s, arguments.kind or "day", told(settings), now_s)
        tell(settings, noted)
        say(f"Noted: {_told_words(noted)}. It is compared with your other shifts of this kind; no messages come in it.")
        return 0
    if arguments.kind is not None:
        raise WrongUse("--kind is only for shifts", remedy="Leave it out.")
    noted = noting.change(arguments.what, begins_s, ends_s, now_s)
    tell(settings, noted)
    say(f"Noted: {_told_words(noted)}.")
    if ends_s is None:
        say("Wardbeat learns your normal again from that day; it gives no result until it has 42 readings on 14 days.")
        say("When it is over, remove the note ('wardbeat note list') and add it again with --until.")
    else:
        say("Those days are left out; earlier days still count.")
    return 0


def _noted(settings: "Settings", arguments: argparse.Namespace) -> int:
    from agent.errors import WrongUse
    from agent.privacy.vault import existing_vault
    from agent.windows.history import History

    notes = [one for one in told(settings) if one.what in ("shift", "change")]
    if arguments.what == "list":
        for number, one in enumerate(notes, 1):
            say(f"{number:>4}  {_told_words(one)}")
        if not notes:
            say("There are no notes.")
        return 0
    if arguments.number is None or not 1 <= arguments.number <= len(notes):
        raise WrongUse(
            "the number of the note is missing",
            remedy="Find it with 'wardbeat note list', then run 'wardbeat note remove N'.",
        )
    history = History(settings.state_dir / "history.db", existing_vault(settings.state_dir, settings.key_store))
    history.untell(notes[arguments.number - 1])
    history.close()
    say(f"Removed: {_told_words(notes[arguments.number - 1])}.")
    return 0


def _told_words(told: "Told") -> str:
    begins = host.local_time(told.at_utc_s)
    words = f"{told.name} shift" if told.what == "shift" else told.name
    ends = told.numbers.get("until_utc_s")
    until = "" if ends is None else f" to {host.local_time(ends):%a %d %b %H:%M}"
    return f"{words}, {begins:%a %d %b %Y %H:%M}{until}"


def _utc_s(words: str) -> int:
    from agent.errors import WrongUse

    try:
        return int(datetime.fromisoformat(words).astimezone().timestamp())
    except ValueError as error:
        raise WrongUse(
            f"{words!r} is not a valid time", remedy="Write it as 2026-11-22T21:00, in local time."
        ) from error
