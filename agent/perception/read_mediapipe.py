"""The mediapipe package as an engine: FaceLandmarker's blendshapes, under our names.

It is shown the face alone, cut upright out of the frame, so that it reads the face that passed the gates, and no
other; every look stands alone (its IMAGE mode), because its smoothing of clips blurs blinks. Covers are found before,
as for every engine.

Source:
    Blendshapes: MediaPipe's face_blendshapes_graph.cc. Lids: the gap between the lids over the eye's width, at its 478
    points; `_OPEN` and `_SHUT` are medians over the photos of people in folds 1 to 3 with lids drawn open and shut
    (`make bench-face PART=engines` prints them again).
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

import numpy as np

from agent.perception import store
from agent.perception.crops import Frame, Points, around, cut_bytes
from agent.perception.engines import ENGINES, must_be_installed
from agent.perception.expression import Expressed, Expression, Laid
from agent.perception.litert import without_words

_ENGINE: Final = ENGINES["mediapipe"]
_SIZE_PX: Final = 256
_GROWN: Final = 2.2  # of the points' box: the package's own detector wants hair and chin around a face
_RIGHT_OUTER, _LEFT_OUTER = 33, 263
# upper and lower lid, outer and inner corner of the left eye, then of the right one
_LIDS: Final = np.array([[386, 374, 263, 362], [159, 145, 33, 133]])
_OPEN, _SHUT = 0.35, 0.10
# our action: the blendshapes whose mean it is
_SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "smile_left": ("mouthSmileLeft",),
    "smile_right": ("mouthSmileRight",),
    "jaw_open": ("jawOpen",),
    "upper_lip_up": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "lip_press": ("mouthPressLeft", "mouthPressRight"),
    "pucker": ("mouthPucker",),
    "funnel": ("mouthFunnel",),
    "stretch": ("mouthStretchLeft", "mouthStretchRight"),
    "dimple": ("mouthDimpleLeft", "mouthDimpleRight"),
    "brow_down": ("browDownLeft", "browDownRight"),
    "brow_inner_up": ("browInnerUp",),
    "brow_outer_up": ("browOuterUpLeft", "browOuterUpRight"),
}
_EYE_SHAPES: Final[dict[str, tuple[str, ...]]] = {
    "squint": ("eyeSquintLeft", "eyeSquintRight"),
    "eye_closure_left": ("eyeBlinkLeft",),
    "eye_closure_right": ("eyeBlinkRight",),
}
# parts of the package that nobody here needs; importing them writes a font cache, looks for sound and starts compilers
_UNWANTED: Final = ("matplotlib", "matplotlib.pyplot", "sounddevice")


class MediaPipeReader:
    """Raises EngineMissing where the package or its model is not there."""

    def __init__(self, expression: Expression) -> None:
        del expression
        must_be_installed(_ENGINE)
        with without_words(), _without(_UNWANTED):
            mediapipe = importlib.import_module("mediapipe")
            vision = importlib.import_module("mediapipe.tasks.python.vision")
            tasks = importlib.import_module("mediapipe.tasks.python")
            options = vision.FaceLandmarkerOptions(
                base_options=tasks.BaseOptions(model_asset_buffer=store.optional(_ENGINE.file)),
                running_mode=vision.RunningMode.IMAGE,
                output_face_blendshapes=True,
                num_faces=1,
            )
            self._marker: Any = vision.FaceLandmarker.create_from_options(options)
        self._image: Any = mediapipe.Image
        self._format: Any = mediapipe.ImageFormat.SRGB

    def __call__(self, frame: Frame, laid: Laid, *, with_eyes: bool) -> Expressed | None:
        """Movements of a face; see `engines.Reader`."""
        picture = cut_bytes(frame, around(laid.points, _RIGHT_OUTER, _LEFT_OUTER, _GROWN), _SIZE_PX)
        detected = self._marker.detect(self._image(image_format=self._format, data=picture))
        if not detected.face_blendshapes:
            return None
        shapes = {shape.category_name: float(shape.score) for shape in detected.face_blendshapes[0]}
        actions = _means(shapes, _SHAPES)
        if not with_eyes:
            return Expressed(actions, None)
        points = np.array([(point.x, point.y) for point in detected.face_landmarks[0]])
        left, right = (_shut_01(points, lids) for lids in _LIDS)
        return Expressed(actions | _means(shapes, _EYE_SHAPES) | _gaze(shapes), (left, right))


def _means(shapes: dict[str, float], named: dict[str, tuple[str, ...]]) -> dict[str, float]:
    return {action: sum(shapes[name] for name in names) / len(names) for action, names in named.items()}


def _gaze(shapes: dict[str, float]) -> dict[str, float]:
    """0.5 straight ahead; the package gives in and out of each eye; out is left for the left eye."""

    def both(left: str, right: str) -> float:
        return (shapes[f"eyeLook{left}Left"] + shapes[f"eyeLook{right}Right"]) / 4

    return {
        "gaze_x": 0.5 + both("Out", "In") - both("In", "Out"),
        "gaze_y": 0.5 + both("Up", "Up") - both("Down", "Down"),
    }


def _shut_01(points: Points, lids: "np.ndarray[Any, Any]") -> float:
    """How far an eye is shut: its gap over its width, from open (0) to shut (1)."""
    top, bottom, outer, inner = points[lids]
    gap = float(np.linalg.norm(top - bottom)) / max(float(np.linalg.norm(outer - inner)), 1e-6)
    return min(1.0, max(0.0, (_OPEN - gap) / (_OPEN - _SHUT)))


@contextmanager
def _without(names: tuple[str, ...]) -> Iterator[None]:
    """While the package is imported, empty modules stand where parts would be loaded that nobody here needs."""
    kept = {name: sys.modules.get(name) for name in names}
    for name in names:
        sys.modules[name] = ModuleType(name)
    try:
        yield
    finally:
        for name, module in kept.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
