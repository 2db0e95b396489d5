"""One row a program: how its files are known, and which reader takes them. The first row that knows a file reads it.

A new dialect is one file in this folder and one row here. A reader that needs a library loads it when it reads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.recording.dialects import (
    apple_beats,
    apple_ecg,
    apple_export,
    edf,
    elite_hrv,
    empatica,
    fatmaxxer,
    fit,
    hrm,
    hrv_logger,
    json_table,
    kubios,
    one_line,
    opensignals,
    plain_table,
    polar_flow,
    polar_sensor_logger,
    suunto,
    vns_analyse,
    wfdb,
)  # fmt: skip
from agent.recording.options import Options
from agent.recording.rows import Rows
from agent.recording.source import Source
from agent.recording.tables import Samples

ReadRows = Callable[[Source, Options], Rows]
ReadWave = Callable[[Source, str, Options], Samples]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Files of one program.

    Attributes:
        name: What the output calls it.
        files: What they look like, for a person.
        knows: Whether a file is one of them, by its beginning.
        rows: Reads intervals; None where they hold none.
        wave: Reads a wave; None where they hold none.
        signals: What its waves can be.
    """

    name: str
    files: str
    knows: Callable[[Source], bool]
    rows: ReadRows | None = None
    wave: ReadWave | None = None
    signals: tuple[str, ...] = ("ecg", "ppg")


_ALL: Final = ("ecg", "ppg", "eda", "acc")

DIALECTS: Final = (
    Dialect("FIT", "`.fit`: messages `hrv`, `beat_intervals` and `raw_bbi`", fit.knows, fit.rows),
    Dialect("EDF", "`.edf`, `.bdf`: EDF, EDF+ (also with gaps) and BDF", edf.knows, None, edf.wave, _ALL[:3]),
    Dialect("WFDB", "`.hea` beside its `.dat` (formats 16 and 212)", wfdb.knows, None, wfdb.wave),
    Dialect("Polar .hrm", "`[Params]` with `Interval=238`, then `[HRData]`", hrm.knows, hrm.rows),
    Dialect("Suunto", "`.sml` with `<R-R><Data>`; JSON with `R-R`", suunto.knows, suunto.rows),
    Dialect(
        "Apple heartbeat series",
        "JSON with `timeSinceSeriesStart` and `precededByGap`",
        apple_beats.knows,
        apple_beats.rows,
    ),
    Dialect(
        "Apple Health export",
        "`export.xml`: refused, its beats are too coarse",
        apple_export.knows,
        apple_export.rows,
    ),
    Dialect(
        "Apple Watch ECG",
        "CSV: `Sample Rate,512 hertz` over one voltage a line",
        apple_ecg.knows,
        None,
        apple_ecg.wave,
    ),
    Dialect("JSON", "a list of intervals, or objects with `rr` and times", json_table.knows, json_table.rows),
    Dialect(
        "OpenSignals",
        "`# OpenSignals Text File Format`, a line of JSON, tabs",
        opensignals.knows,
        None,
        opensignals.wave,
    ),
    Dialect("Kubios", "results with a section of RR intervals; series export", kubios.knows, kubios.rows),
    Dialect(
        "Empatica E4",
        "`IBI.csv`: `1560279825.0, IBI`; `BVP.csv`, `EDA.csv`, `ACC.csv`: start, rate, samples",
        empatica.knows,
        empatica.rows,
        empatica.wave,
        ("ppg", "eda", "acc", "ecg"),
    ),
    Dialect(
        "Polar Sensor Logger",
        "`Phone timestamp;RR-interval [ms]`; also PPI, ECG and PPG files",
        polar_sensor_logger.knows,
        polar_sensor_logger.rows,
        polar_sensor_logger.wave,
        ("ecg", "ppg", "acc"),
    ),
    Dialect("FatMaxxer", "`timestamp,rr,since_start`", fatmaxxer.knows, fatmaxxer.rows),
    Dialect("HRV Logger, HRV4Training", "`date,rr,since start`", hrv_logger.knows, hrv_logger.rows),
    Dialect(
        "VNS Analyse", "`RR-Intervalle`, then intervals in s, some with notes", vns_analyse.knows, vns_analyse.rows
    ),
    Dialect("Polar Flow", "two columns without a head: seconds, tab, RR in ms", polar_flow.knows, polar_flow.rows),
    Dialect("one line of intervals", "all intervals in one line: `1203 1124 974`", one_line.knows, one_line.rows),
    Dialect(
        "one interval a line",
        "Elite HRV, HRV4Training, Kubios and others; a wave with `--signal` and `--fs`",
        elite_hrv.knows,
        elite_hrv.rows,
        plain_table.wave,
        _ALL,
    ),
    Dialect(
        "table",
        "any other CSV, TSV, or columns apart by spaces: `t_s,rr_ms`, `IBI`, `RR (ms)`, `ecg`",
        plain_table.knows,
        plain_table.rows,
        plain_table.wave,
        _ALL,
    ),
)
