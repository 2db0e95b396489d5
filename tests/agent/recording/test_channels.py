"""Files of skin conductance and acceleration: read in uS and g, or refused by name with a remedy."""

import gzip

import numpy as np
import pytest

from agent.errors import RecordingUnreadable, WrongUse
from agent.recording.channels import channels
from agent.recording.options import Options
from tests.support import channel_files as f
from tests.support.made_acceleration import still
from tests.support.made_conductance import Recipe, made

VALUE_US = made(Recipe(length_s=60.0, noise_us=0.001), 1).value_us
AXES_G = still(20, 32, (0.1, 0.3, 0.9))


def read(tmp_path, content, signal, **options):
    file = tmp_path / "recording.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return channels(file, signal, Options(**options))


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (f.eda_table(VALUE_US, 4.0), {}),
        (f.eda_table(VALUE_US, 4.0, "Time (s);EDA (µS)").replace(",", ";"), {}),
        (f.eda_table(VALUE_US, 4.0, "timestamp,Skin conductance [microsiemens]"), {}),
        (f.eda_table(VALUE_US, 4.0, "time_s,eda"), {"unit": "uS"}),
        (f.eda_table(1000 * VALUE_US, 4.0, "time_s,gsr (nS)"), {}),
        (f.eda_table(1000 / VALUE_US, 4.0, "time_s,gsr [kOhm]"), {}),
        (f.eda_table(1 / VALUE_US, 4.0, "time_s,skin_resistance"), {"unit": "MOhm"}),
        (f.shimmer(VALUE_US, 4.0), {}),
        (f.eda_table(VALUE_US, 240.0, "rec.acq\n250 msec/sample\n1 channels\nEDA\nmicrosiemens\nmin,CH1").replace(
            "\n0.0000,", "\n,240\n0.0000,", 1), {"column": "CH1", "unit": "uS", "time_column": "none", "fs_hz": 4.0}),
        ("\n".join(f"{one:.6f}" for one in VALUE_US), {"unit": "uS", "fs_hz": 4.0}),
        (f.e4_eda(VALUE_US), {}),
        (gzip.compress(f.e4_eda(VALUE_US).encode()), {}),
        (f.eda_table(VALUE_US, 4.0).encode("utf-16"), {}),
    ],
)  # fmt: skip
def test_conductance_is_read_in_us(tmp_path, content, options):
    found = read(tmp_path, content, "eda", **options)
    assert found.fs_hz == pytest.approx(4.0, rel=0.001)
    known = found.value[np.isfinite(found.value)][-VALUE_US.size :]
    assert known == pytest.approx(VALUE_US, rel=1e-3)


def test_the_files_of_an_e4_have_their_start_and_unit(tmp_path):
    found = read(tmp_path, f.e4_acc(AXES_G), "acc")
    assert (found.fs_hz, found.start_s, found.dialect) == (32.0, f.START_S, "Empatica E4")
    assert found.value == pytest.approx(AXES_G, abs=0.5 / 64 + 1e-9)


@pytest.mark.parametrize(
    ("head", "scale", "options", "note"),
    [
        ("time_s,acc_x_g,acc_y_g,acc_z_g", 1.0, {}, ""),
        ("Timestamp (s),X [mg],Y [mg],Z [mg]", 1000.0, {}, ""),
        ("time_s,Accel_X (m/s^2),Accel_Y (m/s^2),Accel_Z (m/s^2)", 9.80665, {}, ""),
        ("t,x,y,z", 1.0, {}, "read as g"),
        ("t,ax,ay,az", 9.80665, {}, "read as m/s2"),
        ("time_s,accx,accy,accz", 64.0, {}, "read as 1/64g"),
        ("t,one,two,three", 16384.0, {"column": "one", "unit": "1/16384g"}, ""),
    ],
)
def test_acceleration_is_read_in_g(tmp_path, head, scale, options, note):
    found = read(tmp_path, f.acc_table(AXES_G, 32.0, head, scale), "acc", **options)
    assert found.value == pytest.approx(AXES_G, abs=0.002)
    assert any(note in one for one in found.notes) if note else found.notes == ()


