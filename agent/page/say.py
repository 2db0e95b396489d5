"""What the person decides at the page: pause and private hours, sensors, and all that the command line asks, too."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from agent import asked as asked_for
from agent import sources
from agent.control import Reply
from agent.outbox import quiet
from agent.page import forms

if TYPE_CHECKING:
    from agent.pipeline import Agent

Answer = dict[str, Any]

_SWITCHED: Final = {
    ("ble_strap", True): "Switched on.",
    ("ble_strap", False): "Switched off. No strap is read any more.",
    ("webcam", True): "Switched on.",
    ("webcam", False): "Switched off. Its light goes out within a second.",
}


def as_asked(name: str) -> "Callable[[Agent, forms.Form], Answer]":
    """What the command line asks, too (`agent.asked`)."""

    def ask(agent: "Agent", given: forms.Form) -> Answer:
        reply = asked_for.TABLE[name](agent, given.length if isinstance(given, forms.Pause) else "")
        return {"words": reply.words} if isinstance(reply, Reply) else {}

    return ask


def hours(agent: "Agent", asked: forms.Hours) -> Answer:
    quiet.set_hours(agent.outbox, tuple(quiet.Hours(begin, end) for begin, end in asked.hours))
    return {"words": "Your private hours are saved." if asked.hours else "You have no private hours now."}


def sensor(agent: "Agent", asked: forms.Sensor) -> Answer:
    return switch(agent, asked.name, on=asked.on)


def switch(agent: "Agent", name: str, *, on: bool) -> Answer:
    agent.senses.check(name)
    if not on:
        agent.senses.switch(name, on=False)  # closed, though it cannot be written down
    quiet.keep_switch(agent.outbox, name, on=on)
    agent.senses.switch(name, on=on)
    agent.senses.kick(name)
    if on and sources.SOURCES[name].needs_consent and not agent.senses.may_open(name):
        return {"words": f"Switched on. It stays closed until you consent to {sources.SOURCES[name].signal}."}
    return {"words": _SWITCHED[name, on]}
