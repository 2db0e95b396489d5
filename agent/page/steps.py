"""The first steps: a strap that proves by beats whose it is, a PIN, and joining a place."""

import asyncio
from functools import partial
from typing import Any, Final

from agent import sources
from agent.control import strap_scan as straps
from agent.enrollment import identity
from agent.errors import BeginAgain, SourceUnavailable, WrongUse
from agent.page import forms
from agent.page.decisions import switch
from agent.session.live_view import RECENT_NS
from agent.session.session import Session
from agent.system import host
from agent.system.status import Level

Answer = dict[str, Any]

_SCAN_S: Final = 6.0
_TOLD_S: Final = 1.0


async def scan(session: Session, _: forms.Nothing) -> Answer:
    strap = sources.module("ble_strap")
    found = await strap.nearby(session.sensors.settings("ble_strap"), session.sensors.radio, _SCAN_S)
    return {
        "straps": [{"name": one.name, "address": one.address, "rssi_dbm": one.rssi_dbm} for one in found],
        "reads": bool(session.live.recent(session.clock.now_ns() - RECENT_NS)),
    }


async def bind(session: Session, asked: forms.Strap) -> Answer:
    """Listen to the strap for beats; they alone bind it. Another one is closed meanwhile."""
    if session.paused:
        raise WrongUse("Wardbeat is paused, and listens to no strap", remedy="Resume, then take the strap.")
    strap = sources.module("ble_strap")
    settings = session.sensors.settings("ble_strap")
    with session.sensors.held("ble_strap"):
        await session.sensors.closed("ble_strap")
        found = [one for one in await strap.nearby(settings, session.sensors.radio, _SCAN_S)
                 if one.address == asked.address]  # fmt: skip
        if not found:
            raise SourceUnavailable("that strap is out of reach now", remedy="Move closer, and look again.")
        around = sources.Surroundings(session.clock, session.folder, _silent, session.sensors.radio)
        beats = await strap.bind_to(settings, around, found[0], straps.PROOF_S)
    if not beats:
        raise SourceUnavailable(
            "no beat came, so the strap is not yours yet", remedy="Wear it, moisten the electrodes, and try again."
        )
    switch(session, "ble_strap", on=True)
    return {"words": f"Beats came in. {found[0].name or 'The strap'} is yours; no other strap is read."}


def _silent(_level: Level, _words: str, _remedy: str) -> None:
    """Looking has no board."""


async def enroll(session: Session, asked: forms.Begin) -> Answer:
    """The operator's bundle and a PIN in, a request out."""
    from agent.wire.directory import fingerprint_words
    from agent.wire.enroll import armor, dearmor, decode_bundle
    from agent.wire.erasure import in_words

    if not session.profile.recipients:
        raise WrongUse("under this profile nothing leaves; there is no place to enroll at")
    paper, pin = dearmor("BUNDLE", asked.bundle), asked.pin
    bundle = decode_bundle(paper)
    # an enrollment that was begun and never answered may begin again; a whole one is not touched here
    half = session.identity is None and identity.exists(session.folder)
    begin = partial(identity.begin, replace_old=half)
    request = await asyncio.to_thread(begin, session.folder, session.vault, paper, pin)
    code = await asyncio.to_thread(identity.recovery_code, session.folder, pin)
    return {
        "request": armor("REQUEST", request),
        "recovery": in_words(code),
        "operator": bundle.operator,
        "words": fingerprint_words(bundle.root_public),
    }


def admit(session: Session, asked: forms.End) -> Answer:
    from agent.wire.enroll import dearmor

    identity.finish(session.folder, session.vault, dearmor("ANSWER", asked.answer))
    # the page is told before the agent ends, to begin anew
    asyncio.get_running_loop().call_later(_TOLD_S, session.end_with, BeginAgain("this machine is enrolled now"))
    return {"words": "Enrolled. Wardbeat begins anew with its keys: run 'wardbeat open' once more, then consent."}


def place(session: Session, _: forms.Nothing) -> Answer:
    """Where the person stands: what a first page must know."""
    strap = straps.bound_strap(session.folder)
    return {
        "strap": None if strap is None else {"name": strap["name"]},
        "has_source": any(name != "ble_strap" and session.sensors.is_on(name) for name in sources.SOURCES),
        "managed": host.managed(),
        "enrolled": session.operator,
        "camera": session.sensors.is_on("webcam"),
        "half": session.identity is None and identity.exists(session.folder),
        "has_history": session.last_summary is not None or next(session.history.summaries(), None) is not None,
    }
