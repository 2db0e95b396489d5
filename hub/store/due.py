"""What is to be scored: noted in the transaction that stores a row, and forgotten with the consent that it rests on.

`hub score` deletes a note in the transaction that stores what came of it, so that a row is scored once, whatever is
killed in between.
"""

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select

from agent.wire.message import SCORE as PURPOSE
from agent.wire.message import DataMessage, Plaintext
from hub.store.tables import DIGEST, DOWN, DUE, ROW, SCORE


def is_scored(plaintext: Plaintext) -> bool:
    """Whether an envelope holds something that its person consented to have scored."""
    return any(isinstance(message, DataMessage) and message.purpose == PURPOSE for message in plaintext.messages)


def note(db: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note rows that were kept, by their arrival numbers."""
    if rows:
        taken_ms = int(time.time() * 1000)
        due = [{"arrival": row["arrival"], "device": row["device"], "taken_ms": taken_ms} for row in rows]
        db.execute(insert(DUE), due)


def forget(db: Connection, kid: bytes) -> None:
    """A consent ended: nothing more is scored by it, and what was made from its rows is made again from those left.

    Args:
        db: The open transaction, which holds the device's lock.
        kid: The device.
    """
    for table in (DUE, DIGEST, DOWN):
        db.execute(delete(table).where(table.c.device == kid))


def forget_scores(db: Connection, kid: bytes) -> None:
    """After an erasure: no score rests on what is gone. The rows of later consents are scored from the start."""
    forget(db, kid)
    db.execute(delete(SCORE).where(SCORE.c.device == kid))
    note_last(db, kid)


def note_last(db: Connection, kid: bytes) -> None:
    """Have a device scored again from all its rows, if it has any."""
    last = db.execute(select(func.max(ROW.c.arrival)).where(ROW.c.device == kid)).scalar()
    if last is not None:
        note(db, [{"arrival": last, "device": kid}])
