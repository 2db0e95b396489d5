"""The teacher: MediaPipe's newer landmark model (478 points) and the 52 blendshapes it computes from them.

It is read from the shared folder and used to make labels only; nothing of it is shipped or run by the agent.
"""

import io
import zipfile
from typing import Final

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from agent.perception.crops import Square, around, back, cut
from agent.signal.face.shape import USED
from models.expression.people import SHARED

FILE = SHARED / "models" / "face_landmarker.task"
SUBSET: Final = (*USED, *range(468, 478))
NAMES: Final = [
    "_neutral",
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookInLeft",
    "eyeLookInRight",
    "eyeLookOutLeft",
    "eyeLookOutRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
]


class Teacher:
    """Runs the bundle's two models in LiteRT."""

    def __init__(self) -> None:
        with zipfile.ZipFile(io.BytesIO(FILE.read_bytes())) as bundle:
            self._points = _interpreter(bundle.read("face_landmarks_detector.tflite"))
            self._shapes = _interpreter(bundle.read("face_blendshapes.tflite"))

    def points(self, frame: np.ndarray, square: Square) -> np.ndarray:
        """478 points in px of the frame, shape (478, 3)."""
        flat = _run(self._points, cut(frame, square, 256)[np.newaxis])
        return back(flat.reshape(478, 3).astype(np.float64), square, 256)

    def settled(self, frame: np.ndarray, square: Square, rounds: int = 2) -> np.ndarray:
        """As a tracker would see it: each round looks where the one before found the face."""
        points = self.points(frame, square)
        for _ in range(rounds - 1):
            points = self.points(frame, around(points, 33, 263, 1.5))
        return points

    def shapes(self, points: np.ndarray) -> np.ndarray:
        """52 blendshapes of 478 points, shape (52,)."""
        return self.shapes_of(points[list(SUBSET), :2])

    def shapes_of(self, subset: np.ndarray) -> np.ndarray:
        """52 blendshapes of the 146 points that the model reads, shape (146, 2), px."""
        return _run(self._shapes, subset[np.newaxis].astype(np.float32)).copy()


def _interpreter(content: bytes) -> Interpreter:
    made = Interpreter(model_content=content, num_threads=1)
    made.allocate_tensors()
    return made


def _run(interpreter: Interpreter, value: np.ndarray) -> np.ndarray:
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], value)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).ravel()
