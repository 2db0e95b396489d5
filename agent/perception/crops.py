"""Turned squares cut out of a frame, and points found in them put back into the frame.

A frame is uint8, shape (height, width, 3), in OpenCV's order (blue, green, red); models get red first.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Square:
    """Where a model looks.

    Attributes:
        x_px, y_px: Its centre in the frame.
        side_px: Its side.
        roll_rad: How far it is turned, clockwise in the picture.
    """

    x_px: float
    y_px: float
    side_px: float
    roll_rad: float = 0.0

    def to_frame(self) -> NDArray[np.float64]:
        """Affine map from the unit square to the frame, shape (2, 3)."""
        along_x, along_y = self.side_px * math.cos(self.roll_rad), self.side_px * math.sin(self.roll_rad)
        return np.array(
            [
                [along_x, -along_y, self.x_px - 0.5 * (along_x - along_y)],
                [along_y, along_x, self.y_px - 0.5 * (along_y + along_x)],
            ]
        )


def cut_bytes(frame: Frame, square: Square, size_px: int) -> Frame:
    """The square as a picture of ``size_px`` x ``size_px``, uint8, red first; black where the frame ends.

    Bytes are a quarter of floats to move, and most of what reads a crop needs a few small parts of it. OpenCV turns
    pictures of four channels three times as fast as pictures of three; the fourth is empty.
    """
    forward = square.to_frame()
    reach_px = 0.5 * (np.abs(forward[:, 0]) + np.abs(forward[:, 1])) + 2.0
    left, top = (max(0, int(edge)) for edge in (square.x_px - reach_px[0], square.y_px - reach_px[1]))
    right, bottom = (max(0, math.ceil(edge)) for edge in (square.x_px + reach_px[0], square.y_px + reach_px[1]))
    around = frame[top:bottom, left:right]
    if not around.size:
        return np.zeros((size_px, size_px, 3), dtype=np.uint8)
    forward[:, :2] /= size_px
    forward[:, 2] -= left, top
    four = cv2.cvtColor(around, cv2.COLOR_BGR2RGBA)
    turned = cv2.warpAffine(four, forward, (size_px, size_px), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(cv2.cvtColor(turned, cv2.COLOR_RGBA2RGB))


def cut(frame: Frame, square: Square, size_px: int) -> NDArray[np.float32]:
    """The same as floats, 0 to 1."""
    return np.multiply(cut_bytes(frame, square, size_px), np.float32(1 / 255), dtype=np.float32)


def back(points: Points, square: Square, size_px: int) -> Points:
    """Points of a cut picture, in the frame; a third column (depth) is scaled alike.

    Args:
        points: In pixels of the cut picture, shape (n, 2) or (n, 3).
    """
    to_frame = square.to_frame()
    placed = points[:, :2] / size_px @ to_frame[:, :2].T + to_frame[:, 2]
    if points.shape[1] == 2:
        return placed
    return np.column_stack([placed, points[:, 2] * (square.side_px / size_px)])


def around(points: Points, first: int, second: int, grown: float) -> Square:
    """The square around points, turned so that the line from one of them to another lies level.

    Args:
        points: In the frame, shape (n, 2) or more columns.
        first, second: Indices of the line's ends.
        grown: Side over the longer side of the points' own box.

    Source:
        MediaPipe's face_landmark_landmarks_to_roi.pbtxt: the box is taken upright in the frame, then turned.
    """
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    across = points[second, :2] - points[first, :2]
    centre = (low + high) / 2
    roll_rad = math.atan2(across[1], across[0])
    return Square(float(centre[0]), float(centre[1]), float((high - low).max()) * grown, roll_rad)
