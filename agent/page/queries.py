"""What the page asks of the running agent: one row a question, small answers, nothing raw.

Loaded with the first page. Long answers (weeks, searches, proofs, exports) are the reader's (`agent.page.reader`).
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from pydantic import ValidationError

from agent.errors import WrongUse
from agent.outbox import ledger
from agent.page import consent, decisions, forms, numbers, self_report, steps
from agent.session import live_view
from agent.session.session import Session

Answer = dict[str, Any]


def _left(session: Session, asked: forms.Rows) -> Answer:
    before = asked.before or session.outbox.head()[0] + 1
    rows = [ledger.as_json(row) for row in ledger.rows_before(session.outbox, before, asked.most)]
    return {
        "rows": rows,
        "operator": session.operator,
        "unheard": session.outbox.unheard(),
    }


Ask = Callable[[Session, Any], Answer | Awaitable[Answer]]
ASKS: Final[dict[str, tuple[type[forms.Form], Ask]]] = {
    "now": (forms.Nothing, lambda session, _: live_view.now(session)),
    "window": (forms.Nothing, numbers.window),
    "about": (forms.Named, numbers.about),
    "left": (forms.Rows, _left),
    "say": (forms.Nothing, consent.say),
    "consent": (forms.Yes, consent.give),
    "pause": (forms.Pause, decisions.as_asked("pause")),
    "resume": (forms.Nothing, decisions.as_asked("resume")),
    "hours": (forms.Hours, decisions.hours),
    "sensor": (forms.Sensor, decisions.sensor),
    "withdraw": (forms.Nothing, decisions.as_asked("withdraw")),
    "erase": (forms.Nothing, decisions.as_asked("erase")),
    "scan": (forms.Nothing, steps.scan),
    "bind": (forms.Strap, steps.bind),
    "enroll": (forms.Begin, steps.enroll),
    "admit": (forms.End, steps.admit),
    "place": (forms.Nothing, steps.place),
    "check-ins": (forms.Nothing, self_report.check_ins),
    "answer": (forms.Answers, self_report.answer),
    "notes": (forms.Nothing, self_report.notes),
    "note": (forms.Note, self_report.note),
    "unnote": (forms.Taken, self_report.unnote),
}
"""Every question by name, with its shape."""


async def answered(session: Session, name: object, with_: object) -> Answer:
    """Answer a question of the page.

    Raises:
        WrongUse: Nobody knows the question, or it has not its shape.
        WardbeatError: It could not be done.
    """
    if not isinstance(name, str) or name not in ASKS:
        raise WrongUse("the page asked for something unknown")
    form, ask = ASKS[name]
    try:
        asked = form.model_validate(with_)
    except ValidationError as error:
        raise WrongUse("the form was not valid", remedy="Load the page again.") from error
    given = ask(session, asked)
    return await given if isinstance(given, Awaitable) else given


SLOW: Final = frozenset({"scan", "bind", "enroll", "consent"})
"""Those that take seconds: answered one after the other, beside the rest."""
