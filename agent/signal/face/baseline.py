"""The person's own neutral face: median and threshold of each action, learnt in the first minutes, then adapted slowly.

A model's raw value differs from face to face: a neutral face reads as a smile of 0.3 for some people and of 0.0 for
others. Its change within one person does not. So nothing is reported before the neutral level is known, and everything
after it is reported relative to it.

Derived: the constants below say what each limit was measured on; the robust deviation is 1.4826 times the median
absolute deviation, which equals the standard deviation of a normal variable.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

LEARN_S: Final = 120.0  # seconds of good frames; chosen by us: a person talks, smiles and looks away within it
_LEAST_N: Final = 100
_MOST_N: Final = 1200
_FLOOR: Final = 0.10  # of a raw action: the jitter of unseen clips is .01, and nobody sees less than .1
_SPREADS: Final = 3.0  # a movement is what lies three robust deviations above the neutral
_MAD_TO_SD: Final = 1.4826
# Who smiles through the first two minutes has not shown the neutral face yet. Of 51 unmoved faces none read more than
# .47 in any of these; brows and squint do (.69), and are not judged.
_RESTING: Final = frozenset({"smile_left", "smile_right", "jaw_open", "upper_lip_up"})
_REST_MOST: Final = 0.5
_FULL: Final = 0.8  # a full movement must still count as one
_DRIFT_S: Final = 1800.0  # half an hour moves the neutral by one robust deviation at most


@dataclass(frozen=True, slots=True)
class ActionBaseline:
    """Neutral level of one action.

    Attributes:
        median: Of the raw action, 0 to 1.
        threshold: By how much the action must rise to count as a movement, in the unit of the raw action.
    """

    median: float
    threshold: float

    def beyond(self, raw: float) -> float:
        """Distance from the neutral level in the person's own thresholds, ``(raw - median) / threshold``.

        Args:
            raw: The action as the model gives it, 0 to 1.

        Returns:
            No unit; 1 and more is a movement.

        Source: definition.
        """
        return (raw - self.median) / self.threshold


class FaceBaseline:
    """Learns one person's neutral levels, action by action; a covered mouth is learnt later than the brows above it.

    Args:
        learn_s: Time of good frames that is needed, in s.
    """

    def __init__(self, learn_s: float = LEARN_S) -> None:
        self._learn_s = learn_s
        self._raw: dict[str, list[float]] = {}
        self._learnt_s: dict[str, float] = {}
        self._known: dict[str, ActionBaseline] = {}

    def learn(self, actions: Mapping[str, float | None], apart_s: float) -> None:
        """Add one good frame.

        An action's level is set (`action_baseline`) once it was seen for `learn_s` and in 100 frames. After that its
        median moves towards each value by at most ``threshold / 3 * apart_s / 1800``. A level of smile, jaw or upper
        lip at which no face rests is refused: the later half of its values is kept, and learning goes on.

        Args:
            actions: Raw values, 0 to 1; None where unknown.
            apart_s: Time since the last good frame in s; a gap counts as one second at most.

        Derived: half an hour moves the level by one robust deviation at most (sign-step stochastic approximation).
        """
        apart_s = min(max(apart_s, 0.0), 1.0)
        for name, raw in actions.items():
            if raw is None:
                continue
            if name in self._known:
                self._known[name] = _drifted(self._known[name], raw, apart_s)
                continue
            values = self._raw.setdefault(name, [])
            if len(values) < _MOST_N:
                values.append(raw)
            self._learnt_s[name] = self._learnt_s.get(name, 0.0) + apart_s
            if self._learnt_s[name] >= self._learn_s and len(values) >= _LEAST_N:
                learnt = action_baseline(values)
                if name in _RESTING and (learnt.median > _REST_MOST or learnt.median + learnt.threshold > _FULL):
                    self._learnt_s[name] /= 2  # no face rests so: learning goes on from the later half
                    del values[: len(values) // 2]
                    continue
                self._known[name] = learnt
                del self._raw[name], self._learnt_s[name]

    def of(self, name: str) -> ActionBaseline | None:
        """Neutral level of an action.

        Args:
            name: The action.

        Returns:
            None while it is learnt.

        Source: see the module.
        """
        return self._known.get(name)


def action_baseline(raw: list[float]) -> ActionBaseline:
    """Neutral level of the first minutes: ``median(x)``, and ``max(0.10, 3 * 1.4826 * median(|x - median(x)|))``.

    Args:
        raw: Values x of one action, 0 to 1.

    Returns:
        Median and threshold.

    Source: see the module.

    >>> action_baseline([0.1, 0.1, 0.1, 0.1, 0.9])
    ActionBaseline(median=0.1, threshold=0.1)
    """
    values = np.asarray(raw, dtype=np.float64)
    median = float(np.median(values))
    spread = _MAD_TO_SD * float(np.median(np.abs(values - median)))
    return ActionBaseline(median, max(_FLOOR, _SPREADS * spread))


def _drifted(baseline: ActionBaseline, raw: float, apart_s: float) -> ActionBaseline:
    """Median moved towards a value by at most one small step (stochastic approximation)."""
    step = baseline.threshold / _SPREADS * apart_s / _DRIFT_S
    return ActionBaseline(
        baseline.median + math.copysign(min(step, abs(raw - baseline.median)), raw - baseline.median),
        baseline.threshold,
    )
