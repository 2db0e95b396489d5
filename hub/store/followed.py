"""What follows from stored rows for the care team: notes of who changed, and what ends with a consent."""

import time
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete

from hub.database import insert_new
from hub.store.tables import ALERT, CHANGED, RIDE, SHOWN, TEAM_NOTE

_RESTS_ON_CONSENT: Final = (SHOWN, ALERT, TEAM_NOTE, RIDE)


def note_changed(db: Connection, kids: Iterable[bytes]) -> None:
    """Have `hub alerts` look at these people again. Call it with the lock of each device.

    Args:
        db: The open transaction.
        kids: The devices.
    """
    taken_ms = int(time.time() * 1000)
    if changed := [{"device": kid, "taken_ms": taken_ms} for kid in sorted(set(kids))]:
        insert_new(db, CHANGED, changed)


def forget_followed(db: Connection, kid: bytes) -> None:
    """A consent ended: the team sees nothing more of this person, and its alerts and notes are gone."""
    for table in _RESTS_ON_CONSENT:
        db.execute(delete(table).where(table.c.device == kid))
    note_changed(db, [kid])
