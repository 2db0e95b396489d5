"""Where the windows of a recording lie: full ones, and the recording's own length where it ends before a window does.

    recording  ├───────────────────────────────────────────────────────────┤
    window     ├───────────────────────┤├──────────────────────┤├───────────┤   the rest, from half a window up
    shorter    ├─────────┤                                                      one window, as long as the recording

A number is given by its own minimum (`FeatureSpec.min_span_s`), so no part of a window is missing merely because the
recording ends. A rest below half a window is left out, and the report says so: SDNN and the powers grow with the length
of a window, and a short last row among long ones would be read as a change.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.errors import WrongUse
from agent.features import FEATURES

WINDOW_S: Final = 300.0
_SHORTEST_S: Final = 1.0
_MOST_WINDOWS: Final = 20_000
_LEAST_REST_01: Final = 0.5
ENDS: Final = 2  # intervals that the two ends of a recording cut off, at most
_EXACT_S: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Span:
    """One window, in s from the recording's start.

    Attributes:
        start_s, end_s: [start, end).
        is_last: Whether it reaches the recording's end; then the last beat is inside.
    """

    start_s: float
    end_s: float
    is_last: bool = False

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s


def check_lengths(window_s: float, step_s: float) -> None:
    """Whether windows can be so long and so far apart.

    Raises:
        WrongUse: They cannot.
    """
    for name, value in (("--window", window_s), ("--step", step_s)):
        if not (math.isfinite(value) and value >= _SHORTEST_S):
            remedy = f"Give a length of {_SHORTEST_S:g} s or more, for example {name} 60."
            raise WrongUse(f"{name} {value:g} is not a valid length", remedy=remedy)


def spans(length_s: float, window_s: float, step_s: float, beat_s: float = 0.0) -> list[Span]:
    """Every window of a recording; at least one.

    Args:
        length_s: The recording's length.
        window_s, step_s: Length of a window, and from one start to the next.
        beat_s: The usual interval, or 0 where nothing is cut off at the ends.

    Raises:
        WrongUse: That would be too many.
    """
    count = max(math.ceil((length_s - window_s) / step_s) + 1, 1)
    if count > _MOST_WINDOWS:
        raise WrongUse(f"that makes {count} windows; {_MOST_WINDOWS} are the most", remedy="Choose a longer --step.")
    return list(_spans(length_s, window_s, step_s, ENDS * beat_s))


def _spans(length_s: float, window_s: float, step_s: float, slack_s: float) -> Iterator[Span]:
    reached_s, place = 0.0, 0
    while place == 0 or place * step_s < length_s:
        start_s = place * step_s
        rest_s = length_s - start_s
        if rest_s + slack_s + _EXACT_S < window_s:
            holds_more = length_s - reached_s > slack_s + _EXACT_S
            if place == 0 or (holds_more and rest_s + _EXACT_S >= _LEAST_REST_01 * window_s):
                yield Span(start_s, start_s + own_s(rest_s, slack_s), is_last=True)
            return
        if place and length_s - reached_s <= _EXACT_S:
            return  # an earlier window reaches as far
        reached_s = start_s + window_s
        yield Span(start_s, reached_s, is_last=reached_s + _EXACT_S >= length_s)
        place += 1


def own_s(rest_s: float, slack_s: float) -> float:
    """The length of what is left; up to the minimum of a number that it misses by the two intervals at its ends.

    Args:
        rest_s: From the window's start to the recording's end.
        slack_s: Two usual intervals.

    Who measures for two minutes gets 118 to 120 s of whole intervals: the minimum of 120 s is met.
    """
    near = [spec.min_span_s for spec in FEATURES.values() if 0 <= spec.min_span_s - rest_s <= slack_s]
    return float(min(near, default=rest_s))
