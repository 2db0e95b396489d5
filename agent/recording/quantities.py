"""Units of conductance and acceleration: what a head or a person writes, and samples in uS or in g.

EDA (uS), Skin_Conductance [nS]      siemens, with any prefix        a resistance is turned into its conductance
acc_x_g, X [mg], Accel_X m/(s^2)     stated, or known by gravity     raw counts are refused by name
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from agent.errors import RecordingUnreadable, WrongUse
from agent.recording.names import Column
from agent.signal.activity import units
from agent.signal.heart.rr import Floats

_MICRO: Final = re.compile(r"[µμ]")
_SIEMENS_US: Final = {
    "us": 1.0, "usiemens": 1.0, "microsiemens": 1.0, "umho": 1.0, "micromho": 1.0, "micromhos": 1.0, "umhos": 1.0,
    "ns": 1e-3, "nsiemens": 1e-3, "nanosiemens": 1e-3, "siemens": 1e6, "millisiemens": 1e3,
}  # fmt: skip
_OHM_US: Final = {
    "kohm": 1e3, "kohms": 1e3, "kiloohm": 1e3, "kiloohms": 1e3, "kω": 1e3, "ohm": 1e6, "ohms": 1e6, "ω": 1e6,
    "mohm": 1.0, "mohms": 1.0, "megaohm": 1.0, "megaohms": 1.0, "mω": 1.0,
}  # fmt: skip
_G: Final = {
    "g": 1.0, "gs": 1.0, "gravity": 1.0, "mg": 1e-3, "milli-g": 1e-3, "millig": 1e-3, "1/64g": 1 / 64,
    **dict.fromkeys(
        ("m/s2", "m/s^2", "m/(s^2)", "m/s/s", "m/s²", "m/s**2", "ms-2", "ms^-2", "mps2"),
        1.0 / units.STANDARD_GRAVITY_M_PER_S2,
    ),
}  # fmt: skip
_PART_OF_G: Final = re.compile(r"1/(\d{1,6})\s*g")
_COUNTS: Final = ("raw", "adc", "count", "counts", "lsb", "bits", "digits")
_TOKENS: Final = re.compile(r"[\s_.,]+")
_WORDS: Final = ("acc", "accel", "accelerometer", "acceleration", "accelerometers")
_JOINED: Final = re.compile(r"(?:a|acc|accel|acceleration|accelerometer)([xyz])(?:axis)?")
_AXES: Final = "xyz"
_LIKELY_US: Final = (0.0, 100.0)
_TINY_US: Final = 1e-3
_SAY: Final = "Say the unit with --unit uS, nS, kOhm or MOhm."
_SAY_G: Final = "Say the unit with --unit g, mg, m/s2 or 1/64g (any 1/Ng)."


def written(column: Column, signal: str) -> str:
    """The unit in a column's head: in brackets, under its name, or at the name's end.

    Args:
        column: With its head.
        signal: ``eda`` or ``acc``; of any other the unit does not count.

    >>> written(Column("eda_scl_usiemens"), "eda"), written(Column("acc_x_g"), "acc")
    ('usiemens', 'g')
    """
    known = {"eda": (*_SIEMENS_US, *_OHM_US, *_COUNTS), "acc": (*_G, *_COUNTS)}.get(signal, ())
    if not known:
        return ""
    if column.unit:
        return column.unit
    parts = [part for part in _TOKENS.split(_plain(column.name)) if part]
    return next((part for part in reversed(parts[1:]) if part in known), "")


def axes(names: Sequence[str]) -> list[int]:
    """The places of the columns of x, y and z; empty where one is missing.

    >>> axes(["t", "acc_x_g", "acc_y_g", "acc_z_g"]), axes(["X [mg]", "Y [mg]", "Z [mg]"]), axes(["gyro_x", "x", "y"])
    ([1, 2, 3], [0, 1, 2], [])
    """
    found: dict[str, int] = {}
    for only_named in (True, False):
        found = {}
        for place, name in enumerate(names):
            axis = _axis(name, only_named=only_named)
            if axis and axis not in found:
                found[axis] = place
        if len(found) == 3:
            return [found[axis] for axis in _AXES]
    return []


def conductance_us(name: str, value: Floats, unit: str) -> tuple[Floats, list[str]]:
    """Conductance in uS, with notes.

    Args:
        name: Of the file, for messages.
        value: In the file's unit, NaN where it is not known.
        unit: As the file or the person writes it; empty where neither does.

    Raises:
        RecordingUnreadable: No unit, raw counts, or numbers that no skin has in this unit.
        WrongUse: A unit that is not known.
    """
    word = _plain(unit)
    if not word:
        raise RecordingUnreadable(f"{name}: the unit of the skin conductance is not stated", remedy=_SAY)
    if word in _COUNTS:
        raise RecordingUnreadable(
            f"{name}: raw counts of the converter, not a conductance",
            remedy="Export it in uS; only the maker's program knows how counts become uS.",
        )
    notes = []
    if word in _OHM_US:
        with np.errstate(divide="ignore"):
            value = np.where(value > 0, _OHM_US[word] / np.where(value > 0, value, 1.0), np.nan)
        notes.append(f"a resistance in {unit.strip()[:12]}; its conductance is analyzed")
    elif word in _SIEMENS_US:
        value = value * _SIEMENS_US[word]
    else:
        raise WrongUse(f"{name}: {unit.strip()[:20]!r} is no unit of skin conductance", remedy=_SAY)
    _check_us(name, value, unit.strip()[:12])
    return value, notes


def _check_us(name: str, value_us: Floats, unit: str) -> None:
    known = value_us[np.isfinite(value_us)]
    if not known.size:
        raise RecordingUnreadable(f"{name}: it contains no conductance", remedy=_SAY)
    middle = float(np.median(known))
    low, high = _LIKELY_US
    shown = known[known > 0]
    if middle > high or (shown.size and float(np.max(shown)) < _TINY_US) or middle < low:
        raise RecordingUnreadable(
            f"{name}: the middle one is {middle:.3g} uS by the unit {unit}, which no skin has; it may be nS, S, kOhm or"
            " raw counts",
            remedy=_SAY,
        )


def acceleration_g(name: str, value: Floats, unit: str, fs_hz: float) -> tuple[Floats, list[str]]:
    """Acceleration in g, with notes; a unit that is not stated is known by gravity.

    Args:
        name: Of the file, for messages.
        value: Three axes in the file's unit, NaN where they are not known, shape ``(n, 3)``.
        unit: As the file or the person writes it; empty where neither does.
        fs_hz: Samples per second.

    Raises:
        RecordingUnreadable: Raw counts, or gravity contradicts the unit.
        WrongUse: A unit that is not known.
    """
    length = units.gravity(value, fs_hz)
    by_gravity = units.unit_by_gravity(length)
    word = _plain(unit)
    if not word or word in _COUNTS:
        if by_gravity is None:
            raise RecordingUnreadable(
                f"{name}: the unit is not stated, and gravity has a length of {length:.4g}, which is neither g, mg,"
                " m/s2 nor 1/64 g",
                remedy=_SAY_G,
            )
        note = f"no unit is stated; gravity has a length of {length:.3g}, so it is read as {by_gravity}"
        return value * units.UNITS_G[by_gravity], [note]
    part = _PART_OF_G.fullmatch(word)
    scale = 1 / int(part[1]) if part and int(part[1]) else _G.get(word)
    if scale is None:
        raise WrongUse(f"{name}: {unit.strip()[:20]!r} is no unit of acceleration", remedy=_SAY_G)
    if by_gravity is not None and abs(length * scale - 1) > 2 * units.WITHIN_01:
        raise RecordingUnreadable(
            f"{name}: gravity has a length of {length * scale:.3g} g by the unit {unit.strip()[:12]}; it looks like"
            f" {by_gravity}",
            remedy=f"Add --unit {by_gravity}.",
        )
    return value * scale, []


def _plain(text: str) -> str:
    return _MICRO.sub("u", text.strip().strip("\"'").lower()).replace("Ω", "ω").strip("()[] ") if text else ""


def _axis(name: str, *, only_named: bool) -> str:
    parts = [part for part in re.split(r"[^a-z0-9]+", name.lower()) if part]
    joined = next((found[1] for part in parts if (found := _JOINED.fullmatch(part))), "")
    single = [part for part in parts if part in tuple(_AXES)]
    if joined or (single and any(word in parts for word in _WORDS)):
        return joined or single[0]
    if only_named or len(single) != 1:
        return ""
    rest = [
        part for part in parts if part not in (*_AXES, "axis", "g", "mg", "m", "s2", "s", "2", "ms2", "cal", "value")
    ]
    return "" if rest else single[0]
