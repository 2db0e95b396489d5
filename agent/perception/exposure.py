"""What the light of a face says: too dark, burnt out, blurred; and how the lower face differs from the upper.

All is read from the 192 x 192 crop that the landmark model saw, so sizes are relative to the face.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.perception.crops import Frame, Points, Square
from agent.perception.landmarks import SIZE_PX

Colour = tuple[float, float, float]

_GREY_OF_RGB: Final = np.array([0.299, 0.587, 0.114])
_BURNT: Final = 250  # of 255
_PATCH: Final = np.arange(-2, 3)
# skin that a mask leaves in view, and skin that it covers
_ABOVE: Final = (9, 151, 108, 337, 69, 299, 8, 168)
_BELOW: Final = (0, 17, 199, 205, 425, 210, 430, 164, 200, 18)
_LIPS: Final = (0, 37, 267, 40, 270, 17, 84, 314, 91, 321)
_AROUND_LIPS: Final = (205, 425, 210, 430, 199, 200, 164, 57, 287)
_PARTS: Final = (_AROUND_LIPS, _LIPS, _ABOVE, _BELOW)
_PLACES: Final = np.concatenate(_PARTS)
_ENDS: Final = np.cumsum([len(part) for part in _PARTS])[:-1]
_OUTLINE: Final = np.array([10, 297, 284, 389, 454, 361, 397, 378, 152, 149, 172, 132, 234, 162, 54, 67])
_EYES: Final = np.array([33, 263, 159, 386, 145, 374])
_MOUTH: Final = np.array([61, 291, 0, 17])


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


def of(picture: Frame, here: Points) -> Light:
    """Measure a crop.

    Args:
        picture: Red first, uint8, shape (192, 192, 3).
        here: The face's points in the crop, shape (468, 2); see `in_crop`.
    """
    half = cv2.resize(picture, (SIZE_PX // 2, SIZE_PX // 2), interpolation=cv2.INTER_NEAREST)
    inside = np.zeros(half.shape[:2], dtype=np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(here[_OUTLINE] / 2).astype(np.int32)), 1)
    count = cv2.countNonZero(inside)
    if not count:
        return Light(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    below_burnt = cv2.inRange(half, (0, 0, 0), (_BURNT - 1,) * 3)
    burnt = count - cv2.countNonZero(cv2.bitwise_and(inside, below_burnt))
    eyes = here[_EYES]
    fine_eyes = fine(grey_box(picture, eyes, 6))
    fine_mouth = fine(grey_box(picture, here[_MOUTH], 8))
    skin, lips, above, below = (middle(part) for part in np.split(patches(picture, here[_PLACES]), _ENDS))
    return Light(
        brightness=float(_GREY_OF_RGB @ cv2.mean(half, inside)[:3]),
        clipped_01=burnt / count,
        sharpness=_sharpness(grey_box(picture, eyes, 12)),
        texture_ratio=math.log((fine_mouth + 1e-4) / (fine_eyes + 1e-4)),
        chroma_apart=chroma_apart(above, below),
        luma_apart=luma_apart(above, below),
        lips_chroma=chroma_apart(skin, lips),
        lips_luma=luma_apart(skin, lips),
    )


def chroma_apart(one: Colour, other: Colour) -> float:
    """How far two colours lie apart, their brightness taken away."""
    left, right = max(sum(one), 1e-6), max(sum(other), 1e-6)
    return math.dist([part / left for part in one], [part / right for part in other])


def luma_apart(one: Colour, other: Colour) -> float:
    """Ln of the other's brightness over the first one's."""
    return math.log((sum(other) + 1e-3) / (sum(one) + 1e-3))


def in_crop(points: Points, square: Square) -> Points:
    """Points of the frame in the crop, in px, shape (n, 2)."""
    to_frame = square.to_frame()
    # turning and scaling alone: the inverse is the transpose over the side's square
    return np.asarray((points[:, :2] - to_frame[:, 2]) @ (to_frame[:, :2] * (SIZE_PX / square.side_px**2)))


def grey_box(picture: Frame, around: Points, margin: int) -> NDArray[np.float32]:
    """Grey of the box around points of a crop, 0 to 1; at least 8 px to a side, inside the crop.

    Args:
        picture: Red first, uint8, shape (192, 192, 3).
        around: In px of the crop, shape (n, 2).
        margin: How much wider to each side, in px.
    """
    low = np.clip(np.floor(around.min(axis=0)).astype(int) - margin, 0, SIZE_PX - 8)
    high = np.clip(np.ceil(around.max(axis=0)).astype(int) + margin, low + 8, SIZE_PX)
    box = np.multiply(picture[low[1] : high[1], low[0] : high[0]], np.float32(1 / 255), dtype=np.float32)
    return np.asarray(cv2.cvtColor(box, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def fine(box: NDArray[np.float32]) -> float:
    """Spread of what a blur of 1 px takes away."""
    return spread(box - cv2.GaussianBlur(box, (0, 0), 1.0))


def _sharpness(box: NDArray[np.float32]) -> float:
    """What a blur of 1 px takes away, over what it leaves and one of 8 px takes away; without the box's own edges."""
    one, eight = cv2.GaussianBlur(box, (0, 0), 1.0), cv2.GaussianBlur(box, (0, 0), 8.0)
    inner = slice(5, -5)
    return spread((box - one)[inner, inner]) / max(spread((one - eight)[inner, inner]), 1e-6)


def spread(values: NDArray[np.float32]) -> float:
    """Standard deviation; NaN of nothing."""
    if not values.size:
        return math.nan
    return float(cv2.meanStdDev(values)[1][0, 0])


def middle(colours: NDArray[np.float64]) -> Colour:
    """Median of each part of some colours, shape (n, 3)."""
    ranked, half = np.sort(colours, axis=0), len(colours) // 2
    red, green, blue = ranked[half] if len(colours) % 2 else (ranked[half - 1] + ranked[half]) / 2
    return float(red), float(green), float(blue)


def patches(picture: Frame, places: Points) -> NDArray[np.float64]:
    """Mean colours of small patches, 0 to 1, shape (n, 3)."""
    at = np.clip(np.round(places).astype(int), 2, SIZE_PX - 3)
    rows, columns = at[:, 1, np.newaxis] + _PATCH, at[:, 0, np.newaxis] + _PATCH
    cut = picture[rows[:, :, np.newaxis], columns[:, np.newaxis, :]].reshape(len(places), -1, 3)
    return np.asarray(cut.sum(axis=1, dtype=np.int64) / (255.0 * cut.shape[1]))
