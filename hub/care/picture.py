"""A person as the care team may see them: made by `hub alerts`, kept under the person's data key, shown by the view.

It holds only what the person granted to this team for care, and says which grants those are.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WeekShown:
    """The index of seven days.

    Attributes:
        last_day: Days since 1970 on the person's clock.
        index, low, high: 0 to 100 with its 90 % interval; None where there is none.
        reason: Why there is none: a name of the table ``reasons``; else empty.
        points: What each channel adds to 50, by name.
    """

    last_day: int
    index: float | None
    low: float | None
    high: float | None
    reason: str
    points: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One channel day by day.

    Attributes:
        channel: A name of the table ``channels``.
        first_day: Days since 1970 of the first value.
        value: One a day; None where there is none.
        mean: Mean of the seven days that end with the day; None where fewer than three have a value.
        low, high: The person's own range on that day; None while it is learnt.
    """

    channel: str
    first_day: int
    value: tuple[float | None, ...]
    mean: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One answer that the person shared.

    Attributes:
        at_utc_s: When.
        scale: A name of the table ``scales``.
        value: In the scale's points.
    """

    at_utc_s: int
    scale: str
    value: float


@dataclass(frozen=True, slots=True)
class Picture:
    """One person.

    Attributes:
        device: The random name.
        serial: Of the consent that it rests on.
        granted: What the person granted to this team for care, such as ``heart``, ``index``, ``context``; ascending.
        from_utc_s, until_utc_s: Of that consent.
        made_utc_s, next_utc_s: When it was made, and when it is made again at the latest.
        contact_day: Day (UTC, since 1970) on which the device was last heard; -1: never.
        asked_utc_s: Since when the person asks to be seen; 0: does not ask.
        asked_words: What they wrote to the team.
        last_day: The last day of `worn_h`, days since 1970.
        worn_h: Hours worn on each of 28 days, oldest first; empty where no heart signal is granted.
        gaps: (first day, last day, reason) of days without a value: ``silent`` (nothing was heard), ``not_worn``,
            ``no_consent``.
        state: ``usual``, ``apart`` (the interval of the newest week does not hold 50), ``learning``, ``no_index``.
        weeks: Oldest first; empty without the grant ``index``.
        lines: The same.
        check_ins: Oldest first; empty without the grant ``context``.
    """

    device: str
    serial: int
    granted: tuple[str, ...]
    from_utc_s: int
    until_utc_s: int
    made_utc_s: int
    next_utc_s: int
    contact_day: int = -1
    asked_utc_s: int = 0
    asked_words: str = ""
    last_day: int = 0
    worn_h: tuple[float, ...] = ()
    gaps: tuple[tuple[int, int, str], ...] = ()
    state: str = "no_index"
    weeks: tuple[WeekShown, ...] = ()
    lines: tuple[Line, ...] = field(default=())
    check_ins: tuple[CheckIn, ...] = ()
