"""468 points of one face, and how much the model believes that it looks at one.

Source:
    Kartynnik et al. (2019), arXiv:1907.06724; crops as in MediaPipe's face_landmark_cpu.pbtxt.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.perception.crops import Frame, Points, Square, around, back, cut_bytes
from agent.perception.litert import Model

COUNT: Final = 468
SIZE_PX: Final = 192
_RIGHT_OUTER, _LEFT_OUTER = 33, 263
_GROWN: Final = 1.5


@dataclass(frozen=True, slots=True)
class Landmarks:
    """A face's points.

    Attributes:
        points: x, y in px of the frame, z (towards the camera: smaller) in the same unit, shape (468, 3).
        presence_logit: Before the sigmoid, which saturates; it falls when the lower face is covered.
    """

    points: Points
    presence_logit: float

    @property
    def eye_distance_px(self) -> float:
        """Between the outer corners of the eyes."""
        return float(np.linalg.norm(self.points[_LEFT_OUTER, :2] - self.points[_RIGHT_OUTER, :2]))

    @property
    def next_square(self) -> Square:
        """Where to look in the next frame."""
        return around(self.points, _RIGHT_OUTER, _LEFT_OUTER, _GROWN)


class Landmarker:
    """Raises ModelMissing where its file is not there."""

    def __init__(self) -> None:
        self._model = Model("face_landmark.tflite")

    def __call__(self, frame: Frame, square: Square) -> Landmarks:
        """Points of the face in a square of the frame."""
        return self.of(cut_bytes(frame, square, SIZE_PX), square)

    def of(self, picture: Frame, square: Square) -> Landmarks:
        """The same, where the square has been cut out already (192 x 192, as `crops.cut_bytes` gives it)."""
        flat, logit = self._model.of_bytes(picture)
        points = back(flat.reshape(COUNT, 3).astype(np.float64), square, SIZE_PX)
        return Landmarks(points, float(logit[0]))
