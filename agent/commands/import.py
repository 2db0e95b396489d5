# noqa: N999 - the command has this name
"""`wardbeat import`: your roster, and sleep, steps and heart rate of a watch or phone, as values of days."""

import argparse
import asyncio
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.system import host
from agent.system.output import say

if TYPE_CHECKING:
    from agent.config import Settings
    from agent.days.calendar.reasons import Reason, Title
    from agent.days.health import Column, ColumnProposal
    from agent.days.health.found import Progress
    from agent.days.store import Changes, DayStore

_MARKED_MOST: Final = 40
_MEGABYTE: Final = 2**20
_LONG_BYTES: Final = 30 * _MEGABYTE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("what", choices=("calendar", "health", "list", "forget"), help="what is imported, or shown")
    parser.add_argument("place", nargs="?", help="the file (calendar: or a folder); for forget: the source's name")
    parser.add_argument(
        "--shift", action="append", default=[], metavar="TITLE", help="calendar: entries of this title are shifts"
    )
    parser.add_argument("--mark", action="store_true", help="calendar: choose again which titles are shifts")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="ROLE=HEADER[:UNIT]",
        help="health: what a column holds, where it is not as proposed",
    )
    parser.add_argument(
        "--samples-utc", action="store_true", help="health: Fitbit's minutes are in UTC, and not in your own zone"
    )
    parser.add_argument("--yes", action="store_true", help="health: the proposed columns are right")


def run(arguments: argparse.Namespace) -> int:
    from agent import config
    from agent.days.store import DayStore
    from agent.errors import WrongUse
    from agent.privacy.vault import open_vault

    settings, _ = config.load(arguments.config)
    if arguments.place is None and arguments.what != "list":
        raise WrongUse(
            f"'import {arguments.what}' wants a {'source' if arguments.what == 'forget' else 'file'}",
            remedy="Example: wardbeat import calendar roster.ics",
        )
    folder = host.private_dir(Path(settings.state_dir))
    vault = open_vault(folder, settings.key_store)
    with closing(DayStore(folder / "history.db", vault)) as store:
        if arguments.what == "calendar":
            return _calendar(settings, store, vault.derive("calendar titles"), arguments)
        if arguments.what == "health":
            return _health(store, vault.derive("health accounts"), arguments)
        return _listed(store) if arguments.what == "list" else _forgotten(store, arguments.place)


# ---- calendars


def _calendar(settings: "Settings", store: "DayStore", key: bytes, arguments: argparse.Namespace) -> int:
    from agent.days import taken
    from agent.days.calendar.folder import contents
    from agent.days.calendar.reasons import WORDS
    from agent.weeks.scores import offset_s

    files, now_s = contents(Path(arguments.place)), int(time.time())
    if arguments.mark or arguments.shift or not taken.calendar_marks(store):
        _mark(store, files, key, arguments.shift, now_s)
    made = asyncio.run(
        taken.take_calendars(store, files, key=key, offset_s=offset_s, now_utc_s=now_s, settings=settings.days)
    )
    events = sum(one.events_n for one in made.imported.files)
    say(f"Read {len(files)} file{'s' * (len(files) != 1)} with {events} entries.")
    for unread in made.imported.unread:
        say(f"  {unread.count} not read: {WORDS[unread.reason]}.")
    if made.changes is None:
        say("Nothing of it lies within the last 400 and the next 60 days; nothing was changed.")
        return 0
    covered = ", ".join(f"{_day(part.first_day)} to {_day(part.last_day)}" for part in made.imported.covered)
    say(f"It covers {covered}: {len(made.imported.shifts)} shifts.")
    say(_changed(made.changes))
    say("No title, place or guest was kept.")
    return 0


