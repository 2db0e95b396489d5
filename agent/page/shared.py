"""What leaves this machine, for the page "Sharing": to whom, how much, and the rows of one day."""

import datetime as dt
from dataclasses import asdict
from typing import Any, Final

from agent.errors import WrongUse
from agent.outbox import row_heads
from agent.outbox.row_heads import RowHead
from agent.page import consent, forms, row_parts
from agent.session.session import Session
from agent.system import host
from agent.wire import envelope

Answer = dict[str, Any]

_DAY_S: Final = 86_400
_QUARTER_S: Final = 900
_DAYS: Final = 7
_LOOKED_AT_MOST: Final = 6000
"""Rows of 7 days: one every five minutes is 2,016, and what a person sends by hand."""

ROWS_MOST: Final = 300
"""Rows of one day that are shown at once: one every five minutes is 288."""


def shared(session: Session, asked: forms.Before) -> Answer:
    """What leaves and to whom, how many rows of the last seven days, and the rows of one day."""
    outbox, now_utc_s, day_of = session.outbox, session.utc_s(), _DayOf()
    recent = row_heads.heads(outbox, outbox.head()[0] + 1, now_utc_s - _DAYS * _DAY_S, _LOOKED_AT_MOST)
    today = host.local_time(now_utc_s).date()
    first_day = (today - dt.timedelta(_DAYS - 1)).isoformat()
    week = [row for row in recent if day_of(row) >= first_day]
    sent = [row for row in week if row.is_sent]
    waits, since_utc_s = row_heads.waiting(outbox)
    return {
        "operator": session.operator,
        "unheard": outbox.unconfirmed(),
        "paused": session.paused,
        "consent": consent.standing(session),
        "today": asdict(row_heads.counts(row for row in week if day_of(row) == today.isoformat())),
        "week": asdict(row_heads.counts(week)),
        "last_utc_s": sent[0].made_utc_s if sent else None,
        "receipts": [sum(row.state == "receipted" for row in sent), len(sent)],
        "refused": sum(row.state.startswith("refused") for row in sent),
        "waiting": {"n": waits, "since_utc_s": since_utc_s},
        **_listed(session, asked.before, day_of),
    }


def _listed(session: Session, before: int | None, day_of: "_DayOf") -> Answer:
    """The days up to a row, and the rows of the last of them."""
    outbox = session.outbox
    before_idx = before or outbox.head()[0] + 1
    newest = row_heads.heads(outbox, before_idx, 0, 1)
    if not newest:
        return {"days": [], "rows": [], "is_cut": False, "has_older": False}
    by_day: dict[str, list[RowHead]] = {}
    for row in row_heads.heads(outbox, before_idx, newest[0].made_utc_s - _DAYS * _DAY_S, _LOOKED_AT_MOST):
        by_day.setdefault(day_of(row), []).append(row)
    day, whole = next(iter(by_day.items()))
    shown = by_day[day] = whole[:ROWS_MOST]
    following = row_heads.head(outbox, before_idx)
    return {
        "days": [
            {"day": one, "before": rows[0].idx + 1, **asdict(row_heads.counts(rows))}
            for one, rows in list(by_day.items())[:_DAYS]
        ],
        "rows": [row_parts.listed(outbox, row) for row in shown],
        "is_cut": len(shown) < len(whole) or (following is not None and day_of(following) == day),
        "has_older": shown[-1].idx > 1,
    }


class _DayOf:
    """The day of a row on the person's calendar; no zone begins a day within a quarter of an hour."""

    def __init__(self) -> None:
        self._days: dict[int, str] = {}

    def __call__(self, row: RowHead) -> str:
        quarter = row.made_utc_s // _QUARTER_S
        if quarter not in self._days:
            self._days[quarter] = host.local_time(row.made_utc_s).date().isoformat()
        return self._days[quarter]


def row(session: Session, asked: forms.RowNumber) -> Answer:
    """One row with its numbers, its exact contents and the digest of its envelope.

    Raises:
        WrongUse: There is no row of that number.
    """
    found = row_heads.head(session.outbox, asked.idx)
    if found is None:
        raise WrongUse("there is no row with that number", remedy="Load the page again.")
    words = session.outbox.words(found.idx)
    digest = session.outbox.db.execute("SELECT digest FROM ledger WHERE idx = ?", (found.idx,)).fetchone()[0]
    messages = session.outbox.messages(found.idx)
    return {
        **asdict(found),
        "parts": row_parts.parts(messages),
        "numbers": [list(one) for one in row_parts.numbers(messages)],
        "words": None if words is None else words.hex(),
        "digest": bytes(digest).hex(),
        "bytes_sent": envelope.ENVELOPE_BYTES,
    }
