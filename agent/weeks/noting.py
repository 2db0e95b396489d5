"""Shifts and changes of the person's normal, as they may be noted."""

from collections.abc import Iterable
from typing import Final

from agent.errors import WrongUse
from agent.windows.history import Told

LONGEST_SHIFT_S: Final = 36 * 3600
_BACK_S: Final = 400 * 86_400


def shift(begins_utc_s: int, ends_utc_s: int, kind: str, told: Iterable[Told], now_utc_s: int) -> Told:
    """A time at work, as it may be noted.

    Raises:
        WrongUse: It ends before it begins, is longer than 36 hours, lies more than 400 days away, or overlaps another.
    """
    if ends_utc_s <= begins_utc_s:
        raise WrongUse("the shift ends before it begins", remedy="Give an end after the beginning.")
    if ends_utc_s - begins_utc_s > LONGEST_SHIFT_S:
        raise WrongUse("the shift is longer than 36 hours", remedy="Note each shift separately.")
    if abs(begins_utc_s - now_utc_s) > _BACK_S:
        raise WrongUse("the shift is more than 400 days away", remedy="Check the year.")
    for one in told:
        if one.what == "shift" and one.at_utc_s < ends_utc_s and begins_utc_s < one.numbers["until_utc_s"]:
            raise WrongUse(
                "another shift is already noted at that time",
                remedy="'wardbeat note list' shows it; 'wardbeat note remove N' removes it.",
            )
    return Told(begins_utc_s, "shift", kind, {"until_utc_s": ends_utc_s})


def change(name: str, begins_utc_s: int, ends_utc_s: int | None, now_utc_s: int) -> Told:
    """A change of the person's normal, as it may be noted.

    Raises:
        WrongUse: It lies in the future, or ends before it begins.
    """
    if begins_utc_s > now_utc_s:
        raise WrongUse("the change is in the future", remedy="Note it when it happens.")
    if ends_utc_s is not None and not begins_utc_s < ends_utc_s <= now_utc_s:
        raise WrongUse(
            "the end must lie between the beginning and now", remedy="Note it when it is over, or leave the end out."
        )
    return Told(begins_utc_s, "change", name, {} if ends_utc_s is None else {"until_utc_s": ends_utc_s})
