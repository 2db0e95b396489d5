"""A person as the care team may see them: made by `hub alerts`, kept under the person's data key, shown by the view.

It holds only what the person granted to this team for care, and says which grants those are.
"""

import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from agent.errors import WireRefused
from agent.wire import codec, codes
from agent.wire.codec import Decoded, Fields, Item, texts

STATES: Final = ("usual", "apart", "learning", "thin", "no_index")
GAPS: Final = ("silent", "not_worn", "no_consent")
_VERSION: Final = 1
_STEPS: Final = 100  # of one point of the index
_ZERO: Final = 100 * _STEPS  # points lie between -100 and 100, and are kept without a sign
_HOUR_S: Final = 3600


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
        gaps: (first day, last day, reason) of days without a value: ``silent`` (nothing was heard since), ``not_worn``
            (or switched off), ``no_consent``.
        state: ``usual``, ``apart`` (the interval of the newest week does not hold 50), ``learning``, ``thin`` (too
            little was measured lately), ``no_index``.
        weeks: Oldest first; empty without the grant ``index``.
        lines: The same.
        check_ins: Oldest first; empty without the grant ``context``.
        arrivals: Number of the last row with windows that `worn_h` counts; 0: none.
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
    arrivals: int = 0


def encode(picture: Picture) -> bytes:
    """As it is kept: what the list of people needs stands first, the rest in a second part."""
    body = codec.encode(
        [
            [_week(week) for week in picture.weeks[:-1]],
            [_line(line) for line in picture.lines],
            [_check_in(check_in) for check_in in picture.check_ins],
        ]
    )
    return codec.encode([*_head(picture), body])


def decode(words: bytes) -> Picture:
    """Strict inverse of `encode`.

    Raises:
        WireRefused: ``malformed``.
    """
    picture = _decoded(words, whole=True)
    if encode(picture) != words:
        raise WireRefused("malformed", "a kept picture is not as it is written")
    return picture


def decode_head(words: bytes) -> Picture:
    """The same for a list of many people: without lines and check-ins, and of the weeks the newest alone.

    Raises:
        WireRefused: ``malformed``.
    """
    return _decoded(words, whole=False)


def _head(picture: Picture) -> list[Item]:
    return [
        _VERSION,
        picture.device,
        picture.serial,
        list(picture.granted),
        *(picture.from_utc_s, picture.until_utc_s, picture.made_utc_s, picture.next_utc_s),
        *(picture.contact_day + 1, picture.asked_utc_s, picture.asked_words),
        *(picture.last_day, _worn(picture.worn_h), picture.arrivals),
        [[first, last, GAPS.index(reason)] for first, last, reason in picture.gaps],
        STATES.index(picture.state),
        [_week(week) for week in picture.weeks[-1:]],
    ]


def _decoded(words: bytes, *, whole: bool) -> Picture:
    try:
        return _picture(Fields(codec.decode(words), 18), whole=whole)
    except (ValueError, IndexError, KeyError, OverflowError) as error:  # lengths that do not fit, or an unknown code
        raise WireRefused("malformed", "a kept picture is not valid") from error


