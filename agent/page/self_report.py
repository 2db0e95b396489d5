"""What the person says of themself: check-ins that may be left and taken up, shifts, changes."""

from dataclasses import asdict
from typing import Any, Final

from agent.errors import NotScored, WrongUse
from agent.outbox import consents
from agent.page import forms
from agent.privacy.consent import CARE
from agent.session.session import Session
from agent.windows.history import Told
from agent.wire.context import SIGNAL as CONTEXT

Answer = dict[str, Any]

_PAST: Final = 6  # results of each check-in that are shown


def check_ins(session: Session, _: forms.Nothing) -> Answer:
    """Which there are here, what was begun, results of the past, and who gets the results by a consent in force."""
    from agent.weeks import check_ins as due_dates
    from agent.weeks import scores  # with the check-ins alone: 3 MB

    told = session.history.told()
    made = []
    for short, one in scores.allowed_instruments(session.profile).items():
        done = sorted(
            (row for row in told if row.what == "check-in" and row.name == short), key=lambda row: row.at_utc_s
        )
        begun = [row for row in told if row.what == "draft" and row.name == short]
        last = done[-1].at_utc_s if done else None
        due = due_dates.is_due(last, one.every_days, session.utc_s())
        past = [{"at_utc_s": row.at_utc_s, "lines": scores.past_lines(one, row)} for row in done[: -_PAST - 1 : -1]]
        made.append(
            asdict(one)
            | {"last_utc_s": last, "due": due, "begun": dict(begun[-1].numbers) if begun else {}, "past": past}
        )
    return {"instruments": made} | _sent(session)


def _sent(session: Session) -> Answer:
    """Who gets results of check-ins by the consent in force, and whether a care team sees them."""
    given = consents.stands_at(session.outbox, session.profile.name, session.utc_s())
    named = [one for one in given.grants if one.signal == CONTEXT] if given is not None else []
    return {"sent_to": sorted({one.recipient for one in named}), "with_team": any(one.purpose == CARE for one in named)}


def answer(session: Session, asked: forms.Answers) -> Answer:
    """Answers so far; ``done`` keeps them as a check-in, else as what was begun."""
    from agent.scoring import instruments
    from agent.weeks import scores

    instrument = scores.require(session.profile, asked.short)
    items = {item.item_id: item for item in instrument.items}
    answers = asked.answers
    for name, place in answers.items():
        if name not in items or not 0 <= place < len(items[name].answers):
            raise WrongUse("this is not an answer of this check-in", remedy="Load the page again.")
    if asked.done and not answers:
        raise NotScored(
            "no question was answered, so nothing was saved",
            remedy="Answer at least one question, or leave the check-in.",
        )
    for row in session.history.told():
        if row.what == "draft" and row.name == instrument.short:
            session.history.untell(row)
    if not answers:
        return {"words": "Your answers were discarded.", "lines": []}
    what = "check-in" if asked.done else "draft"
    session.history.tell(Told(session.utc_s(), what, instrument.short, answers))
    if not asked.done:
        return {"words": "Saved for later.", "lines": []}
    lines = scores.result(instrument, instruments.scores(instrument, answers))
    return {"words": "Saved on this machine.", "lines": lines}


def notes(session: Session, _: forms.Nothing) -> Answer:
    kept = [one for one in session.history.told() if one.what in ("shift", "change")]
    return {"notes": [asdict(one) | {"numbers": dict(one.numbers)} for one in kept]}


def note(session: Session, asked: forms.Note) -> Answer:
    from agent.scoring.baseline import RESETS
    from agent.weeks import noting

    begins, ends = asked.from_utc_s, asked.until_utc_s
    if asked.what == "shift":
        if ends is None:
            raise WrongUse("the end of the shift is missing", remedy="Enter the end of the shift.")
        kind = "night" if asked.kind == "night" else "day"
        told = noting.shift(begins, ends, kind, session.history.told(), session.utc_s())
    else:
        if asked.what not in RESETS:
            raise WrongUse("this kind of change is not known", remedy="Choose one from the list.")
        told = noting.change(asked.what, begins, ends, session.utc_s())
    session.history.tell(told)
    return {"words": "Noted."}


def unnote(session: Session, asked: forms.Taken) -> Answer:
    for one in session.history.told():
        if one.what in ("shift", "change") and (one.at_utc_s, one.name) == (asked.at_utc_s, asked.name):
            session.history.untell(one)
            return {"words": "Removed."}
    raise WrongUse("this note was already removed", remedy="Load the page again.")
