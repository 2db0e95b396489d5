"""The process that reads an export: the same answer as in this process, little memory, progress, cancelled at once,
and a refusal by name when it crashes, hangs or sends nonsense.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.days import health
from agent.days.health import HealthImport, Options, process, wire
from agent.days.health.reading import read_here
from agent.errors import ImportRefused
from tests.support import health_exports as made

ROOT = Path(__file__).parents[4]
OPTIONS = Options(now_s=1_762_074_000, zone=made.east(made.BERLIN), key=b"k" * 32)


@pytest.fixture
def started(monkeypatch):
    """Processes that an import starts."""
    found = []
    popen = subprocess.Popen

    def remembered(*words, **more):
        found.append(popen(*words, **more))
        return found[-1]

    monkeypatch.setattr(process.subprocess, "Popen", remembered)
    return found


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Twenty megabytes of Apple's export."""
    path = tmp_path_factory.mktemp("large") / "export.xml"
    made.write_apple(path, 20_000_000)
    return path


@pytest.mark.process
@pytest.mark.parametrize("sample", made.SAMPLES, ids=lambda sample: sample.format)
def test_the_answer_is_that_of_this_process(sample, tmp_path):
    path = tmp_path / sample.file
    path.write_bytes(sample.data)
    assert health.recognised(path) == (sample.format,)
    assert health.read(path, OPTIONS) == read_here(path, OPTIONS)


@pytest.mark.process
def test_a_refusal_comes_through_by_name_and_without_a_word_of_the_file(tmp_path):
    path = tmp_path / "export.xml"
    path.write_bytes(made.apple(f"<{made.CANARY}"))
    with pytest.raises(ImportRefused) as refused:
        health.read(path, OPTIONS)
    assert refused.value.reason == "damaged"
    assert str(refused.value) == "Apple Health: it is damaged or cut off"
    assert refused.value.__cause__ is None
    with pytest.raises(ImportRefused) as refused:
        health.recognised(tmp_path / "nowhere.zip")
    assert refused.value.reason == "not_a_file"


MEASURED = """
import json, resource, sys
from pathlib import Path
from agent.days import health
from tests.support import health_exports as made

options = health.Options(now_s=1_762_074_000, zone=made.east(made.BERLIN), key=b"k" * 32)
peaks, seen = [], []
for path in sys.argv[1:]:
    found = health.read(Path(path), options, progress=lambda done, total: seen.append((done, total)))
    peaks.append((resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
print(json.dumps({"peaks_kb": peaks, "seen": seen, "records": found.records}))
"""


@pytest.mark.process
@pytest.mark.slow
def test_twenty_megabytes_cost_less_than_sixty_more_and_tell_their_progress(large, tmp_path):
    """Beside an export of a few kilobytes, which costs the interpreter and the libraries."""
    small = tmp_path / "export.xml"
    small.write_bytes(made.APPLE)
    words = [sys.executable, "-c", MEASURED, str(small), str(large)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    (small_kb, ours_before_kb), (large_kb, ours_kb) = found["peaks_kb"]
    assert (large_kb - small_kb) / 1024 < 60
    assert (ours_kb - ours_before_kb) / 1024 < 60
    assert found["records"] > 30_000
    seen = [tuple(pair) for pair in found["seen"] if pair[1] == large.stat().st_size]
    assert len(seen) >= 3
    assert seen == sorted(seen)
    assert all(0 < part <= total for part, total in seen)


@pytest.mark.process
@pytest.mark.slow
def test_an_import_is_cancelled_within_a_second_and_its_process_is_gone(large, started):
    asked = []

    def progress(*_):
        if not asked:
            asked.append(time.monotonic())

    with pytest.raises(ImportRefused) as refused:
        health.read(large, OPTIONS, progress=progress, cancelled=lambda: bool(asked))
    assert refused.value.reason == "cancelled"
    assert time.monotonic() - asked[0] < 1
    assert [one.returncode is not None for one in started] == [True]


@pytest.mark.process
@pytest.mark.slow
def test_a_process_that_is_killed_is_a_refusal_and_gives_nothing(large, started):
    def progress(*_):
        os.kill(started[0].pid, signal.SIGKILL)

    with pytest.raises(ImportRefused) as refused:
        health.read(large, OPTIONS, progress=progress)
    assert refused.value.reason == "failed"


NONSENSE = {
    "silence": "pass",
    "a crash": "raise SystemExit(3)",
    "no line": "print('{', end='')",
    "no JSON": "print('hello')",
    "another JSON": "print('[1, 2]')",
    "a name that is none": 'print(\'{"formats": ["whoever"]}\')',
    "values that are none": 'print(\'{"import": ["fitbit", [[1, 0, "NaN", 1]], [], [], "", [], 1]}\')',
}


@pytest.mark.process
@pytest.mark.parametrize("program", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_of_the_process_is_a_refusal(program, tmp_path, monkeypatch):
    path = tmp_path / "export.xml"
    path.write_bytes(made.APPLE)
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", program))
    with pytest.raises(ImportRefused) as refused:
        health.read(path, OPTIONS)
    assert refused.value.reason == "failed"


@pytest.mark.process
def test_a_process_that_hangs_is_ended(tmp_path, monkeypatch, started):
    path = tmp_path / "export.xml"
    path.write_bytes(made.APPLE)
    monkeypatch.setattr(process, "COMMAND", (sys.executable, "-c", "import threading; threading.Event().wait()"))
    monkeypatch.setattr(process, "_SILENT_S", 0.3)
    with pytest.raises(ImportRefused) as refused:
        health.read(path, OPTIONS)
    assert refused.value.reason == "too_slow"
    assert started[0].returncode is not None


LIMITED = """
import sys
from agent.system import host
host.limit_this_process(cpu_s=1, memory_bytes=300 * 2**20, writes=False)
kind = sys.argv[1]
try:
    if kind == "memory":
        bytearray(400 * 2**20)
    elif kind == "disk":
        with open(sys.argv[2], "wb") as file:
            file.write(b"x")
    else:
        while True:
            pass
except (MemoryError, OSError):
    print("refused")
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="the limits of Linux")
@pytest.mark.parametrize(("kind", "said"), [("memory", "refused\n"), ("disk", "refused\n"), ("time", "")])
def test_memory_time_and_writing_have_limits(kind, said, tmp_path):
    words = [sys.executable, "-B", "-c", LIMITED, kind, str(tmp_path / "file")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.stdout == said, done.stderr
    assert (done.returncode == 0) == bool(said)
    assert not (tmp_path / "file").exists() or (tmp_path / "file").stat().st_size == 0


@pytest.mark.process
def test_nothing_is_written(tmp_path):
    path = tmp_path / "takeout.zip"
    path.write_bytes(made.zipped(made.FITBIT))
    before = {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*")}
    assert isinstance(health.read(path, OPTIONS), HealthImport)
    assert {one: one.stat().st_mtime_ns for one in tmp_path.rglob("*")} == before


@pytest.mark.slow
@given(st.one_of(st.binary(max_size=200), st.recursive(st.one_of(st.none(), st.integers(), st.text(max_size=5)), lambda inner: st.lists(inner, max_size=7)).map(lambda inside: json.dumps({"import": inside}).encode())))  # fmt: skip
def test_any_line_is_an_answer_or_none_of_ours(line):
    with contextlib.suppress(ValueError):
        wire.answer(line)
