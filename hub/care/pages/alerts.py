"""Alerts that came to the team: open, acknowledged with who and when, and closed ones without a value."""

from collections.abc import Mapping
from typing import Final

from hub.care import reading
from hub.care.pages.forms import DONE
from hub.care.pages.frame import page
from hub.care.pages.person import suggestion
from hub.care.pages.words import DAY_S
from hub.care.reading import CLOSED
from hub.care.rows import Made, Opened, Seen, TeamRole
from hub.store.team_alerts import ACKNOWLEDGED, WITH_TEAM

HISTORY: Final = 100
HISTORY_DAYS: Final = 90
_ASKED: Final = "asked_for_help"


def alerts(opened: Opened, asked: Mapping[str, str]) -> Made:
    """The page.

    Args:
        opened: The request's.
        asked: ``done``: what a form has just done, a name of `forms.DONE`.
    """
    every = reading.alerts(opened)
    by_state = {state: [one for one in every if one.kept.state == state] for state in (WITH_TEAM, ACKNOWLEDGED, CLOSED)}
    # who asks to be seen on top, then the longest waiting
    waiting = sorted(by_state[WITH_TEAM], key=lambda one: (one.words.rule != _ASKED, one.kept.number))
    from_utc_s = opened.now_utc_s - HISTORY_DAYS * DAY_S
    recent = [one for one in by_state[CLOSED] if one.words.closed_utc_s >= from_utc_s]
    closed = sorted(recent, key=lambda one: -one.words.closed_utc_s)[:HISTORY]
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
        history_days=HISTORY_DAYS,
        done=DONE.get(asked.get("done", ""), ""),
    )


def _sentence(waiting: int, acknowledged: int) -> str:
    said = {0: "No alert waits for the team", 1: "One alert waits for the team"}
    first = said.get(waiting, f"{waiting} alerts wait for the team")
    taken = {0: "None", 1: "One"}.get(acknowledged, f"{acknowledged}")
    return f"{first}. {taken} {'are' if acknowledged > 1 else 'is'} being taken care of."
