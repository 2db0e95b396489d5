"""What a row of the ledger says, as fields for the page: which signals, how many numbers, of which day. No sentence.

The list of rows needs a few fields of each row; the numbers themselves are asked for one row at a time.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from agent.outbox import Outbox
from agent.outbox.row_heads import RowHead
from agent.wire import codes, days, schema
from agent.wire.consent import NOTHING, decode_record
from agent.wire.message import (
    KINDS,
    AskMessage,
    ConsentMessage,
    ContextMessage,
    CoverMessage,
    DaysMessage,
    FeaturesMessage,
    GapMessage,
    Message,
    SchemaMessage,
    SummaryMessage,
)

Part = dict[str, Any]

_DAY_S: Final = 86_400
_COVER: Final = KINDS[CoverMessage]


def listed(outbox: Outbox, row: RowHead) -> Part:
    """A row of the list; what is erased, and a placeholder, has nothing to open."""
    messages = outbox.messages(row.idx) if row.has_words and row.kind != _COVER else ()
    return {**asdict(row), "parts": [{"what": _COVER, "purposes": []}] if row.kind == _COVER else parts(messages)}


def parts(messages: Iterable[Message]) -> list[Part]:
    """Each message's fields; two that differ in their purpose alone are one."""
    made: list[Part] = []
    for message in messages:
        part = {"what": KINDS[type(message)], **_fields(message)}
        purpose = part.pop("purpose", None)
        same = next((one for one in made if one | {"purposes": None} == part | {"purposes": None}), None)
        if same is None:
            made.append(part | {"purposes": [] if purpose is None else [purpose]})
        elif purpose is not None:
            same["purposes"].append(purpose)
    return made


def numbers(messages: Iterable[Message]) -> list[tuple[str, float | None]]:
    """Names and values of what is sent; None: withheld. What goes for two purposes is listed once."""
    made: dict[tuple[str, float | None], None] = {}
    for message in messages:
        match message:
            case SummaryMessage():
                known = schema.features()
                rows = ((known[one.feature_id], one.v) for one in message.values)
                made |= {(row.name, row.value(v)): None for row, v in rows}
            case DaysMessage():
                made |= {(one.name, one.value): None for one in days.decoded(message.day, message.values)}
            case _:
                pass
    return list(made)


def _fields(message: Message) -> Part:  # noqa: PLR0911 - one branch a kind
    match message:
        case SummaryMessage():
            known = schema.features()
            signals = sorted({known[one.feature_id].signal for one in message.values})
            withheld = sum(one.v == 0 for one in message.values)
            return {
                "purpose": message.purpose,
                "signals": signals,
                "n": len(message.values) - withheld,
                "withheld": withheld,
                "start_utc_s": message.start_utc_s,
                "end_utc_s": message.end_utc_s,
            }
        case ConsentMessage():
            record = decode_record(message.record)
            signals = sorted({grant.signal for grant in record.grants if grant.signal != NOTHING})
            return {"action": record.action, "signals": signals}
        case FeaturesMessage():
            return {"n": len(message.feature_ids)}
        case ContextMessage():
            return {"purpose": message.purpose, "day": _day(message.day)}
        case DaysMessage():
            return {"purpose": message.purpose, "day": _day(message.day), "n": len(message.values)}
        case AskMessage():
            return {"ask": codes.names("asks")[message.what], "about": message.about, "words": message.words}
        case GapMessage():
            return {"n": message.count}
        case SchemaMessage():
            return {"schema": message.schema}
        case _:
            return {}


def _day(days_since_1970: int) -> str:
    return dt.datetime.fromtimestamp(days_since_1970 * _DAY_S, dt.UTC).date().isoformat()
