"""A .tflite file as a function of arrays, on one thread."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.errors import Missing
from agent.perception import store
from agent.system.installation import how_to_add

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]


class Model:
    """One model of the manifest, checked and ready.

    Args:
        name: A file of the manifest.

    Raises:
        Missing: The runtime is not installed.
        ModelMissing: Its file is not there, or is another one.
    """

    def __init__(self, name: str) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ModuleNotFoundError as error:
            remedy = how_to_add("camera")
            raise Missing("the runtime of the face models is not installed", remedy=remedy) from error
        content = store.verified(store.manifest().file(name))
        with without_words():
            self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [one["index"] for one in self._interpreter.get_output_details()]

    def __call__(self, image: Floats) -> tuple[Floats, ...]:
        """Outputs in the file's order, each flattened.

        Args:
            image: As the model wants it, shape (height, width, 3), float32.
        """
        self._interpreter.set_tensor(self._input, image[np.newaxis])
        return self._run()

    def of_bytes(self, image: Bytes, scale: float = 1 / 255, offset: float = 0.0) -> tuple[Floats, ...]:
        """The same of a picture of bytes, written as ``scale * image + offset`` where the model reads its input.

        Args:
            image: Shape (height, width, 3), uint8.
            scale, offset: Into the model's own range: 0 to 1, or -1 to 1.
        """
        # the view must be gone when the model runs: the runtime refuses otherwise
        view = self._interpreter.tensor(self._input)()[0]
        np.multiply(image, np.float32(scale), out=view, dtype=np.float32)
        if offset:
            np.add(view, np.float32(offset), out=view)
        del view
        return self._run()

    def _run(self) -> tuple[Floats, ...]:
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(index).ravel() for index in self._outputs)


@contextlib.contextmanager
def without_words() -> Iterator[None]:
    """Libraries of models report every start on stderr, below Python, and offer no switch."""
    try:
        kept = os.dup(2)
    except OSError:  # a program without a terminal has none
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
