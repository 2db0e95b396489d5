"""A face's points in a canonical frame: size, place and head pose removed. Pure numpy.

Points are MediaPipe's 468 (doi:10.48550/arXiv.1907.06724): x to the right of the picture, y down, z away from the
camera, in px. The person's right eye lies left in the picture (33 outer, 133 inner corner), the left one right (263,
362).

Source: Kartynnik et al. (2019), for the points, doi:10.48550/arXiv.1907.06724.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

# Forehead, temples, cheekbones, bridge of the nose and corners of the eyes: what no expression and no mask moves much.
RIGID: Final = (
    10, 67, 109, 338, 297, 103, 332, 54, 284, 21, 251, 162, 389, 127, 356, 234, 454, 168, 6, 197, 195, 33, 133, 263,
    362,
)  # fmt: skip

# What the face model reads: lips, eyes, brows, nose and outline (those of the 468 that MediaPipe's own blendshape model
# reads: face_blendshapes_graph.cc).
USED: Final = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67, 70, 78, 80,
    81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148, 149, 150, 152, 153,
    154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185, 191, 195, 197, 234, 246, 249, 251,
    263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295, 296, 297, 300, 308, 310, 311, 312, 314, 317, 318,
    321, 323, 324, 332, 334, 336, 338, 356, 361, 362, 365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386,
    387, 388, 389, 390, 397, 398, 400, 402, 405, 409, 415, 454, 466,
)  # fmt: skip

# The upper face alone: brows, lids, forehead, temples, bridge. What a mask leaves in view.
UPPER: Final = (
    6, 7, 8, 10, 21, 33, 46, 52, 53, 54, 55, 63, 65, 66, 67, 70, 103, 105, 107, 109, 127, 133, 144, 145, 153, 154, 155,
    157, 158, 159, 160, 161, 162, 163, 168, 173, 246, 249, 251, 263, 276, 282, 283, 284, 285, 293, 295, 296, 297, 300,
    332, 334, 336, 338, 356, 362, 373, 374, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 398, 466,
)  # fmt: skip

# One eye and its brow, the right one (left in the picture).
EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246, 46, 53, 52, 65, 55, 70, 63,
              105, 66, 107)  # fmt: skip
_OUTER, _INNER = 33, 133
_OTHER_OUTER, _OTHER_INNER = 263, 362
# as arrays: numpy takes a tuple of places apart at each use
_RIGID_PLACES: Final = np.array(RIGID)
_USED_PLACES: Final = np.array(USED)
_EYE_PLACES: Final = np.array(EYE)
_FLIP_X: Final = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class Canon:
    """The canonical (mean) face onto which others are aligned.

    Attributes:
        points: x, y, z in units of the outer-eye distance, the same left and right, shape ``(468, 3)``.
        mirror: Index of the point that a mirror puts in each one's place, shape ``(468,)``.
    """

    points: Points
    mirror: NDArray[np.int64]

    @classmethod
    def of(cls, points: Points) -> "Canon":
        """From a mean face: pairs are found by place, then made symmetric, ``(p + mirror(p)) / 2``.

        Args:
            points: x, y, z in units of the outer-eye distance, shape ``(468, 3)``.

        Returns:
            The canonical face.

        Raises:
            ValueError: Left and right do not pair.

        Derived: point j is the mirror of i where it lies nearest to i's place with x negated.
        """
        centred = points - [(points[_OUTER, 0] + points[_OTHER_OUTER, 0]) / 2, 0.0, 0.0]
        away = np.linalg.norm(centred[:, np.newaxis] * [-1.0, 1.0, 1.0] - centred[np.newaxis], axis=2)
        mirror = away.argmin(axis=1)
        if not np.array_equal(mirror[mirror], np.arange(mirror.size)):
            raise ValueError("the mean face is not the same left and right")
        return cls((centred + centred[mirror] * [-1.0, 1.0, 1.0]) / 2, mirror)


@dataclass(frozen=True, slots=True)
class Pose:
    """How the head is turned, in radians; 0 looks straight into the camera.

    Attributes:
        yaw_rad: Positive: towards the right of the picture.
        pitch_rad: Positive: down.
        roll_rad: Positive: clockwise in the picture.
    """

    yaw_rad: float
    pitch_rad: float
    roll_rad: float


def aligned(points: Points, canon: Canon) -> tuple[Points, NDArray[np.float64]]:
    """Points rotated, moved and scaled onto the canonical face by the rigid points alone.

    The scale s, rotation R and shift t minimize ``sum |s R p + t - c|^2``.

    Args:
        points: All points p in px, shape ``(468, 3)``.
        canon: The canonical face c.

    Returns:
        Points in the canonical frame, in outer-eye distances, shape ``(468, 3)``, and the head's rotation (canonical to
        picture), no unit, shape ``(3, 3)``.

    Source:
        Umeyama (1991), doi:10.1109/34.88573
    """
    here, there = points[_RIGID_PLACES], canon.points[_RIGID_PLACES]
    here_mid, there_mid = here.mean(axis=0), there.mean(axis=0)
    left, size, right = np.linalg.svd((there - there_mid).T @ (here - here_mid))
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
    turn = left * flip @ right
    scale = float(size @ flip) / float(np.sum(np.square(here - here_mid)))
    return scale * (points - here_mid) @ turn.T + there_mid, turn.T


def pose(rotation: NDArray[np.float64]) -> Pose:
    """Angles of a head's rotation R, about y, then x, then z.

    ``yaw = atan2(-R02, R22)``, ``pitch = asin(-R12)``, ``roll = atan2(R10, R11)``.

    Args:
        rotation: R (canonical to picture), no unit, shape ``(3, 3)``.

    Returns:
        Angles in radians.

    Derived: elements of the product of the three elementary rotations.
    """
    return Pose(
        yaw_rad=math.atan2(-rotation[0, 2], rotation[2, 2]),
        pitch_rad=math.asin(float(np.clip(-rotation[1, 2], -1.0, 1.0))),
        roll_rad=math.atan2(rotation[1, 0], rotation[1, 1]),
    )


def mirrored(shape: Points, canon: Canon) -> Points:
    """A face in the canonical frame, seen in a mirror: x is negated, right points take the left ones' places.

    Args:
        shape: Points in outer-eye distances (unit of the canonical frame), shape ``(468, 3)``.
        canon: The canonical face.

    Returns:
        In the same unit, shape ``(468, 3)``.

    Source: definition.
    """
    return np.asarray(shape[canon.mirror] * _FLIP_X)


def face_row(shape: Points, rotation: NDArray[np.float64]) -> NDArray[np.float32]:
    """Input of the face model: the points of `USED` and the direction of view (third row of `rotation`).

    Args:
        shape: Points in outer-eye distances (unit of the canonical frame), shape ``(468, 3)``.
        rotation: The head's, no unit, shape ``(3, 3)``.

    Returns:
        Same units, shape ``(3 * 136 + 3,)``.

    Source: definition of the shipped model (models/expression.md).
    """
    return np.concatenate([shape[_USED_PLACES].ravel(), rotation[2]]).astype(np.float32)


def eye_row(
    shape: Points, rotation: NDArray[np.float64], contour: Points, ring: Points, corners: Points
) -> NDArray[np.float32]:
    """Input of the eye model, for the right eye: the points of `EYE`, then lids and iris, then the direction of view.

    Lids and iris are moved and rotated so that the corners lie at -1/2 and 1/2 on the x axis: unit is the eye's width.

    Args:
        shape: Points in outer-eye distances (unit of the canonical frame), shape ``(468, 3)``; of the left eye:
            `mirrored`.
        rotation: The head's, no unit, shape ``(3, 3)``; of the left eye with x mirrored.
        contour, ring: Lids and iris in px, shapes ``(71, 2)`` and ``(5, 2)``; of the left eye mirrored in x.
        corners: Outer and inner corner among the 468 in px, in the same frame as contour, shape ``(2, 2)``.

    Returns:
        Same units, shape ``(3 * 26 + 2 * 76 + 3,)``.

    Source: definition of the shipped model (models/expression.md); irises: doi:10.48550/arXiv.2006.11341.
    """
    across = corners[1] - corners[0]
    length = float(np.hypot(*across)) or 1.0
    along = across / length
    axes = np.array([along, [-along[1], along[0]]])
    local = (np.concatenate([contour, ring]) - corners.mean(axis=0)) @ axes.T / length
    return np.concatenate([shape[_EYE_PLACES].ravel(), local.ravel(), rotation[2]]).astype(np.float32)


def eye_rows(
    shape: Points,
    rotation: NDArray[np.float64],
    canon: Canon,
    points: Points,
    right: tuple[Points, Points],
    left: tuple[Points, Points],
) -> NDArray[np.float32]:
    """Inputs of the eye model for both eyes, right first; the left one is mirrored.

    Args:
        shape: Points in outer-eye distances (unit of the canonical frame), of `aligned`, shape ``(468, 3)``.
        rotation: The head's, no unit, of `aligned`, shape ``(3, 3)``.
        canon: The canonical face.
        points: The 468 in the picture, in px, shape ``(468, 3)``.
        right, left: (contour, ring) of each eye in the picture, in px, shapes ``(71, 2)`` and ``(5, 2)``.

    Returns:
        Units of `eye_row`, shape ``(2, 233)``.

    Source: definition of the shipped model (models/expression.md).
    """
    flip = np.array([-1.0, 1.0])
    corners = points[[_OUTER, _INNER], :2]
    other = points[[_OTHER_OUTER, _OTHER_INNER], :2] * flip
    turned = rotation * np.outer([-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0])
    return np.stack(
        [
            eye_row(shape, rotation, *right, corners),
            eye_row(mirrored(shape, canon), turned, left[0] * flip, left[1] * flip, other),
        ]
    )
