"""What is doubtful about a recording, in sentences for people and for `--json`."""

from typing import Final

import numpy as np

from agent.analysis.recorded import Recorded
from agent.signal.heart.artifacts import Label
from agent.signal.heart.rr import median_ms

_FEW: Final = 20  # intervals from which a series shows what it is
_RATE_MS: Final = 250.0  # no heart has a median interval below this; heart rates lie there
_RISING_01: Final = 0.9


def notes_of(recorded: Recorded) -> tuple[str, ...]:
    """The reader's notes, and what the intervals themselves say; none for a file that looks like a heart."""
    return tuple(dict.fromkeys((*recorded.notes, *_what_else(recorded))))


def _what_else(recorded: Recorded) -> tuple[str, ...]:
    rr_ms = recorded.rr_ms
    if rr_ms.size > _FEW and median_ms(rr_ms) < _RATE_MS:
        return ("these look like heart rates in beats per minute, not like intervals in ms",)
    if rr_ms.size > _FEW and float(np.mean(np.diff(rr_ms) > 0)) > _RISING_01:
        return ("these rise from line to line; they may be times or sample numbers, not intervals in ms",)
    if not np.any(recorded.label == Label.NORMAL):
        return ("none of these intervals could come from a heart; this may be another kind of file (--signal, --fs)",)
    return ()
