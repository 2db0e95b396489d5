"""One person's face relative to itself: what a look says once the person's neutral level is known.

look ─▶ neutral level (median, threshold) ─▶ actions in own thresholds, lids relative to the open eye, gaze away

Derived: limits of gaze and turn lie halfway to the end of the movement in pictures of known gaze; see docs/face.md.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from agent.signal.face.actions import MOVED
from agent.signal.face.baseline import LEARN_S, FaceBaseline
from agent.signal.face.shape import Pose

# Chosen by us: where eyes or head have gone halfway to their end in pictures of known gaze; see docs/face.md
_GAZE_01: Final = 0.2
_READ_80_01: Final = 0.65
_READ_SHUT_01: Final = 0.90
# An eye that reads as shut further than this is not taken for open: somebody may have slept through the first minutes.
# A narrow eye (heavy lids, as of older people) may read so, wide open: it is believed once it has blinked.
_OPEN_MOST_01: Final = 0.6
_NARROW_MOST_01: Final = 0.85  # above it open and shut lie closer together than the jitter of the reading
_BLINK_01: Final = (0.3, 0.6)  # of the way from open to shut: back below the first, beyond the second
_BLINK_S: Final = 1.0
_TURN_RAD: Final = math.radians(20.0)
_FAST_MOST_DEG: Final = 1000.0
_JOINED_S: Final = 0.75  # looks further apart are not one movement of the head


def shut_01(beyond_01: float) -> float:
    """How far lids are shut: a line through (0, 0), (0.65, 0.8) and (0.90, 1), cut to 0 to 1.

    Args:
        beyond_01: How far the model's value lies beyond the person's open eye, 0 to 1.

    Returns:
        0 to 1.

    Derived: the model underestimates. Lids four fifths shut, of people it was trained on, read 0.65 (2 % of those three
        fifths open and less read more); shut ones read 0.9. The lines map both to where they belong.

    >>> shut_01(0.65), shut_01(0.95), shut_01(-0.1)
    (0.8, 1.0, 0.0)
    """
    return float(np.interp(beyond_01, (0.0, _READ_80_01, _READ_SHUT_01), (0.0, 0.8, 1.0)))


class OpenEye:
    """How far an open eye of this person reads as shut: the neutral level, up to 0.6; up to 0.85 once it has blinked.

    A blink goes beyond 60 % of the way from the neutral level to shut and comes back below 30 % within a second: eyes
    that do so are open between, however narrow. Eyes of somebody who sleeps do not.
    """

    def __init__(self) -> None:
        self._rose_s: float | None = None
        self._has_blinked = False

    def open_01(self, t_s: float, lid_01: float, neutral_01: float) -> float:
        """The level from which closure counts.

        Args:
            t_s: Time of the look.
            lid_01: How far the lids read as shut, 0 to 1.
            neutral_01: The person's neutral level, 0 to 1.

        Returns:
            0 to 0.85.

        Derived: with an open eye that reads .8 and a jitter of .03, the limit of .6 alone called it shut in 3 of 100
            looks; with its own level in none (tests/agent/signal/face/test_face.py).
        """
        way = (lid_01 - neutral_01) / max(1.0 - neutral_01, 1e-6)
        if neutral_01 > _NARROW_MOST_01:
            return _OPEN_MOST_01
        if way >= _BLINK_01[1] and self._rose_s is None:
            self._rose_s = t_s
        elif way < _BLINK_01[0] and self._rose_s is not None:
            self._has_blinked = self._has_blinked or t_s - self._rose_s <= _BLINK_S
            self._rose_s = None
        return neutral_01 if self._has_blinked else min(neutral_01, _OPEN_MOST_01)


class RelativeFace:
    """Turns looks into channels (`agent.features.face` lists them).

    Args:
        learn_s: Time of good looks, in s, before anything relative to the neutral level is reported.

    Attributes:
        is_learning: Whether the neutral level of anything that the last good look showed is still unknown.
    """

    def __init__(self, learn_s: float = LEARN_S) -> None:
        self._baseline = FaceBaseline(learn_s)
        self._last_s: float | None = None
        self._last_pose: Pose | None = None
        self._blinks = OpenEye()
        self.is_learning = True

    def channels(
        self, t_s: float, actions: Mapping[str, float | None], lids_01: tuple[float, float] | None, pose: Pose
    ) -> Iterator[tuple[str, float]]:
        """Channels of one good look.

        Args:
            t_s: Time of the look.
            actions: Raw values, 0 to 1; None where hidden.
            lids_01: How far the left and the right eye are shut, or None.
            pose: Of the head.

        Yields:
            Name and value: actions in own thresholds (``_x``), shares (``_01``), and the speed of the head in degrees
            per s.

        Source: see the module, `baseline` and `shut_01`.
        """
        apart_s = 1.0 if self._last_s is None else t_s - self._last_s
        lid_01 = None if lids_01 is None else (lids_01[0] + lids_01[1]) / 2
        values = {**actions, "lid": lid_01, "yaw": pose.yaw_rad, "pitch": pose.pitch_rad}
        self._baseline.learn(values, apart_s)
        self.is_learning = any(raw is not None and self._baseline.of(name) is None for name, raw in values.items())
        for name in MOVED:
            raw, neutral = actions.get(name), self._baseline.of(name)
            if raw is not None and neutral is not None:
                yield f"{name}_x", neutral.beyond(raw)
        if (jaw_01 := actions.get("jaw_open")) is not None:
            yield "jaw_open_01", jaw_01
        open_eye = self._baseline.of("lid")
        if lid_01 is not None and open_eye is not None:
            open_01 = self._blinks.open_01(t_s, lid_01, open_eye.median)
            yield "lid_shut_01", shut_01((lid_01 - open_01) / (1.0 - open_01))
        yield from self._away(actions, pose)
        if self._last_pose is not None and 0.0 < apart_s <= _JOINED_S:
            yield (
                "head_deg_per_s",
                min(_FAST_MOST_DEG, math.degrees(_angle_between_rad(self._last_pose, pose)) / apart_s),
            )
        self._last_s, self._last_pose = t_s, pose

    def turned_away(self) -> Iterator[tuple[str, float]]:
        """Channels of a look that is rejected because the head is turned: the gaze is away.

        Yields: ``gaze_away_01`` of 1, once the neutral yaw is known.
        Source: see the module.
        """
        if self._baseline.of("yaw") is not None:
            yield "gaze_away_01", 1.0

    def _away(self, actions: Mapping[str, float | None], pose: Pose) -> Iterator[tuple[str, float]]:
        turned = [
            (self._baseline.of("yaw"), pose.yaw_rad, _TURN_RAD),
            (self._baseline.of("pitch"), pose.pitch_rad, _TURN_RAD),
        ]
        looks = [(self._baseline.of(name), actions.get(name), _GAZE_01) for name in ("gaze_x", "gaze_y")]
        known = [
            (neutral, now, most) for neutral, now, most in (*turned, *looks) if neutral is not None and now is not None
        ]
        if len(known) >= len(turned):
            yield "gaze_away_01", float(any(abs(now - neutral.median) > most for neutral, now, most in known))


def _angle_between_rad(pose: Pose, other: Pose) -> float:
    return math.hypot(pose.yaw_rad - other.yaw_rad, pose.pitch_rad - other.pitch_rad, pose.roll_rad - other.roll_rad)
