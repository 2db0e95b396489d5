"""Statements of context into the outbox: a day again only when what was noted of it has changed."""

from collections.abc import Iterable

from agent.outbox.file import Outbox
from agent.outbox.rows import CONTEXT_SENT
from agent.outbox.statements import seal_new
from agent.wire.context import context_items
from agent.wire.message import ContextMessage


def offer(outbox: Outbox, statements: Iterable[ContextMessage], now_utc_s: int) -> int:
    """Seal the statements that say something new, a row each; returns how many.

    Args:
        outbox: The file.
        statements: Of one consent.
        now_utc_s: For the ledger.
    """
    said = ((message, context_items(message)) for message in statements)
    return seal_new(outbox, said, CONTEXT_SENT, now_utc_s)
