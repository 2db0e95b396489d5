"""The heart's numbers, from beat intervals (channel ``rr_ms``).

Each row says its formula, its source, and what it needs; what it does not get withholds it with a reason. The needs,
and where they come from (a coverage is the share of the window that right intervals fill; an edited share is of
intervals, and one misplaced beat makes two of them faulty):

    rate        10 s of beats are enough for a mean rate (Shaffer and Ginsberg 2017, doi:10.3389/fpubh.2017.00258);
                half of the window may be missing. It alone is given while the rhythm is irregular or the body moves,
                but not where what was left out could have moved it (`left_out`): a rhythm with pauses loses them first,
                and the rest beats faster.
    pairs       60 s: RMSSD of a minute stays within 11 % of that of five (median, three day-long recordings); 70 % of
                the window: beats left out, up to 36 %, leave RMSSD and SDNN where they were (Sheridan et al. 2020,
                doi:10.30773/pi.2020.0168). At most 15 % edited: one misplaced beat in ten (20 % of intervals) moved
                RMSSD by 20 to 40 % on lively and calm hearts alike; one in twenty by up to 18 %, which the rhythm gate
                withholds (bench-heart).
    spread      120 s: SDNN of a minute is 17 % too small, of two minutes within 13 %.
    spectrum    HF 60 s, LF and ratios 120 s, as the Task Force (1996, doi:10.1161/01.CIR.93.5.1043) recommends: nine
                cycles of 0.15 Hz, five of 0.04 Hz. VLF and the total 300 s: one cycle of 0.0033 Hz, the lower edge of
                the band (Shaffer and Ginsberg); it is the shortest window in which that rhythm can show. Any hole
                moves a spectrum (Sheridan): none beyond 3 s, 85 % of the window, at most 8 % edited, where the
                corrected series was within 12 % of the true one.
    scaling     alpha 1: 120 s and 100 beats, at most 6 % edited: 3 % of beats are a small bias, 6 % up to 19 % (Rogers
                et al. 2021, doi:10.3390/s21030821). alpha 2: 256 beats, four of its longest boxes.
    entropy     200 beats, where its bias levels off (Richman and Moorman 2000, doi:10.1152/ajpheart.2000.278.6.H2039).
    whole       300 s, because the number changes with the length of the window: Baevsky's.
    histogram   20 min: the geometric measures need that many beats (Task Force 1996). The agent's windows are
                shorter, so only `wardbeat analyze --window 1200` or longer gives them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.features import heart_formulas as of
from agent.features.heart_formulas import Formula
from agent.model import Window
from agent.signal.heart import confidence, geometric, nonlinear, power_confidence, rr
from agent.signal.heart.beats import Beats
from agent.signal.heart.confidence import ConfidenceFormula
from agent.signal.heart.respiration import FASTEST_BPM, SLOWEST_BPM
from agent.signal.heart.rr import over
from agent.signal.heart.spectrum import HF_HZ, LF_HZ, TOTAL_HZ, VLF_HZ
from agent.tables.feature_spec import FeatureSpec, Measured, Release

TASK_FORCE: Final = "10.1161/01.CIR.93.5.1043"
SHAFFER: Final = "10.3389/fpubh.2017.00258"
PHAM: Final = "10.3390/s21123998"
MIETUS: Final = "10.1136/heart.88.4.378"
BRENNAN: Final = "10.1109/10.959330"
TOICHI: Final = "10.1016/S0165-1838(96)00112-9"
BAEVSKY: Final = "10.12710/cardiometry.2017.10.6676"
PENG: Final = "10.1063/1.166141"
RICHMAN: Final = "10.1152/ajpheart.2000.278.6.H2039"
GUZIK: Final = "10.1515/BMT.2006.054"
COSTA: Final = "10.3389/fphys.2017.00255"
SCHAEFER: Final = "10.1007/s10439-007-9428-1"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a row needs beyond its formula; see the module for the reasons."""

    span_s: int
    n: int
    coverage_01: float
    edited_01: float
    hole_s: float = math.inf
    regular: bool = True  # a regular rhythm, and a body at rest where a pulse wave is read


