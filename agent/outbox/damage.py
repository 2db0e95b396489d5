"""A damaged outbox file: set aside whole, never deleted. The agent goes on with a new one and says what was lost.

    opened ─▶ damaged, or suspected and found so ─▶ outbox.broken-TIME.db      the file as it was, for fsck and experts
                                                 └▶ what can be read of it ─▶ new file: pause, withdrawal, erasure,
                                                                              one gap record a stream, a note

Consent does not come along: nothing leaves before the person says yes again. What ends or narrows does: an open pause,
and a withdrawal or erasure that the hub has not confirmed. Where those cannot be read, the safe side is taken.
"""

import datetime as dt
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.errors import KeysMissing, OutboxBroken, WireRefused
from agent.outbox import camera_plan, consent_records, consents, pauses
from agent.outbox.cuts import BEGUN_AGAIN
from agent.outbox.file import Outbox, Sealing
from agent.outbox.limits import UNSETTLED, Limits
from agent.outbox.tables import TABLES
from agent.privacy.vault import Vault
from agent.system import sqlite_schema
from agent.system.storage import storing
from agent.wire.consent import decode_record
from agent.wire.message import GapMessage

SUSPECT: Final = "outbox.suspect"
_NEW: Final = "outbox.new.db"
_TABLES: Final = frozenset({"meta", "stream", "ledger", "fate", "outbox", "consent", "pause", "proof", "news"})
_AGAIN: Final = "Give your consent again: 'wardbeat consent give'."


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What could be read of a damaged file; None: that could not be read.

    Attributes:
        aside: Where it lies now.
        waiting: Rows without a receipt: (stream, lowest seq, highest seq, count).
        paused: Whether a pause was open.
        withdrawn: Whether a withdrawal waited for its confirmation.
        erased: Whether an erasure waited for its confirmation.
        chosen: The person's private hours, switched sensors and camera plan, as the file had them.
    """

    aside: Path
    waiting: tuple[tuple[bytes, int, int, int], ...] | None
    paused: bool | None
    withdrawn: bool | None
    erased: bool | None
    chosen: tuple[tuple[str, bytes], ...] | None


def suspect(folder: Path) -> None:
    """The running agent met damage: the next start looks through the whole file."""
    (folder / SUSPECT).touch(mode=0o600)


def opened(
    path: Path,
    vault: Vault,
    sealing: Sealing | None,
    *,
    keep: Limits,
    now_utc_s: int,
    closed: Collection[str] = (),
) -> Outbox:
    """The outbox; a damaged one is set aside first.

    Args:
        path, vault, sealing, keep: As `Outbox`.
        now_utc_s: For ledger and notes.
        closed: Sensors that stay off when the person's switches cannot be read.

    Raises:
        StorageFull, OutboxBroken: As `Outbox`; broken is what no new file mends.
    """
    mark, new = path.with_name(SUSPECT), path.with_name(_NEW)
    if new.exists() and not path.exists():
        _swap(path, new, _aside(path, now_utc_s))  # power went between the renames: the new file is whole
    if path.exists() and mark.exists() and faults(path):
        _replace(path, vault, sealing, keep=keep, now_utc_s=now_utc_s, closed=closed)
    try:
        outbox = Outbox(path, vault, sealing, keep=keep)
    except OutboxBroken:
        if not faults(path):  # a machine short of memory is no damaged file
            raise
        _replace(path, vault, sealing, keep=keep, now_utc_s=now_utc_s, closed=closed)
        outbox = Outbox(path, vault, sealing, keep=keep)
    mark.unlink(missing_ok=True)
    return outbox


def _replace(
    path: Path, vault: Vault, sealing: Sealing | None, *, keep: Limits, now_utc_s: int, closed: Collection[str]
) -> None:
    """A new file with all that must not be forgotten, then the broken one aside, then the new one in its place:
    wherever power goes, the next start finds the one or the other whole.
    """
    new, aside = path.with_name(_NEW), _aside(path, now_utc_s)
    for ending in ("", "-wal", "-shm"):
        new.with_name(new.name + ending).unlink(missing_ok=True)
    salvaged = _read(path, aside, vault)
    with Outbox(new, vault, sealing, keep=keep) as outbox:
        _carry(outbox, salvaged, now_utc_s, closed)
    _swap(path, new, aside)


def _swap(path: Path, new: Path, aside: Path) -> None:
    """The broken file first: without it the next start goes on from here. Its log must be gone before the new one
    comes: SQLite would read it into that.
    """
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    new.replace(path)


def faults(path: Path) -> list[str]:
    """What SQLite finds wrong with a file, in its words; empty for a sound one. Nothing is changed."""
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            db.execute("PRAGMA trusted_schema = OFF")
            strange = sqlite_schema.strange(db, sqlite_schema.shapes_of(TABLES), plain_may_differ=True)
            if strange:
                return strange  # a check of its rows would run it
            found = [words for (words,) in db.execute("PRAGMA integrity_check(20)") if words != "ok"]
            there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        finally:
            db.close()
    except sqlite3.Error as error:
        return [str(error)]
    return found + [f"the table {name} is missing" for name in sorted(_TABLES - there)]


def _aside(path: Path, now_utc_s: int) -> Path:
    at = dt.datetime.fromtimestamp(now_utc_s, dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    aside = path.with_name(f"{path.stem}.broken-{at}{path.suffix}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.stem}.broken-{at}-{number}{path.suffix}")
    return aside


def _read(path: Path, aside: Path, vault: Vault) -> Salvaged:
    unsettled = f"FROM outbox o JOIN fate f USING (idx) WHERE f.{UNSETTLED}"
    waiting = _rows(path, f"SELECT o.stream, min(o.seq), max(o.seq), count(*) {unsettled} GROUP BY o.stream")
    open_pauses = _rows(path, "SELECT id FROM pause WHERE end_utc_s IS NULL")
    records = _rows(path, "SELECT serial, record, receipted FROM consent")
    names = f"name IN ('{pauses.HOURS}', '{camera_plan.PLAN}') OR name LIKE '{pauses.SENSOR}%'"
    chosen = _rows(path, f"SELECT name, value FROM meta WHERE {names}")
    erasures = _rows(path, f"SELECT o.idx {unsettled} AND o.kind = 'erase'")
    return Salvaged(
        aside,
        None if waiting is None else tuple(waiting),
        None if open_pauses is None else bool(open_pauses),
        None if records is None else _ends(vault, records),
        None if erasures is None else bool(erasures),
        None if chosen is None else tuple((name, bytes(value)) for name, value in chosen if value is not None),
    )


def _ends(vault: Vault, records: list[Any]) -> bool | None:
    """Whether one of the consent records is a withdrawal without its receipt."""
    try:
        return any(
            decode_record(consent_records.opened(vault, serial, bytes(record))).action == "withdraw" and not receipted
            for serial, record, receipted in records
        )
    except (WireRefused, KeysMissing):
        return None


def _rows(path: Path, query: str) -> list[Any] | None:
    try:
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            db.execute("PRAGMA trusted_schema = OFF")
            return db.execute(query).fetchall()
        finally:
            db.close()
    except sqlite3.Error:
        return None


def _carry(outbox: Outbox, salvaged: Salvaged, now_utc_s: int, closed: Collection[str]) -> None:
    """Say it: to the new file, to the hub, to the person."""
    if salvaged.paused is not False:
        consents.pause(outbox, now_utc_s)
    _carry_choices(outbox, salvaged, closed)
    if outbox.sealing is not None:
        if salvaged.withdrawn is not False or salvaged.erased:
            consents.withdraw(outbox, outbox.sealing.sender.sign, outbox.sealing.sender.site, now_utc_s)
        with storing(outbox.db):
            if salvaged.erased:
                outbox.request_erasure(0, now_utc_s)
            for stream, first, last, count in salvaged.waiting or ():
                outbox.append([GapMessage(stream, first, last, count, "file")], now_utc_s)
    began = f"the outbox file was damaged and set aside as {salvaged.aside.name}"
    outbox.set_meta(BEGUN_AGAIN, began.encode())
    with storing(outbox.db):
        for words in _words(salvaged):
            outbox.notify(words, now_utc_s)


def _carry_choices(outbox: Outbox, salvaged: Salvaged, closed: Collection[str]) -> None:
    if salvaged.chosen is None:
        for name in closed:
            pauses.keep_switch(outbox, name, on=False)
    for name, value in salvaged.chosen or ():
        if name == camera_plan.PLAN:
            # of what cannot be read the safe side is taken: no session before the person chooses again
            if camera_plan.can_be_read(outbox, value):
                outbox.set_meta(name, value)
            else:
                outbox.set_sealed_meta(name, b"?")
        elif pauses.can_be_read(outbox, name, value):
            outbox.set_meta(name, value)


def _words(salvaged: Salvaged) -> Iterable[str]:
    held = (
        "how many rows waited in it cannot be read"
        if salvaged.waiting is None
        else f"{sum(count for *_, count in salvaged.waiting)} rows waited in it, and the hub is informed"
    )
    yield f"the outbox file was damaged and set aside as {salvaged.aside.name}; {held}. {_AGAIN}"
    if salvaged.paused is None:
        yield "Wardbeat cannot tell whether you had paused, so it is paused now. 'wardbeat resume' ends the pause."
    if salvaged.chosen is None:
        yield (
            "your private hours cannot be read: set them, and the times of camera sessions, again. Sensors that need "
            "your consent are off until you switch them on at the page."
        )
    if salvaged.erased is None:
        yield "if you asked to erase in the last days, ask again: 'wardbeat erase'."
