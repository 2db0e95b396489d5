"""How much an accelerometer moves: ENMO and MAD, still seconds, and hours in which nobody wears it."""

from typing import Final

import numpy as np

from agent.signal.heart.rr import Bools, Floats
from agent.signal.heart.waves import blocks_of

EPOCH_S: Final = 5.0
STILL_G: Final = 0.03
NONWEAR_S, NONWEAR_STEP_S = 3600.0, 900.0
NONWEAR_SD_G, NONWEAR_RANGE_G = 0.013, 0.05
_AXES: Final = 2
_FEWEST_HZ: Final = 2.0  # samples a second: below them a second has no spread
_LEAST_KNOWN_01: Final = 0.5


def enmo_mg(axes_g: Floats) -> float:
    """Euclidean norm minus one, negative values as 0: ``1000 mean(max(|a| - 1, 0))``.

    Args:
        axes_g: Three axes, NaN where they are not known, shape ``(n, 3)``.

    Returns:
        In mg; NaN where no sample is known.

    Source: van Hees et al. (2013), doi:10.1371/journal.pone.0061691
    """
    length = np.linalg.norm(axes_g, axis=1)
    length = length[np.isfinite(length)]
    return 1000.0 * float(np.mean(np.maximum(length - 1.0, 0.0))) if length.size else float("nan")


def mad_mg(axes_g: Floats, fs_hz: float) -> float:
    """Mean amplitude deviation: the mean over epochs of 5 s of ``1000 mean(abs(r - mean(r)))``, r the vector's length.

    Args:
        axes_g: Three axes, NaN where they are not known, shape ``(n, 3)``.
        fs_hz: Samples per second.

    Returns:
        In mg; NaN where no whole epoch is known.

    Source: Vaha-Ypya et al. (2015), doi:10.1111/cpf.12127
    """
    width = max(round(EPOCH_S * fs_hz), 2)
    count = axes_g.shape[0] // width
    length = np.linalg.norm(axes_g[: count * width], axis=1).reshape(count, width)
    length = length[np.isfinite(length).all(axis=1)]
    if not length.size:
        return float("nan")
    return 1000.0 * float(np.mean(np.abs(length - length.mean(axis=1, keepdims=True))))


def still_seconds(axes_g: Floats, fs_hz: float) -> tuple[Bools, Bools]:
    """Which seconds are still: the standard deviations of the axes, as one length, are below .03 g.

    Args:
        axes_g: Three axes, NaN where they are not known, shape ``(n, 3)``.
        fs_hz: Samples per second.

    Returns:
        (still, known), each of shape ``(s,)``, one for each whole second.

    Derived: .03 g is what sitting hands stay below, as in `heart.quality`.
    """
    count = int(axes_g.shape[0] / fs_hz)
    if not count or fs_hz < _FEWEST_HZ:
        return np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    edges = np.round(np.arange(count + 1) * fs_hz).astype(np.int64)
    inside = axes_g[: edges[-1]]
    length = np.diff(edges)[:, None]
    mean = np.add.reduceat(inside, edges[:-1]) / length
    variance = np.add.reduceat((inside - np.repeat(mean, length[:, 0], axis=0)) ** 2, edges[:-1]) / length
    known = np.isfinite(variance).all(axis=1) & (length[:, 0] > 1)
    return np.asarray(known & (np.sqrt(variance.sum(axis=1)) < STILL_G)), np.asarray(known)


def longest_s(still: Bools) -> float:
    """The longest row of still seconds.

    Args:
        still: Shape ``(s,)``.

    Returns:
        In s.

    Source: definition.
    """
    return float(max((end - begin for begin, end in blocks_of(still)), default=0))


def not_worn(axes_g: Floats, fs_hz: float) -> Bools | None:
    """Which quarters of an hour nobody wore it: inside an hour in which two axes stay within 50 mg and below 13 mg.

    The hour moves by a quarter; each quarter of an hour that lies in such an hour counts.

    Args:
        axes_g: Three axes, NaN where they are not known, shape ``(n, 3)``.
        fs_hz: Samples per second.

    Returns:
        Shape ``(q,)``, one for each begun quarter of an hour; None for a record of less than an hour.

    Source:
        van Hees et al. (2011), doi:10.1371/journal.pone.0022922, and (2013), doi:10.1371/journal.pone.0061691: hours by
        quarters, standard deviation below 13 mg and range below 50 mg of at least two axes.
    """
    hour, step = round(NONWEAR_S * fs_hz), round(NONWEAR_STEP_S * fs_hz)
    if axes_g.shape[0] < hour:
        return None
    found = np.zeros(-(-axes_g.shape[0] // step), dtype=bool)
    for place in range((axes_g.shape[0] - hour) // step + 1):
        part = axes_g[place * step : place * step + hour]
        part = part[np.isfinite(part).all(axis=1)]
        if part.shape[0] < _LEAST_KNOWN_01 * hour:
            continue
        calm = (part.std(axis=0) < NONWEAR_SD_G) & (np.ptp(part, axis=0) < NONWEAR_RANGE_G)
        if int(calm.sum()) >= _AXES:
            found[place : place + hour // step] = True
    if found.size > 1 and found[-2]:  # the rest after the last whole quarter
        found[-1] |= bool(_is_calm(axes_g[(found.size - 1) * step :]))
    return found


def _is_calm(part: Floats) -> bool:
    part = part[np.isfinite(part).all(axis=1)]
    calm = (part.std(axis=0) < NONWEAR_SD_G) & (np.ptp(part, axis=0) < NONWEAR_RANGE_G) if part.size else np.zeros(3)
    return int(np.sum(calm)) >= _AXES
