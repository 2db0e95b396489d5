"""The context of a day as bytes: what a person noted of it, of which a summary holds nothing.

context = ["context", 1, purpose, consent hash, day, [[start, end, kind]...], [[at, kind, until]...],
           [[from, minutes + 1440]...], [[at, scale, v]...]]
"""

from collections.abc import Sequence
from typing import Final

from agent.errors import WireRefused
from agent.wire import codes
from agent.wire.codec import Decoded, Fields, Item
from agent.wire.message import (
    ClockOffset,
    ContextMessage,
    NotedAnswer,
    NotedChange,
    NotedShift,
)
from agent.wire.statement import read_head

SCHEMA: Final = 1
SIGNAL: Final = "context"  # what a grant names; no feature has it
DAY_S: Final = 86_400
LONGEST_SHIFT_S: Final = 36 * 3600
OFFSET_ZERO: Final = 1440  # minutes: offsets are sent without a sign
MOST: Final = 24  # of each kind in a day


def context_items(message: ContextMessage) -> list[Item]:
    """The message behind its kind."""
    return [
        SCHEMA,
        message.purpose,
        message.consent_hash,
        message.day,
        [[shift.start_utc_s, shift.end_utc_s, shift.kind] for shift in message.shifts],
        [[change.at_utc_s, change.kind, change.until_utc_s] for change in message.changes],
        [[offset.from_utc_s, offset.minutes] for offset in message.offsets],
        [[answer.at_utc_s, answer.scale, answer.v] for answer in message.answers],
    ]


def read_context(item: list[Decoded]) -> ContextMessage:
    """Strict inverse of `context_items`, behind the kind.

    Raises:
        WireRefused: ``schema_too_new`` for a schema, purpose or code that we do not know, else ``malformed``.
    """
    row, purpose, consent_hash, day = read_head(item, 8, SCHEMA, "a context")
    message = ContextMessage(
        purpose,
        consent_hash,
        day,
        tuple(NotedShift(*numbers) for numbers in _rows(row.array(), 3)),
        tuple(NotedChange(*numbers) for numbers in _rows(row.array(), 3)),
        tuple(ClockOffset(*numbers) for numbers in _rows(row.array(), 2)),
        tuple(NotedAnswer(*numbers) for numbers in _rows(row.array(), 3)),
    )
    _check(message)
    return message


def _rows(items: Sequence[Decoded], width: int) -> list[tuple[int, ...]]:
    """Rows of numbers, ascending."""
    rows = [tuple(Fields(item, width).uints()) for item in items]
    if len(rows) > MOST or rows != sorted(set(rows)):
        raise WireRefused("malformed", "the parts of a context are too many, or not ascending")
    return rows


def moments(message: ContextMessage) -> list[int]:
    """When what it holds begins, in UTC s."""
    return [
        *(shift.start_utc_s for shift in message.shifts),
        *(change.at_utc_s for change in message.changes),
        *(offset.from_utc_s for offset in message.offsets),
        *(answer.at_utc_s for answer in message.answers),
    ]


def _check(message: ContextMessage) -> None:
    begins = message.day * DAY_S
    if any(not begins <= at_utc_s < begins + DAY_S for at_utc_s in moments(message)):
        raise WireRefused("malformed", "a moment of a context lies outside its day")
    if any(not 0 < shift.end_utc_s - shift.start_utc_s <= LONGEST_SHIFT_S for shift in message.shifts):
        raise WireRefused("malformed", "a shift of a context ends before it begins, or is too long")
    if any(change.until_utc_s and change.until_utc_s <= change.at_utc_s for change in message.changes):
        raise WireRefused("malformed", "a change of a context ends before it begins")
    if any(offset.minutes > 2 * OFFSET_ZERO for offset in message.offsets):
        raise WireRefused("malformed", "an offset of a context is out of range")
    known = (
        all(shift.kind in codes.names("shifts") for shift in message.shifts)
        and all(change.kind in codes.names("changes") for change in message.changes)
        and all(answer.scale in codes.scales() for answer in message.answers)
    )
    if not known:
        raise WireRefused("schema_too_new", "unknown code in a context")
    if any(not 1 <= answer.v <= codes.scales()[answer.scale].v_max for answer in message.answers):
        raise WireRefused("malformed", "an answer of a context is out of its range")
