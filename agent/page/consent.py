"""Consent at the page: what stands, what may be asked, and a yes that the person's PIN signs."""

import asyncio
import hashlib
from typing import Any, Final

from agent.enrollment import identity
from agent.enrollment.consent_key import signed_yes
from agent.enrollment.departure import RECEIPT
from agent.errors import WrongPin, WrongUse
from agent.outbox import consents, pauses
from agent.page import forms, team
from agent.privacy import consent
from agent.session.session import Session
from agent.sources import SOURCES
from agent.system import host, machine
from agent.wire.context import SIGNAL as CONTEXT
from agent.wire.message import NOTHING_SENT, SCORE, Grant

STANDINGS: Final = ("alone", "none", "ended", "void", "changed", "group", "given")
"""Whether anything may leave, and why not: see `standing`."""

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


tries = Tries()
"""Of this agent: wrong PINs at a consent and at the end of an enrollment count together."""


def standing(session: Session) -> dict[str, Any]:
    """Whether anything may leave now, and why not.

    ``state`` is one of ``alone`` (not enrolled), ``none``, ``ended``, ``void`` (``why`` says it), ``changed`` (nobody
    knows what the person read), ``group`` (nothing is sent under it) and ``given``.
    """
    name, now_utc_s = session.profile.name, session.utc_s()
    record, given = consents.in_force(session.outbox), consents.stands_at(session.outbox, name, now_utc_s)
    why = "" if given is not None else consents.why_not(session.outbox, name, now_utc_s)
    if session.operator is None:
        state = "alone"
    elif given is not None:
        state = "changed" if not given.feature_ids else "given" if given.sends else "group"
    elif record is None:
        state = "void" if why.startswith("refused") else "none"
    else:
        state = "ended" if why.startswith("ended") else "void"
    grants = [] if given is None or state == "changed" else given.grants
    return {
        "state": state,
        "why": why,
        "until_utc_s": None if record is None else record.until_utc_s,
        "grants": [[one.signal, one.purpose] for one in grants],
    }


def say(session: Session, _: forms.Nothing) -> dict[str, Any]:
    """All that the page of decisions shows."""
    profile, now_utc_s = session.profile, session.utc_s()
    given = consents.stands_at(session.outbox, profile.name, now_utc_s)
    record = None if given is None else given.record
    operator = session.operator
    offered = []
    for signal in consent.releasable_signals(profile) if operator else ():
        numbers = [
            {"name": spec.name, "words": spec.words} for spec in consent.releasable(profile) if spec.signal == signal
        ]
        offered += [
            {
                "signal": signal,
                "purpose": purpose,
                "recipient": operator,
                "numbers": numbers,
                "is_sent": purpose not in NOTHING_SENT,
            }
            for purpose in profile.purposes
        ]
    more = ((CONTEXT, SCORE), *((word, consent.CARE) for word in consent.FOR_TEAM)) if offered else ()
    offered += [
        {"signal": signal, "purpose": purpose, "recipient": operator, "numbers": [], "is_sent": True}
        for signal, purpose in more
        if consent.may_grant(profile, Grant(signal, purpose, operator or ""))
    ]
    return {
        "operator": operator,
        "offered": offered,
        "kinds": sorted({spec.kind for spec in consent.releasable(profile)}),
        "days": session.settings.consent_days,
        "version": consent.TEXT_VERSION,
        "standing": standing(session),
        "half": session.identity is None and identity.exists(session.folder),
        "record": None
        if given is None or record is None
        else {
            "serial": record.serial,
            "until_utc_s": record.until_utc_s,
            "grants": [[one.signal, one.purpose, one.recipient] for one in given.grants],
            "numbers": [spec.name for spec in given.releasable(profile)],
            "named": {
                signal: [spec.name for spec in consent.releasable(profile)
                         if spec.signal == signal and spec.feature_id in given.feature_ids]
                for signal in sorted({one.signal for one in given.grants})
            },
            "others": [spec.name for spec in consent.releasable(profile) if spec.feature_id not in given.feature_ids],
        },
        "asked": team.asked(session),
        "paused": session.paused,
        "pause_until_utc_s": pauses.ends_utc_s(session.outbox),
        "hours": [[one.from_min, one.until_min] for one in pauses.hours(session.outbox)],
        "sensors": [
            {"name": name, "title": SOURCES[name].title, "words": SOURCES[name].words,
             "on": session.sensors.is_on(name),
             "consent": SOURCES[name].needs_consent and bool(profile.recipients)}
            for name in session.sensors.switchable()
        ],
        "managed": machine.managed(),
        "unheard": session.outbox.unconfirmed(),
        "receipt": _receipt(session),
        "news": [{"at_utc_s": at_utc_s, "words": words} for at_utc_s, words in session.outbox.notices()],
    }  # fmt: skip


def _receipt(session: Session) -> str | None:
    """The hub's receipt of an erasure, as it was kept."""
    file = session.folder / RECEIPT
    return host.read_private(file).decode() if file.exists() else None


async def give(session: Session, asked: forms.Yes) -> dict[str, Any]:
    """A yes to what was ticked, and to the text that was shown.

    Raises:
        WrongPin: That was not the PIN, or too many were not.
        WrongUse: Nothing was ticked, or what was ticked needs more beside it.
    """
    who, profile = session.require_identity(), session.profile
    wanted = tuple(Grant(signal, purpose, who.bundle.operator) for signal, purpose in asked.grants)
    if not wanted:
        raise WrongUse("nothing was ticked", remedy="Tick what may leave, or go back without a change.")
    consent.check(profile, wanted)
    text = consent.text(profile, wanted, session.settings.consent_days)
    if asked.shown != hashlib.sha256(text.encode()).hexdigest():
        return {"text": text, "shown": hashlib.sha256(text.encode()).hexdigest()}
    loop = asyncio.get_running_loop()
    tries.check(loop.time())
    now_utc_s = session.utc_s()
    serial = consents.next_serial(session.outbox, now_utc_s)
    try:
        signing = (session.settings, profile, who, serial, wanted, asked.pin, now_utc_s)
        yes = await asyncio.to_thread(signed_yes, *signing)
    except WrongPin:
        tries.was(right=False, now_s=loop.time())
        raise
    tries.was(right=True, now_s=loop.time())
    consents.give(session.outbox, yes, now_utc_s)
    session.release_queue.show_consent()
    return {"words": "Consent is given and on its way to the hub. Nothing is sent before the hub confirms it."}
