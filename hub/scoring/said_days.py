"""Values of days, from the newest statement of each: those of an import, a roster, a journal."""

from collections.abc import Iterator, Mapping

from agent.model import DayValue
from agent.wire import codec
from agent.wire.days import days_items, decoded, read_days
from agent.wire.message import DaysMessage

SaidDays = Mapping[int, tuple[int, bytes]]
"""By day of the person's calendar: ledger index of the newest statement, and the statement, encoded."""


def with_day(said: SaidDays, ledger_index: int, message: DaysMessage) -> SaidDays:
    """The statements with one more; of a day's the one with the highest ledger index stays, in whatever order."""
    known = said.get(message.day)
    if known is not None and known[0] >= ledger_index:
        return said
    return {**said, message.day: (ledger_index, codec.encode(days_items(message)))}


def values_of(said: SaidDays) -> Iterator[DayValue]:
    """The values of every day, oldest first."""
    for day, (_, words) in sorted(said.items()):
        item = codec.decode(words)
        yield from decoded(day, read_days(item if isinstance(item, list) else []).values)
