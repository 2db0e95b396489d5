"""The person's own neutral face: the median and spread of each action, learnt in the first minutes, then slowly on.

A model's raw value differs from face to face (a neutral face reads as a smile of 0.3 for some people and of 0.0 for
others: notes on fairness); its change within one person does not. So nothing is told before the neutral is known, and
everything after it is told against it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

LEARN_S: Final = 120.0  # seconds of good frames; chosen by us: a person talks, smiles and looks away within it
_LEAST_N: Final = 100
_MOST_N: Final = 1200
_FLOOR: Final = 0.10  # of a raw action: the jitter of unseen clips is .01, and less than .1 nobody sees
_SPREADS: Final = 3.0  # a movement is what lies three robust deviations above the neutral
_MAD_TO_SD: Final = 1.4826
# Who smiles through the first two minutes has not shown the neutral face yet. Of 51 unmoved faces none read more than
# .47 in any of these; brows and squint do (.69), and are not judged.
_RESTING: Final = frozenset({"smile_left", "smile_right", "jaw_open", "upper_lip_up"})
_REST_MOST: Final = 0.5
_FULL: Final = 0.8  # a full movement must still count as one
_DRIFT_S: Final = 1800.0  # half an hour moves the neutral by one robust deviation at most


@dataclass(frozen=True, slots=True)
class Own:
    """One action's neutral.

    Attributes:
        median: Of the raw action.
        threshold: By how much it must rise to count as a movement.
    """

    median: float
    threshold: float

    def beyond(self, raw: float) -> float:
        """How far beyond the neutral, in the person's own thresholds: 1 and more is a movement."""
        return (raw - self.median) / self.threshold


class Neutral:
    """Learns one person's neutral, action by action; a covered mouth learns later than the brows above it.

    Args:
        learn_s: Seconds of good frames that are needed.
    """

    def __init__(self, learn_s: float = LEARN_S) -> None:
        self._learn_s = learn_s
        self._seen: dict[str, list[float]] = {}
        self._seen_s: dict[str, float] = {}
        self._own: dict[str, Own] = {}

    def learn(self, actions: Mapping[str, float | None], apart_s: float) -> None:
        """Take one good frame over.

        Args:
            actions: Raw values, None where unknown.
            apart_s: Time since the last good frame; a gap counts as one second at most.
        """
        apart_s = min(max(apart_s, 0.0), 1.0)
        for name, raw in actions.items():
            if raw is None:
                continue
            if name in self._own:
                self._own[name] = _drifted(self._own[name], raw, apart_s)
                continue
            seen = self._seen.setdefault(name, [])
            if len(seen) < _MOST_N:
                seen.append(raw)
            self._seen_s[name] = self._seen_s.get(name, 0.0) + apart_s
            if self._seen_s[name] >= self._learn_s and len(seen) >= _LEAST_N:
                made = own(seen)
                if name in _RESTING and (made.median > _REST_MOST or made.median + made.threshold > _FULL):
                    self._seen_s[name] /= 2  # no face rests so: it is learnt on, from the later half
                    del seen[: len(seen) // 2]
                    continue
                self._own[name] = made
                del self._seen[name], self._seen_s[name]

    def of(self, name: str) -> Own | None:
        """An action's neutral; None while it is learnt."""
        return self._own.get(name)


def own(raw: list[float]) -> Own:
    """Neutral of the first minutes, by median and median absolute deviation.

    >>> own([0.1, 0.1, 0.1, 0.1, 0.9])
    Own(median=0.1, threshold=0.1)
    """
    values = np.asarray(raw, dtype=np.float64)
    median = float(np.median(values))
    spread = _MAD_TO_SD * float(np.median(np.abs(values - median)))
    return Own(median, max(_FLOOR, _SPREADS * spread))


def _drifted(was: Own, raw: float, apart_s: float) -> Own:
    """A median that follows by small steps, whatever the size of what it meets (stochastic approximation)."""
    step = was.threshold / _SPREADS * apart_s / _DRIFT_S
    return Own(was.median + math.copysign(min(step, abs(raw - was.median)), raw - was.median), was.threshold)
