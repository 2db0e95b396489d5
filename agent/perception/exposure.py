"""What the light of a face says: too dark, burnt out, blurred; and how the lower face differs from the upper.

All is read from the 192 x 192 crop that the landmark model saw, so sizes are relative to the face.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.perception.crops import Points, Square
from agent.perception.landmarks import SIZE_PX

_GREY_OF_RGB: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
_PATCH: Final = np.arange(-2, 3)
_BURNT: Final = 250.0 / 255.0
# skin that a mask leaves in view, and skin that it covers
_ABOVE: Final = (9, 151, 108, 337, 69, 299, 8, 168)
_BELOW: Final = (0, 17, 199, 205, 425, 210, 430, 164, 200, 18)
_LIPS: Final = (0, 37, 267, 40, 270, 17, 84, 314, 91, 321)
_AROUND_LIPS: Final = (205, 425, 210, 430, 199, 200, 164, 57, 287)
_OUTLINE: Final = (10, 297, 284, 389, 454, 361, 397, 378, 152, 149, 172, 132, 234, 162, 54, 67)


@dataclass(frozen=True, slots=True)
class Light:
    """Of one face.

    Attributes:
        brightness: Mean of the face, 0 to 255.
        clipped_01: Share of its pixels that are burnt out.
        sharpness: Fine detail over coarse detail around the eyes; falls with blur, whatever the light.
        texture_ratio: ln(detail of the mouth's surroundings / detail of the eyes').
        chroma_apart: How far the colour of the lower face lies from the upper's, without brightness.
        luma_apart: ln(brightness of the lower face / of the upper).
        lips_chroma: How far the colour of the lips lies from the skin around them.
        lips_luma: ln(brightness of the lips / of the skin around them).
    """

    brightness: float
    clipped_01: float
    sharpness: float
    texture_ratio: float
    chroma_apart: float
    luma_apart: float
    lips_chroma: float
    lips_luma: float


def of(picture: NDArray[np.float32], points: Points, square: Square) -> Light:
    """Measure a crop.

    Args:
        picture: Red first, 0 to 1, shape (192, 192, 3).
        points: The face's points in the frame, shape (468, 3).
        square: Where the crop lies in the frame.
    """
    here = in_crop(points, square)
    half = picture[::2, ::2]
    inside = np.zeros(half.shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(here[list(_OUTLINE)] / 2).astype(np.int32)), 1)
    face = half[inside > 0]
    if not face.size:
        return Light(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    grey: NDArray[np.float32] = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.float32)
    eyes = here[[33, 263, 159, 386, 145, 374]]
    fine_eyes = fine(_box(grey, eyes, 6))
    fine_mouth = fine(_box(grey, here[[61, 291, 0, 17]], 8))
    skin, lips = colour(picture, here[list(_AROUND_LIPS)]), colour(picture, here[list(_LIPS)])
    above, below = colour(picture, here[list(_ABOVE)]), colour(picture, here[list(_BELOW)])
    return Light(
        brightness=float((face @ _GREY_OF_RGB).mean()) * 255.0,
        clipped_01=float(np.mean(face.max(axis=1) >= _BURNT)),
        sharpness=_sharpness(_box(grey, eyes, 12)),
        texture_ratio=float(np.log((fine_mouth + 1e-4) / (fine_eyes + 1e-4))),
        chroma_apart=chroma_apart(above, below),
        luma_apart=luma_apart(above, below),
        lips_chroma=chroma_apart(skin, lips),
        lips_luma=luma_apart(skin, lips),
    )


def chroma_apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """How far two colours lie apart, their brightness taken away."""
    return float(np.linalg.norm(one / max(one.sum(), 1e-6) - other / max(other.sum(), 1e-6)))


def luma_apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Ln of the other's brightness over the first one's."""
    return float(np.log((other.sum() + 1e-3) / (one.sum() + 1e-3)))


def in_crop(points: Points, square: Square) -> Points:
    """Points of the frame in the crop, in px, shape (n, 2)."""
    to_frame = square.to_frame()
    inverse = np.linalg.inv(to_frame[:, :2])
    return np.asarray((points[:, :2] - to_frame[:, 2]) @ inverse.T * SIZE_PX)


def _box(grey: NDArray[np.float32], around: Points, margin: int) -> NDArray[np.float32]:
    low = np.clip(np.floor(around.min(axis=0)).astype(int) - margin, 0, SIZE_PX - 8)
    high = np.clip(np.ceil(around.max(axis=0)).astype(int) + margin, low + 8, SIZE_PX)
    return grey[low[1] : high[1], low[0] : high[0]]


def fine(box: NDArray[np.float32]) -> float:
    """Spread of what a blur of 1 px takes away."""
    return float(np.std(box - cv2.GaussianBlur(box, (0, 0), 1.0)))


def _sharpness(box: NDArray[np.float32]) -> float:
    """What a blur of 1 px takes away, over what it leaves and one of 8 px takes away; without the box's own edges."""
    one, eight = cv2.GaussianBlur(box, (0, 0), 1.0), cv2.GaussianBlur(box, (0, 0), 8.0)
    inner = slice(5, -5)
    return float(np.std((box - one)[inner, inner]) / max(float(np.std((one - eight)[inner, inner])), 1e-6))


def colour(picture: NDArray[np.float32], places: Points) -> NDArray[np.float64]:
    """Median colour of small patches, shape (3,)."""
    return np.asarray(np.median(patches(picture, places), axis=0))


def patches(picture: NDArray[np.float32], places: Points) -> NDArray[np.float64]:
    """Mean colours of small patches, shape (n, 3)."""
    at = np.clip(np.round(places).astype(int), 2, SIZE_PX - 3)
    rows, columns = at[:, 1, np.newaxis] + _PATCH, at[:, 0, np.newaxis] + _PATCH
    cut = picture[rows[:, :, np.newaxis], columns[:, np.newaxis, :]]
    return np.asarray(cut.mean(axis=(1, 2), dtype=np.float64))
