"""The face's numbers, from what the camera's process read (channels below); movements and lids, never feelings.

Every action arrives against the person's own neutral face, in the person's own thresholds
(`agent.signal.face.baseline`): 1 is where a movement begins. Frames come unevenly (5 a second, bursts of 15 to 30):
every mean here is weighted by time.

    ACTION_x             an action beyond the neutral; absent while it is learnt, hidden or behind a shut gate
    lid_shut_01          how far the lids are shut, against the open eyes of this person
    jaw_open_01          the raw action: a yawn is wide for everybody
    gaze_away_01         1 where head or eyes are turned away from where they mostly are
    head_deg_per_s       how fast the head turns
    face_present_01      1 where exactly one face was in view
    lower_face_valid_01  1 where mouth and chin could be read, 0 where a mask or a hand covers them

Needs, chosen by us where no source stands: 60 s of good frames for shares (one movement of five seconds is then 8 %),
180 s for PERCLOS (shorter spans were not validated: Abe 2023, doi:10.1093/sleepadvances/zpad006), 60 s of fast frames
for blinks.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.model import NS_PER_S, Window
from agent.signal.face import lids
from agent.signal.face.actions import ACTIONS, MOVED
from agent.tables.feature_spec import FeatureSpec, Measured, Release
from agent.tables.signals import Kind

Floats = NDArray[np.float64]

FACS: Final = "10.1037/t27734-000"
ABE: Final = "10.1093/sleepadvances/zpad006"
CAFFIER: Final = "10.1007/s00421-003-0807-5"
HEADS: Final = "10.1109/TPAMI.2008.106"
IRISES: Final = "10.48550/arXiv.2006.11341"
DETECTOR: Final = "10.48550/arXiv.1907.05047"
BARRETT: Final = "10.1177/1529100619832930"
MESH: Final = "10.48550/arXiv.1907.06724"
_GOOD_S: Final = 60.0
_PERCLOS_S: Final = 180.0
_HOLD_S: Final = 0.5  # a look speaks until the next one, at most so long
_PRESENCE: Final = "face_present_01"
_PRESENCE_S: Final = 1.5  # an empty room is looked at once a second
_SEEN_LEAST_01: Final = 0.75  # of the time with a face, for lids: a head that sinks takes its shut eyes along
_YAWN_01: Final = 0.5
_YAWN_S: Final = 2.5
_SLACK_S: Final = 1.0  # a window of 60 s holds 59.8 s of looks
_FIRST_ID: Final = 101


@dataclass(frozen=True, slots=True)
class Timed:
    """One channel inside a window: when, what, and for how long each sample speaks, shapes (n,)."""

    t_s: Floats
    value: Floats
    held_s: Floats

    @property
    def seen_s(self) -> float:
        return float(self.held_s.sum())

    def mean(self, values: Floats) -> float:
        """Weighted by time; rounding never takes it beyond the values themselves."""
        if not self.seen_s:
            return math.nan
        return float(np.clip(self.held_s @ values / self.seen_s, values.min(), values.max()))


def timed(window: Window, channel: str) -> Timed:
    """A channel's samples of the window itself."""
    series = window.series[channel]
    t_s = (series.t_ns[series.inside] - window.start_ns) / NS_PER_S
    hold_s = _PRESENCE_S if channel == _PRESENCE else _HOLD_S
    return Timed(t_s, series.value[series.inside], lids.held_s(t_s, hold_s))


Formula = Callable[[Timed], float]


def _measured(channel: str, formula: Formula, least_s: float) -> Callable[[Window], Measured]:
    def compute(window: Window) -> Measured:
        seen = timed(window, channel)
        few = seen.seen_s < least_s - _SLACK_S
        return _told(window, seen, math.nan if few else formula(seen), seen.value.size, "coverage_low" if few else "")

    return compute


def _told(window: Window, seen: Timed, value: float, n: int, reason: str) -> Measured:
    edges = np.concatenate([[0.0], seen.t_s, [window.span_s]])
    return Measured(
        value=value,
        n=n,
        coverage_01=min(1.0, seen.seen_s / window.span_s),
        edited_01=0.0,
        longest_gap_s=float(np.diff(edges).max()),
        reason=reason,
    )


def _share(seen: Timed) -> float:
    return seen.mean((seen.value >= 1.0).astype(np.float64))


