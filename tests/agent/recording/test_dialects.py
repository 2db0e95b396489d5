"""The table of dialects: documented row by row, each by a file of its own, and no library loaded before it is needed."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.recording.dialects import table
from agent.recording.dialects.table import DIALECTS

ROOT = Path(__file__).parents[3]


def test_the_document_lists_the_dialects_of_the_table():
    lines = (ROOT / "docs/recordings.md").read_text(encoding="utf-8").splitlines()
    begin = lines.index("| read as | files | intervals | waves |") + 2
    end = lines.index("", begin)
    assert lines[begin:end] == [
        f"| {one.name} | {one.files} | {'yes' if one.rows else ''} | {'yes' if one.wave else ''} |" for one in DIALECTS
    ]


def test_a_row_has_a_name_of_its_own_a_reader_and_a_file():
    folder = Path(table.__file__).parent
    files = {path.stem for path in folder.glob("*.py")} - {"__init__", "table"}
    assert len({one.name for one in DIALECTS}) == len(DIALECTS) == len(files)
    assert all(one.rows or one.wave for one in DIALECTS)
    assert {one.knows.__module__.rsplit(".", 1)[-1] for one in DIALECTS} == files


@pytest.mark.process
def test_no_decoder_and_no_picture_library_is_loaded_for_a_text(tmp_path):
    file = tmp_path / "rr.txt"
    file.write_text("800\n" * 100)
    program = (
        "import sys; from agent import cli; code = cli.main(['analyze', sys.argv[1]]);"
        "assert code == 0; print(sorted({'fitdecode', 'matplotlib', 'cv2', 'xml', 'pandas', 'numpy.ma', 'gzip', 'csv', 'scipy', 'asyncio', 'ssl'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