_RATE = Needs(10, 5, 0.5, 0.5, regular=False)
PAIRS = Needs(60, 20, 0.7, 0.15)
_SPREAD = Needs(120, 40, 0.7, 0.15)
_HISTOGRAM = Needs(1200, 300, 0.7, 0.15)
_HF = Needs(60, 30, 0.85, 0.08, 3.0)
_LF = Needs(120, 60, 0.85, 0.08, 3.0)
_VLF = Needs(300, 150, 0.85, 0.08, 3.0)
_SCALING = Needs(120, 100, 0.85, 0.06, 3.0)
_LONG_SCALING = Needs(120, 256, 0.85, 0.06, 3.0)
_ENTROPY = Needs(120, 200, 0.85, 0.08, 3.0)


def _measured(
    formula: Formula, count: Callable[[Beats], int], sure: ConfidenceFormula | None, needs: Needs
) -> Callable[[Window], Measured]:
    def compute(window: Window) -> Measured:
        seen = window.once(of.beats)
        reason = of.why_no_variability(seen) if needs.regular else of.why_no_rate(seen)
        value = math.nan if reason else formula(seen)
        return Measured(
            value=value,
            n=count(seen),
            coverage_01=seen.coverage_01,
            edited_01=seen.edited_01,
            longest_gap_s=seen.longest_gap_s,
            hole_s=seen.longest_hole_s if math.isfinite(needs.hole_s) else 0.0,
            ci=None if sure is None or not math.isfinite(value) else sure(seen, value),
            reason=reason,
        )

    return compute


def _row(
    feature_id: int,
    name: str,
    formula: Formula,
    count: Callable[[Beats], int],
    needs: Needs,
    limits: tuple[float, float, float],
    source: str,
    text: str,
    words: str,
    *,
    sure: ConfidenceFormula | None = None,
    release: Release = "live_only",
    detrended: bool = False,
) -> FeatureSpec:
    low, high, step = limits
    return FeatureSpec(
        name=name,
        feature_id=feature_id,
        kind="recovery",
        signal="heart",
        needs=("rr_ms",),
        compute=_measured(formula, count, sure, needs),
        span_s=300,
        min_samples=needs.n,
        min_coverage_01=needs.coverage_01,
        low=low,
        high=high,
        step=step,
        release=release,
        words=words,
        source=source,
        formula=text,
        min_span_s=needs.span_s,
        most_edited_01=needs.edited_01,
        most_hole_s=needs.hole_s,
        detrended=detrended,
        has_interval=sure is not None,
    )


_MS = (0.0, 2000.0, 0.1)
_MS2 = (0.0, 1_000_000.0, 0.1)
_SHARE = (0.0, 1.0, 0.001)
_RATIO = (0.0, 10_000.0, 0.001)
_INDEX = (0.0, 1_000_000.0, 0.01)
_SMALL = (-20.0, 20.0, 0.001)
_HZ = (0.0, 0.5, 0.001)

