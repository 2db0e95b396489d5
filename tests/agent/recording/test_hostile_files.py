"""Files of any bytes: read, or refused by name with a remedy; no exception of a library, no endless work."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent.errors import RecordingUnreadable, WrongUse
from agent.recording import files
from agent.recording.options import Options
from tests.agent.recording import shapes
from tests.agent.recording import writers as w

MV = np.sin(np.arange(400) / 9)
BINARY = [
    w.fit(w.calm(30)),
    w.fit(w.calm(30), name=290),
    w.edf(["ECG", "II"], [MV, MV], 100),
    w.edf(["ECG"], [MV], 100, kind="EDF+D", gaps=[(2, 5.0)]),
    w.edf(["ECG"], [MV], 100, bdf=True),
    w.wfdb_16(MV * 100, 100)[0].encode(),
]
TEXTS = [
    shape.content if isinstance(shape.content, bytes) else shape.content.encode()
    for shape in [*shapes.READ, *shapes.REFUSED]
]
SHORT = [*BINARY, *(text[:600] for text in TEXTS if text)]
PIECES = [b"\0", b"\xff", b"\xff\xff\xff\xff", b"nan", b"-1", b"1e400", b",", b";", b"\t", b"\n", b"{", b"]", b'"', b"+", b"        ", b"99999999", b"<R-R>", b".FIT", b"0x1", b"1_0"]  # fmt: skip
any_file = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def mutated(draw):
    """One of the files with bytes put in, cut out, or turned."""
    data = bytearray(draw(st.sampled_from(SHORT)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        put = draw(st.one_of(st.sampled_from(PIECES), st.binary(min_size=1, max_size=4)))
        data[at : at + draw(st.integers(0, 8))] = put
    return bytes(data)


def check(file):
    try:
        found = files.intervals(file)
        assert found.rr_ms.size
        assert np.all(np.isfinite(found.rr_ms))
        assert np.all(found.rr_ms > 0)
        assert all(b > a for a, b in itertools.pairwise(found.end_s.tolist()))
        assert math.isfinite(found.start_s)
    except WrongUse as refused:
        assert refused.remedy
        assert len(str(refused)) < 500
    for signal in ("ecg", "ppg"):
        try:
            with files.wave(file, signal, Options()) as wave:
                assert math.isfinite(wave.fs_hz)
                last_s = -1.0
                for block in itertools.islice(wave.blocks, 1000):
                    assert block.start_s >= last_s
                    assert block.value.size
                    last_s = block.start_s
        except WrongUse as refused:
            assert refused.remedy
            assert len(str(refused)) < 500


@pytest.mark.slow
@any_file
@given(mutated())
@example(b"")
@example(b"\n" * 5000)
@example(b"[" * 5000)
@example(b'{"a":' * 5000)
@example(b"0       " + b" " * 244 + b"1   ")
@example(b"0       " + b"9" * 2000)
@example(b"9" * 70_000)
@example(b"\x0e\x20\x34\x08\xff\xff\xff\xff.FIT\0\0" + b"\x40" * 50)
@example(b"t_s,rr_ms\n1,800\n" + b"x" * 70_000)
def test_a_file_of_any_bytes_is_read_or_refused_by_name(tmp_path, data):
    file = tmp_path / "recording"
    file.write_bytes(data)
    check(file)


@pytest.mark.slow
def test_a_file_that_is_cut_off_anywhere_is_read_or_refused(tmp_path):
    file = tmp_path / "recording"
    for data in BINARY:
        for end in range(0, min(len(data), 900), 7):
            file.write_bytes(data[:end])
            check(file)


def test_a_line_without_an_end_is_refused(tmp_path):
    file = tmp_path / "recording"
    file.write_text("rr_ms\n800\n" + "8" * 3_000_000)
    with pytest.raises(RecordingUnreadable, match="line 3: a line of more than a million characters"):
        files.intervals(file)
