"""The numbers of the last whole window, and where each comes from."""

from dataclasses import asdict
from typing import Any

from agent.errors import WrongUse
from agent.features import FEATURES
from agent.page import forms
from agent.session.session import Session
from agent.tables.day_spec import GRADES, DaySpec
from agent.tables.days import DAYS
from agent.tables.feature_spec import REASONS
from agent.tables.signals import SIGNALS

Answer = dict[str, Any]


def window(session: Session, _: forms.Nothing) -> Answer:
    """The last whole window, number by number, with what was withheld and why."""
    last = session.last_summary
    if last is None:
        return {"start_utc_s": None, "numbers": []}
    numbers = [
        asdict(one) | {"words": FEATURES[one.name].words, "why": REASONS.get(one.reason, one.reason)}
        for one in last.values
    ]
    return {"start_utc_s": last.start_utc_s, "end_utc_s": last.end_utc_s, "numbers": numbers}


def about(session: Session, form: forms.Named) -> Answer:
    """Where a number comes from: what it is, its formula, its source, and what the last window had of it."""
    if form.name in DAYS:
        return _about_day(session, DAYS[form.name])
    spec = FEATURES.get(form.name)
    if spec is None or not session.profile.shows_number(spec.signal, spec.kind):
        raise WrongUse("there is no number with that name here", remedy="Go back and choose another.")
    last = None if session.last_summary is None else next(
        (one for one in session.last_summary.values if one.name == spec.name), None
    )  # fmt: skip
    return {
        "name": spec.name,
        "words": spec.words,
        "formula": spec.formula,
        "source": spec.source,
        "needs": list(spec.needs),
        "counted": SIGNALS[spec.signal].counted,
        "min_samples": spec.min_samples,
        "min_coverage_01": spec.min_coverage_01,
        "leaves": spec.release,
        "last": None if last is None else asdict(last) | {"why": REASONS.get(last.reason, last.reason)},
    }


def _about_day(session: Session, spec: DaySpec) -> Answer:
    """What a number of a day is, and what is known of its kind."""
    if not session.profile.shows(spec.kind):
        raise WrongUse("there is no number with that name here", remedy="Go back and choose another.")
    return {
        "name": spec.name,
        "title": spec.title,
        "words": spec.words,
        "grade": spec.evidence,
        "grade_words": GRADES[spec.evidence],
        "because": spec.because,
        "leaves": spec.release == "whole" and session.profile.may_release(spec.signal, spec.kind),
    }
