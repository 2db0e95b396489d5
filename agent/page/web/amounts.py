"""A number of the data as people write it: its amount, and its unit by the end of its name."""

from typing import Any, Final

from agent.page.web.local import Local

_UNITS: Final = ("per_min", "deg_per_s", "ms2", "ms", "hz", "bpm", "min", "01", "h")
"""Ends of names that stand for a unit, the longer ones first."""

_DIGITS: Final = {"h": 1, "bpm": 0, "min": 0}
"""Digits behind the decimal mark of units that are never known more exactly."""


def unit_of(name: str) -> str:
    """The unit that ends a name; empty where the number has none.

    >>> unit_of("sleep_midpoint_sd_h"), unit_of("blink_rate_per_min"), unit_of("active_min"), unit_of("csi")
    ('h', 'per_min', 'min', '')
    """
    return next((unit for unit in _UNITS if name.endswith(f"_{unit}")), "")


def unit_words(name: str, local: Local) -> str:
    """The unit of a number in words; empty where it has none."""
    unit = unit_of(name)
    return local.word("unit", unit) if unit else ""


def amount(name: str, value: float | None, local: Local) -> str:
    """A value without its unit; a share is written as per cent."""
    if value is None:
        return local.forms.short(None)
    digits = _DIGITS.get(unit_of(name))
    if digits is None or value == int(value):
        return local.forms.short(_shown(name, value))
    return local.forms.number(value, digits)


def with_unit(name: str, value: float, local: Local) -> str:
    """A value with its unit, as one text."""
    return f"{amount(name, value, local)} {unit_words(name, local)}".rstrip()


def shown(about: dict[str, Any], local: Local) -> dict[str, str]:
    """The last value of a number with its unit and its interval; empty texts where there is none.

    Args:
        about: The agent's answer about the number.
        local: The person's language and region.
    """
    name, last = about["name"], about["last"] or {"value": None, "ci_low": None, "ci_high": None}
    low, high = (last[end] for end in ("ci_low", "ci_high"))
    has_interval = low is not None and high is not None
    return {
        "amount": amount(name, last["value"], local),
        "unit": unit_words(name, local),
        "low": amount(name, low, local) if has_interval else "",
        "high": amount(name, high, local) if has_interval else "",
    }


def _shown(name: str, value: float) -> float:
    if unit_of(name) != "01":
        return value
    percent = 100.0 * value
    return float(round(percent)) if percent >= 1.0 else percent
