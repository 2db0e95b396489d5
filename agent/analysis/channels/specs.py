"""SPECS: a row a number of skin conductance and acceleration. They are no rows of FEATURES, and nothing sends them."""

from dataclasses import dataclass
from typing import Final

from agent.signal.activity import numbers as activity
from agent.signal.eda import numbers as eda


@dataclass(frozen=True, slots=True)
class Spec:
    """What a number is.

    Attributes:
        name: With its unit at the end.
        short: What it is called where it stands alone.
        unit: Of its values; a share is shown as per cent.
        meaning: One sentence.
        formula: How it is made.
        source: Paper, or empty.
        is_main: Whether it is shown where there is room for few.
    """

    name: str
    short: str
    unit: str
    meaning: str
    formula: str
    source: str = ""
    is_main: bool = False


_BOUCSEIN: Final = "10.1111/j.1469-8986.2012.01384.x"
_EDA: Final = (
    Spec("scl_us", "Skin conductance level", "µS", "Conductance of the skin below its responses.",
         "median over pieces of 10 s of the lower decile of each", _BOUCSEIN, is_main=True),
    Spec("scr_rate_per_min", "Responses", "/min", "Skin conductance responses a minute of what could be read.",
         "60 n / readable seconds", _BOUCSEIN, is_main=True),
    Spec("scr_amplitude_us", "Amplitude", "µS", "Mean height of a response from trough to peak; too small where they"
         " overlap.", "mean(peak - trough)", _BOUCSEIN, is_main=True),
    Spec("scr_size_us", "Size by slope", "µS", "Mean size of a response by its steepest slope, overlapping or not.",
         "mean(prominence of the slope / slope of a response of 1 uS)", "10.1007/BF02344719"),
    Spec("scr_rise_s", "Rise time", "s", "Median time from the onset of a response to its peak.",
         "median(peak - onset)", _BOUCSEIN),
    Spec("scr_half_recovery_s", "Half recovery", "s", "Median time from the peak until half of the amplitude is lost.",
         "median(t(amplitude / 2) - peak)", _BOUCSEIN),
    Spec("scr_smallest_us", "Smallest counted", "µS", "Responses below this size do not count; noise could make them.",
         "max(.01, 6 s g / u, 4 q), and larger where falls are as fast as rises"),
    Spec("noise_us", "Noise", "µS", "Standard deviation of the sensor's noise from sample to sample.",
         "q25(|third difference|) / (.3186 sqrt(20))"),
    Spec("readable_01", "Readable", "%", "Share of the window that could be read.", "readable s / window s",
         "10.1109/TBME.2017.2758643", is_main=True),
)  # fmt: skip
_ACC: Final = (
    Spec("enmo_mg", "ENMO", "mg", "Mean acceleration beyond gravity; 0 for a still body.", "1000 mean(max(|a| - 1, 0))",
         "10.1371/journal.pone.0061691", is_main=True),
    Spec("mad_mg", "MAD", "mg", "Mean deviation of the acceleration's length from its mean over 5 s.",
         "1000 mean(abs(r - mean(r)))", "10.1111/cpf.12127", is_main=True),
    Spec("still_01", "Still", "%", "Share of the seconds in which the sensor was still.",
         "share of seconds with SD < .03 g", is_main=True),
    Spec("longest_still_s", "Longest stillness", "s", "Longest row of still seconds.", "longest row of still seconds",
         is_main=True),
    Spec("nonwear_01", "Not worn", "%", "Share of the window in which nobody wore the sensor; the others leave it out.",
         "hours by quarters with SD < 13 mg and range < 50 mg of two axes", "10.1371/journal.pone.0022922"),
    Spec("gravity_error_mg", "Error of gravity", "mg", "How far the still sensor is from 1 g, after correction.",
         "1000 mean(abs(|mean of 10 still s| - 1))", "10.1152/japplphysiol.00421.2014"),
    Spec("readable_01", "Recorded", "%", "Share of the window that is recorded.", "recorded s / window s"),
)  # fmt: skip

SPECS: Final = {"eda": _EDA, "acc": _ACC}
REASONS: Final = {"eda": eda.REASONS, "acc": activity.REASONS}
TITLES: Final = {"eda": "Skin conductance", "acc": "Acceleration"}


def shown(spec: Spec, value: float) -> str:
    """A value in the unit of its row, with three digits that count.

    >>> shown(_EDA[0], 4.03218), shown(_EDA[-1], 0.981)
    ('4.03', '98.1')
    """
    return f"{100 * value:.3g}" if spec.unit == "%" else f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
