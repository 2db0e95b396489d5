"""`--from` and `--until`: a part of a recording, by the time since its start or by the clock.

    90   1:30   0:01:30                since the first interval's start
    2026-11-28T10:15   T10:15:30       the clock, where the recording has one (`CLOCK_FROM_S`); T alone: that time's
                                       first occurrence after the start

A clock time without a zone counts as the recording's own clock does; one with a zone is turned into UTC.
"""

import math
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

import numpy as np

from agent.analysis.recorded import Recorded
from agent.errors import WrongUse

CLOCK_FROM_S: Final = 1e8
"""Times from here up are seconds since 1970: no recording counts three years from its own start."""

_SINCE: Final = re.compile(r"(?:(?:(\d+):(?=\d\d?:))?(\d+):)?(\d+(?:\.\d*)?)")
_REMEDY: Final = "Give seconds, mm:ss or hh:mm:ss from the start, or a clock time such as 2026-11-28T10:15 or T10:15."


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as the person gave it; one of three.

    Attributes:
        words: As it was typed.
        since_s: After the recording's start.
        utc_s: A date and a time.
        clock: A time of day.
    """

    words: str
    since_s: float | None = None
    utc_s: float | None = None
    clock: time | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """From when until when; None: from the start, to the end."""

    begin: Moment | None = None
    end: Moment | None = None


ALL: Final = Part()


def moment(words: str, option: str) -> Moment:
    """Read a moment.

    Args:
        words: What was typed.
        option: After which option.

    Raises:
        WrongUse: It is no moment.

    >>> moment("1:01:30", "--from").since_s
    3690.0
    """
    text = words.strip()
    since = _SINCE.fullmatch(text)
    if since is not None:
        hours, minutes, seconds = (float(part or 0) for part in since.groups())
        if (since[2] is None or seconds < 60) and (since[1] is None or minutes < 60):
            return Moment(text, since_s=3600 * hours + 60 * minutes + seconds)
    try:
        if text.upper().startswith("T"):
            return Moment(text, clock=time.fromisoformat(text[1:]))
        if "-" in text:
            when = datetime.fromisoformat(text)
            aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
            return Moment(text, utc_s=aware.timestamp())
    except ValueError:
        pass
    raise WrongUse(f"{option} {words!r} is not a time", remedy=_REMEDY)


def part_of(recorded: Recorded, part: Part, name: str) -> Recorded:
    """The intervals that end in a part of a recording; labels stay, they knew the neighbours.

    Args:
        recorded: All of it.
        part: Which.
        name: Of the file, for the error.

    Raises:
        WrongUse: The recording has no clock, or nothing lies in that part.
    """
    if part == ALL:
        return recorded
    begin_s, end_s = bounds_s(part, recorded.start_s, recorded.length_s, name)
    from_s, until_s = recorded.start_s + begin_s, recorded.start_s + end_s
    first = int(np.searchsorted(recorded.t_s, from_s, side="right"))
    last = int(np.searchsorted(recorded.t_s, until_s, side="right"))
    if last <= first or end_s <= begin_s:
        raise WrongUse(
            f"{name}: no interval ends between {begin_s:g} and {end_s:g} s; it is {recorded.length_s:.0f} s long",
            remedy="Choose another --from and --until.",
        )
    still = recorded.still
    if still is not None:
        inside = (still[0] >= from_s) & (still[0] < until_s)
        still = (still[0][inside], still[1][inside])
    return replace(
        recorded,
        start_s=from_s,
        length_s=end_s - begin_s,
        t_s=recorded.t_s[first:last],
        rr_ms=recorded.rr_ms[first:last],
        label=recorded.label[first:last],
        still=still,
        cut_s=begin_s,
        noisy=None if recorded.noisy is None else recorded.noisy[first:last],
    )


def bounds_s(part: Part, start_s: float, length_s: float, name: str) -> tuple[float, float]:
    """Where a part begins and ends, in s after a recording's start and inside it.

    Args:
        part: Which.
        start_s: Of the recording, as the file counts time.
        length_s: Of the recording.
        name: Of the file, for the error.

    Raises:
        WrongUse: The recording has no clock.
    """
    begin_s = 0.0 if part.begin is None else max(_since_s(part.begin, start_s, name), 0.0)
    end_s = length_s if part.end is None else min(_since_s(part.end, start_s, name), length_s)
    return begin_s, end_s


def has_clock(recorded: Recorded) -> bool:
    """Whether its times are seconds since 1970."""
    return is_clock(recorded.start_s)


def is_clock(start_s: float) -> bool:
    """Whether a recording that begins at this time counts seconds since 1970."""
    return math.isfinite(start_s) and start_s >= CLOCK_FROM_S


def _since_s(when: Moment, start_s: float, name: str) -> float:
    if when.since_s is not None:
        return when.since_s
    if not is_clock(start_s):
        raise WrongUse(
            f"{name} has no clock times, so {when.words} is not known in it",
            remedy="Give seconds, mm:ss or hh:mm:ss from its start.",
        )
    if when.utc_s is not None:
        return when.utc_s - start_s
    start = datetime.fromtimestamp(start_s, UTC)
    clock = when.clock or time()
    at = datetime.combine(start.date(), clock, tzinfo=clock.tzinfo or UTC)
    while at < start:
        at += timedelta(days=1)
    return at.timestamp() - start_s