@pytest.mark.parametrize(
    ("content", "signal", "options", "reason", "remedy"),
    [
        (
            f.eda_table(VALUE_US, 4.0, "time_s,eda"),
            "eda",
            {},
            "unit of the skin conductance is not stated",
            "--unit uS",
        ),
        (f.eda_table(300 * VALUE_US, 4.0, "time_s,eda raw"), "eda", {}, "raw counts", "Export it in uS"),
        (f.eda_table(1000 * VALUE_US, 4.0), "eda", {}, "which no skin has", "--unit"),
        (f.eda_table(1e-6 * VALUE_US, 4.0), "eda", {}, "which no skin has", "--unit"),
        (f.eda_table(VALUE_US, 4.0), "eda", {"unit": "furlong"}, "no unit of skin conductance", "--unit"),
        (f.e4_eda(VALUE_US).replace("4.000000", "0.000000", 1), "eda", {}, "a rate of 0", "IBI.csv"),
        ("1560279825.000000\n4.000000\n" + "32.13\n" * 40, "eda", {}, "two decimals", "EDA.csv"),
        (f.e4_acc(AXES_G), "eda", {}, "three axes", "--signal acc"),
        (f.e4_eda(VALUE_US), "acc", {}, "not three axes", "--signal acc"),
        (f.acc_table(AXES_G, 32.0, "t,x,y,z", 16384.0), "acc", {}, "neither g, mg", "--unit"),
        (f.acc_table(AXES_G, 32.0, scale=9.80665), "acc", {}, "looks like m/s2", "--unit m/s2"),
        (f.acc_table(AXES_G, 32.0, "t,a,b,c"), "acc", {}, "which columns are the three axes", "--column"),
        (f.acc_table(AXES_G, 32.0), "acc", {"unit": "uS"}, "no unit of acceleration", "--unit"),
        (f.acc_table(AXES_G, 32.0), "acc", {"column": "acc_z_g"}, "not the first of three", "Its columns"),
        ("\n".join(f"{one:.6f}" for one in VALUE_US), "eda", {"unit": "uS"}, "sampling rate", "--fs"),
        ("", "eda", {}, "no samples", "docs/recordings.md"),
        (b"\x00\x01\x02\x03" * 50, "acc", {}, "not a text file", "docs/recordings.md"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name_with_a_remedy(tmp_path, content, signal, options, reason, remedy):
    with pytest.raises(WrongUse, match=reason) as refused:
        read(tmp_path, content, signal, **options)
    assert remedy in refused.value.remedy
    assert refused.value.remedy


def test_other_programs_are_refused_by_name(tmp_path):
    content = "Name,somebody\nSample Rate,512 hertz\nLead,Lead I\nUnit,µV\n\n" + "1.0\n" * 600
    with pytest.raises(RecordingUnreadable, match="skin conductance is not read from Apple Watch ECG"):
        read(tmp_path, content, "eda")


def test_a_pause_is_not_known_and_a_bad_cell_is_a_note(tmp_path):
    lines = f.eda_table(VALUE_US, 4.0).splitlines()
    lines[50] = lines[50].split(",")[0] + ",?"
    found = read(tmp_path, "\n".join(lines[:100] + lines[140:]), "eda")
    assert np.isnan(found.value[49])
    assert np.isnan(found.value[99:139]).all()
    assert any("line 51" in note for note in found.notes)
    assert any("pause" in note for note in found.notes)


def test_times_that_jump_by_years_are_refused(tmp_path):
    lines = f.eda_table(VALUE_US, 4.0).splitlines()
    with pytest.raises(RecordingUnreadable, match="numbers from its first"):
        read(tmp_path, "\n".join([*lines, "99999999.0,3.1", "99999999.25,3.1"]), "eda")
