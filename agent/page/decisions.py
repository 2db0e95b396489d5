"""What the person decides at the page: pause, private hours, sensors, and what the command line asks, too."""

from collections.abc import Callable
from typing import Any

from agent import sources
from agent.control import arousal_words, handlers
from agent.outbox import page_language, pauses
from agent.page import forms
from agent.session.session import Session
from agent.tables.signals import SIGNALS

Answer = dict[str, Any]


def as_asked(name: str) -> Callable[[Session, forms.Form], Answer]:
    """What the command line asks, too (`agent.control.handlers`)."""

    def ask(session: Session, given: forms.Form) -> Answer:
        return {"words": handlers.TABLE[name](session, given.length if isinstance(given, forms.Pause) else "").words}

    return ask


def hours(session: Session, asked: forms.Hours) -> Answer:
    pauses.set_hours(session.outbox, tuple(pauses.Hours(begin, end) for begin, end in asked.hours))
    return {"words": "Your private hours are saved." if asked.hours else "You have no private hours now."}


def language(session: Session, asked: forms.Language) -> Answer:
    """The language of the page; empty: that of the browser."""
    page_language.choose(session.outbox, asked.language)
    return {"language": asked.language}


def show_arousal(session: Session, asked: forms.Shown) -> Answer:
    return {"words": arousal_words.switched(session.arousal, session.profile, on=asked.on)}


def sensor(session: Session, asked: forms.Sensor) -> Answer:
    return switch(session, asked.name, on=asked.on)


def switch(session: Session, name: str, *, on: bool) -> Answer:
    session.sensors.check(name)
    if not on:
        session.sensors.switch(name, on=False)  # closed, though it cannot be written down
    pauses.keep_switch(session.outbox, name, on=on)
    session.sensors.switch(name, on=on)
    session.sensors.retry_now(name)
    row = sources.SOURCES[name]
    if on and row.needs_consent and not session.sensors.may_open(name):
        return {"words": f"Switched on. It stays closed until you consent to {SIGNALS[row.signal].words}."}
    return {"words": "Switched on." if on else row.switched_off}
