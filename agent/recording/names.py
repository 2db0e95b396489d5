"""What the head of a column says: which quantity, and in which unit.

RR-interval [ms]  ─▶  intervals, ms       Phone timestamp  ─▶  time
ecg [uV]          ─▶  ecg                 rpeak_s          ─▶  times of beats, s
"""

import re
from dataclasses import dataclass
from typing import Final

from agent.recording.options import unit_in_ms

INTERVALS: Final = "intervals"
BEATS: Final = "times of beats"
TIME: Final = "time"
RATE: Final = "heart rate"
ECG: Final = "ecg"
PPG: Final = "ppg"
EDA: Final = "skin conductance"
OTHER: Final = ""

_ROLES: Final[dict[str, tuple[str, ...]]] = {
    INTERVALS: (
        "rr", "rri", "rrs", "rrint", "rrinterval", "rrintervals", "rrvalue", "rrvalues", "ibi", "ibis", "nn", "nni",
        "nninterval", "nnintervals", "ppi", "pp", "ppinterval", "ppintervals", "interbeatinterval",
        "interbeatintervals",
        "beatinterval", "beatintervals", "interval", "intervals", "rrduration", "ibiduration", "bbi", "rrdata",
        "hrvrr", "rawrr", "rrraw", "rrfiltered",
    ),
    BEATS: (
        "rpeak", "rpeaks", "rpeaktime", "rpeaktimes", "beattime", "beattimes", "beat", "beats", "peak", "peaks",
        "peaktime", "peaktimes", "rwave", "rtime", "rtimes", "heartbeat", "heartbeats", "timesinceseriesstart",
    ),
    TIME: (
        "t", "time", "times", "timer", "timestamp", "timestamps", "date", "datetime", "dateandtime", "phonetimestamp",
        "sensortimestamp", "phonedatarxtimestamp", "sincestart", "timesincestart", "elapsed", "elapsedtime", "unixtime",
        "unix", "epoch", "localtime", "utctime", "utc", "clock", "timeiso8601", "timestampoffset", "devicetime",
        "recordedat", "zeit", "zeitstempel", "temps", "tiempo", "tempo", "tijd", "datum", "fecha",
        "createdat", "starttime", "endtime", "localtimestamp", "ts", "sec", "msec", "seconds", "minutes",
        "milliseconds", "min",
    ),
    RATE: ("hr", "heartrate", "bpm", "pulse", "pulserate", "heart", "heartratebpm", "rate", "instanthr"),
    ECG: (
        "ecg", "ekg", "ecgsignal", "ecgvalue", "ecgraw", "ecgi", "ecgii", "ecgiii", "lead", "leadi", "leadii", "mlii",
        "mli", "ii", "lead1", "lead2", "voltage", "ecglead", "ecgleadi", "ecgleadii", "ecg1", "ecg2",
    ),
    PPG: (
        "ppg", "bvp", "pleth", "plethysmogram", "pulsewave", "ppgsignal", "ppgvalue", "ppgraw", "photoplethysmogram",
        "bloodvolumepulse", "ppgred", "ppgir", "ppggreen",
    ),
    EDA: (
        "eda", "gsr", "scl", "skinconductance", "conductance", "electrodermalactivity", "galvanicskinresponse",
        "edaraw", "edasignal", "skinconductancelevel", "skinresistance", "edaclean", "gsrraw",
    ),
}  # fmt: skip
_ROLE_OF: Final = {name: role for role, names in _ROLES.items() for name in names}
# one of these words in a name of several: "rr_in_ms", "unix_timestamp", "ecg lead 1"
_WORDS: Final = {
    **dict.fromkeys(("rr", "rri", "ibi", "nn", "nni", "ppi", "bbi", "rtor"), INTERVALS),
    **dict.fromkeys(("ecg", "ekg"), ECG),
    **dict.fromkeys(("ppg", "bvp", "pleth"), PPG),
    **dict.fromkeys(("timestamp", "time", "date", "datetime", "epoch", "unix", "seconds"), TIME),
    **dict.fromkeys(("eda", "gsr", "conductance", "electrodermal", "scl"), EDA),
}
_BRACKETS: Final = re.compile(r"[(\[{]\s*([^)\]}]*?)\s*[)\]}]")
_ENDING: Final = re.compile(
    r"(?:[\s_.]+|(?<=[a-z])(?=ms$))"
    r"(1/\d+\s?s|ms|msec|s|sec|secs|seconds|us|µs|ns|mv|uv|g|bpm|milliseconds)$"
)
_TIMES: Final = ("sec", "msec", "seconds", "minutes", "milliseconds", "min")
_UNIT_WORDS: Final = re.compile(
    r"[(\[]?\s*(ms|s|sec|us|µs|μs|ns|mv|uv|µv|bpm|1/min|hh:mm:ss\S*|-|a\.u\.|n\.u\.|[km]?ohms?|microsiemens|g|mg|"
    r"m/s2|m/s\^2|m/\(s\^2\)|m/s²|no units|deg/s|degrees celsius)?\s*[)\]]?"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column, as its head describes it.

    Attributes:
        name: As it is written.
        role: `INTERVALS`, `TIME` or another of this module; empty for anything else.
        unit_ms: The length of its unit in ms; None where none is stated.
        unit: What is written as its unit, in brackets or under its name; empty for nothing.
    """

    name: str
    role: str = OTHER
    unit_ms: float | None = None
    unit: str = ""


def column(name: str) -> Column:
    """What a head says.

    >>> column("RR-interval [ms]").role, column("RR-interval [ms]").unit_ms
    ('intervals', 1.0)
    >>> column("t_s").role, column("t_s").unit_ms
    ('time', 1000.0)
    """
    text = name.strip().strip("\"'").strip().lower()
    unit, written = "", ""
    if bracket := _BRACKETS.search(name):
        written = bracket[1]
    if bracket := _BRACKETS.search(text):
        unit, text = bracket[1], _BRACKETS.sub("", text)
    elif ending := _ENDING.search(text):
        unit, text = ending[1], text[: ending.start()]
    base = re.sub(r"[^a-z0-9]", "", text)
    if base == "rr" and "interval" in unit:
        unit = "ms" if "ms" in unit else ""
    unit = unit or (base if base in _TIMES else "")
    role = _ROLE_OF.get(base) or (INTERVALS if base.startswith("rrinterval") else _by_word(text))
    return Column(name.strip().strip('"'), role, unit_in_ms(unit) if unit else None, written)


def _by_word(text: str) -> str:
    words = set(re.split(r"[^a-z0-9]+", text))
    return next((role for word, role in _WORDS.items() if word in words), OTHER)


def is_units(cells: list[str]) -> bool:
    """Whether a line under the head states units: ``(s),(ms)``."""
    return any(cells) and all(_UNIT_WORDS.fullmatch(cell.strip().lower()) for cell in cells)


def with_unit(head: Column, cell: str) -> Column:
    """The column with the unit that stands under its head."""
    unit_ms = unit_in_ms(cell.strip().strip("()[]"))
    written = cell.strip().removeprefix("(").removeprefix("[").removesuffix("]")
    return Column(head.name, head.role, head.unit_ms if unit_ms is None else unit_ms, written or head.unit)