def _strength(seen: Timed) -> float:
    """Mean beyond the neutral while the movement lasts; 0 where there was none."""
    moved_s = seen.held_s * (seen.value >= 1.0)
    total_s = float(moved_s.sum())
    return float(moved_s @ seen.value) / total_s if total_s else 0.0


def _spread(seen: Timed) -> float:
    mean = seen.mean(seen.value)
    return math.sqrt(max(0.0, seen.mean(np.square(seen.value - mean))))


def _mean(seen: Timed) -> float:
    return seen.mean(seen.value)


def _perclos(window: Window) -> Measured:
    seen = timed(window, "lid_shut_01")
    found = lids.perclos(seen.t_s, seen.value)
    there = timed(window, _PRESENCE)
    # a face that is there with lids that cannot be read may be one that sleeps
    hidden = seen.seen_s < _SEEN_LEAST_01 * float(there.held_s @ there.value)
    few = seen.seen_s < _PERCLOS_S - _SLACK_S
    return _told(window, seen, found.share_01, seen.value.size, "coverage_low" if few or hidden else "")


def yawns(t_s: Floats, jaw_01: Floats) -> int:
    """Openings of the mouth beyond one half that last two and a half seconds or more, seen without a hole.

    Both limits are ours: talking opens and shuts several times a second, a yawn lasts about six seconds.
    """
    if not t_s.size:
        return 0
    holes = np.flatnonzero(np.diff(t_s) > 2 * _HOLD_S) + 1
    found = 0
    for when, jaw in zip(np.split(t_s, holes), np.split(jaw_01, holes), strict=True):
        wide = np.concatenate([[False], jaw >= _YAWN_01, [False]])
        starts, ends = np.flatnonzero(~wide[:-1] & wide[1:]), np.flatnonzero(wide[:-1] & ~wide[1:]) - 1
        found += int(np.count_nonzero(when[ends] - when[starts] >= _YAWN_S))
    return found


def _yawns(seen: Timed) -> float:
    return 60.0 * yawns(seen.t_s, seen.value) / seen.seen_s


def _blinks(*, length: bool) -> Callable[[Window], Measured]:
    def compute(window: Window) -> Measured:
        seen = timed(window, "lid_shut_01")
        found = lids.blinks(seen.t_s, seen.value)
        if length:
            reason = "too_slow" if found.length_n < 5 else ""
            return _told(window, seen, found.length_ms, seen.value.size, reason)
        reason = "too_slow" if found.seen_s < _GOOD_S - 2.0 else ""
        return _told(window, seen, found.rate_per_min, seen.value.size, reason)

    return compute


def _absent(channel: str) -> Callable[[Window], str]:
    """Why a face that was read has no such channel."""
    name = channel.removesuffix("_x").removesuffix("_01")
    part = ACTIONS[name].part if name in ACTIONS else "eyes" if channel == "lid_shut_01" else ""

    def why(window: Window) -> str:
        bare = window.series.get("lower_face_valid_01")
        if bare is None or not part:
            return "no_signal"
        if part == "lower" and not bare.value.any():
            return "covered"
        return "eyes_hidden" if part == "eyes" and "brow_down_x" in window.series else "learning"

    return why


def _row(
    feature_id: int, name: str, channel: str, compute: Callable[[Window], Measured], kind: Kind,
    limits: tuple[float, float, float], words: str, *, source: str, text: str, release: Release = "whole",
    min_span_s: int = 60,
) -> FeatureSpec:  # fmt: skip
    low, high, step = limits
    return FeatureSpec(
        name=name, feature_id=feature_id, kind=kind, signal="face", needs=(channel,), compute=compute, span_s=300,
        min_samples=20, min_coverage_01=0.03, low=low, high=high, step=step, release=release, words=words,
        source=source, formula=text, min_span_s=min_span_s, absent=_absent(channel),
    )  # fmt: skip


_SHARE: Final = (0.0, 1.0, 0.001)
_TIMES: Final = (0.0, 100.0, 0.1)