# fmt: off
ROWS = (
    _row(1, "hr_mean_bpm", lambda seen: rr.hr_mean_bpm(seen.nn_ms), of.intervals, _RATE, (20.0, 250.0, 0.1), SHAFFER,
         "60000 / mean(NN)",
         "Your mean heart rate over five minutes, in beats a minute.",
         sure=confidence.rate, release="whole"),
    _row(2, "rmssd_ms", of.rmssd, of.differences, PAIRS, (0.0, 500.0, 0.1), TASK_FORCE,
         "sqrt(mean(d²)), d differences of neighbours",
         "How much neighbouring heart beats differ over five minutes (RMSSD), in ms; higher often means more rest.",
         sure=confidence.rms, release="whole"),
    _row(3, "sdnn_ms", of.sdnn, of.intervals, _SPREAD, (0.0, 500.0, 0.1), TASK_FORCE,
         "standard deviation of NN (n - 1)",
         "How much your beat intervals spread over five minutes (SDNN), in ms.",
         sure=confidence.deviation, release="whole"),
    _row(4, "pnn50_01", lambda seen: rr.pnn_01(seen.diff_ms, 50.0), of.differences, PAIRS, _SHARE, SHAFFER,
         "share of |d| > 50 ms among differences",
         "The share of neighbouring beats that differ by more than 50 ms over five minutes.",
         sure=confidence.share(50.0), release="whole"),
    _row(5, "mean_nn_ms", of.mean, of.intervals, _RATE, _MS, TASK_FORCE,
         "mean(NN)", "The mean time between two of your heart beats, in ms.", sure=confidence.mean),
    _row(6, "median_nn_ms", lambda seen: rr.median_ms(seen.nn_ms), of.intervals, _RATE, _MS, PHAM,
         "median(NN)", "The middle one of your beat intervals, in ms."),
    _row(7, "iqr_nn_ms", lambda seen: rr.iqr_ms(seen.nn_ms), of.intervals, _SPREAD, _MS, PHAM,
         "75th - 25th percentile of NN, linear", "How wide the middle half of your beat intervals is, in ms."),
    _row(8, "ln_rmssd", lambda seen: rr.logarithm(of.rmssd(seen)), of.differences, PAIRS, _SMALL, SHAFFER,
         "ln(RMSSD / ms)", "The natural logarithm of RMSSD, which is compared more fairly from day to day.",
         sure=confidence.ln_rms),
    _row(9, "sdsd_ms", lambda seen: rr.sdnn_ms(seen.diff_ms), of.differences, PAIRS, _MS, TASK_FORCE,
         "standard deviation of d, signed (n - 1)", "How much the steps from beat to beat spread, in ms.",
         sure=confidence.difference_deviation),
    _row(10, "pnn20_01", lambda seen: rr.pnn_01(seen.diff_ms, 20.0), of.differences, PAIRS, _SHARE, MIETUS,
         "share of |d| > 20 ms among differences", "The share of neighbouring beats that differ by more than 20 ms.",
         sure=confidence.share(20.0)),
    _row(11, "cvnn_01", lambda seen: over(of.sdnn(seen), of.mean(seen)),
         of.intervals, _SPREAD, _SHARE, PHAM,
         "SDNN / mean(NN)", "How much your beat intervals spread, as a share of their mean.", sure=confidence.cv),
    _row(12, "cvsd_01", lambda seen: over(of.rmssd(seen), of.mean(seen)),
         of.differences, PAIRS, _SHARE, PHAM,
         "RMSSD / mean(NN)", "How much neighbouring beats differ, as a share of the mean interval.",
         sure=confidence.rms),
    _row(13, "hti", lambda seen: geometric.hti(seen.nn_ms), of.intervals, _HISTOGRAM, _RATIO, TASK_FORCE,
         "n / highest bin of the histogram, bins of 1/128 s from 0",
         "How flat the histogram of your beat intervals is (triangular index)."),
    _row(14, "tinn_ms", of.tinn, of.intervals, _HISTOGRAM, (0.0, 5000.0, 0.1), TASK_FORCE,
         "base of the triangle that fits the histogram best",
         "How wide a triangle fits the histogram of your beat intervals, in ms."),
    _row(15, "sd1_ms", of.sd1, of.differences, PAIRS, _MS, BRENNAN,
         "sqrt(1/2) SDSD", "How wide the cloud of beat against next beat is (Poincaré plot), in ms.",
         sure=confidence.difference_deviation),
    _row(16, "sd2_ms", of.sd2, of.differences, _SPREAD, _MS, BRENNAN,
         "sqrt(2 SDNN² - SDSD²/2)", "How long the cloud of beat against next beat is (Poincaré plot), in ms.",
         sure=confidence.sum_deviation),
    _row(17, "sd1_sd2_ratio", lambda seen: over(of.sd1(seen), of.sd2(seen)), of.differences, _SPREAD, _RATIO, BRENNAN,
         "SD1 / SD2", "How round the cloud of beat against next beat is (Poincaré plot).", sure=confidence.sd_ratio),
    _row(18, "csi", lambda seen: geometric.csi(of.sd1(seen), of.sd2(seen)), of.differences, _SPREAD, _RATIO, TOICHI,
         "SD2 / SD1", "Length over width of the cloud of beat against next beat (cardiac sympathetic index).",
         sure=confidence.sd_ratio),
    _row(19, "cvi", lambda seen: geometric.cvi(of.sd1(seen), of.sd2(seen)), of.differences, _SPREAD, _SMALL, TOICHI,
         "log10(16 SD1 SD2)", "The size of the cloud of beat against next beat, as a logarithm (cardiac vagal index).",
         sure=confidence.cvi),
    _row(20, "vlf_ms2", of.vlf, of.unbroken, _VLF, _MS2, SHAFFER,
         "power 0.0033 to 0.04 Hz, what the trend leaves", "The power of very slow rhythms of your heart, in ms².",
         sure=power_confidence.power(VLF_HZ), detrended=True),
    _row(21, "lf_ms2", of.lf, of.unbroken, _LF, _MS2, TASK_FORCE,
         "power 0.04 to 0.15 Hz", "The power of your heart's ten-second rhythm, in ms².",
         sure=power_confidence.power(LF_HZ), detrended=True),
    _row(22, "hf_ms2", of.hf, of.unbroken, _HF, _MS2, TASK_FORCE,
         "power 0.15 to 0.4 Hz", "The power of your heart's rhythm with your breath, in ms².",
         sure=power_confidence.power(HF_HZ), detrended=True),
    _row(23, "total_power_ms2", of.total, of.unbroken, _VLF, _MS2, SHAFFER,
         "VLF + LF + HF", "The power of all of your heart's rhythms together, in ms².",
         sure=power_confidence.power(TOTAL_HZ), detrended=True),
    _row(24, "lf_peak_hz", of.peak(LF_HZ), of.unbroken, _LF, _HZ, TASK_FORCE,
         "highest density in the LF band; none on its edge", "How fast your heart's ten-second rhythm is, in Hz.",
         detrended=True),
    _row(25, "hf_peak_hz", of.peak(HF_HZ), of.unbroken, _HF, _HZ, TASK_FORCE,
         "highest density in the HF band; none on its edge", "How fast your heart's rhythm with your breath is, in Hz.",
         detrended=True),
    _row(26, "lf_nu_01", lambda seen: of.share(of.lf, seen), of.unbroken, _LF, _SHARE, TASK_FORCE,
         "LF / (LF + HF)", "The share of the ten-second rhythm in the two faster rhythms of your heart.",
         sure=power_confidence.lf_nu, detrended=True),
    _row(27, "hf_nu_01", lambda seen: of.share(of.hf, seen), of.unbroken, _LF, _SHARE, TASK_FORCE,
         "HF / (LF + HF)", "The share of the breath's rhythm in the two faster rhythms of your heart.",
         sure=power_confidence.hf_nu, detrended=True),
    _row(28, "lf_hf_ratio", of.lf_hf, of.unbroken, _LF, _RATIO, TASK_FORCE,
         "LF / HF", "The ten-second rhythm over the breath's rhythm; how it is to be read is disputed.",
         sure=power_confidence.lf_hf, detrended=True),
    _row(29, "baevsky_si", of.baevsky, of.unbroken, _VLF, _INDEX, BAEVSKY,
         "AMo / (2 Mo MxDMn), bins of 50 ms, trend taken away",
         "How narrow your beat intervals cluster (Baevsky's index).",
         detrended=True),
    _row(30, "sqrt_baevsky_si", lambda seen: geometric.sqrt(of.baevsky(seen)), of.unbroken, _VLF, _INDEX,
         BAEVSKY, "square root of Baevsky's index",
         "How narrow your beat intervals cluster (the root of Baevsky's index).", detrended=True),
    _row(31, "dfa_alpha1", of.dfa(nonlinear.ALPHA1_BOXES), of.unbroken, _SCALING, _SMALL, PENG,
         "slope of log F over log n, boxes of 4 to 16 beats",
         "How alike neighbouring stretches of beats are, over a few beats."),
    _row(32, "dfa_alpha2", of.dfa(nonlinear.ALPHA2_BOXES), of.unbroken, _LONG_SCALING, _SMALL, PENG,
         "slope of log F over log n, boxes of 16 to 64 beats",
         "How alike neighbouring stretches of beats are, over a minute."),
    _row(33, "sampen", of.sampen, of.unbroken, _ENTROPY, _SMALL, RICHMAN,
         "-ln(A/B), m = 2, r = 0.2 SDNN", "How hard your next beat interval is to tell from the ones before it."),
    _row(34, "asymmetry_gi", lambda seen: nonlinear.asymmetry_gi(seen.diff_ms), of.differences, _SPREAD, _SHARE, GUZIK,
         "sum(d² where d > 0) / sum(d²)",
         "The share of slowing down in the steps from beat to beat.", sure=confidence.asymmetry),
    _row(35, "fragmentation_pip_01", of.turning, of.intervals,
         _SPREAD, _SHARE, COSTA,
         "share of intervals after which d changes its sign",
         "How often your heart turns from speeding up to slowing down.",
         sure=confidence.inflections),
    _row(36, "resp_rate_bpm", of.breath, of.unbroken, _HF, (SLOWEST_BPM, FASTEST_BPM, 0.1), SCHAEFER,
         "60 f of the one peak that stands out in the spectrum",
         "How often you breathe in a minute, where your heart follows your breath clearly.", detrended=True),
)
# fmt: on
