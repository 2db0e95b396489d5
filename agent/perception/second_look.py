"""When the landmark model looks a second time at a frame: where the first look leaves a doubt.

Two looks from a little apart do two things. Their mean is steadier than either, and actions are read from it. And how
far the points move between them shows a mouth that the model makes up, eyes behind a lens, and points that are not
steady.

The first comes free of a second look while the face keeps still: looks are taken alternately from either side of the
face, and the mean is taken with the look before. r with the teacher over ten actions of 12 strangers: .916 so, .915
with two looks at each frame, .910 with one. Where the face moved, the frame is looked at twice.

The second changes when something comes over the face or goes away. That changes a first look too: the model's own
confidence, the light, the colours. So the judges hear the first look with the last second one. Where that does not
repeat the last full verdict, where a verdict is in doubt, and at every fifth look, the second look is taken.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.perception.consistency import Steadiness
from agent.signal.face.shape import Points

_EVERY: Final = 5  # looks: once a second where five are taken
_REPEATED_01: Final = 0.1  # verdicts that lie closer are the same
_SURE_01: Final = 0.15  # of a verdict, from 0 or 1
_STEADY_01: Final = 0.03  # of the eye distance: half of what shuts the gate
# points whose mean movement between two looks at a still face stays below a limit, in eye distances: 99 of 100 looks at
# degraded pictures that were shifted by a px (mouth .044, brows .020, lids .018)
_STILL: Final = (
    (np.array([61, 291, 0, 17, 13, 14, 37, 267, 84, 314, 40, 270]), 0.045),
    (np.array([70, 300, 105, 334, 107, 336]), 0.021),
    (np.array([159, 386, 145, 374]), 0.018),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How sure the judges are that the mouth, and an eye, are hidden."""

    mouth_01: float
    eyes_01: float


@dataclass(frozen=True, slots=True)
class Moved:
    """What the last second look said, for the looks after it.

    Attributes:
        steady: How far mouth and eyes moved.
        rings_01: How far the rings of the right and the left eye moved, in eye distances.
        verdict: Of the judges that heard it.
        age: Looks since then.
    """

    steady: Steadiness
    rings_01: tuple[float, float]
    verdict: Verdict
    age: int = 0


def is_still(before: Points, now: Points) -> bool:
    """Whether mouth, brows and lids moved no more between two looks than points of a still face do.

    Args:
        before, now: In the canonical frame, in eye distances, shape (468, 3).
    """
    return all(
        float(np.linalg.norm(now[places, :2] - before[places, :2], axis=1).mean()) < most for places, most in _STILL
    )


def is_due(last: Moved, guess: Verdict) -> bool:
    """Whether this frame is to be looked at a second time for the judges.

    Args:
        last: The last second look at this face.
        guess: What the judges say of the first look of this frame with `last`.
    """
    pairs = ((guess.mouth_01, last.verdict.mouth_01), (guess.eyes_01, last.verdict.eyes_01))
    return (
        last.age + 1 >= _EVERY
        or last.steady.eyes_01 > _STEADY_01
        or any(abs(now - before) > _REPEATED_01 for now, before in pairs)
        or any(_SURE_01 < now < 1.0 - _SURE_01 for now, _ in pairs)
    )
