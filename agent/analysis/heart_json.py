"""An analysis as JSON: one object a recording, on one line, so that many are JSON Lines. Values are unrounded.

{"file": …, "dialect": …, "notes": […], "beats": […], "windows": […], "version": …}
{"file": …, "error": …, "remedy": …}                a recording that could not be read
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from agent import __version__
from agent.analysis.heart import Analysis, Timed, names
from agent.analysis.notes import notes_of
from agent.features import FEATURES
from agent.model import FeatureValue

_AT_ONCE: Final = 5000


def as_json(found: Analysis) -> str:
    """One object: every interval with its label, every window with every feature."""
    return "".join([*head(found), *(window(timed, place) for place, timed in enumerate(found.windows)), tail()])


def head(found: Analysis, file: str = "") -> Iterator[str]:
    """The object up to its windows, in pieces of some thousand intervals."""
    recorded = found.recorded
    about = {
        "file": file or found.wish.file.name,
        "dialect": recorded.dialect,
        "notes": list(notes_of(recorded)),
        "start_s": recorded.start_s,
        "length_s": recorded.length_s,
    }
    yield _text(about)[:-1] + ', "beats": ['
    labels = names(recorded)
    for first in range(0, len(labels), _AT_ONCE):
        piece = slice(first, first + _AT_ONCE)
        beats = zip(recorded.t_s[piece].tolist(), recorded.rr_ms[piece].tolist(), labels[piece], strict=True)
        rows = [{"t_s": t_s, "rr_ms": rr_ms, "label": label} for t_s, rr_ms, label in beats]
        yield (", " if first else "") + _text(rows)[1:-1]
    yield '], "windows": ['


def window(timed: Timed, place: int) -> str:
    """One window, with what parts it from the one before."""
    start_s, end_s, values = timed
    features = {value.name: feature_as_json(value) for value in values}
    return (", " if place else "") + _text({"start_s": start_s, "end_s": end_s, "features": features})


def tail() -> str:
    """The end of the object."""
    detrended = sorted(name for name, spec in FEATURES.items() if spec.detrended)
    about = {"version": __version__, "detrended": detrended, "confidence": 0.95}
    return "], " + _text(about)[1:]


def refusal(file: str, error: str, remedy: str) -> str:
    """The object of a recording that could not be read."""
    return _text({"file": file, "error": error, "remedy": remedy})


def feature_as_json(value: FeatureValue) -> dict[str, float | int | str | None]:
    """A number, or its reason, as it is."""
    return {
        "value": value.value,
        "n": value.n,
        "coverage_01": value.coverage_01,
        "edited_01": value.edited_01,
        "longest_gap_s": value.longest_gap_s,
        "ci_low": value.ci_low,
        "ci_high": value.ci_high,
        "reason": value.reason or None,
    }


def _text(found: Any) -> str:
    return json.dumps(found, allow_nan=False)
