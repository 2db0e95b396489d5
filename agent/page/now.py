"""What is going on: beats, numbers and states of this moment, the last whole window, and how each number is made."""

from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from agent.errors import WrongUse
from agent.features import FEATURES
from agent.features.live import Beat
from agent.features.spec import REASONS
from agent.model import NS_PER_S
from agent.outbox import quiet
from agent.page import forms
from agent.signal.artifacts import Label

if TYPE_CHECKING:
    from agent.pipeline import Agent

Answer = dict[str, Any]

LATELY_NS: Final = 8 * NS_PER_S
_SPAN_NS: Final = 60 * NS_PER_S
_FRESH_NS: Final = 3 * NS_PER_S
_FEW: Final = 5
_FACE: Final = {
    "smile": ("smile_left_x", "smile_right_x"),
    "jaw": ("jaw_open_x",),
    "brows_up": ("brow_inner_up_x",),
    "brows_down": ("brow_down_x",),
    "lids": ("lid_shut_01",),
}


def now(agent: "Agent", after_ns: int = 0) -> Answer:
    """What is going on: states, the beats after a moment (a minute at most), the last minute's numbers."""
    now_ns = agent.clock.now_ns()
    beats = agent.live.recent(max(after_ns, now_ns - _SPAN_NS))
    minute = agent.live.now()
    held = agent.live.recent(now_ns - _SPAN_NS)
    right_ms = sum(one.rr_ms for one in held if one.label in (None, Label.NORMAL))
    listened_ms = min(60_000.0, (now_ns - held[0].t_ns) / 1e6 + held[0].rr_ms) if held else 0.0
    last = agent.last_summary
    return {
        "t_s": now_ns / NS_PER_S,
        "beats": [
            [round(one.t_ns / NS_PER_S, 3), round(one.rr_ms, 1), None if one.label is None else one.label.name.lower()]
            for one in beats
        ],
        "hr_bpm": _rate_bpm(held, now_ns),
        "rmssd_ms": None if minute.rmssd_ms is None or not held else round(minute.rmssd_ms, 1),
        "irregular": minute.is_irregular,
        "coverage_01": round(min(1.0, right_ms / listened_ms), 3) if held else None,
        "listened_s": round(listened_ms / 1000.0),
        "states": [asdict(one) for one in agent.board.states()],
        "paused": agent.paused,
        "pause_until_utc_s": quiet.ends_utc_s(agent.outbox),
        "face": _face(agent, now_ns),
        "window": None if last is None else last.start_utc_s,
    }


def _rate_bpm(held: list[Beat], now_ns: int) -> float | None:
    """Of the middle one of the last five right intervals: one artifact moves nothing. None where they are old."""
    right = [one for one in held if one.label in (None, Label.NORMAL) and now_ns - one.t_ns < LATELY_NS]
    return round(60_000.0 / median(one.rr_ms for one in right[-_FEW:]), 1) if right else None


def _face(agent: "Agent", now_ns: int) -> dict[str, float] | None:
    """Movements against the person's own neutral face, 0 to 1; None where no face is read now."""
    made = {}
    for name, channels in _FACE.items():
        if not agent.profile.shows("fatigue" if name == "lids" else "expression"):
            continue
        newest = [agent.windows.ring.latest(one) for one in channels]
        fresh = [one.value for one in newest if one is not None and now_ns - one.t_ns < _FRESH_NS]
        if fresh:
            made[name] = round(max(0.0, min(1.0, sum(fresh) / len(fresh))), 2)
    return made or None


def window(agent: "Agent", _: forms.Nothing) -> Answer:
    """The last whole window, number by number, with what was withheld and why."""
    last = agent.last_summary
    if last is None:
        return {"start_utc_s": None, "numbers": []}
    numbers = [
        asdict(one) | {"words": FEATURES[one.name].words, "why": REASONS.get(one.reason, one.reason)}
        for one in last.values
    ]
    return {"start_utc_s": last.start_utc_s, "end_utc_s": last.end_utc_s, "numbers": numbers}


def about(agent: "Agent", asked: forms.Named) -> Answer:
    """Where a number comes from: what it is, its formula, its source, and what the last window had of it."""
    spec = FEATURES.get(asked.name)
    if spec is None or not agent.profile.shows(spec.kind):
        raise WrongUse("there is no number with that name here", remedy="Go back and choose another.")
    last = None if agent.last_summary is None else next(
        (one for one in agent.last_summary.values if one.name == spec.name), None
    )  # fmt: skip
    return {
        "name": spec.name,
        "words": spec.words,
        "formula": spec.formula,
        "source": spec.source,
        "needs": list(spec.needs),
        "counted": "frames" if spec.signal == "face" else "beats",
        "min_samples": spec.min_samples,
        "min_coverage_01": spec.min_coverage_01,
        "leaves": spec.release,
        "last": None if last is None else asdict(last) | {"why": REASONS.get(last.reason, last.reason)},
    }
