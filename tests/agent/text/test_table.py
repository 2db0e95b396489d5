"""The model file: a round trip, damage that is named, and nothing in it that runs."""

import ast
import dataclasses
import hashlib
import json
import pickle
import struct
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from agent.models.sentiment import training
from hypothesis import given

from agent.errors import ModelMissing
from agent.text import identity, shipped
from agent.text.table import MAGIC, MAX_BYTES, Constants, Table, parse

TEXT = Path(shipped.__file__).parent
CONSTANTS = Constants(0.01, (0.1, 0.2, -0.1, -0.2), 1.1, (0.5, 0.6, 0.7, 0.8), 0.6, 16, 0.05, "0" * 64)


def made(n=5, constants=CONSTANTS):
    return Table(constants, np.arange(n, dtype=np.uint32) * 7, np.arange(4 * n, dtype=np.int8).reshape(n, 4))


def with_header(**changed):
    """A small model file with other fields in its header; a field that is Ellipsis is left out."""
    header = {**dataclasses.asdict(CONSTANTS), **changed}
    text = json.dumps({key: value for key, value in header.items() if value is not ...}).encode()
    return struct.pack("<8sII", MAGIC, len(text), 0) + text


def shipped_bytes():
    return shipped.resources.files("agent.models").joinpath(shipped.FILE).read_bytes()


@pytest.mark.slow
@given(
    st.lists(st.integers(0, 2**32 - 1), unique=True, max_size=30),
    st.lists(st.integers(-128, 127), min_size=120, max_size=120),
    st.floats(1e-6, 10),
    st.lists(st.floats(-100, 100), min_size=4, max_size=4),
    st.floats(0, 0.1),
)
def test_what_is_encoded_is_read_back(hashes, weights, scale, bias, identity_max_01):
    constants = dataclasses.replace(CONSTANTS, scale=scale, bias=tuple(bias), identity_max_01=identity_max_01)
    rows = np.array(weights, dtype=np.int8).reshape(30, 4)[: len(hashes)]
    table = Table(constants, np.array(sorted(hashes), dtype=np.uint32), rows)

    read = parse(training.encode(table))

    assert read.constants == constants
    assert np.array_equal(read.hashes, table.hashes)
    assert np.array_equal(read.weights, table.weights)


def test_known_hashes_have_their_row_and_others_none():
    assert made().rows(np.array([14, 15, 0, 28, 4_000_000_000], dtype=np.uint32)).tolist() == [2, -1, 0, 4, -1]
    assert made(0).rows(np.array([14], dtype=np.uint32)).tolist() == [-1]


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda tail: MAGIC + tail))
def test_any_bytes_are_read_or_refused_by_name(content):
    with pytest.raises(ModelMissing, match="text model"):
        parse(content)


@given(st.data())
def test_a_changed_byte_is_read_or_refused_by_name(data):
    good = training.encode(made())
    place, value = data.draw(st.integers(0, len(good) - 1)), data.draw(st.integers(0, 255))
    try:
        parse(good[:place] + bytes([value]) + good[place + 1 :])
    except ModelMissing as error:
        assert "text model" in str(error)


@pytest.mark.parametrize("cut", [0, 5, 16, 40, -1])
def test_a_cut_file_is_damaged(cut):
    with pytest.raises(ModelMissing, match="damaged") as found:
        parse(training.encode(made())[:cut])
    assert found.value.remedy


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"scale": 0}, "scale"),
        ({"scale": True}, "scale"),
        ({"scale": float("nan")}, "scale"),
        ({"temperature": float("inf")}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"bias": [1, 2, 3]}, "bias"),
        ({"bias": [1, 2, 3, None]}, "bias"),
        ({"min_probability_01": 0.5}, "min_probability_01"),
        ({"min_probability_01": [0.5, 0.5, 0.5, 1.5]}, "min_probability_01"),
        ({"min_known_01": -0.1}, "min_known_01"),
        ({"min_features": 1.5}, "min_features"),
        ({"identity_sha256": 5}, "identity_sha256"),
        ({"identity_max_01": ...}, "other fields"),
        ({"identity_max_01": None}, "identity_max_01"),
        ({"identity_max_01": float("nan")}, "identity_max_01"),
        ({"identity_max_01": -1}, "identity_max_01"),
        ({"more": 1}, "other fields"),
    ],
)
def test_a_header_that_is_wrong_is_named(changed, why):
    assert parse(with_header()).hashes.size == 0
    with pytest.raises(ModelMissing, match=f"damaged.*{why}"):
        parse(with_header(**changed))


