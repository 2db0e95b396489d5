"""The strain index: how far from the person's normal, 0 to 100, with an interval and contributions that sum.

    z_k      deviation of channel k in the person's own usual deviations, plus is strain
    s        sum(w z) / sqrt(w' R w) over the channels at hand: variance 1 however many there are
    index    100 * Phi(s): 50 is the person's normal
    points   of channel k: 100 * (w_k z_k / sqrt(w' R w)) * (Phi(s) - 1/2) / s; they sum to index - 50

The index is a place among the person's own weeks, not a level of stress and not a share of burnout. Its name
everywhere is NAME.

Derived: R restandardises the mean of correlated channels (`agent.scoring.channels`); Phi maps it to its place among
    normal
weeks.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.errors import NotScored
from agent.scoring.channels import CHANNELS, correlation
from agent.scoring.student_t import NINE_IN_TEN, phi

NAME: Final = "deviation from your normal"
_AT_ZERO: Final = 1.0 / math.sqrt(2.0 * math.pi)  # (Phi(s) - 1/2) / s at s = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """One channel's deviation in units of the person's usual deviation; plus is strain.

    Attributes:
        z: Expected.
        sd: Its standard deviation.
    """

    z: float
    sd: float


@dataclass(frozen=True, slots=True)
class Strain:
    """The index and what it is made of.

    Attributes:
        index: 0 to 100; 50 is the person's normal.
        low, high: The interval that holds the truth nine times in ten.
        points: What each channel adds; sums to index - 50.
        missing: Channels that this person usually has and that are not in it; the interval is wider for them.
        toward_strain_01: Probability that the true deviation is towards strain at all.
    """

    index: float
    low: float
    high: float
    points: Mapping[str, float]
    missing: tuple[str, ...]
    toward_strain_01: float


def strain(standings: Mapping[str, Standing], usual: Iterable[str] = ()) -> Strain:
    """The index of the channels at hand; formula in the module.

    Its interval is ``100 Phi(s -+ 1.645 sd)`` with ``sd^2 = e' R e + d' R d``: e the weighted standard deviations of
    the channels, d the difference between the weights of all channels and those of the channels at hand.

    Args:
        standings: By rows of `CHANNELS`; those of weight 0 add nothing, and do not stand for a measurement.
        usual: Channels that the person had in the days before. One that is absent now counts as unknown: its weight
            goes to the others, and what it might have added widens the interval.

    Returns:
        Index and interval, 0 to 100; points by channel.

    Raises:
        NotScored: No channel at all, or one that has no row.

    Source: see the module.
    """
    unknown = [name for name in (*standings, *usual) if name not in CHANNELS]
    counted = {name: one for name, one in standings.items() if name in CHANNELS and CHANNELS[name].weight > 0.0}
    if not counted or unknown:
        raise NotScored(
            f"no row in CHANNELS for {', '.join(unknown)}" if unknown else "no channel could be read",
            remedy="Wear the strap, or switch a sensor on.",
        )
    present = tuple(name for name in CHANNELS if name in counted)
    missing = tuple(
        name for name in CHANNELS if name in set(usual) and name not in counted and CHANNELS[name].weight > 0.0
    )
    names = present + missing
    correlations = correlation(names)
    weight = np.array([CHANNELS[name].weight for name in names])
    here = np.arange(len(names)) < len(present)

    share = np.where(here, weight, 0.0)
    share = share / math.sqrt(float(share @ correlations @ share))
    z = np.array([standings[name].z for name in present])
    s = float(share[here] @ z)
    error = share[here] * np.array([standings[name].sd for name in present])
    whole = weight / math.sqrt(float(weight @ correlations @ weight))
    difference = whole - share  # of the index of all channels
    variance = float(error @ correlations[: len(present), : len(present)] @ error) + float(
        difference @ correlations @ difference
    )
    sd = math.sqrt(variance)

    slope = _AT_ZERO if abs(s) < 1e-9 else (phi(s) - 0.5) / s
    points = {name: 100.0 * float(part) * slope for name, part in zip(present, share[here] * z, strict=True)}
    points |= {name: 0.0 for name in CHANNELS if name in standings and name not in counted}
    half = NINE_IN_TEN * sd
    return Strain(
        100.0 * phi(s),
        100.0 * phi(s - half),
        100.0 * phi(s + half),
        points,
        missing,
        phi(s / sd) if sd > 0.0 else float(s > 0.0),
    )
