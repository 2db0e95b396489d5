"""The one error inside the reading process; it carries a reason and no text of the file."""

from agent.days.calendar.reasons import Reason
from agent.errors import CheckFailed

FOREIGN = (ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, AssertionError, RecursionError)
"""What a calendar library raises on bytes that it did not expect."""


class EntryRefused(CheckFailed):
    """An entry that is not read."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(f"a calendar entry was refused: {reason.value}")
        self.reason = reason