def _mark(store: "DayStore", files: "list[bytes | Reason]", key: bytes, wanted: list[str], now_s: int) -> None:
    """Which titles are shifts: the person says it once, on the terminal, or names them."""
    from agent.days import taken
    from agent.days.calendar import importer
    from agent.days.calendar.results import DayRange
    from agent.errors import WrongUse

    found = asyncio.run(importer.titles(files, days=DayRange.around(now_s // 86_400), key=key))
    if not found:
        return
    if wanted:
        chosen = [title for title in found if title.text.casefold() in {one.casefold() for one in wanted}]
        if not chosen:
            raise WrongUse("no entry has a title that was named with --shift", remedy="Leave --shift out to see them.")
    else:
        chosen = _chosen(found)
    taken.mark_titles(store, {title.digest: "shift" for title in chosen})


def _chosen(found: "tuple[Title, ...]") -> "list[Title]":
    from agent.commands import terminal
    from agent.errors import WrongUse

    shown = found[:_MARKED_MOST]
    lines = [f"{number:>4}  {title.text}  ({title.count} times)" for number, title in enumerate(shown, 1)]
    lines += (
        [f"      and {len(found) - len(shown)} more; name one with --shift TITLE"] if len(found) > len(shown) else []
    )
    terminal.show_words("\n".join(["These titles are in the calendar. They are shown now, and not kept.", *lines]))
    answer = terminal.ask_words("Which of them are shifts? Numbers, such as 1 3; Enter for none.\n> ")
    numbers = answer.replace(",", " ").split()
    if not all(one.isdecimal() and 1 <= int(one) <= len(shown) for one in numbers):
        raise WrongUse("that is not a list of numbers from the list", remedy="Nothing was changed. Start again.")
    return [shown[int(one) - 1] for one in numbers]


# ---- health


def _health(store: "DayStore", key: bytes, arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from agent.days import health, taken
    from agent.days.health.refusals import UNREAD, refused

    file = Path(arguments.place)
    for name in health.recognised(file):
        options = health.Options(
            now_s=int(time.time()),
            zone=_offset_s,
            key=key,
            person=taken.person_of(store, name),
            format=name,
            samples_utc=arguments.samples_utc,
        )
        made = health.read(file, options, _progress())
        if isinstance(made, health.ColumnProposal):
            made = health.read(file, replace(options, columns=_columns(made, arguments)), _progress())
        if isinstance(made, health.ColumnProposal):
            raise refused("unfit_columns")
        changes = taken.take_health(store, made)
        say(f"{name}: {made.records} records of {len(made.covered)} days.")
        if not made.person:
            say("  The export names nobody, so Wardbeat cannot tell whose it is.")
        for unread in made.unread:
            say(f"  {unread.count} not read: {UNREAD[unread.reason]}.")
        say(_changed(changes))
    return 0


def _progress() -> "Progress":
    """Words at each tenth of a large file."""
    said = 0

    def progress(done: int, total: int) -> None:
        nonlocal said
        tenths = 10 * done // max(total, 1)
        if total > _LONG_BYTES and tenths > said:
            said = tenths
            say(f"  {done // _MEGABYTE} of {total // _MEGABYTE} MB; Ctrl-C ends it, and nothing is kept")

    return progress


def _columns(proposal: "ColumnProposal", arguments: argparse.Namespace) -> "tuple[Column, ...]":
    """The columns of a table, as the person confirms them."""
    from agent.commands import terminal
    from agent.days.health import Column
    from agent.errors import WrongUse

    named: list[Column] = []
    for words in arguments.column:
        role, equals, rest = words.partition("=")
        header, _, unit = rest.rpartition(":") if rest.endswith((":h", ":min", ":s")) else (rest, "", "")
        if not equals or header not in proposal.headers:
            raise WrongUse(
                f"--column {words[:60]!r} names no column of the file", remedy="Write it as ROLE=HEADER:UNIT."
            )
        named.append(Column(role, header, unit))
    chosen = {one.role for one in named}
    columns = [*named, *(one for one in proposal.columns if one.role not in chosen)]  # two may both be "active"
    if arguments.yes or arguments.column:
        return tuple(columns)
    lines = [f"  {one.role}: the column {one.header!r}{f' in {one.unit}' if one.unit else ''}" for one in columns]
    terminal.show_words("\n".join(["The columns of this table seem to be:", *lines]))
    if terminal.ask_words("Is that right? Type yes: ").strip().lower() != "yes":
        raise WrongUse("the columns were not confirmed, so nothing was imported", remedy="Name them with --column.")
    return tuple(columns)


def _offset_s(utc_s: float) -> int:
    return int((host.local_time(int(utc_s)).utcoffset() or timedelta()).total_seconds())


# ---- what is here


def _listed(store: "DayStore") -> int:
    by_source: dict[str, list[int]] = {}
    for one in store.days():
        by_source.setdefault(one.source, []).append(one.day)
    for source, days in sorted(by_source.items()):
        say(f"{source:<14} {_day(min(days))} to {_day(max(days))}, {len(days)} days")
    if not by_source:
        say("Nothing was imported.")
    return 0


def _forgotten(store: "DayStore", source: str) -> int:
    from agent.errors import WrongUse

    if not store.forget(source):
        raise WrongUse(f"nothing was imported from {source[:40]!r}", remedy="'wardbeat import list' shows what was.")
    say(f"Forgotten: all days of {source}.")
    return 0


def _changed(changes: "Changes") -> str:
    new, gone = f"{changes.added} days are new, {changes.changed} changed", f"{changes.removed} gone"
    return f"{new}, {gone}, {changes.same} as before."


def _day(day: int) -> str:
    from agent.weeks.days import day_words

    return day_words(day)
