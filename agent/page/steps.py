"""The first steps: a strap that proves by beats whose it is, a PIN, and joining a place."""

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from agent import host, identity, sources
from agent import scan as straps
from agent.errors import BeginAgain, SourceUnavailable, WrongUse
from agent.page import forms
from agent.page.now import LATELY_NS
from agent.page.say import switch
from agent.status import Level

if TYPE_CHECKING:
    from agent.pipeline import Agent

Answer = dict[str, Any]

_SCAN_S: Final = 6.0
_TOLD_S: Final = 1.0


async def scan(agent: "Agent", _: forms.Nothing) -> Answer:
    strap = sources.module("ble_strap")
    found = await strap.nearby(agent.senses.settings("ble_strap"), agent.senses.radio, _SCAN_S)
    return {
        "straps": [{"name": one.name, "address": one.address, "rssi_dbm": one.rssi_dbm} for one in found],
        "reads": bool(agent.live.recent(agent.clock.now_ns() - LATELY_NS)),
    }


async def bind(agent: "Agent", asked: forms.Strap) -> Answer:
    """Listen to the strap for beats; they alone bind it. Another one is closed meanwhile."""
    if agent.paused:
        raise WrongUse("Wardbeat is paused and does not listen to straps", remedy="Resume, then choose the strap.")
    strap = sources.module("ble_strap")
    settings = agent.senses.settings("ble_strap")
    with agent.senses.held("ble_strap"):
        await agent.senses.closed("ble_strap")
        found = [one for one in await strap.nearby(settings, agent.senses.radio, _SCAN_S)
                 if one.address == asked.address]  # fmt: skip
        if not found:
            raise SourceUnavailable("this strap is out of range now", remedy="Move closer, then look for straps again.")
        around = sources.Surroundings(agent.clock, agent.folder, _silent, agent.senses.radio)
        beats = await strap.bind_to(settings, around, found[0], straps.PROOF_S)
    if not beats:
        raise SourceUnavailable(
            "no beat arrived, so the strap is not yours yet", remedy="Put it on, moisten the electrodes, and try again."
        )
    switch(agent, "ble_strap", on=True)
    return {"words": f"Beats arrived. {found[0].name or 'The strap'} is your strap; no other strap is read."}


def _silent(_level: Level, _words: str, _remedy: str) -> None:
    """Looking has no board."""


async def enroll(agent: "Agent", asked: forms.Begin) -> Answer:
    """The operator's bundle and a PIN in, a request out."""
    from agent.wire.directory import fingerprint_words
    from agent.wire.enroll import armor, dearmor, decode_bundle
    from agent.wire.erasure import in_words

    if not agent.profile.recipients:
        raise WrongUse("nothing leaves under this profile, so there is no hub to enroll at")
    paper, pin = dearmor("BUNDLE", asked.bundle), asked.pin
    bundle = decode_bundle(paper)
    # an enrollment that was begun and never answered may begin again; a whole one is not touched here
    half = agent.identity is None and identity.exists(agent.folder)
    begin = partial(identity.begin, replace_old=half)
    request = await asyncio.to_thread(begin, agent.folder, agent.vault, paper, pin)
    code = await asyncio.to_thread(identity.recovery_code, agent.folder, pin)
    return {
        "request": armor("REQUEST", request),
        "recovery": in_words(code),
        "operator": bundle.operator,
        "words": fingerprint_words(bundle.root_public),
    }


def admit(agent: "Agent", asked: forms.End) -> Answer:
    from agent.wire.enroll import dearmor

    identity.finish(agent.folder, agent.vault, dearmor("ANSWER", asked.answer))
    # the page is told before the agent ends, to begin anew
    asyncio.get_running_loop().call_later(_TOLD_S, agent.end_with, BeginAgain("this machine is already enrolled"))
    return {
        "words": "Enrolled. Wardbeat restarts with its new keys. Run 'wardbeat open' again, then give your consent."
    }


def place(agent: "Agent", _: forms.Nothing) -> Answer:
    """Where the person stands: what a first page must know."""
    strap = straps.bound_strap(agent.folder)
    return {
        "strap": None if strap is None else {"name": strap["name"]},
        "has_source": any(name != "ble_strap" and agent.senses.is_on(name) for name in sources.SOURCES),
        "managed": host.managed(),
        "enrolled": agent.operator,
        "camera": agent.senses.is_on("webcam"),
        "half": agent.identity is None and identity.exists(agent.folder),
        "has_history": agent.last_summary is not None or next(agent.history.summaries(), None) is not None,
    }
