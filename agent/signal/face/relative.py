"""One person's face against itself: what a look says once the person's own neutral is known.

look ─▶ neutral (median, spread; slowly on) ─▶ actions in own thresholds, lids against the open eye, gaze away
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from agent.signal.face.actions import MOVED
from agent.signal.face.baseline import LEARN_S, Neutral
from agent.signal.face.shape import Pose

# Chosen by us: where eyes or head have gone halfway to their end in pictures of known gaze; see docs/face.md
_GAZE_01: Final = 0.2
_READ_80_01: Final = 0.65
_READ_SHUT_01: Final = 0.90
_TURN_RAD: Final = math.radians(20.0)
_FAST_MOST_DEG: Final = 1000.0
_JOINED_S: Final = 0.75  # looks further apart are not one movement of the head


def shut_01(beyond_01: float) -> float:
    """How far lids are shut, from how far the model's answer lies beyond the person's open eye.

    The model is timid: lids of people it had learnt from that were four fifths shut read 0.65 (2 % of those three
    fifths open and less read more), quite shut ones 0.9. Straight lines put both where they belong.

    >>> shut_01(0.65), shut_01(0.95), shut_01(-0.1)
    (0.8, 1.0, 0.0)
    """
    return float(np.interp(beyond_01, (0.0, _READ_80_01, _READ_SHUT_01), (0.0, 0.8, 1.0)))


class OwnFace:
    """Turns looks into channels (`agent.features.face` lists them).

    Args:
        learn_s: Seconds of good looks before anything is told against the neutral.

    Attributes:
        is_learning: Whether the neutral of anything that the last good look showed is still unknown.
    """

    def __init__(self, learn_s: float = LEARN_S) -> None:
        self._neutral = Neutral(learn_s)
        self._last_s: float | None = None
        self._last_pose: Pose | None = None
        self.is_learning = True

    def take(
        self, t_s: float, actions: Mapping[str, float | None], lids_01: tuple[float, float] | None, pose: Pose
    ) -> Iterator[tuple[str, float]]:
        """Channels of one good look.

        Args:
            t_s: When, in s.
            actions: Raw, None where hidden.
            lids_01: How far the left and the right eye are shut, or None.
            pose: Of the head.
        """
        apart_s = 1.0 if self._last_s is None else t_s - self._last_s
        lid_01 = None if lids_01 is None else (lids_01[0] + lids_01[1]) / 2
        seen = {**actions, "lid": lid_01, "yaw": pose.yaw_rad, "pitch": pose.pitch_rad}
        self._neutral.learn(seen, apart_s)
        self.is_learning = any(raw is not None and self._neutral.of(name) is None for name, raw in seen.items())
        for name in MOVED:
            raw, own = actions.get(name), self._neutral.of(name)
            if raw is not None and own is not None:
                yield f"{name}_x", own.beyond(raw)
        if (jaw_01 := actions.get("jaw_open")) is not None:
            yield "jaw_open_01", jaw_01
        open_eye = self._neutral.of("lid")
        if lid_01 is not None and open_eye is not None:
            open_01 = min(open_eye.median, 0.6)
            yield "lid_shut_01", shut_01((lid_01 - open_01) / (1.0 - open_01))
        yield from self._away(actions, pose)
        if self._last_pose is not None and 0.0 < apart_s <= _JOINED_S:
            yield "head_deg_per_s", min(_FAST_MOST_DEG, math.degrees(_apart_rad(self._last_pose, pose)) / apart_s)
        self._last_s, self._last_pose = t_s, pose

    def turned_away(self) -> Iterator[tuple[str, float]]:
        """Channels of a look whose gate is shut because the head is turned: that much is known."""
        if self._neutral.of("yaw") is not None:
            yield "gaze_away_01", 1.0

    def _away(self, actions: Mapping[str, float | None], pose: Pose) -> Iterator[tuple[str, float]]:
        turned = [
            (self._neutral.of("yaw"), pose.yaw_rad, _TURN_RAD),
            (self._neutral.of("pitch"), pose.pitch_rad, _TURN_RAD),
        ]
        looks = [(self._neutral.of(name), actions.get(name), _GAZE_01) for name in ("gaze_x", "gaze_y")]
        known = [(own, now, most) for own, now, most in (*turned, *looks) if own is not None and now is not None]
        if len(known) >= len(turned):
            yield "gaze_away_01", float(any(abs(now - own.median) > most for own, now, most in known))


def _apart_rad(one: Pose, other: Pose) -> float:
    return math.hypot(one.yaw_rad - other.yaw_rad, one.pitch_rad - other.pitch_rad, one.roll_rad - other.roll_rad)
