"""The report's words: what a number is called, how a value, a length and a time are written."""

from typing import Final

from agent.report.markup import Markup, tag

SHORT: Final = {
    "hr_mean_bpm": ("Heart rate", "beats/min"), "rmssd_ms": ("RMSSD", "ms"), "sdnn_ms": ("SDNN", "ms"),
    "pnn50_01": ("pNN50", "%"), "mean_nn_ms": ("Mean NN", "ms"), "median_nn_ms": ("Median NN", "ms"),
    "iqr_nn_ms": ("IQR of NN", "ms"), "ln_rmssd": ("ln RMSSD", ""), "sdsd_ms": ("SDSD", "ms"),
    "pnn20_01": ("pNN20", "%"),
    "cvnn_01": ("CVNN", "%"), "cvsd_01": ("CVSD", "%"), "hti": ("Triangular index", ""), "tinn_ms": ("TINN", "ms"),
    "sd1_ms": ("SD1", "ms"), "sd2_ms": ("SD2", "ms"), "sd1_sd2_ratio": ("SD1/SD2", ""), "csi": ("CSI", ""),
    "cvi": ("CVI", ""), "vlf_ms2": ("VLF power", "ms²"), "lf_ms2": ("LF power", "ms²"), "hf_ms2": ("HF power", "ms²"),
    "total_power_ms2": ("Total power", "ms²"), "lf_peak_hz": ("LF peak", "Hz"), "hf_peak_hz": ("HF peak", "Hz"),
    "lf_nu_01": ("LF share", "%"), "hf_nu_01": ("HF share", "%"), "lf_hf_ratio": ("LF/HF", ""),
    "baevsky_si": ("Baevsky's index", ""), "sqrt_baevsky_si": ("Root of Baevsky's index", ""),
    "dfa_alpha1": ("DFA α1", ""), "dfa_alpha2": ("DFA α2", ""), "sampen": ("Sample entropy", ""),
    "asymmetry_gi": ("Asymmetry (Guzik)", ""), "fragmentation_pip_01": ("Fragmentation (PIP)", "%"),
    "resp_rate_bpm": ("Breaths", "/min"),
}  # fmt: skip
"""What a number is called where it stands alone, and its unit; shares are shown as per cent."""


def shown(name: str, value: float | None) -> str:
    """A value in the unit of `SHORT`, with at most four digits and a true minus.

    >>> shown("pnn50_01", 0.2075), shown("hf_ms2", 12345.6)
    ('20.8', '12346')
    """
    if not value:
        return "" if value is None else "0"
    value = 100 * value if SHORT.get(name, ("", ""))[1] == "%" else value
    size = abs(value)
    digits = 0 if size >= 1000 else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:.{digits}f}".replace("-", "−")


def name_of(name: str) -> tuple[str, str]:
    """What a number is called, and its unit."""
    return SHORT.get(name, (name, ""))


def foot(version: str) -> Markup:
    """How the numbers are to be read."""
    return tag(
        "footer",
        tag("p", "Of 100 intervals of 95 %, 95 hold the true value. A number that its data do not allow is not given,"
            " and the reason stands in its place. These numbers describe a recording; they are no diagnosis."),
        tag("p", f"Made by Wardbeat {version} on the device; this file holds no script and loads nothing."),
    )  # fmt: skip


def length(seconds: float) -> str:
    """A length for people.

    >>> length(161.2), length(3900)
    ('161 s', '65 min')
    """
    if seconds < 300:
        return f"{seconds:.0f} s"
    if seconds < 10_800:
        return (
            f"{seconds / 60:.0f} min" if abs(seconds / 60 - round(seconds / 60)) < 0.05 else f"{seconds / 60:.1f} min"
        )
    return f"{seconds / 3600:.1f} h"


def clock(seconds: float) -> str:
    """Since the start, as a clock counts.

    >>> clock(65), clock(3661)
    ('1:05', '1:01:01')
    """
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def sentence(words: str) -> str:
    """With a capital."""
    return f"{words[:1].upper()}{words[1:]}"
