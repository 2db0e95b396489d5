"""The peers of bench-heart, each behind the same three questions: labels, time and frequency numbers, corrected beats."""

import warnings

import numpy as np

warnings.simplefilter("ignore")

import heartpy
import neurokit2
import systole.correction
import systole.detection
import systole.hrv
from heartpy import analysis

try:
    import hrvanalysis
except ImportError as problem:  # it breaks with some versions of its own dependencies
    print(f"hrv-analysis is left out: {problem}")
    hrvanalysis = None

PEERS = ("NeuroKit2", "systole")


def peaks_ms(rr_ms):
    """Beat times in whole ms, the first at 0."""
    return np.round(np.concatenate([[0.0], np.cumsum(rr_ms)])).astype(int)


# ---- faulty intervals


def neurokit_faulty(rr_ms):
    """Which intervals NeuroKit2's Kubios method calls faulty."""
    found, _ = neurokit2.signal_fixpeaks(peaks_ms(rr_ms), sampling_rate=1000, iterative=False, method="Kubios")
    beats = np.zeros(rr_ms.size + 1, dtype=bool)
    for kind in ("ectopic", "missed", "extra", "longshort"):
        beats[np.asarray(found[kind], dtype=int)] = True
    return beats[1:]


def systole_faulty(rr_ms):
    """Which intervals systole calls faulty."""
    found = systole.detection.rr_artefacts(rr_ms)
    return np.any([found[kind] for kind in ("ectopic", "missed", "extra", "long", "short")], axis=0)


def malik_faulty(rr_ms):
    """Malik's rule: more than 20 % from the interval before."""
    return np.concatenate([[False], np.abs(np.diff(rr_ms)) > 0.2 * rr_ms[:-1]])


FAULTY = {"NeuroKit2 kubios": neurokit_faulty, "systole L&T": systole_faulty, "Malik 20 %": malik_faulty}


# ---- corrected beats


def neurokit_corrected(rr_ms):
    """NeuroKit2's corrected intervals."""
    _, fixed = neurokit2.signal_fixpeaks(peaks_ms(rr_ms), sampling_rate=1000, iterative=True, method="Kubios")
    return np.diff(np.unique(np.asarray(fixed, dtype=float)))


def systole_corrected(rr_ms):
    """systole's corrected intervals."""
    fixed, _ = systole.correction.correct_rr(rr_ms.astype(float), verbose=False)
    return np.asarray(fixed, dtype=float)


CORRECTED = {"NeuroKit2 kubios": neurokit_corrected, "systole": systole_corrected}


# ---- numbers


def neurokit_power(rr_ms):
    """(LF, HF) in ms², with the option that gives units."""
    table = neurokit2.hrv_frequency(peaks_ms(rr_ms), sampling_rate=1000, normalize=False)
    return float(table["HRV_LF"].iloc[0]), float(table["HRV_HF"].iloc[0])


def systole_power(rr_ms):
    """(LF, HF) in ms²."""
    table = systole.hrv.frequency_domain(rr_ms.astype(float), input_type="rr_ms")
    values = dict(zip(table["Metric"], table["Values"], strict=True))
    return float(values["lf_power"]), float(values["hf_power"])


def heartpy_power(rr_ms):
    """(LF, HF) in ms²."""
    measures = analysis.calc_fd_measures(method="welch", measures={}, working_data={"RR_list_cor": list(rr_ms)})[1]
    return float(measures["lf"]), float(measures["hf"])


def hrvanalysis_power(rr_ms):
    """(LF, HF) in ms²."""
    found = hrvanalysis.get_frequency_domain_features(list(rr_ms))
    return float(found["lf"]), float(found["hf"])


POWER = {"NeuroKit2 Welch": neurokit_power, "systole": systole_power, "HeartPy Welch": heartpy_power}
if hrvanalysis is not None:
    POWER["hrv-analysis Welch"] = hrvanalysis_power


def neurokit_all(rr_ms):
    """The whole of `hrv()`: 95 columns."""
    return neurokit2.hrv(peaks_ms(rr_ms), sampling_rate=1000)


def systole_all(rr_ms):
    """All of systole's three tables."""
    rr_ms = rr_ms.astype(float)
    for domain in (systole.hrv.time_domain, systole.hrv.frequency_domain, systole.hrv.nonlinear_domain):
        domain(rr_ms, input_type="rr_ms")


def heartpy_all(rr_ms):
    """HeartPy's time and frequency measures."""
    diff_ms = np.diff(rr_ms)
    working = {"RR_list_cor": list(rr_ms), "RR_diff": np.abs(diff_ms), "RR_sqdiff": diff_ms**2}
    analysis.calc_fd_measures(method="welch", measures={}, working_data=working)
    heartpy.analysis.calc_ts_measures(rr_ms, np.abs(diff_ms), diff_ms**2, measures={}, working_data=working)


def hrvanalysis_all(rr_ms):
    """hrv-analysis' time, frequency and Poincaré tables."""
    hrvanalysis.get_time_domain_features(list(rr_ms))
    hrvanalysis.get_frequency_domain_features(list(rr_ms))
    hrvanalysis.get_poincare_plot_features(list(rr_ms))


ALL = {"NeuroKit2 hrv()": neurokit_all, "systole": systole_all, "HeartPy": heartpy_all}
if hrvanalysis is not None:
    ALL["hrv-analysis"] = hrvanalysis_all
IMPORTS = {"NeuroKit2": "neurokit2", "systole": "systole.hrv, systole.detection", "HeartPy": "heartpy"}
if hrvanalysis is not None:
    IMPORTS["hrv-analysis"] = "hrvanalysis"