def _of_action(first_id: int, name: str) -> tuple[FeatureSpec, ...]:
    action = ACTIONS[name]
    release: Release = "live_only" if action.is_experimental else "whole"
    channel, said = f"{name}_x", action.words
    return (
        _row(first_id, f"{name}_share_01", channel, _measured(channel, _share, _GOOD_S), "expression", _SHARE,
             f"The share of time in which {said}, beyond your own usual face.", source=FACS, release=release,
             text="share of time beyond the own threshold"),
        _row(first_id + 1, f"{name}_mean_x", channel, _measured(channel, _strength, _GOOD_S), "expression", _TIMES,
             f"How far beyond your own threshold it goes while {said}.", source=FACS, release=release,
             text="mean while beyond the own threshold"),
        _row(first_id + 2, f"{name}_spread_x", channel, _measured(channel, _spread, _GOOD_S), "expression", _TIMES,
             f"How much it varies how far {said}.", source=FACS, release="live_only",
             text="standard deviation over time"),
    )  # fmt: skip


_ACTION_ROWS: Final = tuple(row for place, name in enumerate(MOVED) for row in _of_action(_FIRST_ID + 3 * place, name))
_NEXT_ID: Final = 161
_AFFECT_ID: Final = 181
_ORDER: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def _strongest(place: int) -> Formula:
    return lambda seen: seen.mean((seen.value == place).astype(np.float64))


# classes of a model that somebody brings: by their place, since their names are not ours to give
_AFFECT_ROWS: Final = tuple(
    replace(
        _row(_AFFECT_ID + place, f"affect_class_{place + 1}_share_01", "affect_class_index",
             _measured("affect_class_index", _strongest(place), _GOOD_S), "affect", _SHARE,
             f"The share of time in which a model that you were told of named its {word} class the strongest.",
             source=BARRETT, text="share of looks in which the class was the strongest"),
        signal="affect",
    )
    for place, word in enumerate(_ORDER)
)  # fmt: skip

ROWS: Final = (
    *_ACTION_ROWS,
    *_AFFECT_ROWS,
    replace(
        _row(_NEXT_ID, "perclos_01", "lid_shut_01", _perclos, "fatigue", _SHARE,
             "The share of time in which your eyes are nearly shut (PERCLOS, 80 %).", source=ABE,
             text="share of time with lids at least 80 % shut", min_span_s=180),
        needs=("lid_shut_01", _PRESENCE),
    ),
    _row(_NEXT_ID + 1, "blink_rate_per_min", "lid_shut_01", _blinks(length=False), "fatigue", (0.0, 120.0, 0.1),
         "How often you blink in a minute, where the camera was fast enough to see it.", source=CAFFIER,
         text="closures of 30 to 500 ms a minute, of stretches with 15 frames a second"),
    _row(_NEXT_ID + 2, "blink_duration_ms", "lid_shut_01", _blinks(length=True), "fatigue", (0.0, 1000.0, 1.0),
         "How long a blink of yours lasts, where the camera was fast enough to measure it.", source=CAFFIER,
         text="median time below half open, of stretches with 28 frames a second"),
    _row(_NEXT_ID + 3, "yawns_per_min", "jaw_open_01", _measured("jaw_open_01", _yawns, _GOOD_S), "fatigue",
         (0.0, 20.0, 0.01), "How often you yawn in a minute, as your mouth shows it.", source=FACS,
         text="jaw open beyond .5 for 2.5 s and more, a minute of the time in which the mouth was seen"),
    _row(_NEXT_ID + 4, "head_motion_deg_per_s", "head_deg_per_s", _measured("head_deg_per_s", _mean, _GOOD_S),
         "fatigue", (0.0, 1000.0, 0.1), "How fast your head turns, on the mean.", source=HEADS,
         text="mean angular speed"),
    _row(_NEXT_ID + 5, "gaze_away_share_01", "gaze_away_01", _measured("gaze_away_01", _mean, _GOOD_S), "expression",
         _SHARE, "The share of time in which you look elsewhere than you mostly do.", source=IRISES,
         text="share of time with head or eyes turned away"),
    # whether somebody sits at the desk is a timesheet: it never leaves
    _row(_NEXT_ID + 6, "face_present_share_01", _PRESENCE, _measured(_PRESENCE, _mean, 10.0), "fatigue",
         _SHARE, "The share of time in which the camera saw exactly one face.", source=DETECTOR,
         text="share of time with one face", min_span_s=10, release="live_only"),
    _row(_NEXT_ID + 7, "lower_face_valid_share_01", "lower_face_valid_01",
         _measured("lower_face_valid_01", _mean, 10.0), "expression", _SHARE,
         "The share of time in which mouth and chin were not covered.", source=MESH,
         text="share of time without a cover, of good looks", min_span_s=10),
)  # fmt: skip
