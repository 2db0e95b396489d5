"""An ONNX file on one thread, by a runtime that is told to be silent before it is loaded."""

import os
from typing import Any

from agent.errors import ModelMissing


def session(content: bytes) -> Any:
    """A model, ready to run.

    Raises:
        ModelMissing: The runtime is not installed, or the bytes are no model that it can run.
    """
    # before the first import: newer versions report to their vendor (notes: measured with a system-call trace)
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors
    except ModuleNotFoundError as error:
        remedy = "pip install 'wardbeat[camera]'"
        raise ModelMissing("the face models' runtime is not installed", remedy=remedy) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except (RuntimeError, ValueError, errors.InvalidProtobuf, errors.InvalidGraph, errors.Fail) as error:
        raise ModelMissing("that is no ONNX file that can be run", remedy="Check the file.") from error
