"""What is kept beside the rows of what was sealed and of what the hub answered: it goes with what it rests on."""

from typing import Final

from agent.outbox.file import Outbox
from agent.outbox.rows import ASKED, CONTEXT_SENT, DAYS_SENT, HUB_ALERTS, HUB_SCORES, LOOK_FAULTS, LOOKS_ERASED, NOTICED

_OF_TEAM: Final = (ASKED, HUB_ALERTS)
_ALL: Final = (HUB_SCORES, CONTEXT_SENT, DAYS_SENT, LOOK_FAULTS, NOTICED, *_OF_TEAM)


def forget(outbox: Outbox, *, new_keys: bool = False) -> None:
    """Delete all of it: scores, statements, asks, alerts, looks, what was announced. The caller holds the transaction.

    Args:
        outbox: The file.
        new_keys: The hub counts this machine's looks from 1 again; else the list goes on with a later number.
    """
    _delete(outbox, _ALL)
    outbox.db.execute("DELETE FROM look")
    outbox.db.execute("DELETE FROM meta WHERE name = ?", (LOOKS_ERASED,))
    if not new_keys:
        outbox.db.execute("INSERT INTO meta VALUES (?, ?)", (LOOKS_ERASED, b""))


def forget_of_team(outbox: Outbox) -> None:
    """A consent was withdrawn: nothing is asked any more, and no alert stands. Who looked, the person may still read.

    The caller holds the transaction.
    """
    _delete(outbox, _OF_TEAM)


def _delete(outbox: Outbox, names: tuple[str, ...]) -> None:
    outbox.db.executemany("DELETE FROM meta WHERE name = ?", [(name,) for name in names])
