"""Waves of other programs: found, at their own rate, with pauses as gaps and bad cells as NaN; in bounded memory."""

import gzip
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field

import numpy as np
import pytest

from agent.errors import RecordingUnreadable, WrongUse
from agent.recording import files
from agent.recording.options import Options
from tests.agent.recording import writers as w
from tests.support.processes import shared_file

FS = 130.0
N = 130 * 100
T = np.arange(N) / FS
VALUE = np.round(1000 * np.sin(2 * np.pi * 1.1 * T) + 300 * np.sin(2 * np.pi * 7 * T))
MV = VALUE / 1000


@dataclass(frozen=True)
class Shape:
    """One file of a wave."""

    name: str
    content: str | bytes
    dialect: str
    signal: str = "ecg"
    fs_hz: float = FS
    options: Options = field(default_factory=Options)
    notes: str = ""
    scale: float = 1.0


def head(columns, *cells, mark=","):
    return w.table(columns, *cells, mark=mark)


SENSOR_NS = [f"{838_432_586_543_515_816 + round(t * 1e9)}" for t in T]
# a phone's times: packets of 73 samples share one, 0 to 30 ms late
PHONE_S = np.maximum.accumulate(
    (np.arange(N) // 73 * 73 + 72) / FS + np.random.default_rng(3).uniform(0, 0.03, N // 73 + 1)[np.arange(N) // 73]
)
SHAPES = [
    Shape("one sample a line", w.text(w.whole(VALUE)), "one interval a line", options=Options(fs_hz=FS)),
    Shape("decimal commas", w.text(w.decimal(MV, 3, ",")), "one interval a line", options=Options(fs_hz=FS), scale=1000),
    Shape("a column by name", head("id,ecg,x", range(N), w.whole(VALUE), w.whole(T)), "table", options=Options(fs_hz=FS)),
    Shape("t_s,ecg", head("t_s,ecg", w.decimal(T, 6), w.whole(VALUE)), "table"),
    Shape("t_s,ecg and --fs that agrees", head("t_s,ecg", w.decimal(T, 6), w.whole(VALUE)), "table", options=Options(fs_hz=131.0)),
    Shape("ms, rounded", head("time_ms,ecg", w.whole(T * 1000), w.whole(VALUE)), "table"),
    Shape("time without a unit", head("time,ecg_mV", w.whole(T * 1000), w.decimal(MV)), "table", scale=1000),
    Shape("Unix ns", head("time,ecg,hr,rr", [f"{1_700_000_000_000_000_000 + round(t * 1e9)}" for t in T], w.whole(VALUE), ["70"] * N, ["850"] * N), "table"),
    Shape("ISO times, semicolons, decimal commas", head("Zeit;EKG [mV]", w.iso(T), w.decimal(MV, 3, ","), mark=";"), "table", scale=1000),
    Shape("a rate in a comment", "# sampling rate: 130 Hz\necg\n" + w.text(w.whole(VALUE)), "table"),
    Shape("packets with equal times", head("timestamp,ecg", [f"{(1.7e9 + t) * 1000:.0f}" for t in PHONE_S], w.whole(VALUE)), "table"),
    Shape("the person's column", head("a,b,c", range(N), w.whole(VALUE), w.whole(VALUE[::-1])), "table", options=Options(column="b", fs_hz=FS)),
    Shape("Polar Sensor Logger, ECG", head("Phone timestamp;sensor timestamp [ns];timestamp [ms];ecg [uV]", w.iso(PHONE_S), SENSOR_NS, w.decimal(T * 1000, 6), w.whole(VALUE), mark=";"), "Polar Sensor Logger"),
    Shape("Polar Sensor Logger, PPG", head("Phone timestamp;sensor timestamp [ns];channel 0;channel 1;channel 2;ambient", w.iso(PHONE_S), SENSOR_NS, w.whole(VALUE), w.whole(VALUE), w.whole(VALUE), w.whole(T), mark=";"), "Polar Sensor Logger", "ppg", notes="'channel 0' is read"),
    Shape("Empatica E4, BVP", "1560279825.00\n64.000000\n" + w.text(w.decimal(VALUE, 2)), "Empatica E4", "ppg", 64.0),
    Shape("OpenSignals", w.opensignals([VALUE + 2000, T], ["ECG", "RESP"], 1000), "OpenSignals", fs_hz=1000.0),
    Shape("OpenSignals, its sensor by name", w.opensignals([T, VALUE + 2000], ["RESP", "BVP"], 500), "OpenSignals", "ppg", 500.0),
    Shape("Apple Watch ECG", w.apple_ecg(MV), "Apple Watch ECG", fs_hz=512.0, scale=1000),
    Shape("Apple Watch ECG, decimal commas", w.apple_ecg(MV, 511, ","), "Apple Watch ECG", fs_hz=511.0, scale=1000),
    Shape("Apple Watch ECG, gzip", gzip.compress(w.apple_ecg(MV).encode()), "Apple Watch ECG", fs_hz=512.0, scale=1000),
    Shape("EDF", w.edf(["EEG Fpz", "ECG II"], [MV * 0, MV], FS), "EDF", scale=1000),
    Shape("EDF, a lead", w.edf(["I", "II"], [MV * 0, MV], FS), "EDF", options=Options(lead="II"), scale=1000),
    Shape("EDF, several leads", w.edf(["EKG1", "EKG2"], [MV, MV * 0], FS), "EDF", notes="'EKG1' is read", scale=1000),
    Shape("EDF+C", w.edf(["Pleth"], [MV], FS, kind="EDF+C"), "EDF", "ppg", scale=1000),
    Shape("BDF", w.edf(["ECG"], [MV], FS, bdf=True), "EDF", scale=1000),
]  # fmt: skip


def written(tmp_path, content, name="recording"):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def read(file, signal="ecg", options=None):
    """(the wave, its blocks)"""
    with files.wave(file, signal, options) as wave:
        return wave, list(wave.blocks)


def gaps(wave, blocks):
    """(where, how long) of each gap."""
    found, end_s = [], 0.0
    for block in blocks:
        if block.start_s - end_s > 0.5 / wave.fs_hz:
            found.append((end_s, block.start_s - end_s))
        end_s = block.start_s + block.value.size / wave.fs_hz
    return found


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_wave_is_read_at_its_rate_in_blocks_of_a_minute(tmp_path, shape):
    wave, blocks = read(written(tmp_path, shape.content), shape.signal, shape.options)

    assert wave.dialect == shape.dialect
    assert wave.fs_hz == pytest.approx(shape.fs_hz, rel=1e-3)
    assert gaps(wave, blocks) == []
    assert all(block.value.size <= 60 * wave.fs_hz + 1 for block in blocks)
    value = np.concatenate([block.value for block in blocks])
    assert abs(value.size - N) <= 1
    count = min(value.size, N)
    value = (value[:count] - value[:count].mean()) * shape.scale
    assert np.max(np.abs(value - VALUE[:count] + VALUE[:count].mean())) < 30
    assert shape.notes in " ".join(wave.notes)
    assert bool(wave.notes) == bool(shape.notes)


@pytest.mark.parametrize(
    ("signal", "content", "options", "says"),
    [
        ("ecg", "", Options(), "it contains no samples"),
        ("ecg", w.text(w.whole(VALUE)), Options(), "the sampling rate of the ecg is not known"),
        ("ecg", head("t_s,ecg", w.decimal(T), w.whole(VALUE)), Options(fs_hz=250.0), "the file gives 130.0 samples per second, but --fs says 250"),
        ("ppg", head("time,R,G,B", w.whole(T * 1000), w.whole(VALUE), w.whole(VALUE), w.whole(VALUE)), Options(), "cannot tell which column is the ppg: time, R, G, B"),
        ("ecg", head("t_s,ecg", w.decimal(T[::-1]), w.whole(VALUE)), Options(), "line 3: the time does not increase"),
        ("ecg", "ecg\n" + "x\n" * 60 + w.text(w.whole(VALUE[:50])), Options(fs_hz=130.0), "line 2: 'x' is not a number"),
        ("ecg", w.plain(w.calm(), head="Phone timestamp;RR-interval [ms]"), Options(), "cannot tell|no column|not known|is not a number"),
        ("ecg", w.hrm(w.calm()), Options(), "intervals \\(Polar .hrm\\), not an ECG"),
        ("ppg", w.edf(["ECG", "Resp"], [MV, MV], FS), Options(), "no signal is called ppg"),
        ("ecg", w.edf(["ECG"], [MV], FS), Options(lead="V9"), "no signal 'V9'"),
        ("ppg", w.opensignals([VALUE, T], ["ECG", "RESP"]), Options(), "no sensor is an ppg|no sensor is a"),
        ("ecg", "1560279825.00\n64.000000\n" + w.text(w.decimal(VALUE, 2)), Options(), "a pulse wave, not an ECG"),
        ("ppg", w.apple_ecg(MV), Options(), "an ECG, not a pulse wave"),
        ("ppg", "1560279835.00\n1.000000\n" + w.text(w.decimal(VALUE, 2)), Options(), "1 samples a second"),
    ],
)  # fmt: skip
def test_a_wave_is_refused_with_the_true_reason(tmp_path, signal, content, options, says):
    with pytest.raises(WrongUse, match=says) as refused:
        read(written(tmp_path, content), signal, options)
    assert refused.value.remedy


@pytest.mark.parametrize("fs_hz", [60.0, 125.0, 130.0, 256.0, 512.0, 700.0, 1000.0])
@pytest.mark.parametrize("form", ["s", "ms", "packets"])
def test_a_pause_is_a_gap_and_does_not_lower_the_rate(tmp_path, fs_hz, form):
    n = round(200 * fs_hz)
    t_s = np.arange(n) / fs_hz
    t_s[n // 2 :] += 60.0
    if form == "packets":
        per = round(fs_hz / 2)
        late_s = np.random.default_rng(1).uniform(0, 0.02, n // per + 1)
        t_s = np.maximum.accumulate(
            t_s[np.minimum((np.arange(n) // per + 1) * per, n) - 1] + late_s[np.arange(n) // per]
        )
    times = w.decimal(t_s, 6) if form == "s" else w.whole(t_s * 1000)
    name = "t_s" if form == "s" else "t_ms"
    wave, blocks = read(written(tmp_path, head(f"{name},ecg", times, w.whole(1000 * np.sin(t_s * 7)))))

    assert wave.fs_hz == pytest.approx(fs_hz, rel=2e-3)
    ((where_s, long_s),) = gaps(wave, blocks)
    assert where_s == pytest.approx(100.0, abs=0.6)
    assert long_s == pytest.approx(60.0, abs=0.6)
    assert "1 pause in the file's times, the longest 60 s" in wave.notes
    assert abs(sum(block.value.size for block in blocks) - n) <= 2


def test_many_short_pauses_do_not_lower_the_rate(tmp_path):
    kept = np.arange(N)[(np.arange(N) // 130) % 5 != 4]  # one second of each five is missing
    file = written(tmp_path, head("t_ms,ecg", w.whole(T[kept] * 1000), w.whole(VALUE[kept])))
    wave, blocks = read(file)
    assert wave.fs_hz == pytest.approx(130.0, rel=1e-3)
    assert len(gaps(wave, blocks)) == 19


def test_uneven_times_are_put_on_an_even_grid(tmp_path):
    uneven_s = np.sort(T + np.random.default_rng(1).uniform(-0.002, 0.002, N))
    value = 1000 * np.sin(2 * np.pi * 1.1 * uneven_s)
    wave, blocks = read(written(tmp_path, head("t_s,ecg", w.decimal(uneven_s, 6), w.decimal(value))))
    assert gaps(wave, blocks) == []
    for block in blocks:
        at_s = uneven_s[0] + block.start_s + np.arange(block.value.size) / wave.fs_hz
        assert np.max(np.abs(block.value - 1000 * np.sin(2 * np.pi * 1.1 * at_s))) < 3


def test_one_bad_cell_is_not_a_number_and_a_note(tmp_path):
    texts = w.whole(VALUE)
    texts[500] = "---x"
    wave, blocks = read(written(tmp_path, head("t_s,ecg", w.decimal(T, 6), texts)))
    value = np.concatenate([block.value for block in blocks])
    assert np.flatnonzero(~np.isfinite(value)).tolist() == [500]
    assert wave.notes == ["line 502: '---x' is not a number; read as a gap"]


def test_records_of_edf_that_begin_later_follow_a_gap(tmp_path):
    data = w.edf(["ECG"], [MV], FS, kind="EDF+D", gaps=[(40, 25.0), (60, 3.5)])
    wave, blocks = read(written(tmp_path, data))
    assert gaps(wave, blocks) == [(pytest.approx(40.0), pytest.approx(25.0)), (pytest.approx(85.0), pytest.approx(3.5))]


def test_edf_gives_physical_values_and_names_a_file_that_was_cut_off(tmp_path):
    data = w.edf(["ECG"], [MV], FS, physical=(-3.2, 3.2))
    wave, blocks = read(written(tmp_path, data[:-100]))
    value = np.concatenate([block.value for block in blocks])
    assert value.size == N - 130
    assert np.max(np.abs(value - MV[: value.size])) < 1e-3
    assert wave.notes == ["the file ends in record 100; the records before it are read"]


def test_a_wfdb_record_is_read_from_its_header(tmp_path):
    text, data = w.wfdb_16(VALUE, 360)
    (tmp_path / "rec.dat").write_bytes(data)
    wave, blocks = read(written(tmp_path, text, "rec.hea"))
    assert (wave.dialect, wave.fs_hz) == ("WFDB", 360.0)
    assert np.array_equal(np.concatenate([block.value for block in blocks]), VALUE)
    with pytest.raises(RecordingUnreadable, match="No such file"):
        read(written(tmp_path, text.replace("rec.dat", "gone.dat"), "gone.hea"))
    with pytest.raises(WrongUse):
        read(written(tmp_path, text.replace("rec.dat", "../rec.dat"), "out.hea"))


@pytest.mark.parametrize(
    ("name", "signal", "options", "fs_hz"),
    [
        ("hrv/flirt_e4/BVP.csv", "ppg", Options(), 64.0),
        ("hrv/heartpy/data2.csv", "ppg", Options(), 117.0),
        ("hrv/welltory_ppg/subject_01/PPG.csv", "ppg", Options(column="R"), 28.5),
        ("hrv/v102s.hea", "ecg", Options(), 250.0),
        ("hrv/v102s.hea", "ppg", Options(), 250.0),
        ("signals/h10_ecg_rr.csv.gz", "ecg", Options(), 130.0),
    ],
)
def test_real_waves_are_read(name, signal, options, fs_hz):
    wave, blocks = read(shared_file(f"data/{name}"), signal, options)
    assert wave.fs_hz == pytest.approx(fs_hz, rel=0.02)
    assert blocks


READER = """
import sys
from pathlib import Path
from agent.recording import files
with files.wave(Path(sys.argv[1]), "ecg") as wave:
    for block in wave.blocks:
        assert block.value.size <= 60_000
most = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # its own, not its parent's
print(wave.samples, wave.fs_hz, int(most.split()[1]) // 1024)
"""


@pytest.mark.long
@pytest.mark.process
@pytest.mark.parametrize("form", ["csv", "edf"])
def test_hours_at_a_thousand_samples_a_second_are_read_in_little_memory(tmp_path, form):
    """Six hours as a CSV with times are 350 MB, 21.6 million lines."""
    seconds = 6 * 3600 if form == "edf" else 2 * 3600
    value = np.round(1000 * np.sin(np.arange(60_000) / 143))
    file = tmp_path / f"long.{form}"
    if form == "edf":
        data = w.edf(["ECG"], [value / 1000], 1000.0)
        head_ = data[:236] + str(seconds).ljust(8).encode() + data[244:512]
        with file.open("wb") as out:
            out.write(head_)
            for _ in range(seconds // 60):
                out.write(data[512:])
    else:
        texts = w.whole(value)
        with file.open("w") as out:
            out.write("t_s,ecg\n")
            for minute in range(seconds // 60):
                out.writelines(f"{60 * minute + n / 1000:.3f},{text}\n" for n, text in enumerate(texts))
    words = [sys.executable, "-c", textwrap.dedent(READER), str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": "."})
    samples, fs_hz, mib = done.stdout.split()
    assert int(samples) == seconds * 1000
    assert float(fs_hz) == pytest.approx(1000.0, rel=1e-4)
    assert int(mib) <= 250
