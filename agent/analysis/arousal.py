"""Raised arousal, at rest, of a recording: minute by minute, where the person asks for it.

Rest is known where the recording has acceleration (`Recorded.still`), or where the person says that the body rested.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.analysis.heart import Analysis, Timed
from agent.analysis.recorded import Recorded
from agent.analysis.study import Refused
from agent.model import Window
from agent.scoring import arousal
from agent.scoring.arousal import Arousal
from agent.signal.heart.artifacts import Label
from agent.system.output import show

_MINUTE_S: Final = 60.0
_READ_LEAST_MS: Final = 30_000.0  # as in training: half of a minute
_STILL_01: Final = 0.8  # ours
_RESTED_MIN: Final = 5  # ours: a heart needs some minutes to come to rest after exercise
_REST_BPM: Final = 100.0


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute.

    Attributes:
        start_s: As the file counts time.
        said: What may be reported of it.
    """

    start_s: float
    said: Arousal


def minutes(recorded: Recorded, *, says_rest: bool) -> list[Minute]:
    """Every whole minute of a recording.

    Args:
        recorded: The recording.
        says_rest: The person says that the body rested throughout.
    """
    model, count = arousal.shipped_model(), int(recorded.length_s // _MINUTE_S)
    starts_s = [recorded.start_s + _MINUTE_S * n for n in range(count)]
    hr_bpm = np.array([_mean_bpm(recorded, start_s) for start_s in starts_s])
    rested = [
        _rested(recorded, start_s, float(hr), says_rest=says_rest) for start_s, hr in zip(starts_s, hr_bpm, strict=True)
    ]
    z = arousal.running_z(hr_bpm)
    return [
        Minute(
            start_s, arousal.arousal(model, float(z[n]), at_rest=_at_rest(rested[max(0, n - _RESTED_MIN + 1) : n + 1]))
        )
        for n, start_s in enumerate(starts_s)
    ]


def _mean_bpm(recorded: Recorded, start_s: float) -> float:
    inside = (recorded.t_s > start_s) & (recorded.t_s <= start_s + _MINUTE_S) & (recorded.label == Label.NORMAL)
    right_ms = recorded.rr_ms[inside]
    whole_ms = float(right_ms.sum())
    return 60_000.0 * right_ms.size / whole_ms if whole_ms >= _READ_LEAST_MS else math.nan


def _rested(recorded: Recorded, start_s: float, hr_bpm: float, *, says_rest: bool) -> bool | None:
    if hr_bpm > _REST_BPM:
        return False
    if recorded.still is not None:
        t_s, still_01 = recorded.still
        inside = (t_s >= start_s) & (t_s < start_s + _MINUTE_S)
        if inside.sum() >= _MINUTE_S / 2:
            return bool(np.mean(still_01[inside]) >= _STILL_01)
    return True if says_rest else None


def _at_rest(rested: Sequence[bool | None]) -> bool | None:
    if False in rested:
        return False
    return None if None in rested else True


class Printed:
    """An output of a study: the minutes that have an answer, and what it rests on, after each recording.

    Args:
        says_rest: See `minutes`.
        as_json: One JSON object a recording.
    """

    def __init__(self, *, says_rest: bool, as_json: bool) -> None:
        self._says_rest, self._as_json, self._name = says_rest, as_json, ""

    def begin(self, name: str, found: Analysis) -> None:  # noqa: ARG002 - an output's form
        self._name = name

    def window(self, found: Analysis, timed: Timed, window: Window) -> None:
        pass

    def end(self, found: Analysis) -> None:
        made = minutes(found.recorded, says_rest=self._says_rest)
        show(_as_json(self._name, made) if self._as_json else "\n".join(_lines(made, says_rest=self._says_rest)))

    def refused(self, refused: Refused) -> None:
        pass


def _as_json(name: str, made: Sequence[Minute]) -> str:
    rows = [
        {
            "start_s": one.start_s,
            "state": _state(one.said),
            "confidence_01": _confidence_01(one.said),
            "why": one.said.reason,
        }
        for one in made
    ]
    return json.dumps({"recording": name, "arousal": rows, "rests_on": arousal.rests_on()})


def _lines(made: Sequence[Minute], *, says_rest: bool) -> list[str]:
    answered = [one for one in made if one.said.raised is not None]
    raised = [one for one in answered if one.said.raised]
    head = (
        f"raised arousal, at rest: {len(answered)} of {len(made)} minutes have an answer, {len(raised)} of them: raised"
    )
    lines = [head]
    lines += [
        f"  from {one.start_s:.0f} s: {_state(one.said)}, right in {100 * (_confidence_01(one.said) or 0.0):.0f} of 100"
        for one in answered
    ]
    reasons = [one.said.reason for one in made if one.said.reason]
    lines += [f"  {reasons.count(reason)} minutes without: {reason}" for reason in dict.fromkeys(reasons)]
    lines.append(f"  {arousal.rests_on()}")
    if says_rest:
        lines.append("  That the body rested is what you said; a body that moves makes these minutes wrong.")
    return lines


def _state(said: Arousal) -> str | None:
    return None if said.raised is None else "raised" if said.raised else "usual"


def _confidence_01(said: Arousal) -> float | None:
    """How often such an answer was right in the laboratory."""
    if said.raised is None or said.p_01 is None:
        return None
    return round(said.p_01 if said.raised else 1.0 - said.p_01, 2)
