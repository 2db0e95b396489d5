"""The care team at the page: who looked, what is asked, and alerts, of which the person hears first."""

from dataclasses import asdict
from typing import Any, Final

from agent.control import handlers
from agent.control.ask_words import encode_wish
from agent.outbox import alerts, asks, looks
from agent.outbox.asks import Wish
from agent.page import forms
from agent.privacy.consent import CARE
from agent.session.session import Session

Answer = dict[str, Any]

_LOOKS_MOST: Final = 50


def listed(session: Session, _: forms.Nothing) -> Answer:
    """The newest looks, and whether the chain is whole."""
    if CARE not in session.profile.purposes:
        return {"has_team": False}
    found = looks.state(session.outbox, session.utc_s())
    shown = found.as_json()
    return {
        **shown,
        "has_team": True,
        "looks": [asdict(one.look) for one in found.listed[:_LOOKS_MOST]],
        "more": max(len(found.listed) - _LOOKS_MOST, 0),
        "on_its_way": looks.spans(found.on_its_way),
        "missing": looks.spans(found.missing),
    }


def asked(session: Session) -> Answer | None:
    """What the person asks now; None where there is no care team to ask."""
    now_utc_s = session.utc_s()
    if CARE not in session.profile.purposes:
        return None
    found = asks.asked(session.outbox)
    may = asks.has_team(session.outbox, session.profile, session.operator, now_utc_s)
    return {"may": may, "at_utc_s": found and found.at_utc_s, "words": found and found.words}


def heard(session: Session, _: forms.Nothing) -> Answer:
    """Alerts that stand; none where nothing may leave to a team."""
    if CARE not in session.profile.purposes:
        return {"alerts": []}
    now_utc_s = session.utc_s()
    standing = [heard for heard in alerts.kept(session.outbox) if heard.alert.state != "closed"]
    shown = [
        {
            **asdict(heard.alert),
            "held_utc_s": heard.held_utc_s,
            "seen_utc_s": heard.seen_utc_s,
            "may_hold": heard.may_be_held(now_utc_s),
            "is_with_team": heard.alert.state in ("with_team", "acknowledged"),
            "day_utc_s": heard.alert.since_day * 86_400 + 43_200,
        }
        for heard in reversed(standing)
    ]
    return {"alerts": shown}


def ask(session: Session, given: forms.Wish) -> Answer:
    """What the person asks, or says about an alert.

    Raises:
        WardbeatError: As `agent.outbox.asks.ask`.
    """
    wish = Wish(given.what, given.about, given.words)
    return {"words": handlers.TABLE["ask"](session, encode_wish(wish)).words}
