"""The gates before any number of a face: what must hold, and the one reason that is told when it does not.

Limits come from photos of 60 to 70 frontal faces, degraded step by step until a number left its clean value
(correlation below 0.9; the size of the face, light, blur); for the head's turn they are a convention, and say so. How
each was read again on our own chain: docs/face.md.
"""

import math
from dataclasses import dataclass
from typing import Final

from agent.signal.face.shape import Pose

REASONS: Final = {
    "no_face": "no face is in view",
    "several_faces": "more than one face is in view: nothing is measured",
    "too_small": "the face is too far away",
    "turned_away": "the head is turned too far",
    "too_dark": "there is too little light on the face",
    "burnt_out": "there is too much light on the face",
    "blurred": "the picture is too blurred",
    "unsteady": "the points of the face are not steady",
    "unreadable": "the file is not a readable picture",
}

ACTIONS_LEAST_PX: Final = 24.0  # below it smile and brows leave their clean values
EYES_LEAST_PX: Final = 30.0  # below it lids and gaze do
_YAW_MOST: Final = math.radians(30.0)  # a convention: the photos are frontal
_PITCH_MOST: Final = math.radians(25.0)  # a convention
_ROLL_MOST: Final = math.radians(45.0)
_DARK: Final = 20.0  # of 255
_BURNT_01: Final = 0.30
# medians of `light.sharpness` over faces of 30, 45 and 90 px, blurred by 4 % and by 2.5 % of the eye distance
# (unblurred faces of 30 px: .15 and more); noise hides a blur from it
BLURRED: Final = 0.07
EYES_BLURRED: Final = 0.095  # lids suffer first
_UNSTEADY_01: Final = 0.06  # of the eye distance, between two looks: three times the worst of steady faces


@dataclass(frozen=True, slots=True)
class Seen:
    """What the gates judge.

    Attributes:
        eye_distance_px: Between the outer corners of the eyes.
        pose: How the head is turned.
        brightness: Mean of the face, 0 to 255.
        clipped_01: Share of it that is burnt out.
        sharpness: See `agent.perception.exposure`.
        unsteady_01: How far the points of the eyes move when the model looks a little beside, in eye distances.
    """

    eye_distance_px: float
    pose: Pose
    brightness: float
    clipped_01: float
    sharpness: float
    unsteady_01: float = 0.0


def why_not(seen: Seen) -> str | None:
    """The first gate that is shut, as a row of `REASONS`; None: all are open."""
    turned = abs(seen.pose.yaw_rad) > _YAW_MOST or abs(seen.pose.pitch_rad) > _PITCH_MOST
    gates = (
        ("too_small", seen.eye_distance_px < ACTIONS_LEAST_PX),
        ("too_dark", seen.brightness < _DARK),  # light first: without it a pose means nothing
        ("burnt_out", seen.clipped_01 > _BURNT_01),
        ("blurred", seen.sharpness < BLURRED),
        ("turned_away", turned or abs(seen.pose.roll_rad) > _ROLL_MOST),
        ("unsteady", seen.unsteady_01 > _UNSTEADY_01),
    )
    return next((reason for reason, shut in gates if shut), None)


def eyes_are_clear(seen: Seen) -> bool:
    """Whether lids and gaze may be told: they need a larger and sharper picture than mouth and brows."""
    return seen.eye_distance_px >= EYES_LEAST_PX and seen.sharpness >= EYES_BLURRED
