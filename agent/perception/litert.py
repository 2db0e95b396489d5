"""A .tflite file as a function of arrays, on one thread."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.errors import Missing
from agent.perception import store

Floats = NDArray[np.float32]


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
            remedy = "pip install 'wardbeat[camera]'"
            raise Missing("the runtime of the face models is not installed", remedy=remedy) from error
        content = store.verified(store.manifest().file(name))
        with _without_words():
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
        self._interpreter.invoke()
        return tuple(self._interpreter.get_tensor(index).ravel() for index in self._outputs)


@contextlib.contextmanager
def _without_words() -> Iterator[None]:
    """The library tells every start on stderr, below Python, and offers no switch."""
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
