"""The whole way from a frame to a `Look`: find, follow, judge, read.

frame ─▶ faces? ─▶ points ─▶ covered? ─▶ gates ─▶ engine: actions, lids
           │  every few frames; between, the last points say where to look
           └─ more than one: nothing is read
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from agent.perception import engines, exposure
from agent.perception.affect import Affect
from agent.perception.consistency import Steadiness, averaged, shifted, steadiness
from agent.perception.crops import Frame, Points, Square, cut_bytes
from agent.perception.detect import Detector, Found
from agent.perception.expression import Expression, Laid
from agent.perception.eye_occlusion import eye_cover_rows, rings_moved_01
from agent.perception.frame_result import Look
from agent.perception.landmarks import SIZE_PX, Landmarker, Landmarks
from agent.perception.occlusion import cover_row
from agent.perception.second_look import Moved, Verdict, is_due, is_still
from agent.signal.face import quality
from agent.signal.face.actions import ACTIONS
from agent.signal.face.shape import pose

# the raw logit: painted masks lie above -4, nineteen in twenty squares of a room without a face below -3
_PRESENT: Final = -4.0
_PRESENT_IN_PART: Final = 8.0  # parts show more that is no face (a page of text: 6); small faces lie above 10
# where the landmark model is less sure than of any bare face, the detector's points and its own must lie together
# presence; how far they may lie apart on the mean, and outer corners over pupils (1.3 to 2.0 of bare faces), both in
# the detector's distance from pupil to pupil
_TOGETHER: Final = ((8.0, math.inf, math.inf), (3.0, 0.6, 2.2), (_PRESENT, 0.5, 1.75))
_SAME_PLACES: Final = ((33, 133), (263, 362), (1,), (13, 14))  # right eye, left eye, nose, mouth
_COVERED, _BARE = 0.6, 0.35  # hysteresis
_HALF: Final = 0.5  # of the step to the side: two looks by turns lie as far apart as a look and one beside it
_SETTLE: Final = 2  # runs from a detector's square to the face's own
# of a new frame's word about the cover, in a clip; glasses do not come and go, and shut lids look a little like them
_MOUTH_01, _EYES_01 = 0.25, 0.03


@dataclass(frozen=True, slots=True)
class _First:
    """The first look at a face in a frame.

    Attributes:
        frame: All of it.
        square: Where in it.
        crop: What the model saw, uint8, shape (192, 192, 3).
        found: What it said.
        here: The points in the crop, shape (468, 2).
        lit: The face's light.
    """

    frame: Frame
    square: Square
    crop: Frame
    found: Landmarks
    here: Points
    lit: exposure.Light


class Watcher:
    """Follows one face through frames.

    Args:
        affect: A model that somebody brings, or None.
        engine: What reads movements: a row of `engines.ENGINES`.

    Attributes:
        with_irises: Read the eyes, which costs as much again; without it there is no number of them.

    Raises:
        ModelMissing: A model file is not there.
        EngineMissing: The engine's package or model is not there.
    """

    def __init__(self, affect: Affect | None = None, engine: str = engines.DEFAULT) -> None:
        cv2.setNumThreads(1)  # pictures are small: waking threads costs more than they save
        self._affect = affect
        self._expression = Expression()
        self._reader = engines.opened(engine, self._expression)
        self._detector, self._landmarker = Detector(), Landmarker()
        self.with_irises = True
        self.forget()

    def forget(self) -> None:
        """Begin again: the next frame has nothing to do with the last one."""
        self._square: Square | None = None
        self._laid: Laid | None = None
        self._moved: Moved | None = None
        self._looks = 0
        self._mouth, self._eyes = _Doubt(_MOUTH_01), _Doubt(_EYES_01)

    def look(self, frame: Frame, *, search: bool = True) -> Look:
        """Read the next frame of a clip.

        Args:
            frame: As `crops`.
            search: Look through the whole frame for other faces; done anyway while none is followed.
        """
        search = search or self._square is None
        if search:
            faces = self._faces(frame)
            if len(faces) != 1:
                self._square = None
                return Look(len(faces), "several_faces" if faces else "no_face", searched=True)
            if self._square is None or not _is_near(self._square, faces[0]):
                self._square, self._laid, self._moved = self._settled(frame, faces[0]), None, None
        if self._square is None:
            return Look(0, "no_face", searched=search)
        self._looks += 1
        half = _HALF if self._looks % 2 else -_HALF  # from either side by turns
        first = self._first(frame, shifted(self._square, self._looks // 2 % 4, half))
        if first is None:
            self.forget()
            return Look(0, "no_face", searched=True) if search else self.look(frame)
        self._square = first.found.next_square
        laid, before, moved = self._expression.laid(first.found.points), self._laid, self._moved
        self._laid = laid
        if before is None or moved is None or not is_still(before.shape, laid.shape):
            return self._looked_beside(first, (self._looks % 4,), searched=search)
        guess = self._verdict(first, first.here, (moved.steady,), moved)
        if is_due(moved, guess):
            return self._looked_beside(first, (self._looks % 4,), searched=search)
        self._moved = replace(moved, age=moved.age + 1)
        mean = replace(laid, shape=(before.shape + laid.shape) / 2)
        return self._read(first, mean, moved, guess, searched=search)

    def look_once(self, frame: Frame) -> Look:
        """Read a frame that stands alone: settled in two steps, looked at from beside four times."""
        self.forget()
        faces = self._faces(frame)
        if len(faces) != 1:
            return Look(len(faces), "several_faces" if faces else "no_face", searched=True)
        square = self._settled(frame, faces[0])
        first = None if square is None else self._first(frame, square)
        if first is None:
            return Look(0, "no_face", searched=True)
        return self._looked_beside(first, (0, 1, 2, 3), searched=True)

    def search(self, frame: Frame) -> int:
        """How many faces are in view, and nothing more: what an idle camera asks."""
        faces = self._faces(frame)
        if len(faces) > 1:
            return len(faces)
        return sum(self._is_followed(one) or _is_face(one, self._landmarker(frame, one.square)) for one in faces)

    def _settled(self, frame: Frame, face: Found) -> Square | None:
        """A detector's square lies a little off: a shut mouth looks open in it. None: no face is there."""
        found = self._landmarker(frame, face.square)
        if not is_one_face(face, found):
            return None
        for _ in range(_SETTLE - 1):
            found = self._landmarker(frame, found.next_square)
        return found.next_square

    def _faces(self, frame: Frame) -> list[Found]:
        """A single one that is sure; of several or doubtful ones the followed one, and those that are believed in.

        Beside one face that both models see, whoever may be a face counts as one: no second person is overlooked.
        """
        found = self._detector.everywhere(frame)
        if len(found) == 1 and found[0].is_sure:
            return found
        seen = [(one, None if self._is_followed(one) else self._landmarker(frame, one.square)) for one in found]
        if not any(marks is None or _is_face(one, marks) for one, marks in seen):
            return []
        return [one for one, marks in seen if marks is None or _is_present(one, marks)]

    def _is_followed(self, found: Found) -> bool:
        return found.is_sure and self._square is not None and _is_near(self._square, found)

    def _first(self, frame: Frame, square: Square) -> _First | None:
        """What a square shows; None where it is no face."""
        crop = cut_bytes(frame, square, SIZE_PX)
        found = self._landmarker.of(crop, square)
        if found.presence_logit < _PRESENT:
            return None
        here = exposure.in_crop(found.points, square)
        return _First(frame, square, crop, found, here, exposure.of(crop, here))

    def _looked_beside(self, first: _First, beside: Sequence[int], *, searched: bool) -> Look:
        """Look from beside, too: judge by all looks, and read the mean of their points."""
        steady = steadiness(self._landmarker, first.frame, first.found, beside)
        points = averaged(first.found, steady)
        mean = Steadiness(
            float(np.mean([one.mouth_01 for one in steady])), float(np.mean([one.eyes_01 for one in steady])), points
        )
        rings_01 = rings_moved_01(points, steady[0].points, first.found.eye_distance_px)
        moved = Moved(mean, rings_01, Verdict(0.0, 0.0))
        verdict = self._verdict(first, exposure.in_crop(points, first.square), steady, moved)
        self._moved = replace(moved, verdict=verdict)
        return self._read(first, self._expression.laid(points), self._moved, verdict, searched=searched)

    def _verdict(self, first: _First, here: Points, steady: Sequence[Steadiness], moved: Moved) -> Verdict:
        """How sure the judges are that mouth and eyes are hidden."""
        logit, eye_px = first.found.presence_logit, first.found.eye_distance_px
        mouth = np.stack([cover_row(logit, one.mouth_01, one.eyes_01, eye_px, first.lit) for one in steady])
        eyes = eye_cover_rows(first.crop, here, moved.rings_01, logit, eye_px) if self.with_irises else None
        return Verdict(*self._expression.covered_01(mouth, eyes))

    def _read(self, first: _First, laid: Laid, moved: Moved, verdict: Verdict, *, searched: bool) -> Look:
        lit, eye_px = first.lit, first.found.eye_distance_px
        seen = quality.FrameQuality(
            eye_px, pose(laid.rotation), lit.brightness, lit.clipped_01, lit.sharpness, moved.steady.eyes_01
        )
        is_masked = self._mouth.take(verdict.mouth_01)
        gate = quality.closed_gate(seen)
        if gate is not None:
            return Look(1, gate, pose=seen.pose, searched=searched)
        sees_eyes = self.with_irises and not self._eyes.take(verdict.eyes_01)
        read = self._reader(first.frame, laid, with_eyes=sees_eyes)
        if read is None:  # the engine does not see the face that the gates saw
            return Look(1, "unsteady", pose=seen.pose, searched=searched)
        clear = {"upper": True, "lower": not is_masked, "eyes": quality.eyes_are_clear(seen)}
        actions = {name: read.actions.get(name) if clear[action.part] else None for name, action in ACTIONS.items()}
        lids_01 = read.lids_01 if clear["eyes"] else None
        strongest = None if self._affect is None else self._affect.strongest(first.frame, first.found.next_square)
        return Look(1, None, actions, lids_01, seen.pose, is_masked, searched, strongest)


