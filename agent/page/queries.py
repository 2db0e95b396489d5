"""What the page asks of the running agent: one row a question, small answers, nothing raw.

Loaded with the first page. Long answers (weeks, searches, proofs, exports) are the reader's (`agent.page.reader`).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from agent.errors import WrongUse
from agent.outbox import ledger
from agent.page import (
    appointments,
    consent,
    decisions,
    forms,
    notices,
    numbers,
    own_days,
    self_report,
    shared,
    steps,
    team,
)
from agent.session import live_view
from agent.session.session import Session

Answer = dict[str, Any]


def _left(session: Session, asked: forms.Rows) -> Answer:
    before = asked.before or session.outbox.head()[0] + 1
    rows = [ledger.as_json(row) for row in ledger.rows_before(session.outbox, before, asked.most)]
    return {
        "rows": rows,
        "operator": session.operator,
        "unheard": session.outbox.unconfirmed(),
    }


Give = Callable[[Session, Any], Answer | Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Question:
    """One question of the page.

    Attributes:
        form: The shape of what comes with it.
        answer: What the agent does and says.
        decides: Whether the person decides something by it; the browser sends it to ``/do/NAME``.
        is_slow: Whether it takes seconds; it is answered beside the rest, one after the other.
    """

    form: type[forms.Form]
    answer: Give
    decides: bool = False
    is_slow: bool = False


def _decision(form: type[forms.Form], answer: Give, *, is_slow: bool = False) -> Question:
    return Question(form, answer, decides=True, is_slow=is_slow)


QUESTIONS: Final[dict[str, Question]] = {
    "now": Question(forms.Nothing, lambda session, _: live_view.now(session)),
    "window": Question(forms.Nothing, numbers.window),
    "about": Question(forms.Named, numbers.about),
    "left": Question(forms.Rows, _left),
    "shared": Question(forms.Before, shared.shared),
    "row": Question(forms.RowNumber, shared.row),
    "say": Question(forms.Nothing, consent.say),
    "looks": Question(forms.Nothing, team.listed),
    "alerts": Question(forms.Nothing, team.heard),
    "place": Question(forms.Nothing, steps.place),
    "check-ins": Question(forms.Nothing, self_report.check_ins),
    "notes": Question(forms.Nothing, self_report.notes),
    "notices": Question(forms.Nothing, notices.listed),
    "arousal": _decision(forms.Shown, decisions.show_arousal),
    "camera": Question(forms.Nothing, appointments.shown),
    "camera-plan": _decision(forms.CameraPlan, appointments.choose),
    "camera-skip": _decision(forms.CameraSkip, appointments.skip),
    "consent": _decision(forms.Yes, consent.give, is_slow=True),
    "ask": _decision(forms.Wish, team.ask),
    "pause": _decision(forms.Pause, decisions.as_asked("pause")),
    "resume": _decision(forms.Nothing, decisions.as_asked("resume")),
    "hours": _decision(forms.Hours, decisions.hours),
    "language": Question(forms.Language, decisions.language),  # by POST /language, with the region's forms
    "sensor": _decision(forms.Sensor, decisions.sensor),
    "notice": _decision(forms.Notice, notices.switch),
    "notice-test": _decision(forms.Nothing, notices.test, is_slow=True),
    "withdraw": _decision(forms.Nothing, decisions.as_asked("withdraw")),
    "erase": _decision(forms.Nothing, decisions.as_asked("erase")),
    "scan": _decision(forms.Nothing, steps.scan, is_slow=True),
    "bind": _decision(forms.Strap, steps.bind, is_slow=True),
    "bundle": _decision(forms.Bundle, steps.read_bundle),
    "enroll": _decision(forms.Begin, steps.enroll, is_slow=True),
    "admit": _decision(forms.End, steps.admit, is_slow=True),
    "answer": _decision(forms.Answers, self_report.answer),
    "note": _decision(forms.Note, self_report.note),
    "unnote": _decision(forms.Taken, self_report.unnote),
    "journal": _decision(forms.Entry, own_days.write),
    "unjournal": _decision(forms.Removed, own_days.remove),
    "forget-source": _decision(forms.Source, own_days.forget_source),
}
"""Every question by name. The page's process learns from here which of them it may forward as decisions."""


async def answered(session: Session, name: object, with_: object) -> Answer:
    """Answer a question of the page.

    Raises:
        WrongUse: Nobody knows the question, or it has not its shape.
        WardbeatError: It could not be done.
    """
    if not isinstance(name, str) or name not in QUESTIONS:
        raise WrongUse("the page asked for something unknown")
    question = QUESTIONS[name]
    try:
        asked = question.form.model_validate(with_)
    except ValidationError as error:
        raise WrongUse("the form was not valid", remedy="Load the page again.") from error
    given = question.answer(session, asked)
    answer = await given if isinstance(given, Awaitable) else given
    if question.decides:
        session.notices.decided()
    return answer
