"""Camera sessions at the page: the plan with its times, choosing another one, and one tap to skip."""

from typing import Any

from agent.control import camera_words
from agent.outbox.camera_plan import HOWS, MINUTES_MOST, TIMES_MOST, CameraPlan
from agent.page import forms
from agent.session.session import Session

Answer = dict[str, Any]


def shown(session: Session, _: forms.Nothing) -> Answer:
    """The plan in force, the sessions of today with what becomes of them, and what the form may hold."""
    made = session.appointments
    return camera_words.as_body(made.plan, made.listed(), made.live()) | {
        "hows": list(HOWS),
        "minutes_most": MINUTES_MOST,
        "times_most": TIMES_MOST,
        "is_on": session.sensors.is_on("webcam"),
        "operator": session.operator,
    }


def choose(session: Session, asked: forms.CameraPlan) -> Answer:
    """Keep a plan, or, without `keep`, only say which times it gives."""
    made = session.appointments
    wanted = CameraPlan(asked.how, asked.minutes, tuple(sorted(asked.at)), asked.times).checked()
    if not asked.keep:
        return camera_words.as_body(wanted, made.would_be(wanted)) | {"words": camera_words.plan_words(wanted)}
    made.choose(wanted)
    return camera_words.as_body(wanted, made.listed(), made.live()) | {"words": camera_words.plan_words(wanted)}


def skip(session: Session, asked: forms.CameraSkip) -> Answer:
    """Call off the session that runs or comes next, or the rest of today."""
    rest = asked.which == "rest"
    return {"words": camera_words.skipped_words(session.appointments.skip(rest=rest), rest=rest)}
