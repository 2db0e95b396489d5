"""A model that somebody brings: off unless named in the settings with its hash and its accepted licence; never ours.

What such models call a class is not what a person feels (Barrett et al. 2019, doi:10.1177/1529100619832930): only the
share of time in which each class was the strongest is ever told.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.errors import ModelMissing
from agent.perception import onnx
from agent.perception.crops import Frame, Square, cut
from agent.perception.frame_result import AffectFile
from agent.perception.store import digest

_MOST_PX: Final = 512


class Affect:
    """The external model, checked and ready.

    Raises:
        ModelMissing: It is not there, is another file, or is no such model.
    """

    def __init__(self, file: AffectFile) -> None:
        try:
            content = Path(file.path).expanduser().read_bytes()
        except OSError as error:
            raise ModelMissing(
                f"the external model cannot be read: {error.strerror}", remedy="Check its path."
            ) from error
        if digest(content) != file.sha256.lower():
            raise ModelMissing("the external model does not match its sha256", remedy="Do not use this file.")
        self._session = onnx.session(content)
        if len(self._session.get_inputs()) != 1:
            raise ModelMissing("the external model needs more than one picture as input", remedy="See docs/face.md.")
        self._input = self._session.get_inputs()[0]
        shape = [size if isinstance(size, int) else 1 for size in self._input.shape]
        self._channels_first = len(shape) == 4 and shape[1] in (1, 3)
        sides = shape[2:] if self._channels_first else shape[1:3]
        self._channels = shape[1] if self._channels_first else shape[-1]
        if len(shape) != 4 or self._channels not in (1, 3) or sides[0] != sides[1] or not 16 <= sides[0] <= _MOST_PX:
            raise ModelMissing(
                "the external model does not take a square picture",
                remedy="docs/face.md describes which models can run.",
            )
        self._size_px, self._labels = sides[0], file.labels
        self._try_out(file.labels)

    def _try_out(self, labels: tuple[str, ...]) -> None:
        """One grey picture, before any camera is opened: what fails later would fail at every look."""
        try:
            grey = np.full((64, 64, 3), 128, dtype=np.uint8)
            told = self._answer(grey, Square(32.0, 32.0, 64.0))
        except onnx.run_errors() as error:
            raise ModelMissing(
                "the external model cannot be run", remedy="docs/face.md describes which models can run."
            ) from error
        if told.size != len(labels):
            raise ModelMissing(
                f"the external model has {told.size} classes, but {len(labels)} labels are given",
                remedy="List all labels under face.affect_model.labels, in the model's order.",
            )

    def strongest(self, frame: Frame, square: Square) -> int | None:
        """Index of the strongest class of a face; None where the model does not answer with its labels."""
        answer = self._answer(frame, square)
        return int(answer.argmax()) if answer.size == len(self._labels) and np.isfinite(answer).all() else None

    def _answer(self, frame: Frame, square: Square) -> NDArray[np.float32]:
        picture = cut(frame, square, self._size_px) * 2.0 - 1.0
        if self._channels == 1:
            picture = picture.mean(axis=2, keepdims=True, dtype=np.float32)
        if self._channels_first:
            picture = np.moveaxis(picture, 2, 0)
        fed = {self._input.name: np.ascontiguousarray(picture[np.newaxis])}
        return np.ravel(np.asarray(self._session.run(None, fed)[0], dtype=np.float32))
