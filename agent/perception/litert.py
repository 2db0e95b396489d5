"""A .tflite file as a function of arrays, on one thread."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.perception import store

Floats = NDArray[np.float32]


class Model:
    """One model of the manifest, checked and ready.

    Args:
        name: A file of the manifest.

    Raises:
        ModelMissing: Its file is not there, or is another one.
    """

    def __init__(self, name: str) -> None:
        from ai_edge_litert.interpreter import Interpreter

        content = store.verified(store.manifest().file(name))
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
