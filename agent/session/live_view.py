"""The beats, numbers and states of this moment, as `status --watch` and the page show them."""

from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from agent.features.live import Beat
from agent.model import NS_PER_S
from agent.outbox import alerts, pauses
from agent.session.session import Session
from agent.signal.heart.artifacts import Label

Answer = dict[str, Any]

RECENT_NS: Final = 8 * NS_PER_S
_SPAN_NS: Final = 60 * NS_PER_S
_FRESH_NS: Final = 3 * NS_PER_S
_FEW: Final = 5


@dataclass(frozen=True, slots=True)
class FacePart:
    """One movement of the face that people are shown live.

    Attributes:
        words: What it is called.
        kind: As a feature's: a profile may keep it from being shown.
        channels: Their mean is shown.
    """

    words: str
    kind: str
    channels: tuple[str, ...]


FACE_PARTS: Final[dict[str, FacePart]] = {
    "smile": FacePart("smile", "expression", ("smile_left_x", "smile_right_x")),
    "jaw": FacePart("mouth open", "expression", ("jaw_open_x",)),
    "brows_up": FacePart("brows up", "expression", ("brow_inner_up_x",)),
    "brows_down": FacePart("brows down", "expression", ("brow_down_x",)),
    "lids": FacePart("eyelids shut", "fatigue", ("lid_shut_01",)),
}


def now(session: Session, after_ns: int = 0) -> Answer:
    """What is going on: states, the beats after a moment (a minute at most), the last minute's numbers."""
    now_ns = session.clock.now_ns()
    beats = session.live.recent(max(after_ns, now_ns - _SPAN_NS))
    minute = session.live.now()
    held = session.live.recent(now_ns - _SPAN_NS)
    right_ms = sum(one.rr_ms for one in held if one.label in (None, Label.NORMAL))
    listened_ms = min(60_000.0, (now_ns - held[0].t_ns) / 1e6 + held[0].rr_ms) if held else 0.0
    last = session.last_summary
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
        "states": [asdict(one) for one in session.board.states()],
        "paused": session.paused,
        "pause_until_utc_s": pauses.ends_utc_s(session.outbox),
        "face": _face(session, now_ns),
        "alerts": alerts.stamp(session.outbox),
        "window": None if last is None else last.start_utc_s,
        "camera": session.appointments.live(),
        "arousal": None if session.arousal is None else session.arousal.live(),
    }


def _rate_bpm(held: list[Beat], now_ns: int) -> float | None:
    """Of the middle one of the last five right intervals: one artifact moves nothing. None where they are old."""
    right = [one for one in held if one.label in (None, Label.NORMAL) and now_ns - one.t_ns < RECENT_NS]
    return round(60_000.0 / median(one.rr_ms for one in right[-_FEW:]), 1) if right else None


def _face(session: Session, now_ns: int) -> dict[str, float] | None:
    """Movements against the person's own neutral face, 0 to 1; None where no face is read now."""
    made = {}
    for name, part in FACE_PARTS.items():
        if not session.profile.shows_number("face", part.kind):
            continue
        newest = [session.windows.ring.latest(channel) for channel in part.channels]
        fresh = [one.value for one in newest if one is not None and now_ns - one.t_ns < _FRESH_NS]
        if fresh:
            made[name] = round(max(0.0, min(1.0, sum(fresh) / len(fresh))), 2)
    return made or None
