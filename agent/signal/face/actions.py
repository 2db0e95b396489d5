"""ACTIONS: the named facial actions, which part of the face each needs, and whether it may be released.

Actions are movements, not feelings: "smile" is two corners of a mouth. Values are 0 to 1 as a face shows them; gaze is
0.5 straight ahead, 1 towards the person's own left and up. What a value means for a person follows only from the
comparison with that person's neutral face (`baseline`).

Source: the movements are action units of the Facial Action Coding System, Ekman and Friesen, doi:10.1037/t27734-000.
"""

from dataclasses import dataclass
from typing import Final, Literal

Part = Literal["lower", "upper", "eyes"]


@dataclass(frozen=True, slots=True)
class Action:
    """One row.

    Attributes:
        name: As in every output.
        part: What must be in view: the lower face, the upper face, or the eyes at their full size.
        words: Text for the person.
        is_experimental: Shown, never released: the model follows its teacher too loosely.
    """

    name: str
    part: Part
    words: str
    is_experimental: bool = False


ACTIONS: Final[dict[str, Action]] = {
    action.name: action
    for action in (
        Action("smile_left", "lower", "the left corner of your mouth is drawn up"),
        Action("smile_right", "lower", "the right corner of your mouth is drawn up"),
        Action("jaw_open", "lower", "your mouth is open"),
        Action("brow_down", "upper", "your brows are drawn down and together"),
        Action("brow_inner_up", "upper", "the inner ends of your brows are raised"),
        Action("brow_outer_up", "upper", "the outer ends of your brows are raised"),
        Action("upper_lip_up", "lower", "your upper lip is raised"),
        Action("squint", "eyes", "your eyes are narrowed by cheeks and lower lids"),
        Action("eye_closure_left", "eyes", "your left eye is closed"),
        Action("eye_closure_right", "eyes", "your right eye is closed"),
        Action("gaze_x", "eyes", "where you look, from right (0) to left (1)"),
        Action("gaze_y", "eyes", "where you look, from down (0) to up (1)"),
        Action("lip_press", "lower", "your lips are pressed together", is_experimental=True),
        Action("pucker", "lower", "your lips are drawn together", is_experimental=True),
        Action("funnel", "lower", "your lips form a funnel", is_experimental=True),
        Action("stretch", "lower", "your mouth is drawn wide", is_experimental=True),
        Action("dimple", "lower", "the corners of your mouth are drawn in", is_experimental=True),
    )
}


# reported relative to the neutral level; lids and gaze have channels of another form
MOVED: Final = tuple(
    name for name in ACTIONS if name not in ("eye_closure_left", "eye_closure_right", "gaze_x", "gaze_y")
)


def nothing() -> dict[str, float | None]:
    """Every action unknown.

    Returns: None by name of `ACTIONS`.
    Source: definition.
    """
    return dict.fromkeys(ACTIONS)
