"""What tells a covered lower face (mask, hand): the row of numbers that our model judges.

The landmark model never says "masked": it makes a mouth up. But its own belief falls (the raw logit; the sigmoid
saturates), the made-up mouth does not stay in place when it looks again, cloth has another texture and colour, and
where lips should be there is no other colour than around them.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.perception.exposure import Light

COVER_NAMES: Final = (
    "logit", "mouth", "mouth over eyes", "eyes", "size", "texture", "chroma", "luma", "lips' chroma", "lips' luma",
)  # fmt: skip
_LEAST = 1e-4


def cover_row(logit: float, mouth_01: float, eyes_01: float, eye_px: float, light: Light) -> NDArray[np.float32]:
    """The row, shape (10,).

    Args:
        logit: The landmark model's presence, before the sigmoid.
        mouth_01, eyes_01: `steadiness`.
        eye_px: Outer-eye distance.
        light: Of the same crop.
    """
    mouth, eyes = math.log(max(mouth_01, _LEAST)), math.log(max(eyes_01, _LEAST))
    skin = (light.texture_ratio, 10.0 * light.chroma_apart, light.luma_apart, 10.0 * light.lips_chroma, light.lips_luma)
    return np.array([logit / 10.0, mouth, mouth - eyes, eyes, math.log(max(eye_px, 1.0)), *skin], dtype=np.float32)
