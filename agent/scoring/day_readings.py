"""Values of days as readings of channels: sleep of an import, shifts of a roster, entries of the journal.

Source: `agent.scoring.channels` says which rows of DAYS a channel is made of.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from agent.model import DayValue
from agent.scoring.channels import CHANNELS, Channel
from agent.scoring.daily import WEEK_DAYS
from agent.scoring.day_windows import DAY_S


def day_reading(channel: Channel, values: Mapping[str, float]) -> float:
    """A day's values as the channel counts them: ``sum(day)``, or ``sum(day) / sum(day + of)``; seven times that for a
    count per week.

    Args:
        channel: A row of CHANNELS with rows of DAYS.
        values: By row of DAYS, in its unit; only what is known of that day.

    Returns:
        In the channel's unit; NaN where a row is missing, or where the share is one of nothing.

    Source: definition.
    """
    if any(name not in values for name in (*channel.day, *channel.of)):
        return math.nan
    part = sum(values[name] for name in channel.day)
    if channel.of:
        whole = part + sum(values[name] for name in channel.of)
        return part / whole if whole > 0.0 else math.nan
    return part * WEEK_DAYS if channel.per_week else part


def readings_of_days(day_values: Iterable[DayValue], first_day: int, last_day: int) -> dict[str, dict[int, float]]:
    """Readings of the channels that days feed.

    Args:
        day_values: At most one a day and row of DAYS.
        first_day, last_day: Days since 1970 on the person's calendar; others do not count.

    Returns:
        By channel and day, in the channel's unit.

    Source: see `day_reading`.
    """
    days: dict[int, dict[str, float]] = defaultdict(dict)
    for value in day_values:
        if first_day <= value.day <= last_day:
            days[value.day][value.name] = value.value
    found: dict[str, dict[int, float]] = defaultdict(dict)
    for name, row in CHANNELS.items():
        for day, values in days.items() if row.day else ():
            if math.isfinite(one := day_reading(row, values)):
                found[name][day] = one
    return dict(found)


def is_left_out(day: int, left_out: Sequence[tuple[int, int]], utc_offset_s: Callable[[int], int]) -> bool:
    """Whether the noon of a day lies in a stretch that counts for nothing.

    Args:
        day: Days since 1970 on the person's calendar.
        left_out: Stretches [begin, end) in s of UTC.
        utc_offset_s: Of the person's clock, at a moment in UTC.

    Returns: On the person's clock.
    Source: definition.
    """
    noon_s = day * DAY_S + DAY_S // 2
    noon_utc_s = noon_s - utc_offset_s(noon_s)
    return any(begin <= noon_utc_s < end for begin, end in left_out)
