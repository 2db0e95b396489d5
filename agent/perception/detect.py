"""Where faces are: MediaPipe's two detectors, run as they are.

Source:
    Bazarevsky et al. (2019), BlazeFace, arXiv:1907.05047; anchors, scales and thresholds from MediaPipe's
    face_detection_full_range.pbtxt and face_detection_short_range.pbtxt.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.perception.crops import Frame, Points, Square, around
from agent.perception.litert import Model

Reach = Literal["full", "short"]

_RIGHT_EYE, _LEFT_EYE = 0, 1
# MediaPipe's own is 1.5. With it an open mouth was read as shut from the first look on (r with the teacher .80, with
# 1.95 .95): the chin lay outside, and the model, shown no chin, draws one.
_GROWN: Final = 1.95
_SURE_01: Final = 0.5
_LEAST_IN_PART_01: Final = 0.15  # small faces in a busy room score low; the landmark model has the last word
_SAME_01: Final = 0.3  # boxes that share more belong to one face


@dataclass(frozen=True, slots=True)
class _Recipe:
    file: str
    size_px: int
    strides: tuple[tuple[int, int], ...]  # (stride, anchors in a cell)
    least_01: float


_RECIPES: Final[dict[Reach, _Recipe]] = {
    # 0.6 is MediaPipe's own limit; ours is lower, because faces under a dark mask score low; of what is not `is_sure`
    # the landmark model has the last word (presence)
    "full": _Recipe("face_detection_full_range_sparse.tflite", 192, ((4, 1),), 0.3),
    "short": _Recipe("face_detection_short_range.tflite", 128, ((8, 2), (16, 6)), 0.5),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One face.

    Attributes:
        score_01: How sure the detector is.
        box: Left, top, right, bottom, in px of the frame.
        points: Eyes (right first), nose tip, mouth, ears, in px, shape (6, 2).
        in_part: It was found in a part of the frame alone: small, or half out of it.
    """

    score_01: float
    box: tuple[float, float, float, float]
    points: Points
    in_part: bool = False

    @property
    def is_sure(self) -> bool:
        """Whether the detector alone may decide."""
        return self.score_01 >= _SURE_01

    @property
    def square(self) -> Square:
        """Where the landmark model shall look."""
        corners = np.array([self.box[:2], self.box[2:]])
        level = around(self.points, _RIGHT_EYE, _LEFT_EYE, _GROWN)
        low, high = corners.min(axis=0), corners.max(axis=0)
        centre = (low + high) / 2
        side_px = float((high - low).max()) * _GROWN
        return Square(float(centre[0]), float(centre[1]), side_px, level.roll_rad)


class Detector:
    """Finds faces in whole frames.

    Raises:
        ModelMissing: Its file is not there.
    """

    def __init__(self, reach: Reach = "full") -> None:
        self._recipe = _RECIPES[reach]
        self._model = Model(self._recipe.file)
        self._anchors = _anchors(self._recipe)

    def everywhere(self, frame: Frame) -> list[Found]:
        """Faces of a frame and of square parts of it, in which smaller ones are found; the surest first.

        The model's picture has 192 px: of a frame of 640 px the whole shows faces from 45 px on, its parts from 24.
        """
        found = self(frame)
        for left_px, top_px, part in _parts(frame):
            for one in self._found(part, _LEAST_IN_PART_01):
                x0, y0, x1, y1 = one.box
                box = (x0 + left_px, y0 + top_px, x1 + left_px, y1 + top_px)
                moved = Found(one.score_01, box, one.points + np.array([left_px, top_px]), in_part=True)
                if not any(_is_same(moved, other) for other in found):
                    found.append(moved)
        return sorted(found, key=lambda one: -one.score_01)

    def __call__(self, frame: Frame) -> list[Found]:
        """Faces of a frame as a whole, the surest first."""
        return self._found(frame, self._recipe.least_01)

    def _found(self, frame: Frame, least_01: float) -> list[Found]:
        size_px = self._recipe.size_px
        picture, scale, left_px, top_px = _letterbox(frame, size_px)
        raw, logit = self._model.of_bytes(picture, 1 / 127.5, -1.0)
        near = np.flatnonzero(logit >= math.log(least_01 / (1.0 - least_01)))
        if not near.size:
            return []
        score_01 = 1.0 / (1.0 + np.exp(-np.clip(logit[near].astype(np.float64), -100.0, 100.0)))
        rows = raw.reshape(-1, 16)[near].astype(np.float64)
        places = rows.reshape(-1, 8, 2)
        centres = places[:, 0] + self._anchors[near]
        halves = places[:, 1] / 2
        points = places[:, 2:] + self._anchors[near][:, np.newaxis]
        shift = np.array([left_px, top_px])
        low, high = (centres - halves - shift) / scale, (centres + halves - shift) / scale
        return _merged(score_01, np.hstack([low, high]), (points - shift) / scale)


