"""Files as people have them: each shape with what it is read as, how many intervals, and its first problem.

A shape that is refused has no intervals, and its problem is the reason. ``python -m tests.agent.recording.shapes`` prints
the table.
"""

import gzip
import json
from dataclasses import dataclass, field

import numpy as np

from agent.recording.options import Options
from tests.agent.recording import writers as w

RR = w.calm()
N = RR.size
MS = w.whole(RR)
SECONDS = w.decimal(RR / 1000)
ENDS = w.ends_s(RR)
TIMES = w.decimal(ENDS)
ARRIVED = w.arrivals(RR)
EPOCH_MS = [f"{(w.EPOCH_S + t) * 1000:.0f}" for t in ARRIVED]
ARRIVAL = "its times are those of arrival"
ONE = "one interval a line"


@dataclass(frozen=True)
class Shape:
    """One file."""

    name: str
    content: str | bytes
    dialect: str = ""
    count: int = 0
    problem: str = ""
    options: Options = field(default_factory=Options)
    exact: bool = True  # the intervals are those that were written


def head(columns, *cells, mark=","):
    return w.table(columns, *cells, mark=mark)


READ = [
    Shape("plain ms", w.plain(RR), ONE, N),
    Shape("plain ms, CR LF", w.plain(RR, end="\r\n"), ONE, N),
    Shape("plain ms, CR", w.plain(RR, end="\r"), ONE, N),
    Shape("plain ms, BOM", w.plain(RR).encode("utf-8-sig"), ONE, N),
    Shape("plain ms, UTF-16", w.plain(RR).encode("utf-16"), ONE, N),
    Shape("plain ms, UTF-16 without a mark", w.plain(RR).encode("utf-16-le"), ONE, N),
    Shape("plain ms, gzip", gzip.compress(w.plain(RR).encode()), ONE, N),
    Shape("plain ms with decimals", w.plain(RR, "{:.3f}"), ONE, N),
    Shape("plain ms with decimal commas", w.text(w.decimal(RR, 2, ",")), ONE, N),
    Shape("plain seconds", w.text(SECONDS), ONE, N, "no unit is stated"),
    Shape("plain seconds with decimal commas", w.text(w.decimal(RR / 1000, 3, ",")), ONE, N, "no unit is stated"),
    Shape("plain microseconds", w.plain(RR * 1000), ONE, N, "no unit is stated"),
    Shape("a comment over it, and a trailing 0", "# rest\n" + w.plain([*RR, 0]), ONE, N, "0 cannot be an interval"),
    Shape("one bad cell", w.text([*MS[:40], "oops", *MS[41:]]), ONE, N - 1, "line 41: 'oops' is not a number; read as a gap", exact=False),
    Shape("named rr", w.plain(RR, head="rr"), "table", N),
    Shape("named rri", w.plain(RR, head="rri"), "table", N),
    Shape("named IBI", w.plain(RR, head="IBI"), "table", N),
    Shape("named RR (ms)", w.plain(RR, head="RR (ms)"), "table", N),
    Shape("named RR [s]", w.text(SECONDS, "RR [s]"), "table", N),
    Shape("named nn_ms", w.plain(RR, head="nn_ms"), "table", N),
    Shape("one quoted column", w.text([f'"{one}"' for one in MS], '"RR"'), "table", N),
    Shape("row numbers without a name", head(",rr", range(N), MS), "table", N),
    Shape("row numbers, written by R", w.text([f'"{n + 1}" {one}' for n, one in enumerate(MS)], '"rr"'), "table", N),
    Shape("t_s,rr_ms", head("t_s,rr_ms", TIMES, MS), "table", N),
    Shape("t_ms,rr_ms", head("t_ms,rr_ms", w.whole(ENDS * 1000), MS), "table", N),
    Shape("time,RR in seconds", head("time,RR", TIMES, SECONDS), "table", N, "no unit is stated"),
    Shape("semicolons, decimal commas", head("Zeit;RR (ms)", w.decimal(ENDS, 3, ","), w.decimal(RR, 1, ","), mark=";"), "table", N),
    Shape("tabs, ISO times", head("date\tRR interval (ms)", w.iso(ENDS), MS, mark="\t"), "table", N),
    Shape("spaces", w.text([f"{a}   {b}" for a, b in zip(TIMES, MS, strict=True)]), "table", N),
    Shape("times of the starts", head("time_s,rr_ms", w.decimal(ENDS - RR / 1000), MS), "table", N, "those at which intervals begin"),
    Shape("Unix s", head("unix,ibi_ms", [f"{w.EPOCH_S + t:.3f}" for t in ENDS], MS), "table", N),
    Shape("Unix µs", head("timestamp,ibi_ms", [f"{(w.EPOCH_S + t) * 1e6:.0f}" for t in ENDS], MS), "table", N),
    Shape("Unix ns", head("timestamp,ibi_ms", [f"{(w.EPOCH_S + t) * 1e9:.0f}" for t in ENDS], MS), "table", N),
    Shape("columns nobody needs", head("id,time_s,mood,rr_ms,note", range(N), TIMES, ["ok"] * N, MS, [""] * N), "table", N),
    Shape("a logger's packets in brackets", w.text([f'{t:.3f},70,"[{a}, {b}]"' for t, a, b in zip(np.ceil(ENDS[1::2]) + 0.02, MS[::2], MS[1::2], strict=True)], "timestamp,hr,rr_intervals"), "table", N, ARRIVAL),
    Shape("a date and a time of day", head("Date\tTime\tRR", ["2020-01-01"] * N, [f"10:{int(t // 60):02}:{t % 60:06.3f}" for t in ENDS], MS, mark="\t"), "table", N),
    Shape("dates of the United States", head("Date,RR", [f"04/24/2026 2:{10 + int(t // 60):02}:{t % 60:06.3f} PM" for t in ENDS], MS), "table", N),
    Shape("labels beside them", w.text([f"{t:10.3f} {rr:7.3f} N" for t, rr in zip(ENDS, RR / 1000, strict=True)]), "table", N, "no unit is stated"),
    Shape("many in each line", w.text([" ".join(MS[n : n + 24]) for n in range(0, N, 24)]), "one line of intervals", N),
    Shape("a date over them", w.text(MS, "2020-01-01 10:00:00"), "table", N),
    Shape("65535 for none", w.plain([*RR, 65535]), ONE, N, "65535 cannot be an interval"),
    Shape("a column by its numbers", head("zeit_s,wert,puls", TIMES, MS, w.whole(60_000 / RR)), "table", N, "column 'wert' is read as the intervals"),
    Shape("prose over the table", "Subject: 12\nDate: 2020-01-01\n\n" + head("Time (s),RR (ms),HR (bpm)", TIMES, MS, w.whole(60_000 / RR)), "table", N),
    Shape("units under the heads", head("Time,RR", TIMES, SECONDS).replace("Time,RR", "Time,RR\n(s),(s)"), "table", N),
    Shape("the person's column and unit", head("a,b,c", range(N), range(5, 5 + N), w.whole(RR * 1.024)), "table", N,
          options=Options(column="c", unit="1/1024s"), exact=False),
    Shape("counts of samples, named", w.text(w.whole(RR / 4)), ONE, N, options=Options(unit="samples", fs_hz=250.0), exact=False),
    Shape("a unit in a comment", "# Units: s\n" + w.text(SECONDS), ONE, N),
    Shape("every interval twice", w.plain(np.repeat(RR, 2)), ONE, N, "written twice; each pair is read as one"),
    Shape("the file twice in one", w.plain([*RR, *RR]), ONE, N, "the same intervals twice"),
    Shape("times of R peaks in s", w.text(w.decimal(np.append(3.0, 3 + ENDS))), ONE, N, "rise from line to line"),
    Shape("times of R peaks in ms, named", w.text(w.whole(np.append(3.0, 3 + ENDS) * 1000), "rpeak_ms"), "table", N),
    Shape("R peaks as samples", w.text(w.whole(np.append(750, 750 + np.cumsum(np.round(RR / 4))))), ONE, N, "rise from line",
          options=Options(unit="samples", fs_hz=250.0), exact=False),
    Shape("Polar Sensor Logger, RR", head("Phone timestamp;RR-interval [ms]", w.iso(ARRIVED), MS, mark=";"), "Polar Sensor Logger", N, ARRIVAL),
    Shape("Polar Sensor Logger, RR, commas", head("Phone timestamp,RR-interval [ms]", w.iso(ARRIVED, " "), MS), "Polar Sensor Logger", N, ARRIVAL),
    Shape("Polar Sensor Logger, time of day over midnight",
          head("Phone timestamp;RR-interval [ms]", [f"{int(t // 3600) % 24:02}:{int(t // 60) % 60:02}:{t % 60:09.6f}" for t in 86_350 + ARRIVED], MS, mark=";"),
          "Polar Sensor Logger", N, ARRIVAL),
    Shape("Polar Sensor Logger, PPI",
          head("Phone Data RX timestamp;PP-interval [ms];error estimate [ms];blocker;contact;contact;hr [bpm]", w.iso(ARRIVED), MS, ["5"] * N, ["0"] * N, ["1"] * N, ["1"] * N, ["70"] * N, mark=";"),
          "Polar Sensor Logger", N, ARRIVAL),
    Shape("FatMaxxer", head("timestamp,rr,since_start", EPOCH_MS, MS, w.whole(ENDS * 1000)), "FatMaxxer", N, ARRIVAL),
    Shape("HRV Logger", head("date,rr,since start", w.iso(ENDS - RR / 1000, " "), MS, w.whole(ENDS * 1000 - RR)), "HRV Logger, HRV4Training", N, "those at which intervals begin"),
    Shape("HRV Logger, newer", head("timestamp, rr, since_start", EPOCH_MS, MS, w.whole(ENDS * 1000)), "HRV Logger, HRV4Training", N, ARRIVAL),
    Shape("VNS Analyse", w.text(["0.807", *SECONDS, "0.851\tNotiz: Ende"], "RR-Intervalle - Korrigierte Werte (Aktiv)"), "VNS Analyse", N + 2, exact=False),
    Shape("Polar Flow", w.text([f"{a}\t{b}" for a, b in zip(TIMES, MS, strict=True)]), "Polar Flow", N),
    Shape("Kubios, results", w.kubios_report(RR), "Kubios", N),
    Shape("Kubios, report with intervals in ms", "Kubios HRV Analysis Report\n====\nSoftware:,Kubios HRV Premium\nRR Intervals (ms)\n-----\n" + w.plain(RR), "Kubios", N),
    Shape("Kubios, series", "# SIGNAL/SERIES EXPORT - KUBIOS\n# File: rest.txt\n" + w.plain(RR, "{:.1f}"), "Kubios", N),
    Shape("Empatica E4, IBI", "1560279825.000000, IBI\n" + w.text([f"{a},{b}" for a, b in zip(TIMES, SECONDS, strict=True)]), "Empatica E4", N),
    Shape("Polar .hrm", w.hrm(RR), "Polar .hrm", N),
    Shape("FIT", w.fit(RR), "FIT", N, ARRIVAL),
    Shape("FIT without records", w.fit(RR, per=5, records=False), "FIT", N),
    Shape("Suunto .sml", w.sml(RR), "Suunto", N),
    Shape("Suunto JSON", w.suunto_json(RR), "Suunto", N),
    Shape("Suunto JSON, DeviceLog", json.dumps({"DeviceLog": {"Header": {"HR": 1}, "R-R": {"Data": [int(one) for one in RR]}}}), "Suunto", N),
    Shape("Apple heartbeat series", json.dumps([w.apple_series(RR)]), "Apple heartbeat series", N),
    Shape("Apple heartbeat series, pairs", json.dumps({"kind": "heartbeatSeries", "start": 1718000000000, "heartbeats": [[float(t), False] for t in [0, *ENDS]]}), "Apple heartbeat series", N),
    Shape("JSON, a list", json.dumps([int(one) for one in RR]), "JSON", N),
    Shape("JSON, a list with a name", json.dumps({"user": 7, "rr": [int(one) for one in RR]}, indent=1), "JSON", N),
    Shape("JSON, objects", json.dumps({"data": [{"t_s": float(a), "rr_ms": float(b)} for a, b in zip(ENDS, RR, strict=True)]}), "JSON", N),
    Shape("all in one line", " ".join(MS), "one line of intervals", N),
    Shape("all in one line, commas", ",".join(MS), "one line of intervals", N),
]  # fmt: skip

