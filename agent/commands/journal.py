"""`wardbeat journal`: a mood that you choose, words that stay on this machine, the list, and requests of programs."""

import argparse
import json
import locale
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from agent.system import host
from agent.system.output import say, show

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.tables.profiles import Profile

_API: Final = """\
Each line of standard input is a request, each line of standard output its answer, both JSON:
  {"do": "write", "mood": "negative", "words": "..."}   an entry of now
  {"do": "list", "from_day": "2025-11-01"}              entries and their counts
  {"do": "remove", "at_utc_s": 1764400000}              one entry
  {"do": "suggest", "words": "..."}                     a guess, where you switched that on
  {"do": "describe"}                                    moods, limits, and the number of this API
A request that is refused is answered by {"refused": "...", "remedy": "..."}. The running agent takes the same requests
on its control socket, as the command "journal".
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"journal api: {_API}"
    parser.add_argument(
        "what",
        nargs="?",
        default="write",
        choices=("write", "list", "remove", "api"),
        help="write an entry (default), list them, remove one, or answer a program's requests",
    )
    parser.add_argument("number", nargs="?", metavar="N", help="for remove: the number from 'journal list'")
    parser.add_argument("--mood", help="positive, neutral, negative or distressed (default: asked on the terminal)")
    parser.add_argument("--country", help="for help contacts, such as DE (default: of your system's language)")


def run(arguments: argparse.Namespace) -> int:
    from agent import config

    settings, profile = config.load(arguments.config)
    if arguments.what == "api":
        return _served(settings, profile)
    if arguments.what == "write":
        return _written(settings, profile, arguments)
    entries = _asked(settings, profile, {"do": "list"})["entries"]
    if arguments.what == "list":
        for number, entry in enumerate(entries, 1):
            say(f"{number:>4}  {host.local_time(entry['at_utc_s']):%a %d %b %Y %H:%M}  {entry['mood']}")
            if entry["words"]:
                say(f"      {entry['words']}")
        if not entries:
            say("There are no entries.")
        return 0
    return _removed(settings, profile, entries, arguments.number)


def _written(settings: "Settings", profile: "Profile", arguments: argparse.Namespace) -> int:
    from agent.commands import terminal
    from agent.days.contacts import help_contact, in_words
    from agent.tables.days import MOODS

    suggests = _asked(settings, profile, {"do": "describe"})["suggests"]  # refused before anything is typed
    mood, words = arguments.mood, ""
    if mood is None:
        words = terminal.ask_words("Words of your own, if you like; they stay on this machine.\n> ")
        if suggests and words:
            guess = _asked(settings, profile, {"do": "suggest", "words": words})
            is_guess = guess["mood"] is not None
            terminal.show_words(f"A guess: {guess['mood']}. You decide." if is_guess else f"No guess: {guess['why']}")
        choices = "  ".join(f"{n} {one}" for n, one in enumerate(MOODS, 1))
        answer = terminal.ask_words(f"How is it? {choices}\n> ").strip().lower()
        mood = MOODS[int(answer) - 1] if answer in map(str, range(1, len(MOODS) + 1)) else answer
    _asked(settings, profile, {"do": "write", "mood": mood, "words": words})
    say("Kept. Nobody else sees it.")
    if mood == "distressed":
        for line in in_words(help_contact(arguments.country or locale.getlocale()[0] or "")):
            say(line)
    return 0


def _removed(settings: "Settings", profile: "Profile", entries: list[dict[str, Any]], number: str | None) -> int:
    from agent.errors import WrongUse

    if number is None or not number.isdecimal() or not 1 <= int(number) <= len(entries):
        raise WrongUse(
            "the number of the entry is missing",
            remedy="Find it with 'wardbeat journal list', then run 'wardbeat journal remove N'.",
        )
    _asked(settings, profile, {"do": "remove", "at_utc_s": entries[int(number) - 1]["at_utc_s"]})
    say("Removed.")
    return 0


def _served(settings: "Settings", profile: "Profile") -> int:
    """Answer requests until the input ends."""
    from agent.errors import WardbeatError

    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            show(json.dumps(_answered(settings, profile, line)))
        except WardbeatError as error:
            show(json.dumps({"refused": str(error), "remedy": error.remedy}))
        sys.stdout.flush()
    return 0


def _asked(settings: "Settings", profile: "Profile", request: dict[str, Any]) -> dict[str, Any]:
    return _answered(settings, profile, json.dumps(request))


def _answered(settings: "Settings", profile: "Profile", request: str) -> dict[str, Any]:
    """The running agent's answer; where none runs, that of the files."""
    import time
    from pathlib import Path

    from agent.control import channel
    from agent.control.channel import Command
    from agent.days.journal import Journal
    from agent.days.store import DayStore
    from agent.errors import NotRunning, WrongUse
    from agent.privacy.vault import open_vault
    from agent.weeks.scores import offset_s

    try:
        reply = channel.ask(settings.state_dir, Command("journal", request))
    except NotRunning:
        folder = host.private_dir(Path(settings.state_dir))
        with closing(DayStore(folder / "history.db", open_vault(folder, settings.key_store))) as store:
            return Journal(store, profile, lambda: int(time.time()), offset_s, settings.days.suggest_moods).asked(
                request
            )
    if reply.exit_code:
        raise WrongUse(reply.words, remedy=reply.remedy)
    found: dict[str, Any] = json.loads(reply.body)
    return found
