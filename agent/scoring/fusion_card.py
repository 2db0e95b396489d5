"""A fusion as plain values for JSON, and back: what a registry stores and a person may read.

The parser is strict: it refuses an unknown or missing key, a number that is none, arrays of other shapes, correlations
that are none, an input that has no row, and a card of fewer weeks or people than a fusion needs.

Derived: definition.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from agent.errors import WrongUse
from agent.scoring.answer_scale import GROUPS, Scale
from agent.scoring.calibration import CalibrationError
from agent.scoring.channels import CHANNELS
from agent.scoring.completion import Spread
from agent.scoring.cross_fit import PEOPLE, WEEKS
from agent.scoring.fused import Core
from agent.scoring.fusion import Evidence, Fusion
from agent.scoring.person_weeks import LAST_ANSWER, Target
from agent.scoring.student_t import Floats

VERSION: Final = 1
SAYS: Final = (
    "The probability is that of an answer at or above the cut. The interval is one of the answer, in points, and holds "
    "nine in ten answers of people who were not fitted. Neither names burnout; only the person's answers do."
)
_TARGET: Final = ("cut", "step", "least", "most")
_SCALE: Final = ("intercept", "slope", "centre", "per_t", "sigma")
_COUNTS: Final = ("weeks", "people", "at_cut", "within_people")
_CALIBRATION: Final = ("error", "low", "high", "perfect")


def as_card(fusion: Fusion) -> dict[str, Any]:
    """The card of a fusion; `from_card` gives the same fusion back.

    Args:
        fusion: A fusion.

    Returns:
        Plain values, ready for JSON.

    Source: definition.
    """
    core, scale, evidence = fusion.core, fusion.scale, fusion.evidence
    rows = zip(fusion.inputs, core.known.centre, core.known.scale, core.weight, strict=True)
    return {
        "version": VERSION,
        "says": SAYS,
        "watermark": fusion.watermark,
        "target": {name: getattr(fusion.target, name) for name in ("instrument", "scale", *_TARGET, "past_days")},
        "inputs": [
            {"name": name, "centre": float(centre), "scale": float(spread), "weight": float(weight)}
            for name, centre, spread, weight in rows
        ],
        "correlation": core.known.correlation.tolist(),
        "doubt": core.doubt.tolist(),
        "scale": {
            **{name: getattr(scale, name) for name in _SCALE},
            "q_low": scale.q_low.tolist(),
            "q_high": scale.q_high.tolist(),
        },
        "evidence": {
            **{name: getattr(evidence, name) for name in _COUNTS},
            "calibration": {name: getattr(evidence.calibration, name) for name in _CALIBRATION},
            "held_01": evidence.held_01,
            "within_auc": evidence.within_auc,
        },
    }


def from_card(card: Any) -> Fusion:
    """A fusion from its card.

    Args:
        card: Plain values, as JSON gives them; anything else is refused.

    Returns:
        The fusion.

    Raises:
        WrongUse: The card is not one; the words name the place.

    Source: definition.
    """
    top = _keys(
        card, "card", ("version", "says", "watermark", "target", "inputs", "correlation", "doubt", "scale", "evidence")
    )
    if _count(top["version"], "version") != VERSION:
        raise _refused("version", f"is {top['version']!r}, and this release reads {VERSION}")
    rows = [_keys(row, "inputs", ("name", "centre", "scale", "weight")) for row in _list(top["inputs"], "inputs")]
    inputs = tuple(_text(row["name"], "inputs") for row in rows)
    k = len(inputs)
    if not k or len(set(inputs)) != k or any(name not in CHANNELS and name != LAST_ANSWER for name in inputs):
        raise _refused("inputs", "are not different rows of CHANNELS")
    centre, spread, weight = (_array([row[name] for row in rows], name, (k,)) for name in ("centre", "scale", "weight"))
    if (spread <= 0.0).any():
        raise _refused("inputs", "have a scale of 0 or less")
    known = Spread(centre, spread, _definite(top["correlation"], "correlation", k))
    if (np.abs(np.diag(known.correlation) - 1.0) > 1e-6).any():
        raise _refused("correlation", "is not 1 on the diagonal")
    return Fusion(
        _target(top["target"]),
        inputs,
        Core(known, weight, _definite(top["doubt"], "doubt", k)),
        _scale(top["scale"]),
        _evidence(top["evidence"]),
        _text(top["watermark"], "watermark"),
    )


def _target(value: Any) -> Target:
    row = _keys(value, "target", ("instrument", "scale", *_TARGET, "past_days"))
    cut, step, least, most = (_number(row[name], name) for name in _TARGET)
    if not (least < cut <= most and step > 0.0):
        raise _refused("target", "has a cut outside its scale, or no step")
    names = _text(row["instrument"], "instrument"), _text(row["scale"], "scale")
    return Target(*names, cut, step, least, most, _count(row["past_days"], "past_days"))


def _scale(value: Any) -> Scale:
    row = _keys(value, "scale", (*_SCALE, "q_low", "q_high"))
    q_low, q_high = (_array(row[name], name, (GROUPS,)) for name in ("q_low", "q_high"))
    intercept, slope, centre, per_t, sigma = (_number(row[name], name) for name in _SCALE)
    if not (sigma > 0.0 and (q_high > q_low).all() and int((q_high - q_low).argmax()) == 0):
        raise _refused("scale", "has no spread, or a wider interval with a last answer than without one")
    return Scale(intercept, slope, centre, per_t, sigma, q_low, q_high)


def _evidence(value: Any) -> Evidence:
    row = _keys(value, "evidence", (*_COUNTS, "calibration", "held_01", "within_auc"))
    weeks, people, at_cut, within_people = (_count(row[name], name) for name in _COUNTS)
    if weeks < WEEKS or people < PEOPLE:
        raise _refused("evidence", f"has {weeks} weeks of {people} people; {WEEKS} of {PEOPLE} are needed")
    calibration = _keys(row["calibration"], "calibration", _CALIBRATION)
    held, auc = _number(row["held_01"], "held_01"), _number(row["within_auc"], "within_auc")
    error = CalibrationError(*(_number(calibration[name], name) for name in _CALIBRATION))
    return Evidence(weeks, people, at_cut, error, held, auc, within_people)


def _keys(value: Any, place: str, names: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names):
        raise _refused(place, f"wants exactly {', '.join(names)}")
    return value


def _list(value: Any, place: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise _refused(place, "is no list")
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise _refused(place, "is no text")
    return value


def _number(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _refused(place, "is no number")
    return float(value)


def _count(value: Any, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _refused(place, "is no count")
    return value


def _array(value: Any, place: str, shape: tuple[int, ...]) -> Floats:
    def numbers(part: Any, depth: int) -> Any:
        if depth == len(shape):
            return _number(part, place)
        row = _list(part, place)
        if len(row) != shape[depth]:
            raise _refused(place, f"is not of shape {shape}")
        return [numbers(one, depth + 1) for one in row]

    return np.array(numbers(value, 0), dtype=float)


def _definite(value: Any, place: str, k: int) -> Floats:
    matrix = _array(value, place, (k, k))
    if np.abs(matrix - matrix.T).max() > 1e-9 or float(np.linalg.eigvalsh(matrix).min()) <= 0.0:
        raise _refused(place, "is no covariance: not symmetric, or not positive definite")
    return matrix


def _refused(place: str, why: str) -> WrongUse:
    return WrongUse(f"card of a fusion: {place} {why}", remedy="Fit the fusion again.")