REFUSED = [
    Shape("nothing", "", problem="line 1: it contains no beats"),
    Shape("only words", "Hello\nworld\n", problem="line 1: it contains no beats: 'Hello' is not a number"),
    Shape("heart rates", w.plain(60_000 / RR), problem="line 1: these look like heart rates"),
    Shape("heart rates with a head", head("time,hr", range(N), w.whole(60_000 / RR)), problem="it holds heart rates (column 'hr')"),
    Shape("heart rates, Polar .hrm", w.hrm(60_000 / RR, 5), problem="line 8: it holds heart rates, one each 5 s (Interval=5)"),
    Shape("heart rates, E4", "1560279835.000000\n1.000000\n" + w.text(w.decimal(60_000 / RR, 2)), problem="line 2: 1 samples a second: heart rates"),
    Shape("counts of samples", w.text(w.whole(RR / 4)), problem="or like counts of samples"),
    Shape("mostly bad", w.text([*["x1"] * 70, *MS[:50]], "rr"), problem="line 2: 'x1' is not a number"),
    Shape("two columns that both can be", head("left,right", MS, MS[::-1]), problem="cannot tell which column holds the intervals: left, right"),
    Shape("twice as long as its own clock", head("time_s,rr_ms", w.decimal(w.ends_s(RR / 2) + np.arange(N) % 2 / 10), MS), problem="twice as long as the file's own clock"),
    Shape("times that go back", head("t_s,rr_ms", [*TIMES[:60], *TIMES[:60]], MS), problem="line 62: the time does not increase"),
    Shape("a wave's samples", w.text(w.whole(600 + 200 * np.sin(np.arange(3000) / 14))), problem="the samples of a waveform"),
    Shape("an ECG's column", head("t_s,ecg", w.decimal(np.arange(N) / 130), w.whole(RR)), problem="column 'ecg' is a waveform"),
    Shape("Kubios, results alone", "Kubios HRV Standard\nMean RR (ms):,852.1\n", problem="a Kubios report without its RR intervals"),
    Shape("Apple Health export", '<?xml version="1.0"?>\n<HealthData locale="en">\n<InstantaneousBeatsPerMinute bpm="55" time="3:10:02,11"/>', problem="too coarse for variability"),
    Shape("JSON cut off", json.dumps({"rr": [int(one) for one in RR]})[:-20] + "#", problem="no JSON from"),
    Shape("JSON without intervals", json.dumps({"steps": [1, 2, 3]}), problem="no list of beat intervals"),
    Shape("FIT without intervals", w.fit([]), problem="no beat-to-beat intervals"),
    Shape("FIT cut off", w.fit(RR)[:30], problem="a damaged FIT file"),
    Shape("EDF", w.edf(["ECG"], [np.zeros(1000)], 100), problem="a waveform (EDF), not intervals"),
    Shape("gzip cut off", gzip.compress(w.plain(RR).encode())[:-20], problem="damaged or cut off"),
    Shape("ZIP", b"PK\x03\x04" + bytes(60), problem="a ZIP archive"),
    Shape("bytes", bytes(range(256)) * 4, problem="not a text file"),
    Shape("no such column", head("a,b", MS, MS[::-1]), problem="no column 'c' (--column)", options=Options(column="c")),
]  # fmt: skip


def main():
    """The table."""
    import tempfile
    from pathlib import Path

    from agent.errors import WrongUse
    from agent.recording import files

    with tempfile.TemporaryDirectory() as folder:
        for shape in [*READ, *REFUSED]:
            file = Path(folder) / "recording"
            file.write_bytes(shape.content if isinstance(shape.content, bytes) else shape.content.encode())
            try:
                found = files.intervals(file, shape.options)
                first = found.notes[0] if found.notes else ""
                print(f"{shape.name:<48}{found.dialect:<26}{found.rr_ms.size:>5}  {first}")
            except WrongUse as error:
                print(f"{shape.name:<48}{'refused':<26}{'':>5}  {error}")


if __name__ == "__main__":
    main()
