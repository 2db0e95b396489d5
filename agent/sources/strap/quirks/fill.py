"""A value that stands for "no interval": 0xFFFF, or one constant that comes again and again between true intervals.

Early beats stand out too, but no two of them are of one length to a thousandth of a second. 0xFFFF (64 s) is never
a beat: it is left out wherever it stands, with a gap. A constant may stand in a beat's place or beside it, and was
there before it was recognised: intervals between such constants are doubted.
"""

import statistics
from collections import Counter
from itertools import pairwise
from typing import Final

from agent.sources.strap.quirks.history import History

NO_VALUE: Final = 0xFFFF
_LEAST: Final = 4  # times
_LENGTHS: Final = 20
_APART_01: Final = 0.06  # from both neighbours, of the usual interval; steps of breath are smaller in most hearts
_STEPS: Final = 3  # usual differences of neighbours: a lively heart steps further than a calm one
_ALL_01: Final = 0.75  # of the times that the value comes, it stands out
_NEAR_01: Final = 0.03
_FEW_01: Final = 0.34  # as many stand out at other values near it: early beats spread


def shows(history: History) -> bool:
    """Whether one value stands out again and again, always the same."""
    lengths = [rr for packet in history.last() for rr in packet.rr_1024]
    if lengths.count(NO_VALUE) >= _LEAST:
        return True
    if len(lengths) < _LENGTHS:
        return False
    step = statistics.median(abs(later - earlier) for earlier, later in pairwise(lengths))
    least = max(_APART_01 * statistics.median(lengths), _STEPS * step)
    out = Counter(
        middle
        for (earlier, middle), (_, later) in pairwise(pairwise(lengths))
        if min(middle - earlier, middle - later) > least or max(middle - earlier, middle - later) < -least
    )
    value, count = max(out.items(), key=lambda item: item[1], default=(0, 0))
    near = sum(other for rr, other in out.items() if rr != value and abs(rr - value) <= _NEAR_01 * value)
    return count >= max(_LEAST, _ALL_01 * lengths.count(value)) and near <= _FEW_01 * count