def test_hashes_that_do_not_rise_and_files_that_are_too_long_are_damaged():
    table = made()
    with pytest.raises(ModelMissing, match="do not rise"):
        parse(training.encode(dataclasses.replace(table, hashes=table.hashes[::-1])))
    with pytest.raises(ModelMissing, match=f"more than {MAX_BYTES}"):
        parse(training.encode(made()) + bytes(MAX_BYTES))


def test_a_table_that_identity_words_move_too_far_cannot_be_used():
    assert parse(with_header(identity_max_01=0.10)).constants.identity_max_01 == 0.10
    with pytest.raises(ModelMissing, match=r"moves a probability by 0\.11"):
        parse(with_header(identity_max_01=0.11))


class Planted:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.mark.parametrize("wrapped", ["pickle", "npy", "inside"])
def test_a_planted_pickle_is_refused_and_does_not_run(tmp_path, wrapped):
    mark, file = tmp_path / "ran", tmp_path / "planted"
    content = pickle.dumps(Planted(mark))
    if wrapped == "npy":
        np.save(file.with_suffix(".npy"), np.array([Planted(mark)], dtype=object), allow_pickle=True)
        content = file.with_suffix(".npy").read_bytes()
    if wrapped == "inside":
        content = struct.pack("<8sII", MAGIC, len(content), 0) + content
    with pytest.raises(ModelMissing, match="damaged"):
        parse(content)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Planted(mark)))
    assert mark.exists()  # the plant works where somebody unpickles it


FORBIDDEN = {"pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "importlib.util", "runpy", "subprocess"}
NETWORK = {"socket", "ssl", "http", "urllib", "requests", "asyncio", "ftplib", "smtplib"}
LOGS = {"logging", "warnings", "traceback", "agent.system.output"}
TRAINING = {"models", "agent.models", "scipy", "sklearn"}
CALLS = {
    "load",
    "loads",
    "eval",
    "exec",
    "compile",
    "__import__",
    "fromfile",
    "memmap",
    "open",
    "write_text",
    "write_bytes",
}


def breaches(source):
    """Imports and calls that no module of agent.text may hold."""
    banned = FORBIDDEN | NETWORK | LOGS | TRAINING
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        yield from (name for name in names if any(name == one or name.startswith(f"{one}.") for one in banned))
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.rpartition(".")[2] in CALLS and called != "json.loads" and not called.startswith("re."):
                yield called


def test_no_module_of_text_unpickles_logs_writes_or_reaches_a_network():
    for path in sorted(TEXT.glob("*.py")):
        text = path.read_text(encoding="utf-8").replace("yaml.safe_load(", "safe(")
        assert list(breaches(text)) == [], path.name


@pytest.mark.parametrize(
    "breach",
    [
        "import pickle",
        "import numpy as np\nnp.load('x')",
        "from urllib.request import urlopen",
        "def f():\n    import socket",
        "import logging",
        "from models.sentiment import training",
        "import yaml\nyaml.load('x')",
        "eval('1')",
        "open('x')",
    ],
)
def test_a_breach_is_found(breach):
    assert list(breaches(breach)) != []


def test_the_shipped_table_is_the_one_of_the_manifest():
    content, row = shipped_bytes(), shipped.manifest_row()
    assert row["name"] == shipped.FILE
    assert (row["bytes"], row["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert row["licence"] == "Apache-2.0"
    assert len(content) <= MAX_BYTES == 600_000
    table = shipped.shipped_table()
    assert table.weights.dtype == np.int8
    assert table.constants.identity_max_01 <= 0.10
    assert training.encode(table) == content


def test_another_file_or_list_is_refused():
    content, listed = shipped_bytes(), identity.list_bytes()
    sha256 = shipped.manifest_row()["sha256"]
    assert shipped.checked(content, sha256, listed).hashes.size
    with pytest.raises(ModelMissing, match="not the file that belongs"):
        shipped.checked(content[:-1] + b"\0\0", sha256, listed)
    with pytest.raises(ModelMissing, match="another list"):
        shipped.checked(content, sha256, listed + b"x")
