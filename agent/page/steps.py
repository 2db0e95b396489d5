"""The first steps: a strap that proves by beats whose it is, a PIN, and joining a place."""

import asyncio
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from agent import sources
from agent.control.device_scan import PROOF_S, silent
from agent.enrollment import identity
from agent.errors import BeginAgain, SourceUnavailable, WrongPin, WrongUse
from agent.page import forms
from agent.page.consent import tries
from agent.page.decisions import switch
from agent.session.live_view import RECENT_NS
from agent.session.session import Session
from agent.system import host, machine
from agent.system.storage import storing

Answer = dict[str, Any]

_SCAN_S: Final = 6.0
_TOLD_S: Final = 1.0
_ANEW: Final = (
    "To start over, run 'wardbeat enroll BUNDLE --replace' in a terminal; the keys made before are destroyed."
)


async def scan(session: Session, _: forms.Nothing) -> Answer:
    """The person's own devices that are in range."""
    name, _how = sources.pairing()
    found = await sources.find(name, session.sensors.settings(name), session.sensors.radio, _SCAN_S)
    return {
        "straps": [asdict(device) for device in found],
        "reads": bool(session.live.recent(session.clock.now_ns() - RECENT_NS)),
    }


async def bind(session: Session, asked: forms.Strap) -> Answer:
    """Listen to the device; only its measurements bind it. Another one is closed meanwhile."""
    name, how = sources.pairing()
    if session.paused:
        raise WrongUse(
            f"Wardbeat is paused and does not listen to {how.noun}s", remedy=f"Resume, then choose the {how.noun}."
        )
    settings, radio = session.sensors.settings(name), session.sensors.radio
    with session.sensors.held(name):
        await session.sensors.closed(name)
        found = [one for one in await sources.find(name, settings, radio, _SCAN_S) if one.address == asked.address]
        if not found:
            raise SourceUnavailable(
                f"this {how.noun} is out of range now", remedy=f"Move closer, then look for {how.noun}s again."
            )
        context = sources.Surroundings(session.clock, session.folder, silent, radio)
        proved = await sources.bind(name, settings, context, found[0], PROOF_S)
    if not proved:
        raise SourceUnavailable(f"no {how.proof} arrived, so the {how.noun} is not yours yet", remedy=how.advice)
    switch(session, name, on=True)
    device = found[0].name or f"The {how.noun}"
    return {"words": f"{how.proof.capitalize()} arrived. {device} is your {how.noun}; no other {how.noun} is read."}


async def read_bundle(session: Session, asked: forms.Bundle) -> Answer:
    """Whose bundle it is and its eight words, to be compared with the operator's before a PIN is chosen."""
    from agent.wire.armor import dearmor
    from agent.wire.paper_codes import read_papers

    _check_free(session)
    read = identity.read_bundle(dearmor("BUNDLE", read_papers(asked.bundle)))
    return {"operator": read.operator, "words": "", "eight": read.words}


def _check_free(session: Session) -> None:
    if not session.profile.recipients:
        raise WrongUse("nothing leaves under this profile, so there is no hub to enroll at")
    if identity.exists(session.folder):  # a page that was taken over must not put its own in the place of the person's
        raise WrongUse("an enrollment was begun on this machine already", remedy=_ANEW)


async def enroll(session: Session, asked: forms.Begin) -> Answer:
    """The operator's bundle and a PIN in, a request out."""
    from agent.wire.armor import armor, dearmor, holds
    from agent.wire.bootstrap import decode_pass
    from agent.wire.enroll import decode_bundle, verified_request
    from agent.wire.erasure import in_words
    from agent.wire.paper_codes import read_papers

    _check_free(session)
    text, pin = read_papers(asked.bundle), asked.pin
    paper = dearmor("BUNDLE", text)
    bundle, travels = decode_bundle(paper), holds("PASS", text)
    if travels:
        decode_pass(dearmor("PASS", text))  # a damaged one is named before any key is made
    begin = partial(identity.begin, replace_old=False)
    request = await asyncio.to_thread(begin, session.folder, session.vault, paper, pin)
    if travels:
        host.write_private(session.folder / "keys" / identity.PASS_FILE, dearmor("PASS", text))
    code = await asyncio.to_thread(identity.recovery_code, session.folder, pin, session.vault)
    return {
        "request": armor("REQUEST", request),
        "recovery": in_words(code),
        "operator": bundle.operator,
        "words": "Your keys are made.",
        "eight": bundle.words,
        "request_words": verified_request(request).words,
        "travels": travels,
    }


async def admit(session: Session, asked: forms.End) -> Answer:
    """The hub's answer in, from a file or as it came through the broker: of the enrollment whose words the person heard
    and whose PIN the person chose.

    Raises:
        WrongPin, WrongUse: The PIN or the words are those of another enrollment, or the answer is not here.
    """
    from agent.wire.armor import dearmor

    started = identity.load(session.folder, session.vault)
    if asked.words.lower().split() != started.bundle.words.split():
        raise WrongUse(
            "these are not the eight words of the bundle that was chosen here",
            remedy=f"Ask the hub's operator for the words. If they differ, do not go on. {_ANEW}",
        )
    kept = session.folder / "keys" / identity.ANSWER
    if not asked.answer and not kept.exists():
        raise WrongUse("the answer is not here yet", remedy="Wait until the operator admits this machine.")
    answer = dearmor("ANSWER", asked.answer) if asked.answer else host.read_private(kept)
    loop = asyncio.get_running_loop()
    tries.check(loop.time())
    try:
        await asyncio.to_thread(identity.consent_key, session.folder, asked.pin, session.vault)
    except WrongPin:
        tries.was(right=False, now_s=loop.time())
        raise
    tries.was(right=True, now_s=loop.time())
    enrolled = identity.finish(session.folder, session.vault, answer)
    with storing(session.outbox.db):
        session.outbox.notify(f"this machine was enrolled at {enrolled.bundle.operator}, at the page", session.utc_s())
    # the page gets its answer before the agent ends and starts again
    loop.call_later(_TOLD_S, session.end_with, BeginAgain("this machine is already enrolled"))
    return {
        "words": "Enrolled. Wardbeat restarts with its new keys. Run 'wardbeat open' again, then give your consent."
    }


def place(session: Session, _: forms.Nothing) -> Answer:
    """How far the first steps are: what a first page must know."""
    name, _how = sources.pairing()
    device = sources.bound(name, session.folder)
    on = [row for row in sources.SOURCES.values() if session.sensors.is_on(row.name)]
    return {
        "strap": None if device is None else {"name": device["name"]},
        "has_source": any(row.name != name for row in on),
        "managed": machine.managed(),
        "is_service": session.mode.alive is not None,
        "enrolled": session.operator,
        "camera": any(row.signal == "face" for row in on),
        "half": session.identity is None and identity.exists(session.folder),
        "travels": (session.folder / "keys" / identity.PASS_FILE).exists(),
        "answered": (session.folder / "keys" / identity.ANSWER).exists(),
        "has_history": session.last_summary is not None or next(session.history.summaries(), None) is not None,
    }
