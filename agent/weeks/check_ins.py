"""Which check-ins are due."""

from collections.abc import Iterable
from typing import Final

from agent.tables.profiles import Profile
from agent.weeks.scores import allowed_instruments
from agent.windows.history import Told

_DAY_S: Final = 86_400


def is_due(last_utc_s: int | None, every_days: int, now_utc_s: int) -> bool:
    """Whether a check-in is due; one that was answered in the future was answered under a wrong clock.

    Args:
        last_utc_s: When it was answered last; None: never.
        every_days: How often it is meant to be answered.
        now_utc_s: In s of UTC.
    """
    return last_utc_s is None or not 0 <= now_utc_s + _DAY_S - last_utc_s < (every_days + 1) * _DAY_S


def due_again(profile: Profile, told: Iterable[Told], now_utc_s: int) -> frozenset[str]:
    """Check-ins that were answered before and are due again: a word for each time that they are.

    Args:
        profile: In force.
        told: What the person said.
        now_utc_s: In s of UTC.
    """
    last: dict[str, int] = {}
    for one in told:
        if one.what == "check-in":
            last[one.name] = max(one.at_utc_s, last.get(one.name, 0))
    return frozenset(
        f"{short} {last[short]}"
        for short, instrument in allowed_instruments(profile).items()
        if short in last and is_due(last[short], instrument.every_days, now_utc_s)
    )
