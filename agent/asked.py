"""What a person asks of the running agent, by command; `pipeline` serves this table on the control socket."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from agent import identity
from agent.control import Command, Reply
from agent.errors import KeysMissing, WireRefused, WrongUse
from agent.outbox import consents, quiet
from agent.wire.consent import verified as verified_consent
from agent.wire.message import ConsentMessage

if TYPE_CHECKING:
    from agent.pipeline import Agent

# Between a PIN typed and the record heard; more is a replayed or forgotten record.
_SLOW_HAND_S: Final = 120


async def answer(agent: "Agent", command: Command) -> Reply:
    """Do what is asked.

    Raises:
        WrongUse: There is no such command.
        WardbeatError: It could not be done.
    """
    if command.name not in TABLE:
        raise WrongUse(f"the running agent does not know the command {command.name!r}")
    given = TABLE[command.name](agent, command.argument)
    return await given if isinstance(given, Awaitable) else given


def _status(agent: "Agent", _: str) -> Reply:
    who = agent.speaker
    body = {
        "profile": agent.profile.name,
        "enrolled": who and {"operator": who.bundle.operator, "device": who.device},
        "paused": agent.paused,
        "pause_until_utc_s": quiet.ends_utc_s(agent.outbox),
        "utc_s": agent.utc_s(),
        "unheard": agent.outbox.unheard(),
        "rows": agent.outbox.counts(),
        "states": [asdict(state) for state in agent.board.states()],
        "news": [words for _, words in agent.outbox.news()],
    }
    return Reply(body=json.dumps(body))


def _pause(agent: "Agent", length: str) -> Reply:
    now_utc_s = agent.utc_s()
    until = quiet.length_until(length, now_utc_s)
    agent.set_paused(paused=True)  # before it is written down: a full disk must not keep measuring on
    quiet.pause_until(agent.outbox, until, now_utc_s)
    return Reply(words=f"Paused{quiet.ends_words(until)}. Nothing is measured; covers are still sent.")


def _resume(agent: "Agent", _: str) -> Reply:
    quiet.resume(agent.outbox, agent.utc_s())
    agent.set_paused(paused=False)
    return Reply(words="Measuring again.")


def _consent(agent: "Agent", argument: str) -> Reply:
    who = enrolled(agent)
    try:
        given = json.loads(argument)
        message = ConsentMessage(bytes.fromhex(given["record"]), bytes.fromhex(given["signature"]))
        record = verified_consent(message, who.site, who.consent_public, who.sign.public)
    except (WireRefused, ValueError, KeyError, TypeError) as error:
        raise WrongUse("this consent record is not signed with the person's key") from error
    if record.action != "give" or record.device != who.device:
        raise WrongUse("this consent was not given on this machine", remedy="Run 'wardbeat consent give' again.")
    if record.from_utc_s < agent.utc_s() - _SLOW_HAND_S:
        raise WrongUse("this consent would begin in the past", remedy="Run 'wardbeat consent give' again.")
    consents.give(agent.outbox, message, agent.utc_s())
    agent.releasing.say_consent()
    return Reply(words="Consent is given and on its way to the hub.")


def _withdraw(agent: "Agent", _: str) -> Reply:
    who = enrolled(agent)
    gone = consents.withdraw(agent.outbox, who.sign, who.site, agent.utc_s())
    agent.releasing.say_consent()
    return Reply(
        words=f"Withdrawn. {gone} waiting summaries will not be sent; the hub is informed with the next envelope."
    )


def _erase(agent: "Agent", _: str) -> Reply:
    windows = agent.forget()
    who = agent.speaker
    sign, site = (None, "") if who is None else (who.sign, who.site)
    consents.erase(agent.outbox, sign, site, agent.utc_s())
    agent.releasing.say_consent()
    return Reply(words=erased(windows, asks_hub=who is not None))


def erased(windows: int, *, asks_hub: bool) -> str:
    """What an erasure did, as a sentence."""
    here = f"{windows} windows, your check-ins and notes, and the contents of the ledger were deleted here"
    return (
        f"{here}; the hub is asked to erase its copy."
        if asks_hub
        else f"{here}; this machine is not enrolled at a hub."
    )


def enrolled(agent: "Agent") -> identity.Identity:
    """Who speaks for this machine.

    Raises:
        KeysMissing: Nobody.
    """
    if agent.speaker is None:
        raise KeysMissing("this machine is not enrolled", remedy=identity.ENROLL)
    return agent.speaker


async def _open(agent: "Agent", _: str) -> Reply:
    return Reply(body=await agent.page.opened())


def _now(agent: "Agent", _: str) -> Reply:
    from agent.page.now import now  # as the page says it

    return Reply(body=json.dumps(now(agent)))


TABLE: Final[dict[str, Callable[["Agent", str], Reply | Awaitable[Reply]]]] = {
    "open": _open,
    "now": _now,
    "status": _status,
    "pause": _pause,
    "resume": _resume,
    "consent": _consent,
    "withdraw": _withdraw,
    "erase": _erase,
}
