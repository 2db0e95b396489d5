"""Parts of our ONNX file: the same numbers as the whole, from fewer nodes; bytes that are no file are refused."""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.perception import onnx, store
from agent.perception.onnx_parts import part

ASKED = [("lower", "brows_far"), ("lower", "brows", "eyes_out"), ("covered",), ("covered", "eyes_covered")]


@pytest.mark.parametrize("outputs", ASKED)
def test_a_part_says_what_the_whole_says(outputs):
    whole, some = onnx.session(store.ours()), onnx.session(part(store.ours(), outputs))
    random = np.random.default_rng(1)
    fed = {one.name: random.normal(0, 0.3, (2, one.shape[1])).astype(np.float32) for one in whole.get_inputs()}
    names = {one.name for one in some.get_inputs()}
    told = some.run(outputs, {name: rows for name, rows in fed.items() if name in names})
    for mine, theirs in zip(told, whole.run(outputs, fed), strict=True):
        assert np.allclose(mine, theirs, atol=1e-6)
    assert [one.name for one in some.get_outputs()] == [one.name for one in whole.get_outputs() if one.name in outputs]
    assert some.get_modelmeta().custom_metadata_map == whole.get_modelmeta().custom_metadata_map


def test_a_part_needs_no_input_of_another_net():
    assert [one.name for one in onnx.session(part(store.ours(), ("covered",))).get_inputs()] == ["cover"]


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_or_refused(content):
    with suppress(ValueError):
        part(content, ("covered",))


def test_a_file_that_ends_early_is_refused():
    with pytest.raises(ValueError, match="ends early"):
        part(store.ours()[:-10], ("covered",))
