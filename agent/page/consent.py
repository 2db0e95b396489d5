"""Consent at the page: what stands, what may be asked, and a yes that the person's PIN signs."""

import asyncio
import hashlib
from typing import TYPE_CHECKING, Any, Final

from agent import asked as asked_for
from agent import host
from agent.errors import WrongPin, WrongUse
from agent.leaving import RECEIPT
from agent.outbox import consents, quiet
from agent.page import forms
from agent.privacy import consent
from agent.sources import SOURCES
from agent.wire.consent import Grant

if TYPE_CHECKING:
    from agent.pipeline import Agent

_TRIES: Final = 5
_LOCKED_S: Final = 60.0


class Tries:
    """Wrong PINs in a row; after five a minute passes before the next is looked at."""

    def __init__(self) -> None:
        self._wrong, self._until_s = 0, 0.0

    def check(self, now_s: float) -> None:
        """Whether a PIN is looked at now.

        Raises:
            WrongPin: Not yet.
        """
        if now_s < self._until_s:
            raise WrongPin("you entered five wrong PINs in a row", remedy="Wait a minute, then try again.")

    def was(self, *, right: bool, now_s: float) -> None:
        """What it turned out to be."""
        self._wrong = 0 if right else self._wrong + 1
        if self._wrong >= _TRIES:
            self._wrong, self._until_s = 0, now_s + _LOCKED_S


_tries = Tries()


def say(agent: "Agent", _: forms.Nothing) -> dict[str, Any]:
    """All that the page of decisions shows."""
    profile, now_utc_s = agent.profile, agent.utc_s()
    record = consents.stands_at(agent.outbox, profile.name, now_utc_s)
    operator = agent.operator
    offered = []
    for signal in consent.releasable_signals(profile) if operator else ():
        numbers = [
            {"name": spec.name, "words": spec.words} for spec in consent.releasable(profile) if spec.signal == signal
        ]
        offered += [
            {"signal": signal, "purpose": purpose, "recipient": operator, "numbers": numbers}
            for purpose in sorted(profile.purposes)
        ]
    return {
        "operator": operator,
        "offered": offered,
        "kinds": sorted({spec.kind for spec in consent.releasable(profile)}),
        "days": agent.settings.consent_days,
        "version": consent.TEXT_VERSION,
        "record": None
        if record is None
        else {
            "serial": record.serial,
            "until_utc_s": record.until_utc_s,
            "grants": [[one.signal, one.purpose, one.recipient] for one in record.grants],
        },
        "paused": agent.paused,
        "pause_until_utc_s": quiet.ends_utc_s(agent.outbox),
        "hours": [[one.from_min, one.until_min] for one in quiet.hours(agent.outbox)],
        "sensors": [
            {"name": name, "words": SOURCES[name].words, "on": agent.senses.is_on(name),
             "consent": SOURCES[name].needs_consent and bool(profile.recipients)}
            for name in agent.senses.switchable()
        ],
        "managed": host.managed(),
        "unheard": agent.outbox.unheard(),
        "receipt": _receipt(agent),
        "news": [{"at_utc_s": at_utc_s, "words": words} for at_utc_s, words in agent.outbox.news()],
    }  # fmt: skip


def _receipt(agent: "Agent") -> str | None:
    """The hub's receipt of an erasure, as it was kept."""
    file = agent.folder / RECEIPT
    return host.read_private(file).decode() if file.exists() else None


async def give(agent: "Agent", asked: forms.Yes) -> dict[str, Any]:
    """A yes to what was ticked, and to the text that was shown.

    Raises:
        WrongPin: That was not the PIN, or too many were not.
        WrongUse: Nothing was ticked, or another text was shown.
    """
    from agent import decisions

    who, profile = asked_for.enrolled(agent), agent.profile
    wanted = tuple(Grant(signal, purpose, who.bundle.operator) for signal, purpose in asked.grants)
    if not wanted:
        raise WrongUse("nothing was ticked", remedy="Tick what may leave, or go back without a change.")
    text = consent.text(profile, wanted, agent.settings.consent_days)
    if asked.shown != hashlib.sha256(text.encode()).hexdigest():
        return {"text": text, "shown": hashlib.sha256(text.encode()).hexdigest()}
    loop = asyncio.get_running_loop()
    _tries.check(loop.time())
    now_utc_s = agent.utc_s()
    serial = consents.next_serial(agent.outbox, now_utc_s)
    try:
        signing = (agent.settings, profile, who, serial, wanted, asked.pin, now_utc_s)
        message = await asyncio.to_thread(decisions.signed_yes, *signing)
    except WrongPin:
        _tries.was(right=False, now_s=loop.time())
        raise
    _tries.was(right=True, now_s=loop.time())
    consents.give(agent.outbox, message, now_utc_s)
    agent.releasing.say_consent()
    return {"words": "Consent is given and on its way to the hub. Nothing is sent before the hub confirms it."}
