"""Values of days into the outbox: a day once it is over, and again only when its values have changed."""

from collections.abc import Iterable

from agent.model import ReleasedDay
from agent.outbox.file import Outbox
from agent.outbox.rows import DAYS_SENT
from agent.outbox.statements import seal_new
from agent.wire.days import days_items
from agent.wire.message import DaysMessage


def offer(outbox: Outbox, released: Iterable[ReleasedDay], now_utc_s: int) -> int:
    """Seal the days that say something new, a row each; returns how many.

    Args:
        outbox: The file.
        released: What the gate let go; a day without a value is sealed only where one with values was before.
        now_utc_s: For the ledger.
    """
    messages = (DaysMessage.of(one) for one in released)
    return seal_new(outbox, ((message, days_items(message)) for message in messages), DAYS_SENT, now_utc_s)
