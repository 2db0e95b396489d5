"""What the light around one eye says: whether an eye is seen there at all, open or shut, or a lens, a bar, a hand.

Neither landmark nor iris model says so: both draw an eye behind sunglasses, wide open. But skin under the eye and on
the lid has the colour of cheek and forehead, whether the eye is open or shut; a lens has not, and over it nothing is as
dark and as bright as lashes and white side by side.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.perception.crops import Frame, Points
from agent.perception.exposure import chroma_apart, fine, grey_box, luma_apart, middle, patches

EYE_COVER_NAMES: Final = (
    "under over forehead", "under's chroma to forehead", "under over cheek", "under's chroma to cheek",
    "lid over forehead", "lid's chroma to forehead", "contrast", "darkest", "brightest", "detail", "openness",
    "movement", "logit", "size", "under over the other", "under's chroma to the other",
)  # fmt: skip
_FOREHEAD: Final = (9, 151, 108, 337, 69, 299)
# right eye (left in the picture), then left: ring, skin under it, its lid, the cheek below
_RINGS: Final = (
    (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
    (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
)
_UNDER: Final = ((229, 230, 231, 228), (449, 450, 451, 448))
_LIDS: Final = ((222, 223, 224, 28), (442, 443, 444, 258))
_CHEEKS: Final = ((50, 36, 205, 101), (280, 266, 425, 330))
_SKINS: Final = np.array([*_FOREHEAD, *(one for part in (_UNDER, _LIDS, _CHEEKS) for side in part for one in side)])
_GAPS: Final = ((159, 145, 33, 133), (386, 374, 263, 362))
_RING_PLACES: Final = tuple(np.array(ring) for ring in _RINGS)
_LEAST: Final = 1e-3


def rings_moved_01(points: Points, beside: Points, eye_px: float) -> tuple[float, float]:
    """How far the rings of both eyes move when the model looks a little beside, in eye distances: right, left.

    Args:
        points: The face's points in the frame, shape (468, 3).
        beside: The same, as seen from a little beside.
        eye_px: Outer-eye distance.
    """
    right, left = (
        float(np.linalg.norm(beside[ring, :2] - points[ring, :2], axis=1).mean()) / max(eye_px, 1.0)
        for ring in _RING_PLACES
    )
    return right, left


def eye_cover_rows(
    picture: Frame, here: Points, moved_01: tuple[float, float], logit: float, eye_px: float
) -> NDArray[np.float32]:
    """The rows of both eyes that our model judges, shape (2, 16): right (left in the picture), left.

    Args:
        picture: The crop that the landmark model saw, red first, uint8, shape (192, 192, 3).
        here: The face's points in the crop, shape (468, 2).
        moved_01: `rings_moved_01`.
        logit: The landmark model's presence.
        eye_px: Outer-eye distance.
    """
    skins = patches(picture, here[_SKINS])
    forehead = middle(skins[: len(_FOREHEAD)])
    sides = skins[len(_FOREHEAD) :].reshape(3, 2, 4, 3)
    under, lids, cheeks = ([middle(side) for side in part] for part in sides)
    skin = sum(forehead) / 3 + _LEAST
    rows = []
    for side in (0, 1):
        lid, cheek = lids[side], cheeks[side]
        box = grey_box(picture, here[_RING_PLACES[side]], 2)
        ranked = np.sort(box, axis=None)
        low, high = ranked[round(0.05 * (ranked.size - 1))], ranked[round(0.95 * (ranked.size - 1))]
        top, bottom, outer, inner = here[list(_GAPS[side])].tolist()
        rows.append(
            [
                luma_apart(forehead, under[side]),
                10.0 * chroma_apart(forehead, under[side]),
                luma_apart(cheek, under[side]),
                10.0 * chroma_apart(cheek, under[side]),
                luma_apart(forehead, lid),
                10.0 * chroma_apart(forehead, lid),
                float(high - low) / skin,
                math.log((float(low) + _LEAST) / skin),
                math.log((float(high) + _LEAST) / skin),
                math.log((fine(box) + _LEAST) / skin),
                math.dist(top, bottom) / max(math.dist(outer, inner), _LEAST),
                math.log(max(moved_01[side], 1e-4)),
                logit / 10.0,
                math.log(max(eye_px, 1.0)),
                luma_apart(under[1 - side], under[side]),
                10.0 * chroma_apart(under[1 - side], under[side]),
            ]
        )
    return np.array(rows, dtype=np.float32)
