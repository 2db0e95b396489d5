"""What follows from stored rows for the care team: notes of who changed, and what ends with a consent."""

import time
from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, delete

from agent.wire.ask import PURPOSE as CARE
from agent.wire.message import (
    SCORE,
    AskMessage,
    ConsentMessage,
    ContextMessage,
    FeaturesMessage,
    Plaintext,
    SummaryMessage,
)
from hub.database import insert_new
from hub.store.tables import ALERT, CHANGED, RIDE, SHOWN, TEAM_NOTE

LOOKS: Final = "looks"
_RESTS_ON_CONSENT: Final = (SHOWN, ALERT, TEAM_NOTE)
_FOLLOWED: Final = (AskMessage, ConsentMessage, ContextMessage, FeaturesMessage)


def is_followed(plaintext: Plaintext) -> bool:
    """Whether an envelope changes what a team may see of its person, or what `hub alerts` judges."""
    return any(
        isinstance(message, _FOLLOWED) or (isinstance(message, SummaryMessage) and message.purpose in (CARE, SCORE))
        for message in plaintext.messages
    )


def note_changed(db: Connection, kids: Iterable[bytes]) -> None:
    """Have `hub alerts` look at these people again. Call it with the lock of each device.

    Args:
        db: The open transaction.
        kids: The devices.
    """
    taken_ms = int(time.time() * 1000)
    if changed := [{"device": kid, "taken_ms": taken_ms} for kid in sorted(set(kids))]:
        insert_new(db, CHANGED, changed)


def forget_followed(db: Connection, kid: bytes, *, erased: bool = False) -> None:
    """A consent ended: the team sees nothing more of this person, and its alerts and notes are gone.

    Looks that were not handed over yet still reach a person who withdrew: they say what was seen before, and hold no
    value. After an erasure they are gone too: the key that they are under is destroyed.

    Args:
        db: The open transaction, which holds the device's lock.
        kid: The device.
        erased: Whether the person asked for the erasure, too.
    """
    for table in _RESTS_ON_CONSENT:
        db.execute(delete(table).where(table.c.device == kid))
    here = RIDE.c.device == kid
    db.execute(delete(RIDE).where(here if erased else here & (RIDE.c.kind != LOOKS)))
    note_changed(db, [kid])
