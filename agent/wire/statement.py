"""The head of a statement about one day: schema, purpose, consent and day, behind the message's kind."""

from typing import Final

from agent.errors import WireRefused
from agent.wire.codec import Decoded, Fields
from agent.wire.message import HASH_BYTES, NOTHING_SENT, PURPOSES

LAST_DAY: Final = 2_932_896  # 9999-12-31


def read_head(item: list[Decoded], width: int, schema: int, what: str) -> tuple[Fields, str, bytes, int]:
    """The row with what follows the head still unread; purpose, consent hash, and day since 1970.

    Args:
        item: The message behind its kind.
        width: Its number of parts.
        schema: The schema that we know.
        what: The message in words.

    Raises:
        WireRefused: ``schema_too_new`` for a schema or purpose that we do not know, else ``malformed``.
    """
    if item and isinstance(item[0], int) and item[0] > schema:
        raise WireRefused("schema_too_new", f"unknown schema of {what}")
    row = Fields(item, width)
    if row.uint() != schema:
        raise WireRefused("malformed", f"unknown schema of {what}")
    purpose, consent_hash, day = row.text(), row.raw(HASH_BYTES), row.uint()
    if purpose not in PURPOSES:
        raise WireRefused("schema_too_new", "unknown purpose")
    if purpose in NOTHING_SENT:
        raise WireRefused("malformed", "nothing is sent for this purpose")
    if day > LAST_DAY:
        raise WireRefused("malformed", "a day is out of range")
    return row, purpose, consent_hash, day
