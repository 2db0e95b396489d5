"""Each row of `make mutations` breaks a line that is there once, and names tests that exist."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def faults(rows, root):
    """What is wrong with a table of mutations."""
    for row in rows:
        found = (root / row.file).read_text(encoding="utf-8").count(row.old) if (root / row.file).exists() else 0
        if found != 1 or row.old == row.new:
            yield f"{row.file}: {found} times: {row.old}"
        files = row.tests.split(" -k ")[0].split()
        yield from (f"{file} is no test" for file in files if not (root / file).exists())


@pytest.fixture(scope="module")
def mutations():
    spec = importlib.util.spec_from_file_location("mutations", ROOT / "bench/mutations.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_row_breaks_a_line_that_is_there(mutations):
    assert list(faults(mutations.ROWS, ROOT)) == []


def test_a_row_whose_line_or_test_is_gone_is_found(mutations):
    gone = mutations.Mutation("agent/pipeline.py", "a line that is nowhere", "", "tests/test_nowhere.py")
    assert len(list(faults([gone], ROOT))) == 2
