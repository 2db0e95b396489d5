"""What a person noted, from the newest statement of each day: shifts, changes, answers, and their clock's offset."""

import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from agent.scoring.baseline import RESETS
from agent.scoring.channels import CHANNELS
from agent.scoring.observations import SelfReport, Shift
from agent.wire import codec, codes
from agent.wire.context import OFFSET_ZERO, context_items, read_context
from agent.wire.message import ContextMessage, NotedAnswer

Statements = Mapping[int, tuple[int, bytes]]
"""By day of UTC: ledger index of the newest statement, and the statement, encoded."""


def with_statement(statements: Statements, ledger_index: int, message: ContextMessage) -> Statements:
    """The statements with one more; of a day's the one with the highest ledger index stays, in whatever order."""
    known = statements.get(message.day)
    if known is not None and known[0] >= ledger_index:
        return statements
    return {**statements, message.day: (ledger_index, codec.encode(context_items(message)))}


@dataclass(frozen=True)
class Noted:
    """What the statements hold.

    Attributes:
        statements: As they are kept.
    """

    statements: Statements

    @cached_property
    def _messages(self) -> list[ContextMessage]:
        found = []
        for _, (_, words) in sorted(self.statements.items()):
            item = codec.decode(words)
            found.append(read_context(item if isinstance(item, list) else []))
        return found

    @cached_property
    def shifts(self) -> tuple[Shift, ...]:
        """Times at work."""
        names = codes.names("shifts")
        return tuple(
            Shift(shift.start_utc_s, shift.end_utc_s, "night" if names[shift.kind] == "night" else "day")
            for message in self._messages
            for shift in message.shifts
        )

    @cached_property
    def resets_utc_s(self) -> tuple[int, ...]:
        """Moments of changes without an end: the person's normal is learned again from there."""
        return tuple(change[0] for change in self._changes if not change[1])

    @cached_property
    def left_out(self) -> tuple[tuple[int, int], ...]:
        """Changes with an end: what was measured in them counts for nothing."""
        return tuple(change for change in self._changes if change[1])

    @cached_property
    def _changes(self) -> list[tuple[int, int]]:
        names = codes.names("changes")
        return [
            (change.at_utc_s, change.until_utc_s)
            for message in self._messages
            for change in message.changes
            if names[change.kind] in RESETS
        ]

    @cached_property
    def answers(self) -> tuple[NotedAnswer, ...]:
        """Results of check-ins."""
        return tuple(answer for message in self._messages for answer in message.answers)

    @cached_property
    def reports(self) -> tuple[SelfReport, ...]:
        """Answers that are readings of a channel."""
        scales = codes.scales()
        return tuple(
            SelfReport(answer.at_utc_s, channel, scales[answer.scale].value(answer.v))
            for answer in self.answers
            if (channel := scales[answer.scale].name.partition(" ")[2]) in CHANNELS
        )

    @cached_property
    def _offsets(self) -> tuple[list[int], list[int]]:
        pairs = [(one.from_utc_s, (one.minutes - OFFSET_ZERO) * 60) for day in self._messages for one in day.offsets]
        return [at for at, _ in pairs], [seconds for _, seconds in pairs]

    def offset_s(self, utc_s: int) -> int:
        """Of the person's clock against UTC, by the last statement before a moment, else the first one; 0: unknown."""
        moments, seconds = self._offsets
        return seconds[max(bisect.bisect_right(moments, utc_s) - 1, 0)] if moments else 0

    @property
    def offset_moments(self) -> list[int]:
        """When an offset begins, in UTC s, ascending."""
        return self._offsets[0]

    @property
    def knows_clock(self) -> bool:
        """Whether any offset is known."""
        return bool(self._offsets[0])
