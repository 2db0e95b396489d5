"""Runs inside the machine, under the limits of the agent's unit: every model answers once."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from agent.perception import store
from agent.perception.expression import Expression

for file in store.manifest().files:
    model = Interpreter(model_content=store.verified(file))
    model.allocate_tensors()
    for given in model.get_input_details():
        model.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
    model.invoke()
    assert all(np.isfinite(model.get_tensor(one["index"])).all() for one in model.get_output_details())
for session in Expression()._sessions.values():
    shapes = {one.name: [n if isinstance(n, int) else 2 for n in one.shape] for one in session.get_inputs()}
    given = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    assert all(np.isfinite(one).all() for one in session.run(None, given))
import av
import cv2

print("models", len(store.manifest().files) + 1, "with", av.__name__, cv2.__name__)
