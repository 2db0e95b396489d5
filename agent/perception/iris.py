"""The lids' contour and the iris of each eye.

Source:
    Ablavatski et al. (2020), arXiv:2006.11341; crops as in MediaPipe's iris_landmark_cpu.pbtxt. The model knows one
    eye, the one at landmarks 33 and 133; the other is shown to it mirrored, and its points are mirrored back.
    Which eye is mirrored cannot be seen from the output (the wrong way looks plausible):
    tests/agent/perception/test_perception.py.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.perception.crops import Frame, Points, Square, back, cut_bytes
from agent.perception.litert import Model

CONTOUR: Final = 71
RING: Final = 5
_SIZE_PX: Final = 64
_GROWN: Final = 2.3
# outer and inner corner of the right eye (left in the picture), then of the left eye
_CORNERS: Final = ((33, 133), (263, 362))
# the ring is centre, right, top, left, bottom: a mirror swaps right and left
_MIRRORED_RING: Final = np.array([0, 3, 2, 1, 4])


@dataclass(frozen=True, slots=True)
class Eye:
    """One eye's points, in the frame.

    Attributes:
        contour: x, y in px, shape (71, 2); the first 16 lie on the lids.
        ring: Centre of the iris and four points of its edge, in px, shape (5, 2).
    """

    contour: Points
    ring: Points


class Irises:
    """Raises ModelMissing where its file is not there."""

    def __init__(self) -> None:
        self._model = Model("iris_landmark.tflite")

    def __call__(self, frame: Frame, points: Points) -> tuple[Eye, Eye]:
        """Right eye (left in the picture), then left.

        Args:
            points: The face's 468 points, in px.
        """
        right = self._eye(frame, points, _CORNERS[0], mirrored=False)
        return right, self._eye(frame, points, _CORNERS[1], mirrored=True)

    def _eye(self, frame: Frame, points: Points, corners: tuple[int, int], *, mirrored: bool) -> Eye:
        square = _square(points, corners, mirrored=mirrored)
        picture = cut_bytes(frame, square, _SIZE_PX)
        if mirrored:
            picture = picture[:, ::-1]
        contour, ring = (flat.reshape(-1, 3)[:, :2].astype(np.float64) for flat in self._model.of_bytes(picture))
        if mirrored:
            contour, ring = (np.column_stack([_SIZE_PX - one[:, 0], one[:, 1]]) for one in (contour, ring))
            ring = ring[_MIRRORED_RING]
        return Eye(back(contour, square, _SIZE_PX), back(ring, square, _SIZE_PX))


def _square(points: Points, corners: tuple[int, int], *, mirrored: bool) -> Square:
    outer, inner = points[corners[0], :2], points[corners[1], :2]
    left, right = (inner, outer) if mirrored else (outer, inner)
    across = right - left
    centre = (left + right) / 2
    roll_rad = float(np.arctan2(across[1], across[0]))
    return Square(float(centre[0]), float(centre[1]), float(np.abs(across).max()) * _GROWN, roll_rad)
