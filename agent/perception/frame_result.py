"""What perception tells and is told: types alone, so that nobody loads a picture library to read them."""

from dataclasses import dataclass, field

from agent.signal.face.actions import nothing
from agent.signal.face.shape import Pose


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame said; numbers alone, never pixels.

    Attributes:
        faces: How many are in view; of those that the detector did not look for: one, if it is still there.
        gate: The gate that is shut (a row of `face_quality.REASONS`), or None.
        actions: Each action 0 to 1, or None where its part of the face cannot be trusted.
        lids_01: How far the left and the right eye are shut, or None.
        pose: How the head is turned, or None.
        is_covered: The lower face is unreliable: a mask, a hand.
        searched: Whether the whole frame was searched for faces.
        affect_class: The strongest class of an external model, by its index; None without one.
    """

    faces: int
    gate: str | None
    actions: dict[str, float | None] = field(default_factory=nothing)
    lids_01: tuple[float, float] | None = None
    pose: Pose | None = None
    is_covered: bool = False
    searched: bool = False
    affect_class: int | None = None

    def withheld(self, faces: int, gate: str) -> "Look":
        """The same moment without its numbers."""
        return Look(faces, gate, searched=self.searched)


@dataclass(frozen=True, slots=True)
class AffectFile:
    """What the settings say.

    Attributes:
        path: An ONNX file: one picture in (1 or 3 channels, square), one row of classes out.
        sha256: That it must have.
        labels: Names of its classes, in its order.
    """

    path: str
    sha256: str
    labels: tuple[str, ...]
