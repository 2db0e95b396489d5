"""Windows of beats whose numbers are known: made up, and from the reference file."""

import json
import math

import numpy as np

from agent.features import compute_all
from agent.model import NS_PER_S, Quality, Sample
from agent.windows.window import Ring
from tests.support.processes import shared_file
from tests.support.recorded import annotated, hand_annotated_rr_ms

REFERENCE = {
    "bartels_rest_rri.txt first 300 s": "bartels_rest_rri.txt",
    "pyhrv_nni_5min.txt": "pyhrv_nni_5min.txt",
    "nsr2db_nsr001_clean30min first 300 s": "nsr2db_nsr001_clean30min_beats.csv",
    "mghdb1003_clean10min first 300 s": "mghdb1003_clean10min_beats.csv",
    "mitdb_100 first 300 s (uncorrected, has APCs)": "mitdb_100_beats.csv",
    "gudb s01 sitting_cs 120 s": "gudb/s01_sitting_cs.tsv",
    "welltory_ppg subject_01 H10 RR": "welltory_ppg/subject_01/RR.txt",
}

NAMES = [
    "mean_nn_ms",
    "hr_mean_bpm",
    "median_nn_ms",
    "iqr_nn_ms",
    "sdnn_ms",
    "rmssd_ms",
    "ln_rmssd",
    "sdsd_ms",
    "pnn50_01",
    "pnn20_01",
    "cvnn_01",
    "cvsd_01",
    "hti",
    "tinn_ms",
    "sd1_ms",
    "sd2_ms",
    "sd1_sd2_ratio",
    "csi",
    "cvi",
    "vlf_ms2",
    "lf_ms2",
    "hf_ms2",
    "total_power_ms2",
    "lf_peak_hz",
    "hf_peak_hz",
    "lf_nu_01",
    "hf_nu_01",
    "lf_hf_ratio",
    "baevsky_si",
    "sqrt_baevsky_si",
    "dfa_alpha1",
    "dfa_alpha2",
    "sampen",
    "asymmetry_gi",
    "fragmentation_pip_01",
    "resp_rate_bpm",
]


def window_of(rr_ms, *, lead=None, span_s=300, quality=None, gaps=()):
    """A window holding these intervals from its start; gaps: (index, ms) of time missing before an interval."""
    ring, end_ms = Ring(), 0.0
    if lead is not None:
        ring.add(Sample(NS_PER_S * 1000 - 1, "rr_ms", lead))
    for index, value in enumerate(rr_ms):
        end_ms += value + sum(ms for at, ms in gaps if at == index)
        doubt = Quality.SUSPECT if quality and index in quality else Quality.GOOD
        ring.add(Sample(NS_PER_S * 1000 + round(end_ms * 1e6), "rr_ms", float(value), doubt))
    return ring.window(NS_PER_S * 1000, NS_PER_S * (1000 + span_s))


def values(window):
    return {value.name: value for value in compute_all(window)}


def series(name):
    """(intervals in ms, the reference) of a recording, as long as the reference has it."""
    entry = json.loads(shared_file("data/hrv/reference_values.json").read_text())["series"][name]
    file = shared_file(f"data/hrv/{REFERENCE[name]}")
    readers = {".txt": np.loadtxt, ".tsv": hand_annotated_rr_ms, ".csv": lambda one: np.diff(annotated(one)[1]) * 1000}
    known = entry["reference"]
    assert ("dfa_a2_16_64" in known) == (entry["n_rr"] > 100)  # a hundred beats are too few for its boxes
    return readers[file.suffix](file)[: entry["n_rr"]], known | {"dfa_a2_16_64": known.get("dfa_a2_16_64")}


def sampen_by_loops(nn_ms, m=2, r=0.2):
    tolerance = r * np.std(nn_ms, ddof=1)
    count = [0, 0]
    for i in range(len(nn_ms) - m):
        for j in range(len(nn_ms) - m):
            if i != j and max(abs(nn_ms[i + k] - nn_ms[j + k]) for k in range(m)) <= tolerance:
                count[0] += 1
                count[1] += abs(nn_ms[i + m] - nn_ms[j + m]) <= tolerance
    return math.log(count[0] / count[1])
