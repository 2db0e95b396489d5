"""An enrollment at the page: the request travels by itself, and the person ends it with words and PIN."""

import asyncio
import contextlib

import pytest

from agent import pipeline
from agent.config import Settings
from agent.enrollment import identity
from agent.errors import BeginAgain, WrongUse
from agent.page import queries
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named
from agent.wire import paper_codes
from agent.wire.armor import dearmor
from agent.wire.enroll import decode_bundle
from hub import site
from tests.support.processes import until
from tests.support.world import OPERATOR

PIN = "a good pin"
pytestmark = pytest.mark.broker


def at_the_page(folder, person):
    settings = Settings(state_dir=folder, profile="care", key_store="file")
    stop = asyncio.Event()

    async def task(agent):
        await person(agent)
        stop.set()

    with contextlib.suppress(BeginAgain):
        asyncio.run(pipeline.run(settings, profile_named("care"), mode=RunMode(), stop=stop, extra_tasks={"p": task}))


def test_the_answer_comes_by_itself_and_words_and_pin_end_the_enrollment(served, tmp_path):
    async def person(agent):
        shown = await queries.answered(agent, "bundle", {"bundle": bundle})
        begun = await queries.answered(agent, "enroll", {"bundle": bundle, "pin": PIN})
        assert begun["travels"]
        await until((agent.folder / "keys" / identity.ANSWER).exists, what="the answer")
        place = await queries.answered(agent, "place", {})
        assert (place["half"], place["answered"]) == (True, True)
        assert identity.load(agent.folder, agent.vault).device == "", "nobody but the person ends it"
        other = " ".join(reversed(shown["eight"].split()))
        with pytest.raises(WrongUse, match="not the eight words"):
            await queries.answered(agent, "admit", {"pin": PIN, "words": other})
        told = await queries.answered(agent, "admit", {"pin": PIN, "words": shown["eight"]})
        assert "Enrolled" in told["words"]
        assert identity.load(agent.folder, agent.vault).device
        assert not (agent.folder / "keys" / identity.ANSWER).exists()

    armored = site.invite(served.hub, at_once=True)
    # as somebody scanned it from a card
    codes = [text for paper in ("BUNDLE", "PASS") for text in paper_codes.codes_of(paper, armored)]
    bundle = "\n".join(reversed(codes))
    at_the_page(tmp_path / "new", person)


def test_a_refusal_is_in_status_and_an_agent_that_stops_waits_for_nobody(served, tmp_path):
    bundle = site.invite(served.hub, at_once=True)

    async def first(agent):
        await queries.answered(agent, "enroll", {"bundle": bundle, "pin": PIN})
        await until((agent.folder / "keys" / identity.ANSWER).exists, what="the answer")

    async def second(agent):
        with pytest.raises(WrongUse, match="not here yet"):
            await queries.answered(agent, "enroll", {"bundle": bundle, "pin": PIN})
            await queries.answered(agent, "admit", {"pin": PIN, "words": words})
        await until(lambda: "refused this machine's request" in hub_line(agent), what="the refusal in status")
        assert "bad_code" in hub_line(agent)

    async def third(agent):
        await queries.answered(agent, "enroll", {"bundle": site.invite(served.hub), "pin": PIN})
        await until(lambda: f"on its way to {OPERATOR}" in hub_line(agent), what="the request")

    def hub_line(agent):
        return next((state.words for state in agent.board.states() if state.part == "hub"), "")

    words = decode_bundle(dearmor("BUNDLE", bundle)).words
    for name, person in (("one", first), ("two", second), ("three", third)):
        at_the_page(tmp_path / name, person)