def _parts(frame: Frame) -> Iterator[tuple[int, int, Frame]]:
    """Squares of the shorter side along the longer one, overlapping: (left, top, part)."""
    high, wide = frame.shape[:2]
    side, longest = min(high, wide), max(high, wide)
    count = math.ceil(longest / side)
    for n in range(count if count > 1 else 0):
        start = round(n * (longest - side) / (count - 1))
        left, top = (start, 0) if wide > high else (0, start)
        yield left, top, frame[top : top + side, left : left + side]


def _is_same(one: Found, other: Found) -> bool:
    """Whether two boxes hold one face; what a part cuts off lies inside the whole one."""
    (left, top, right, bottom), (x0, y0, x1, y1) = one.box, other.box
    shared = max(0.0, min(right, x1) - max(left, x0)) * max(0.0, min(bottom, y1) - max(top, y0))
    return shared > _SAME_01 * min((right - left) * (bottom - top), (x1 - x0) * (y1 - y0))


def _anchors(recipe: _Recipe) -> NDArray[np.float64]:
    """Centres of the cells, in px of the model's picture, shape (n, 2); all anchors have size one."""
    made = []
    for stride, each in recipe.strides:
        cells = recipe.size_px // stride
        row, column = np.mgrid[:cells, :cells]
        centre = (np.stack([column, row], axis=-1).reshape(-1, 2) + 0.5) * stride
        made.append(np.repeat(centre, each, axis=0))
    return np.concatenate(made)


def _letterbox(frame: Frame, size_px: int) -> tuple[Frame, float, float, float]:
    """The frame inside a black square, uint8, red first; its scale, and where it lies."""
    height_px, width_px = frame.shape[:2]
    scale = size_px / max(height_px, width_px)
    wide, high = max(1, round(width_px * scale)), max(1, round(height_px * scale))
    small = _smaller(frame, wide, high)
    left_px, top_px = (size_px - wide) // 2, (size_px - high) // 2
    picture = np.zeros((size_px, size_px, 3), dtype=np.uint8)
    cv2.cvtColor(small, cv2.COLOR_BGR2RGB, dst=picture[top_px : top_px + high, left_px : left_px + wide])
    return picture, scale, float(left_px), float(top_px)


def _smaller(frame: Frame, wide: int, high: int) -> Frame:
    """Means of areas. Halving is ten times as fast as any other scale, so the frame is halved as often as it goes."""
    while min(frame.shape[0] // high, frame.shape[1] // wide) >= 2:
        frame = np.asarray(cv2.resize(frame, (frame.shape[1] // 2, frame.shape[0] // 2), interpolation=cv2.INTER_AREA))
    return np.asarray(cv2.resize(frame, (wide, high), interpolation=cv2.INTER_AREA))


def _merged(score_01: NDArray[np.float64], boxes: NDArray[np.float64], points: NDArray[np.float64]) -> list[Found]:
    """One `Found` for boxes that overlap, averaged by score (blazing the trail: arXiv:1907.05047, section 4)."""
    left = np.argsort(-score_01, kind="stable")
    found = []
    while left.size:
        best = left[0]
        same = left[_overlap_01(boxes[best], boxes[left]) > _SAME_01]
        same = same if same.size else left[:1]
        weight = score_01[same] / score_01[same].sum()
        box = weight @ boxes[same]
        x0, y0, x1, y1 = (float(edge) for edge in box)
        found.append(Found(float(score_01[best]), (x0, y0, x1, y1), np.tensordot(weight, points[same], axes=1)))
        left = np.setdiff1d(left, same, assume_unique=True)
        left = left[np.argsort(-score_01[left], kind="stable")]
    return found


def _overlap_01(one: NDArray[np.float64], many: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shared area over the area of both."""
    low, high = np.maximum(one[:2], many[:, :2]), np.minimum(one[2:], many[:, 2:])
    shared = np.prod(np.clip(high - low, 0.0, None), axis=1)
    whole = np.prod(one[2:] - one[:2]) + np.prod(many[:, 2:] - many[:, :2], axis=1) - shared
    return np.asarray(shared / np.maximum(whole, 1e-9))
