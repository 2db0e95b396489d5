"""A page process that was taken over puts no enrollment of its own in the place of the one that the person began."""

import asyncio
import contextlib

import pytest

from agent import pipeline
from agent.config import Settings
from agent.enrollment import identity
from agent.errors import BeginAgain, WardbeatError, WrongPin, WrongUse
from agent.page import queries, steps
from agent.page.consent import Tries
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named
from hub import enroll, site
from tests.support.processes import free_port

PIN, THEIRS = "the first pin", "another pin"
pytestmark = pytest.mark.process


@pytest.fixture
def sites(tmp_path):
    """The person's place, and the attacker's."""
    for name in ("ours", "theirs"):
        site.init(tmp_path / name, site.Site(f"{name}-site", f"Operator of {name}", "127.0.0.1", free_port(), True, ""))
    return tmp_path / "ours", tmp_path / "theirs"


def at_the_page(tmp_path, person):
    settings = Settings(state_dir=tmp_path / "state", profile="care", key_store="file")
    stop = asyncio.Event()

    async def task(agent):
        await person(agent)
        stop.set()

    with contextlib.suppress(BeginAgain):
        asyncio.run(
            pipeline.run(
                settings, profile_named("care"), mode=RunMode(serves=False), stop=stop, extra_tasks={"p": task}
            )
        )


def test_a_half_done_enrollment_is_not_replaced_by_the_page(tmp_path, sites):
    ours, theirs = sites

    async def person(agent):
        begun = await queries.answered(agent, "enroll", {"bundle": site.invite(ours), "pin": PIN})
        kept = {file.name: file.read_bytes() for file in (agent.folder / "keys").iterdir()}
        for _ in range(3):
            with pytest.raises(WrongUse, match="was begun"):
                await queries.answered(agent, "enroll", {"bundle": site.invite(theirs), "pin": THEIRS})
        assert {file.name: file.read_bytes() for file in (agent.folder / "keys").iterdir()} == kept
        assert (await queries.answered(agent, "place", {}))["half"]
        assert identity.load(agent.folder, agent.vault).bundle.words == begun["eight"]

    at_the_page(tmp_path, person)


def test_an_enrollment_ends_with_the_first_pin_and_the_eight_words_alone(tmp_path, sites, monkeypatch):
    ours, theirs = sites
    monkeypatch.setattr(steps, "tries", Tries())

    async def person(agent):
        shown = await queries.answered(agent, "bundle", {"bundle": site.invite(ours)})
        assert not (agent.folder / "keys" / "identity").exists(), "the words come before the PIN and before any key"
        begun = await queries.answered(agent, "enroll", {"bundle": site.invite(ours), "pin": PIN})
        assert len(shown["eight"].split()) == 8
        answer = enroll.admit(ours, begun["request"])
        other = " ".join(reversed(begun["eight"].split()))
        for pin, words, error in ((THEIRS, begun["eight"], WrongPin), (PIN, other, WrongUse), (PIN, "", WrongUse)):
            with pytest.raises(error):
                await queries.answered(agent, "admit", {"answer": answer, "pin": pin, "words": words})
        with pytest.raises(WardbeatError):
            await queries.answered(agent, "admit", {"answer": answer})
        assert identity.load(agent.folder, agent.vault).device == ""
        for _ in range(4):
            with pytest.raises(WrongPin):
                await queries.answered(agent, "admit", {"answer": answer, "pin": THEIRS, "words": begun["eight"]})
        with pytest.raises(WrongPin, match="five wrong"):
            await queries.answered(agent, "admit", {"answer": answer, "pin": PIN, "words": begun["eight"]})
        monkeypatch.setattr(steps, "tries", Tries())
        heard = begun["eight"].upper()
        told = await queries.answered(agent, "admit", {"answer": answer, "pin": PIN, "words": heard})
        assert "Enrolled" in told["words"]
        assert "at the page" in agent.outbox.notices()[-1][1], "the person reads it in a terminal too"
        assert identity.load(agent.folder, agent.vault).bundle.site == "ours-site"
        with pytest.raises(WrongUse):
            await queries.answered(agent, "enroll", {"bundle": site.invite(theirs), "pin": THEIRS})

    at_the_page(tmp_path, person)