def _picture(row: Fields, *, whole: bool) -> Picture:
    if row.uint() != _VERSION:
        raise WireRefused("malformed", "unknown version of a kept picture")
    device, serial, listed = row.text(), row.uint(), row.array()
    granted = tuple(texts(listed, len(listed)))
    if list(granted) != sorted(set(granted)):
        raise WireRefused("malformed", "the grants of a kept picture are not ascending")
    from_utc_s, until_utc_s, made_utc_s, next_utc_s = (row.utc_s() for _ in range(4))
    contact_day, asked_utc_s, asked_words = row.uint() - 1, row.utc_s(), row.text()
    last_day, worn_s, arrivals = row.uint(), np.frombuffer(row.raw(), "<u4"), row.uint()
    gaps = tuple((first, last, GAPS[code]) for first, last, code in _numbers(row.array(), 3))
    state, newest = STATES[row.uint()], [_read_week(item) for item in row.array()]
    body = Fields(codec.decode(row.raw()), 3) if whole else None
    return Picture(
        device,
        serial,
        granted,
        from_utc_s,
        until_utc_s,
        made_utc_s,
        next_utc_s,
        contact_day,
        asked_utc_s,
        asked_words,
        last_day,
        tuple(seconds / _HOUR_S for seconds in worn_s.tolist()),
        gaps,
        state,
        (*(_read_week(item) for item in (body.array() if body else ())), *newest),
        tuple(_read_line(item) for item in (body.array() if body else ())),
        tuple(_read_check_in(*numbers) for numbers in _numbers(body.array() if body else [], 3)),
        arrivals,
    )


def _numbers(items: list[Decoded], width: int) -> list[list[int]]:
    return [Fields(item, width).uints() for item in items]


def _worn(worn_h: tuple[float, ...]) -> bytes:
    return np.array([round(hours * _HOUR_S) for hours in worn_h], dtype="<u4").tobytes()


def _week(week: WeekShown) -> list[Item]:
    reason = codes.codes("reasons")[week.reason] if week.reason else 0
    points: list[Item] = [[codes.codes("channels")[name], _ZERO + round(one * _STEPS)] for name, one in week.points]
    return [week.last_day, *(_v(one) for one in (week.index, week.low, week.high)), reason, points]


def _v(value: float | None) -> int:
    return 0 if value is None else 1 + round(value * _STEPS)


def _read_week(item: Decoded) -> WeekShown:
    row = Fields(item, 6)
    last_day, coded, reason = row.uint(), [row.uint() for _ in range(3)], row.uint()
    index, low, high = (None if v == 0 else (v - 1) / _STEPS for v in coded)
    names = codes.names("channels")
    points = tuple((names[code], (v - _ZERO) / _STEPS) for code, v in _numbers(row.array(), 2))
    return WeekShown(last_day, index, low, high, codes.names("reasons")[reason] if reason else "", points)


def _line(line: Line) -> list[Item]:
    columns: list[Item] = [_column(one) for one in (line.value, line.mean, line.low, line.high)]
    return [codes.codes("channels")[line.channel], line.first_day, *columns]


def _column(values: tuple[float | None, ...]) -> bytes:
    """Numbers in eight bytes each; NaN for None."""
    return np.array([np.nan if value is None else value for value in values], dtype="<f8").tobytes()


def _read_line(item: Decoded) -> Line:
    row = Fields(item, 6)
    channel, first_day, columns = codes.names("channels")[row.uint()], row.uint(), [row.raw() for _ in range(4)]
    if len({len(column) for column in columns}) != 1:
        raise WireRefused("malformed", "the columns of a line differ in length")
    value, mean, low, high = (_read_column(column) for column in columns)
    return Line(channel, first_day, value, mean, low, high)


def _read_column(data: bytes) -> tuple[float | None, ...]:
    values = np.frombuffer(data, "<f8")
    if np.isinf(values).any():
        raise WireRefused("malformed", "a number of a line has no end")
    return tuple(None if math.isnan(value) else value for value in values.tolist())


def _check_in(check_in: CheckIn) -> list[Item]:
    scale = _scale_named(check_in.scale)
    return [check_in.at_utc_s, scale.code, scale.v(check_in.value)]


def _read_check_in(at_utc_s: int, code: int, v: int) -> CheckIn:
    scale = codes.scales()[code]
    if not 1 <= v <= scale.v_max or at_utc_s > codec.UTC_S_MOST:
        raise WireRefused("malformed", "a check-in is out of its range")
    return CheckIn(at_utc_s, scale.name, scale.value(v))


def _scale_named(name: str) -> codes.Scale:
    return codes.scales()[codes.codes("scales")[name]]
