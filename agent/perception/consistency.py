"""How much the points move when the model looks a little beside: a mouth that it makes up does not stay in place."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from agent.perception.crops import Frame, Points, Square
from agent.perception.landmarks import Landmarker, Landmarks

# by this share of the square's side, in the square's own axes
_BESIDE: Final = ((0.05, 0.04), (-0.05, 0.04), (0.04, -0.05), (-0.04, -0.05))
MOUTH: Final = np.array((61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 40, 270, 91, 321, 152, 199))
EYES: Final = np.array((33, 133, 263, 362, 159, 386, 145, 374, 70, 300, 105, 334, 107, 336, 168, 6))


@dataclass(frozen=True, slots=True)
class Steadiness:
    """What a look from beside said.

    Attributes:
        mouth_01, eyes_01: Mean movement of their points against the look from the middle, in eye distances.
        points: All points of this look, shape (468, 3).
    """

    mouth_01: float
    eyes_01: float
    points: Points


def shifted(square: Square, direction: int, share: float) -> Square:
    """A square moved to the side in one of four directions.

    Args:
        square: Where the face lies.
        direction: 0 to 3.
        share: Of the full step; negative: to the other side.
    """
    dx, dy = _BESIDE[direction]
    step_px = share * square.side_px
    return replace(square, x_px=square.x_px + dx * step_px, y_px=square.y_px + dy * step_px)


def averaged(found: Landmarks, beside: Iterable[Steadiness]) -> Points:
    """Points of all looks together: the noise of each is another, shape (468, 3)."""
    return np.asarray(np.mean([found.points, *(one.points for one in beside)], axis=0))


def steadiness(landmarker: Landmarker, frame: Frame, found: Landmarks, beside: Iterable[int]) -> tuple[Steadiness, ...]:
    """Look again, beside the face, in each of the named directions (0 to 3).

    Args:
        landmarker: The model.
        frame: The same frame.
        found: What it saw in the middle.
        beside: Which directions; each costs one run of the model.
    """
    made = []
    square = found.next_square
    for direction in beside:
        again = landmarker(frame, shifted(square, direction, 1.0))
        apart = np.linalg.norm(again.points[:, :2] - found.points[:, :2], axis=1) / max(found.eye_distance_px, 1.0)
        made.append(Steadiness(float(apart[MOUTH].mean()), float(apart[EYES].mean()), again.points))
    return tuple(made)
