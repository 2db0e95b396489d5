"""Times at work: those that the person noted, and those of an imported roster."""

from collections.abc import Iterable

from agent.days.store import Rostered
from agent.scoring.observations import Shift
from agent.windows.history import Told


def shifts_of(told: Iterable[Told], rostered: Iterable[Rostered] = ()) -> list[Shift]:
    """Every time at work, oldest first. A shift of the roster that overlaps a noted one is left out: the person knows
    when they really worked.
    """
    noted = [
        Shift(one.at_utc_s, one.numbers["until_utc_s"], "night" if one.name == "night" else "day")
        for one in told
        if one.what == "shift" and "until_utc_s" in one.numbers
    ]
    more = [
        Shift(one.start_utc_s, one.end_utc_s, "night" if one.kind == "night" else "day")
        for one in rostered
        if not any(two.start_utc_s < one.end_utc_s and one.start_utc_s < two.end_utc_s for two in noted)
    ]
    return sorted([*noted, *more], key=lambda one: (one.start_utc_s, one.end_utc_s))
