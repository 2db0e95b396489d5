"""Consent records as their rows keep them: sealed, all of one length: the file does not say what was agreed to."""

from typing import Final

from agent.errors import KeysMissing
from agent.outbox.file import Outbox
from agent.privacy.sealed_values import is_sealed, opened_value, sealed_value
from agent.privacy.vault import Vault
from agent.system.storage import storing

SIZE_BYTES: Final = 1024
"""Of a sealed record or statement: a consent to all that `research` has, for an operator with 64 letters, has 329."""


def records(outbox: Outbox) -> tuple[bytes, ...]:
    """Every record that is kept, oldest first; one that cannot be read is empty."""
    found = outbox.db.execute("SELECT serial, record FROM consent ORDER BY serial").fetchall()
    return tuple(_opened(outbox, serial, record) for serial, record in found)


def seal_all(outbox: Outbox) -> None:
    """Put the records that release 0.1.0 kept in clear under the data key."""
    with storing(outbox.db):
        for serial, record in outbox.db.execute("SELECT serial, record FROM consent").fetchall():
            if not is_sealed(record):
                made = sealed(outbox, serial, bytes(record))
                outbox.db.execute("UPDATE consent SET record = ? WHERE serial = ?", (made, serial))


def sealed(outbox: Outbox, serial: int, record: bytes) -> bytes:
    """A record as its row keeps it."""
    return sealed_value(outbox.vault, _name(serial), record, SIZE_BYTES)


def opened(vault: Vault, serial: int, kept: bytes) -> bytes:
    """Undo `sealed`; a record of release 0.1.0 stands in clear.

    Raises:
        KeysMissing: Another data key sealed it, or it was altered.
    """
    return opened_value(vault, _name(serial), kept)


def latest(outbox: Outbox) -> tuple[bytes, int] | None:
    """The newest record and its row of the ledger; the record is empty where it cannot be read."""
    query = "SELECT serial, record, idx FROM consent ORDER BY serial DESC LIMIT 1"
    found = outbox.db.execute(query).fetchone()
    return None if found is None else (_opened(outbox, found[0], found[1]), int(found[2]))


def _opened(outbox: Outbox, serial: int, kept: bytes) -> bytes:
    try:
        return opened(outbox.vault, serial, bytes(kept))
    except KeysMissing:  # altered, or of another data key: the safe side, nothing was given
        return b""


def _name(serial: int) -> str:
    """What binds a sealed record to its row."""
    return f"consent {serial}"
