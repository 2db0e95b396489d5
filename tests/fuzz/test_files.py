"""Settings and recordings made of anything: read, or refused by name with a remedy; never a crash, never a wrong number."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agent import config, config_files
from agent.errors import ConfigInvalid, PolicyDenied, RecordingUnreadable, WrongUse
from agent.recording import files
from tests.support import garbage

NONE = Path("/nonexistent/policy.yaml")


def changed(bases, pieces):
    """One of the bases with pieces cut out and others put in."""
    edit = st.tuples(st.floats(0, 1), st.integers(0, 60), st.one_of(st.sampled_from(pieces), st.binary(max_size=6)))

    def apply(base, edits):
        for where, cut, put in edits:
            at = int(where * len(base))
            base = base[:at] + put + base[at + cut :]
        return base

    return st.builds(apply, st.sampled_from(bases), st.lists(edit, min_size=1, max_size=5))


any_file = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@any_file
@given(changed(garbage.SETTINGS, garbage.PIECES))
@example(b"state_dir: 2001-99-99")
@example(b"[" * 3000)
@example(b"a: &a [x]\nb: [*a, *a]")
@example(b"sources: {replay: 2001-99-99}")
@example(b"sources:\n  1: {}")
@example(b"mqtt: 5")
@pytest.mark.long
def test_settings_are_read_or_refused_by_name(tmp_path, data):
    file = tmp_path / "settings.yaml"
    file.write_bytes(data)
    for policy in (NONE, file):
        try:
            found, profile = config.load(file, policy)
        except (ConfigInvalid, PolicyDenied) as refused:
            assert refused.remedy
            assert len(str(refused)) < 500
        else:
            assert profile.name == found.profile


@pytest.mark.slow
@any_file
@given(changed(garbage.RECORDINGS, garbage.ODD))
@example(b"1_0\n800\n")
@example(b"\xd9\xa8\xd9\xa0\xd9\xa0\n")
@example(b"t_s,rr_ms\n" + b"9" * 400 + b",800\n")
def test_a_recording_is_read_or_refused_by_line(tmp_path, data):
    file = tmp_path / "recording.csv"
    file.write_bytes(data)
    try:
        found = files.intervals(file)
        assert np.all(np.isfinite(found.end_s))
        assert np.all(np.isfinite(found.rr_ms))
        assert np.all(found.rr_ms > 0)
    except RecordingUnreadable as refused:
        assert refused.remedy
    for name in ("ecg", "ppg"):
        try:
            with files.wave(file, name) as wave:
                assert all(math.isfinite(block.start_s) for block in wave.blocks)
        except WrongUse as refused:
            assert refused.remedy


def test_a_reader_that_crashes_would_be_found(tmp_path, monkeypatch):
    monkeypatch.setattr(config_files, "nearest", lambda word, known: known[len(word) + 10_000])
    crashes = 0
    read = test_settings_are_read_or_refused_by_name.hypothesis.inner_test
    for data in (b"nonsense: 1", b"mqtt: {x: 1}", b"sources: {strapp: {}}"):
        try:
            read(tmp_path, data)
        except (IndexError, TypeError, KeyError):
            crashes += 1
    assert crashes
