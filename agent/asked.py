"""What a person asks of the running agent, by command; `pipeline` serves this table on the control socket."""

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from agent import identity
from agent.control import Command, Reply
from agent.errors import KeysMissing, WireRefused, WrongUse
from agent.outbox import consents
from agent.wire.consent import verified as verified_consent
from agent.wire.message import ConsentMessage

if TYPE_CHECKING:
    from agent.pipeline import Agent


def answer(agent: "Agent", command: Command) -> Reply:
    """Do what is asked.

    Raises:
        WrongUse: There is no such command.
        WardbeatError: It could not be done.
    """
    if command.name not in TABLE:
        raise WrongUse(f"the running agent knows no command {command.name!r}")
    return TABLE[command.name](agent, command.argument)


def _status(agent: "Agent", _: str) -> Reply:
    body = {
        "profile": agent.profile.name,
        "paused": agent.paused,
        "rows": agent.outbox.counts(),
        "states": [asdict(state) for state in agent.board.states()],
        "news": [words for _, words in agent.outbox.news()],
    }
    return Reply(body=json.dumps(body))


def _pause(agent: "Agent", _: str) -> Reply:
    consents.pause(agent.outbox, agent.utc_s())
    agent.set_paused(paused=True)
    return Reply(words="Paused. Nothing is measured; covers go on. 'wardbeat resume' ends it.")


def _resume(agent: "Agent", _: str) -> Reply:
    consents.resume(agent.outbox, agent.utc_s())
    agent.set_paused(paused=False)
    return Reply(words="Measuring again.")


def _consent(agent: "Agent", argument: str) -> Reply:
    enrolled = _identity(agent)
    try:
        given = json.loads(argument)
        message = ConsentMessage(bytes.fromhex(given["record"]), bytes.fromhex(given["signature"]))
        record = verified_consent(message, enrolled.site, enrolled.consent_public, enrolled.sign.public)
    except (WireRefused, ValueError, KeyError, TypeError) as error:
        raise WrongUse("that consent record is not signed by the person's key") from error
    if record.action != "give" or record.serial != consents.next_serial(agent.outbox):
        raise WrongUse("that consent record is not the next one", remedy="Run 'wardbeat consent give' again.")
    consents.give(agent.outbox, message, agent.utc_s())
    agent.say_consent(given=True)
    return Reply(words="Consent is given and on its way to the hub.")


def _withdraw(agent: "Agent", _: str) -> Reply:
    enrolled = _identity(agent)
    gone = consents.withdraw(agent.outbox, enrolled.sign, enrolled.site, agent.utc_s())
    agent.say_consent(given=False)
    return Reply(words=f"Withdrawn. {gone} waiting summaries will not leave; the hub is told in the next slot.")


def _erase(agent: "Agent", _: str) -> Reply:
    windows = agent.forget()
    if agent.identity is not None and consents.next_serial(agent.outbox) > 1:
        consents.erase(agent.outbox, agent.identity.sign, agent.identity.site, agent.utc_s())
    agent.say_consent(given=False)
    return Reply(words=f"{windows} windows and every word of the ledger are gone here; the hub is asked to erase.")


def _identity(agent: "Agent") -> identity.Identity:
    if agent.identity is None:
        raise KeysMissing("this machine is not enrolled", remedy=identity.ENROLL)
    return agent.identity


TABLE: Final[dict[str, Callable[["Agent", str], Reply]]] = {
    "status": _status,
    "pause": _pause,
    "resume": _resume,
    "consent": _consent,
    "withdraw": _withdraw,
    "erase": _erase,
}