def _is_present(found: Found, seen: Landmarks) -> bool:
    """Whether the landmark model believes in it."""
    return seen.presence_logit >= (_PRESENT_IN_PART if found.in_part else _PRESENT)


def _is_face(found: Found, seen: Landmarks) -> bool:
    return _is_present(found, seen) and is_one_face(found, seen)


def is_one_face(found: Found, seen: Landmarks) -> bool:
    """Whether detector and landmark model see one face: where the second is not sure, eyes, nose and mouth must lie
    together. In a wall, a coin or a rocket each draws another face.

    Derived: of 264 crops of pictures without a face, 11 passed the limits of score and presence; 1 of them passes this.
        Of 48 degraded bare strangers none lay below the first limit (lowest 13.9); of 215 in painted masks, two thirds
        of them degraded, 24 % lay below it, 6 % below the second, and 4 % are refused.
    """
    limits = next((row for row in _TOGETHER if seen.presence_logit >= row[0]), None)
    if limits is None:
        return False
    _, apart_most, wider_most = limits
    eye_px = max(float(np.linalg.norm(found.points[1] - found.points[0])), 1.0)
    places = np.stack([seen.points[list(part), :2].mean(axis=0) for part in _SAME_PLACES])
    apart = float(np.linalg.norm(places - found.points[: len(places)], axis=1).mean()) / eye_px
    return apart <= apart_most and seen.eye_distance_px <= wider_most * eye_px


class _Doubt:
    """Whether a part of the face is hidden, from frame to frame: slow to change its mind."""

    def __init__(self, new_01: float) -> None:
        self._new_01 = new_01
        self._now_01: float | None = None
        self._is_hidden = False

    def take(self, hidden_01: float) -> bool:
        """Take a frame's word over; whether the part is hidden."""
        before_01 = self._now_01
        self._now_01 = hidden_01 if before_01 is None else before_01 + self._new_01 * (hidden_01 - before_01)
        limit_01 = 0.5 if before_01 is None else _BARE if self._is_hidden else _COVERED
        self._is_hidden = self._now_01 > limit_01
        return self._is_hidden


def _is_near(square: Square, found: Found) -> bool:
    """Whether a found face is the one that is followed."""
    left, top, right, bottom = found.box
    return left <= square.x_px <= right and top <= square.y_px <= bottom
