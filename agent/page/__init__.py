"""What the page asks of the running agent; one row a question, small answers, nothing raw.

Loaded with the first page. Long answers (weeks, searches, proofs, exports) are an errand's (`agent.errand`).

now.py       this moment, the last window, how a number is made
consent.py   what stands, what may be asked, a yes that the PIN signs       say.py    pause, private hours, sensors
steps.py     a strap, a PIN, joining a place                               told.py   check-ins, shifts, changes
forms.py     the strict shape of each question
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from agent.errors import WrongUse
from agent.outbox import ledger
from agent.page import consent, forms, now, say, steps, told

if TYPE_CHECKING:
    from agent.pipeline import Agent

Answer = dict[str, Any]


def _left(agent: "Agent", asked: forms.Rows) -> Answer:
    before = asked.before or agent.outbox.head()[0] + 1
    rows = [ledger.as_json(row) for row in ledger.rows_before(agent.outbox, before, asked.most)]
    return {
        "rows": rows,
        "operator": agent.operator,
        "unheard": agent.outbox.unheard(),
    }


Ask = Callable[["Agent", Any], Answer | Awaitable[Answer]]
ASKS: Final[dict[str, tuple[type[forms.Form], Ask]]] = {
    "now": (forms.Nothing, lambda agent, _: now.now(agent)),
    "window": (forms.Nothing, now.window),
    "about": (forms.Named, now.about),
    "left": (forms.Rows, _left),
    "say": (forms.Nothing, consent.say),
    "consent": (forms.Yes, consent.give),
    "pause": (forms.Pause, say.as_asked("pause")),
    "resume": (forms.Nothing, say.as_asked("resume")),
    "hours": (forms.Hours, say.hours),
    "sensor": (forms.Sensor, say.sensor),
    "withdraw": (forms.Nothing, say.as_asked("withdraw")),
    "erase": (forms.Nothing, say.as_asked("erase")),
    "scan": (forms.Nothing, steps.scan),
    "bind": (forms.Strap, steps.bind),
    "enroll": (forms.Begin, steps.enroll),
    "admit": (forms.End, steps.admit),
    "place": (forms.Nothing, steps.place),
    "check-ins": (forms.Nothing, told.check_ins),
    "answer": (forms.Answers, told.answer),
    "notes": (forms.Nothing, told.notes),
    "note": (forms.Note, told.note),
    "unnote": (forms.Taken, told.unnote),
}
"""Every question by name, with its shape."""


async def answered(agent: "Agent", name: object, with_: object) -> Answer:
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
    given = ask(agent, asked)
    return await given if isinstance(given, Awaitable) else given


SLOW: Final = frozenset({"scan", "bind", "enroll", "consent"})
"""Those that take seconds: answered one after the other, beside the rest."""
