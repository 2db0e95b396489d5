"""A number with its 95 % interval, or the reason why there is none; and what few units allow."""

import dataclasses
from dataclasses import dataclass
from typing import Final

FEWEST_UNITS: Final = 20
"""Below it no number is given.

Derived: an interval of kappa from 20 units is .86 wide and holds the true value in 90 of 100 studies, not in 95.
"""

FEWEST_FOR_A_VALUE: Final = 30
"""Below it the interval stands without its value, which would be quoted alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One statistic.

    Attributes:
        value: The estimate; None where it is not given.
        low, high: Ends of its 95 % interval; None where it is not given.
        units: How many rated units it is from.
        reason: Why something is not given; empty where nothing is missing.
        standard_error: By the formula for large samples, where the source has one; no interval is made from it.
    """

    value: float | None
    low: float | None
    high: float | None
    units: int
    reason: str = ""
    standard_error: float | None = None


def missing(units: int, reason: str) -> Estimate:
    """No number.

    Args:
        units: How many units there were.
        reason: Continues "no number, because".

    Returns:
        An estimate without numbers.

    Source: definition.
    """
    return Estimate(None, None, None, units, reason)


def limited(found: Estimate) -> Estimate:
    """The estimate as it may be shown: nothing below 20 units, below 30 the interval alone.

    Args:
        found: As computed.

    Returns:
        The same, or less of it.

    Source: see `FEWEST_UNITS` and `FEWEST_FOR_A_VALUE`.
    """
    if found.low is None:
        return found
    if found.units < FEWEST_UNITS:
        return missing(found.units, f"it is from {found.units} units and needs {FEWEST_UNITS}")
    if found.units < FEWEST_FOR_A_VALUE:
        reason = f"a value needs {FEWEST_FOR_A_VALUE} units and has {found.units}: only its interval is given"
        return dataclasses.replace(found, value=None, standard_error=None, reason=reason)
    return found
