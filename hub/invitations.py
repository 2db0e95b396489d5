"""Invitations in bulk: a bundle for each label of a list, and a page of cards to print."""

import re
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from agent.errors import WrongUse
from agent.system import host
from agent.wire.armor import dearmor
from agent.wire.enroll import decode_bundle
from hub import cards
from hub.cards import Card
from hub.files import read_whole, whole_or_nothing
from hub.keys.codes import CODE_DAYS, code_name
from hub.keys.people import checked_label
from hub.site import invite, open_keys

CARDS: Final = "cards.html"
_MOST: Final = 2000
_DAY_S: Final = 86_400


def read_labels(file: Path) -> list[str]:
    """The labels in a file: one a line; empty lines, and those that begin with #, do not count.

    Raises:
        WrongUse: It cannot be read, is empty or too long, or a label is wrong or stands there twice.
    """
    text = read_whole(file).decode("utf-8-sig", errors="replace")
    lines = [line.strip() for line in text.splitlines()]
    labels = [checked_label(line) for line in lines if line and not line.startswith("#")]
    twice = {label for label in labels if labels.count(label) > 1}
    if twice:
        raise WrongUse(f"the label {min(twice)!r} is in {file.name} twice", remedy="List each person once.")
    if not 0 < len(labels) <= _MOST:
        raise WrongUse(f"{file.name} holds {len(labels)} labels", remedy=f"List 1 to {_MOST}, one a line.")
    return labels


def invite_all(folder: Path, labels: Sequence[str], into: Path, *, at_once: bool = False) -> list[Card]:
    """Write a bundle for each label, and the page of cards, into a new folder; all or nothing.

    Args:
        folder: The hub's.
        labels: Checked; each different.
        into: Made here; must be new or empty.
        at_once: Admit each first request without a comparison of words: the cards are handed over in person.

    Raises:
        WrongUse: The folder holds something, or a label is invited or enrolled already. Nothing was changed.
        Missing: segno is not installed. Nothing was changed.
        KeysMissing: There is no hub in the folder, or its directory key has ended.
        StorageFull: The folder cannot be written; every code is void.
    """
    if into.exists() and any(into.iterdir()):
        raise WrongUse(f"{into} is not empty", remedy="Name a new folder; nothing is overwritten.")
    cards.code_png("0")  # whether it can be drawn, before a code is made
    now_utc_s = int(time.time())
    _refuse_known(folder, labels, now_utc_s)
    with ExitStack() as undo:
        made: list[Card] = []
        undo.callback(_void, folder, made)
        for label in labels:
            armored = invite(folder, label, at_once=at_once)
            name = code_name(decode_bundle(dearmor("BUNDLE", armored)).code)
            made.append(Card(label, armored, name, now_utc_s + CODE_DAYS * _DAY_S))
        with whole_or_nothing(into):
            for n, card in enumerate(made, start=1):
                host.write_private(into / f"{n:04d}-{_file_name(card.label)}.bundle", card.armored.encode())
            host.write_private(into / CARDS, cards.page(made).encode())
        undo.pop_all()
    return made


def _refuse_known(folder: Path, labels: Sequence[str], now_utc_s: int) -> None:
    with closing(open_keys(folder)) as keys:
        open_labels = {code.label for code in keys.codes.open_ones(now_utc_s)}
        known = (open_labels | set(keys.people.labels().values())) & set(labels)
    if known:
        raise WrongUse(
            f"{len(known)} of these labels are invited or enrolled already, such as {min(known)!r}",
            remedy="Leave them out. For a second machine of one person use 'hub invite --label'.",
        )


def _void(folder: Path, made: Sequence[Card]) -> None:
    with closing(open_keys(folder)) as keys:
        for card in made:
            keys.codes.void(card.name)


def _file_name(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", label)
