"""Days and moments of a view, as text; any number has one."""

import datetime as dt
from typing import Final

from agent.wire import codec
from agent.wire.consent import ConsentRecord

_DAY_S: Final = 86_400


def day_text(day: int) -> str:
    """A day (days since 1970) as YYYY-MM-DD.

    >>> day_text(20_786)
    '2026-11-29'
    """
    return moment_text(day * _DAY_S)[:10]


def moment_text(utc_s: int) -> str:
    """A moment as ISO 8601 in UTC.

    >>> moment_text(1_795_910_400)
    '2026-11-29T00:00:00Z'
    """
    return dt.datetime.fromtimestamp(min(utc_s, codec.UTC_S_MOST), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ends_utc_s(record: ConsentRecord) -> int:
    """When a consent ends, before the end of the calendar."""
    return min(record.until_utc_s, codec.UTC_S_MOST)
