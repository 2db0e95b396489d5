"""The gates before any number of a face: what must hold, and the one reason that is shown when it does not.

Derived: limits of size, light and blur come from photos of 60 to 70 frontal faces, degraded step by step until a number
left its clean value (correlation below 0.9). The limits of the head's turn are a convention. docs/face.md says how each
was measured again on this program's own models.
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
class FrameQuality:
    """What the gates check.

    Attributes:
        eye_distance_px: Distance between the outer corners of the eyes.
        pose: How the head is turned.
        brightness: Mean of the face, 0 to 255.
        clipped_01: Share of the face that is burnt out.
        sharpness: No unit; see `agent.perception.exposure`.
        unsteady_01: How far the points of the eyes move when the model looks a little beside, in eye distances.
    """

    eye_distance_px: float
    pose: Pose
    brightness: float
    clipped_01: float
    sharpness: float
    unsteady_01: float = 0.0


def closed_gate(frame: FrameQuality) -> str | None:
    """The first gate that is closed.

    Size below 24 px, brightness below 20 of 255, more than 30 % burnt out, sharpness below 0.07, head turned beyond 30
    (yaw), 25 (pitch) or 45 (roll) degrees, points unsteady by more than 6 % of the eye distance; in this order.

    Args:
        frame: Of one look.

    Returns:
        A row of `REASONS`; None where all gates are open.

    Source: see the module.
    """
    turned = abs(frame.pose.yaw_rad) > _YAW_MOST or abs(frame.pose.pitch_rad) > _PITCH_MOST
    gates = (
        ("too_small", frame.eye_distance_px < ACTIONS_LEAST_PX),
        ("too_dark", frame.brightness < _DARK),  # light first: without it a pose means nothing
        ("burnt_out", frame.clipped_01 > _BURNT_01),
        ("blurred", frame.sharpness < BLURRED),
        ("turned_away", turned or abs(frame.pose.roll_rad) > _ROLL_MOST),
        ("unsteady", frame.unsteady_01 > _UNSTEADY_01),
    )
    return next((reason for reason, shut in gates if shut), None)


def eyes_are_clear(frame: FrameQuality) -> bool:
    """Whether lids and gaze may be reported: eye distance at least 30 px, sharpness at least 0.095.

    Args:
        frame: Of one look.

    Returns:
        False where mouth and brows alone are clear enough.

    Source: see the module.
    """
    return frame.eye_distance_px >= EYES_LEAST_PX and frame.sharpness >= EYES_BLURRED
