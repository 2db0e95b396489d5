"""The whole way from a frame to a `Look`: find, follow, judge, read.

frame ─▶ faces? ─▶ points ─▶ gates ─▶ irises ─▶ covered? ─▶ actions
           │  every few frames; between, the last points say where to look
           └─ more than one: nothing is read
"""

from collections.abc import Iterable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.perception import exposure
from agent.perception.affect import Affect
from agent.perception.consistency import Steadiness, averaged, steadiness
from agent.perception.crops import Frame, Points, Square, cut
from agent.perception.detect import Detector, Found
from agent.perception.expression import Expression
from agent.perception.eye_occlusion import eye_cover_rows
from agent.perception.frame_result import Look
from agent.perception.iris import Irises
from agent.perception.landmarks import SIZE_PX, Landmarker, Landmarks
from agent.perception.occlusion import cover_row
from agent.signal.face import quality
from agent.signal.face.actions import ACTIONS
from agent.signal.face.shape import pose

Crop = NDArray[np.float32]

# the raw logit: painted masks lie above -4, nineteen in twenty squares of a room without a face below -3
_PRESENT: Final = -4.0
_PRESENT_IN_PART: Final = 6.0  # parts show more that is no face (none of 67 above 5); small faces lie above 10
_COVERED, _BARE = 0.6, 0.35  # hysteresis
_SETTLE: Final = 2  # runs from a detector's square to the face's own
# of a new frame's word about the cover, in a clip; glasses do not come and go, and shut lids look a little like them
_MOUTH_01, _EYES_01 = 0.25, 0.03


class Watcher:
    """Follows one face through frames.

    Attributes:
        with_irises: Look at the eyes from near, which costs a third more; without it nothing is told of them.

    Raises:
        ModelMissing: A model file is not there.
    """

    def __init__(self, affect: Affect | None = None) -> None:
        self._affect = affect
        self._detector, self._landmarker, self._irises = Detector(), Landmarker(), Irises()
        self._expression = Expression()
        self.with_irises = True
        self.forget()

    def forget(self) -> None:
        """Begin again: the next frame has nothing to do with the last one."""
        self._square: Square | None = None
        self._beside = 0
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
                self._square = self._settled(frame, faces[0].square)
        if self._square is None:
            return Look(0, "no_face", searched=search)
        crop_square = self._square
        crop = cut(frame, crop_square, SIZE_PX)
        found = self._landmarker.of(crop, crop_square)
        if found.presence_logit < _PRESENT:
            self.forget()
            return Look(0, "no_face", searched=True) if search else self.look(frame)
        self._square = found.next_square
        self._beside = (self._beside + 1) % 4
        return self._read(frame, found, crop, crop_square, (self._beside,), searched=search)

    def look_once(self, frame: Frame) -> Look:
        """Read a frame that stands alone: settled in two steps, looked at from beside four times."""
        self.forget()
        faces = self._faces(frame)
        if len(faces) != 1:
            return Look(len(faces), "several_faces" if faces else "no_face", searched=True)
        square = self._settled(frame, faces[0].square)
        crop = cut(frame, square, SIZE_PX)
        found = self._landmarker.of(crop, square)
        if found.presence_logit < _PRESENT:
            return Look(0, "no_face", searched=True)
        return self._read(frame, found, crop, square, (0, 1, 2, 3), searched=True)

    def search(self, frame: Frame) -> int:
        """How many faces are in view, and nothing more: what an idle camera asks."""
        return len(self._faces(frame))

    def _settled(self, frame: Frame, square: Square) -> Square:
        """A detector's square lies a little off: points in it make a mouth open that is shut."""
        for _ in range(_SETTLE):
            square = self._landmarker(frame, square).next_square
        return square

    def _faces(self, frame: Frame) -> list[Found]:
        """A single one that is sure; of several or doubtful ones the followed one, and those that are believed in."""
        found = self._detector.everywhere(frame)
        if len(found) == 1 and found[0].is_sure:
            return found
        return [one for one in found if self._is_followed(one) or self._is_face(frame, one)]

    def _is_followed(self, found: Found) -> bool:
        return found.is_sure and self._square is not None and _is_near(self._square, found)

    def _is_face(self, frame: Frame, found: Found) -> bool:
        """Whether the landmark model believes in it."""
        least = _PRESENT_IN_PART if found.in_part else _PRESENT
        return self._landmarker(frame, found.square).presence_logit >= least

    def _read(
        self, frame: Frame, found: Landmarks, crop: Crop, square: Square, beside: Iterable[int], *, searched: bool
    ) -> Look:
        lit = exposure.of(crop, found.points, square)
        steady = steadiness(self._landmarker, frame, found, beside)
        eyes_01 = float(np.mean([one.eyes_01 for one in steady]))
        points = averaged(found, steady)
        laid = self._expression.laid(points)
        seen = quality.FrameQuality(
            found.eye_distance_px, pose(laid.rotation), lit.brightness, lit.clipped_01, lit.sharpness, eyes_01
        )
        is_masked = self._mouth.take(self._mouth_01(found, lit, steady))
        gate = quality.closed_gate(seen)
        if gate is not None:
            return Look(1, gate, pose=seen.pose, searched=searched)
        sees_eyes = self.with_irises and not self._eyes.take(self._eyes_01(found, crop, square, points, steady[0]))
        told = self._expression(laid, self._irises(frame, points) if sees_eyes else None)
        clear = {"upper": True, "lower": not is_masked, "eyes": quality.eyes_are_clear(seen)}
        actions = {name: told.actions.get(name) if clear[action.part] else None for name, action in ACTIONS.items()}
        lids_01 = told.lids_01 if clear["eyes"] else None
        strongest = None if self._affect is None else self._affect.strongest(frame, found.next_square)
        return Look(1, None, actions, lids_01, seen.pose, is_masked, searched, strongest)

    def _mouth_01(self, found: Landmarks, lit: exposure.Light, steady: tuple[Steadiness, ...]) -> float:
        eye_px = found.eye_distance_px
        rows = [cover_row(found.presence_logit, one.mouth_01, one.eyes_01, eye_px, lit) for one in steady]
        return float(np.mean([self._expression.covered_01(row) for row in rows]))

    def _eyes_01(self, found: Landmarks, crop: Crop, square: Square, points: Points, beside: Steadiness) -> float:
        """Of the worse eye: both are told, or none."""
        told = (found.presence_logit, found.eye_distance_px)
        return max(self._expression.eyes_covered_01(eye_cover_rows(crop, points, beside.points, square, *told)))


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
