"""Our own model: points to named facial actions, in a hundredth of a millisecond a net.

What it was taught, by whom and how well: models/expression.md.
"""

import base64
import json
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.perception import onnx, store
from agent.perception.iris import Eye
from agent.perception.onnx_parts import part
from agent.signal.face.shape import Canon, Points, aligned, eye_rows, face_row, mirrored

Rows = NDArray[np.float32]
_Asked = tuple[str, ...]

# what is asked for together: each becomes a session of its own
_FAR: Final[_Asked] = ("lower", "brows_far")
_NEAR: Final[_Asked] = ("lower", "brows", "eyes_out")
_MOUTH: Final[_Asked] = ("covered",)
_COVERS: Final[_Asked] = ("covered", "eyes_covered")


@dataclass(frozen=True, slots=True)
class Expressed:
    """What a face shows.

    Attributes:
        actions: Rows of `agent.signal.face.actions`; eyes are absent where no irises were looked at.
        lids_01: How far each eye is shut, left and right, from known closures: 0 as open as usual, 1 shut. None
            without irises.
    """

    actions: dict[str, float]
    lids_01: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Laid:
    """A face's points, and the same in the frame of the mean face.

    Attributes:
        points: In px, shape (468, 3).
        shape: In the canonical frame, shape (468, 3).
        rotation: The head's, shape (3, 3).
    """

    points: Points
    shape: Points
    rotation: NDArray[np.float64]


class Expression:
    """Raises ModelMissing where onnxruntime is not installed or our file is not ours."""

    def __init__(self) -> None:
        content = store.ours()
        self._sessions = {asked: onnx.session(part(content, asked)) for asked in (_FAR, _NEAR, _MOUTH, _COVERS)}
        facts = self._sessions[_FAR].get_modelmeta().custom_metadata_map
        self._lower, self._brows, self._eye = (json.loads(facts[name]) for name in ("lower", "brows", "eyes"))
        self._lid_open = float(json.loads(facts["lid_open"]))
        points = np.frombuffer(base64.b64decode(facts["canon"]), dtype="<f4").reshape(-1, 3).astype(np.float64)
        self.canon = Canon.of(points)

    def laid(self, points: Points) -> Laid:
        """A face upon the mean face: what tells its pose, and what actions are read from.

        Args:
            points: The 468, in px, shape (468, 3).
        """
        return Laid(points, *aligned(points, self.canon))

    def __call__(self, laid: Laid, eyes: tuple[Eye, Eye] | None) -> Expressed:
        """Actions of a face.

        Args:
            laid: The face.
            eyes: Its irises, right and left, or None.
        """
        points, shape, rotation = laid.points, laid.shape, laid.rotation
        flip = np.array([-1.0, 1.0, 1.0])
        other = face_row(mirrored(shape, self.canon), rotation * np.outer(flip, flip))
        fed = {"face": np.stack([face_row(shape, rotation), other])}
        if eyes is None:
            return Expressed(self._face(*self._run(_FAR, fed)), None)
        right_eye, left_eye = eyes
        pairs = (right_eye.contour, right_eye.ring), (left_eye.contour, left_eye.ring)
        fed["eyes"] = eye_rows(shape, rotation, self.canon, points, *pairs)
        lower, brows, seen = self._run(_NEAR, fed)
        right, left = (dict(zip(self._eye, row.tolist(), strict=True)) for row in seen)
        actions = self._face(lower, brows) | {
            "squint": (left["squint"] + right["squint"]) / 2,
            "eye_closure_left": left["eye_closure"],
            "eye_closure_right": right["eye_closure"],
            # the teacher tells in and out of each eye; towards the person's left is out for the left eye
            "gaze_x": 0.5 + (left["look_out"] - left["look_in"] + right["look_in"] - right["look_out"]) / 4,
            "gaze_y": 0.5 + (left["look_up"] - left["look_down"] + right["look_up"] - right["look_down"]) / 4,
        }
        return Expressed(actions, (self._shut_01(left["lid"]), self._shut_01(right["lid"])))

    def _face(self, lower: Rows, brows: Rows) -> dict[str, float]:
        """Mouth and brows, as seen straight and in a mirror, which swaps the corners of the mouth."""
        straight, back = (dict(zip(self._lower, row.tolist(), strict=True)) for row in lower)
        back["smile_left"], back["smile_right"] = back["smile_right"], back["smile_left"]
        actions = {name: (straight[name] + back[name]) / 2 for name in self._lower}
        return actions | dict(zip(self._brows, brows.mean(axis=0).tolist(), strict=True))

    def covered_01(self, mouth: Rows, eyes: Rows | None) -> tuple[float, float]:
        """How sure it is that the lower face is covered, and that an eye is hidden: the worse one, since both are given
        or none.

        Args:
            mouth: Rows of `agent.perception.occlusion.cover_row`, shape (n, 10); their mean is taken.
            eyes: `agent.perception.eye_occlusion.eye_cover_rows`, or None: then 0.
        """
        if eyes is None:
            return float(self._run(_MOUTH, {"cover": mouth})[0].mean()), 0.0
        covered, hidden = self._run(_COVERS, {"cover": mouth, "eye_cover": eyes})
        return float(covered.mean()), float(hidden.max())

    def _shut_01(self, out: float) -> float:
        return min(1.0, max(0.0, self._lid_open + (1.0 - self._lid_open) * out))

    def _run(self, asked: _Asked, fed: dict[str, Rows]) -> list[Rows]:
        return list(self._sessions[asked].run(asked, fed))
