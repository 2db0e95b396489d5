"""An ONNX file on one thread, by a runtime that is told to be silent before it is loaded."""

import os
from typing import Any

from agent.errors import Missing, ModelMissing
from agent.system.installation import how_to_add

# before the first import: newer versions report to their vendor (notes: measured with a system-call trace)
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def session(content: bytes) -> Any:
    """A model, ready to run.

    Raises:
        Missing: The runtime is not installed.
        ModelMissing: The bytes are no model that it can run.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        remedy = how_to_add("camera")
        raise Missing("the runtime of the face models is not installed", remedy=remedy) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except run_errors() as error:
        raise ModelMissing("this is not an ONNX file that can run", remedy="Check the file.") from error


def run_errors() -> tuple[type[Exception], ...]:
    """What making and running a session may raise; the runtime's own errors share no base but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as errors

    theirs = (getattr(errors, name) for name in dir(errors))
    own = (one for one in theirs if isinstance(one, type) and issubclass(one, Exception))
    return (RuntimeError, ValueError, TypeError, *own)
