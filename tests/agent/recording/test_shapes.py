"""Files as people have them: each shape is read as what it is, or refused with the true reason."""

import collections
import json

import numpy as np
import pytest

from agent.errors import WrongUse
from agent.recording import files
from agent.recording.dialects.table import DIALECTS
from agent.recording.names import column
from tests.agent.recording import shapes
from tests.agent.recording import writers as w
from tests.support.processes import shared_file


def written(tmp_path, content):
    file = tmp_path / "recording"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


@pytest.mark.parametrize("shape", shapes.READ, ids=lambda shape: shape.name)
def test_a_shape_is_read_as_what_it_is(tmp_path, shape):
    found = files.intervals(written(tmp_path, shape.content), shape.options)

    assert found.dialect == shape.dialect
    assert found.rr_ms.size == shape.count
    assert shape.problem in " ".join(found.notes)
    if not shape.problem:
        assert found.notes == ()
    assert np.all(np.diff(found.end_s) > 0)
    assert abs(float(np.median(found.rr_ms)) - 850) < 10
    if shape.exact:
        assert np.allclose(found.rr_ms, shapes.RR, atol=1.1)
        gaps = np.diff(found.end_s) * 1000 - found.rr_ms[1:]
        assert np.all(np.abs(gaps) < 25)


@pytest.mark.parametrize("shape", shapes.REFUSED, ids=lambda shape: shape.name)
def test_a_shape_is_refused_with_the_true_reason_and_a_remedy(tmp_path, shape):
    with pytest.raises(WrongUse) as refused:
        files.intervals(written(tmp_path, shape.content), shape.options)

    assert shape.problem in str(refused.value)
    assert refused.value.remedy
    assert refused.value.exit_code == 2


def test_thirty_shapes_and_every_dialect_of_intervals_are_among_them():
    read = collections.Counter(shape.dialect for shape in shapes.READ)
    assert sum(read.values()) >= 60
    assert set(read) == {one.name for one in DIALECTS if one.rows is not None} - {"Apple Health export"}


@pytest.mark.parametrize(
    ("name", "dialect", "count"),
    [
        ("hrv/bartels_rest_rri.txt", "one interval a line", 910),
        ("hrv/bartels_exercise_rri.hrm", "Polar .hrm", 4117),
        ("hrv/pyhrv_nni_5min.txt", "one interval a line", 337),
        ("hrv/mitdb_100_beats.csv", "table", 2272),
        ("hrv/flirt_e4/IBI.csv", "Empatica E4", 4999),
        ("hrv/welltory_ppg/subject_01/RR.txt", "one line of intervals", 100),
        ("signals/h10_ecg_rr.csv.gz", "table", 799),
    ],
)
def test_real_files_are_read(name, dialect, count):
    found = files.intervals(shared_file(f"data/{name}"))
    assert (found.dialect, abs(found.rr_ms.size - count) <= 1) == (dialect, True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("hrv/heartpy/data.csv", "the samples of a waveform"),
        ("hrv/flirt_e4/BVP.csv", "a waveform, not intervals"),
        ("hrv/flirt_e4/ACC.csv", "three axes of acceleration"),
        ("hrv/gudb/s00_sitting_cs.tsv", "counts of samples"),
        ("hrv/nsr2db_nsr001_full.npz", "a ZIP archive"),
        ("signals/eda/e4_HR.csv", "heart rates"),
        ("signals/imports/compressed-speed-distance.fit", "heart rates, one a record"),
        ("signals/imports/WeightScaleSingleUser.fit", "no beat-to-beat intervals"),
    ],
)
def test_real_files_of_other_kinds_are_refused_with_the_true_reason(name, says):
    with pytest.raises(WrongUse, match=says):
        files.intervals(shared_file(f"data/{name}"))


@pytest.mark.parametrize(
    ("name", "role", "unit_ms"),
    [
        ("RR_interval(ms)", "intervals", 1.0), ("IBI [s]", "intervals", 1000.0), ("RR (1/1024 s)", "intervals", 1000 / 1024),
        ("rr_in_ms", "intervals", 1.0), ("RR Intervall [ms]", "intervals", 1.0), ("R-R", "intervals", None),
        ("Heart Rate (bpm)", "heart rate", None), ("Unix Timestamp", "time", None), ("timestamp_ns", "time", 1e-6),
        ("ecg_lead_1", "ecg", None), ("PPG_Green", "ppg", None), ("rpeaks", "times of beats", None), ("mood", "", None),
    ],
)  # fmt: skip
def test_heads_of_columns_are_known(name, role, unit_ms):
    found = column(name)
    assert (found.role, found.unit_ms) == (role, unit_ms)


def test_a_pause_in_a_fit_file_is_a_gap_by_the_clock_of_its_records(tmp_path):
    found = files.intervals(written(tmp_path, w.fit(shapes.RR, stop_at=60)))
    gap_s = np.diff(found.end_s) - found.rr_ms[1:] / 1000
    (place,) = np.flatnonzero(gap_s > 0.1)
    assert abs(int(place) - 61) <= 3
    assert gap_s[place] == pytest.approx(60, abs=2)


def test_series_of_apple_are_in_order_of_their_start_and_gaps_are_kept(tmp_path):
    later, earlier = w.apple_series(shapes.RR[:40], gaps=(20,)), w.apple_series(shapes.RR[40:80])
    earlier["startDate"] = "2021-07-10T07:55:31.307-0400"
    found = files.intervals(written(tmp_path, json.dumps([later, earlier])))
    expected = [*shapes.RR[40:80], *shapes.RR[:19], *shapes.RR[20:40]]
    assert np.allclose(found.rr_ms, expected, atol=0.01)
    gap_s = np.diff(found.end_s) - found.rr_ms[1:] / 1000
    assert np.flatnonzero(gap_s > 0.03).tolist() == [39, 58]
