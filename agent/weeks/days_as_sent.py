"""Values of days in the steps in which they leave, so that the person's own weeks and the hub's are made of the same
numbers.
"""

from collections.abc import Iterable, Iterator

from agent.model import DayValue


def days_as_sent(values: Iterable[DayValue]) -> Iterator[DayValue]:
    """The same values in steps of the wire; one that never leaves, or has no code, stays as it is."""
    for value in values:
        from agent.wire import days  # with every message: for who has values of days alone

        coded = days.coded(value)
        yield from [value] if coded is None else days.decoded(value.day, [coded])
