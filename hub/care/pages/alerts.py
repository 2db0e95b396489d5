"""Alerts that came to the team: open, acknowledged with who and when, and closed ones without a value."""

from collections.abc import Mapping
from typing import Final

from hub.care import reading
from hub.care.pages.frame import page
from hub.care.pages.person import suggestion
from hub.care.reading import CLOSED
from hub.care.rows import Made, Opened, Seen, TeamRole
from hub.store.team_alerts import ACKNOWLEDGED, WITH_TEAM

HISTORY: Final = 100
_ASKED: Final = "asked_for_help"


def alerts(opened: Opened, _: Mapping[str, str]) -> Made:
    """The page.

    Args:
        opened: The request's.
    """
    every = reading.alerts(opened)
    by_state = {state: [one for one in every if one.kept.state == state] for state in (WITH_TEAM, ACKNOWLEDGED, CLOSED)}
    # who asks to be seen on top, then the longest waiting
    waiting = sorted(by_state[WITH_TEAM], key=lambda one: (one.words.rule != _ASKED, one.kept.number))
    closed = by_state[CLOSED][:HISTORY]
    shown = (*waiting, *by_state[ACKNOWLEDGED], *closed)
    return page(
        opened,
        "alerts",
        "Alerts",
        tuple(Seen(kid, "alerts") for kid in sorted({one.person.kid for one in shown})),
        path="/alerts",
        sentence=_sentence(len(waiting), len(by_state[ACKNOWLEDGED])),
        waiting=waiting,
        acknowledged=by_state[ACKNOWLEDGED],
        closed=closed,
        may_acknowledge=opened.viewer.role in (TeamRole.LEAD, TeamRole.MEMBER),
        suggestion=suggestion,
    )


def _sentence(waiting: int, acknowledged: int) -> str:
    said = {0: "No alert waits for the team", 1: "One alert waits for the team"}
    first = said.get(waiting, f"{waiting} alerts wait for the team")
    second = "nobody is taking care of one" if not acknowledged else f"{acknowledged} are being taken care of"
    return f"{first}; {'one is being taken care of' if acknowledged == 1 else second}."
