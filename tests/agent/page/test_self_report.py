"""Check-ins at the page: results of the past, what is due, and who gets results by the consent in force."""

import asyncio
from contextlib import ExitStack

import pytest

from agent.model import NS_PER_S
from agent.page import queries
from agent.session.session import Session
from agent.system.clock import VirtualClock
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named
from agent.windows.history import Told
from tests.support.virtual_time import START_UTC_S
from tests.support.world import OPERATOR, make_world

DAY_S = 86_400


@pytest.fixture
def session_of():
    with ExitStack() as parts:

        def made(world) -> Session:
            async def here() -> Session:  # it wants a loop
                clock = VirtualClock(START_UTC_S * NS_PER_S)
                return Session(world.settings, profile_named(world.profile.name), clock, RunMode(serves=False), parts)

            return asyncio.run(here())

        yield made


def check_ins(session) -> dict:
    return asyncio.run(queries.answered(session, "check-ins", {}))


def test_results_of_the_past_are_listed_newest_first(tmp_path, session_of):
    session = session_of(make_world(tmp_path, consent=False))
    for days, level in ((20, 1), (13, 4), (3, 2)):
        session.history.tell(Told(START_UTC_S - days * DAY_S, "check-in", "single", {"s1": level}))
    session.history.tell(Told(START_UTC_S - 2 * DAY_S, "check-in", "cbi", {"another version": 9}))
    by_name = {one["short"]: one for one in check_ins(session)["instruments"]}
    single, cbi = by_name["single"], by_name["cbi"]
    assert [one["at_utc_s"] for one in single["past"]] == [START_UTC_S - days * DAY_S for days in (3, 13, 20)]
    assert all(len(one["lines"]) == 1 for one in single["past"])
    assert single["last_utc_s"] == START_UTC_S - 3 * DAY_S
    assert not single["due"]
    assert cbi["past"] == [{"at_utc_s": START_UTC_S - 2 * DAY_S, "lines": []}], "no result of questions that are others"
    for days in range(30, 40):
        session.history.tell(Told(START_UTC_S - days * DAY_S, "check-in", "single", {"s1": 1}))
    assert len({one["short"]: one for one in check_ins(session)["instruments"]}["single"]["past"]) == 6


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, ([], False)),
        ({}, ([], False)),
        ({"context": True, "purposes": ("care", "score")}, ([OPERATOR], False)),
        ({"team": ("context",)}, ([OPERATOR], True)),
    ],
)
def test_who_gets_results_follows_the_consent_in_force(tmp_path, session_of, given, expected):
    world = make_world(tmp_path, consent=False)
    if given is not None:
        world.give_consent(**given)
    made = check_ins(session_of(world))
    assert (made["sent_to"], made["with_team"]) == expected
