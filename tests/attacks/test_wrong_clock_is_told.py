"""A wrong clock is told as that, whatever it makes invalid, and a minute after the correction nothing says so any more.

It was told as "the broker does not answer (SSLCertVerificationError)" and as "consent: not given → give it".
"""

import asyncio
import contextlib
import datetime as dt
import ssl
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import time_machine

from agent.control import client, handlers
from agent.control.channel import Command
from agent.enrollment import consent_key, known_time
from agent.enrollment.known_time import Heard, Papers
from agent.errors import WrongUse
from agent.model import NS_PER_S
from agent.outbox import consents
from agent.publisher import PublisherSettings, reasons
from agent.publisher.hub_time import HubTime
from agent.publisher.publisher import Publisher
from agent.session.session import Session
from agent.system import host
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from tests.support.world import PIN, make_world

DAYS = [-365, -30, -1, 3650, 4000]
"""Behind before the directory was issued; ahead beyond every paper."""


@contextlib.contextmanager
def off_by(days: float):
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=days), tick=True):
        yield


@pytest.fixture
def now_world(tmp_path):
    """Enrolled, and consented, as of now."""
    made = make_world(tmp_path, from_utc_s=int(time.time()) - 60)
    yield made
    made.close()


def sessions(world, parts) -> Session:
    session = Session(world.settings, world.profile, SessionClock(), RunMode(serves=False), parts)
    session.publisher = Publisher(
        world.settings.state_dir, world.vault, world.identity, session.outbox, PublisherSettings(), session.board,
        slot_s=300.0, utc_s=session.utc_s,
    )  # fmt: skip
    return session


def parts_of(session) -> dict:
    return {state.part: state for state in session.board.states()}


@pytest.mark.parametrize("days", DAYS)
def test_a_wrong_clock_is_told_as_that_and_healed_at_once(now_world, days):
    async def main():
        with ExitStack() as parts:
            session = sessions(now_world, parts)
            session.look_at_clock()
            seen = [parts_of(session)]
            with off_by(days):
                session.look_at_clock()
                seen.append(parts_of(session))
            session.look_at_clock()
            seen.append(parts_of(session))
            return seen

    before, wrong, after = asyncio.run(main())
    assert before["clock"].level == "ok"
    assert "this computer's clock is wrong" in wrong["clock"].words
    assert "date, time and time zone" in wrong["clock"].remedy
    assert "consent give" not in wrong["consent"].remedy, "the person is not asked for what a wrong clock took away"
    assert "clock" in wrong["consent"].words
    assert {name: (state.level, state.words) for name, state in after.items() if name in before} == {
        name: (state.level, state.words) for name, state in before.items()
    }
    assert after["certificate"].level == "ok"
    assert after["directory"].level == "ok"


@pytest.mark.parametrize(
    ("off_s", "words"), [(-400, "7 minutes behind"), (500, "8 minutes ahead"), (90, ""), (-90, "")]
)
def test_the_hubs_time_tells_minutes(off_s, words):
    """A row was sent at second 1000 of the counter, answered by the hub, and its receipt came at 1002."""
    start = host.boot_id() or "start"
    heard = Heard(1_800_000_000, start, 1000 * NS_PER_S, 1002 * NS_PER_S)
    now_ns, true_s = 4602 * NS_PER_S, 1_800_000_000 + 3601
    if heard.boot != host.boot_id():
        pytest.skip("this system has no name for its start")
    off = heard.off_s(true_s + off_s, now_ns)
    told = f"{known_time._span(abs(off))} {'ahead' if off > 0 else 'behind'}" if abs(off) > known_time.SLACK_S else ""
    assert told == words


def test_the_hubs_time_of_another_start_is_a_lower_bound_alone():
    heard = Heard(1_800_000_000, "another start", 1000 * NS_PER_S, 1002 * NS_PER_S)
    assert heard.off_s(1_800_000_000 - 7200, 5 * NS_PER_S) == -7200
    assert heard.off_s(1_900_000_000, 5 * NS_PER_S) == 0


def test_an_answer_that_waited_at_the_broker_is_no_proof_of_a_clock_that_is_ahead():
    """Nobody knows when the hub made it: only that it is later now."""
    heard = Heard(1_800_000_000, host.boot_id() or "x", 0, 9000 * NS_PER_S)
    assert heard.off_s(1_800_000_000 + 5 * 3600, 9001 * NS_PER_S) == 0


def test_a_hub_whose_clock_was_wrong_for_an_answer_is_right_again_with_the_next(now_world):
    """Its time is no maximum: a moment from the hub's wrong clock does not outlive it, either."""
    with now_world.outbox() as outbox:
        hub_time = HubTime(outbox)
        faults = []
        for off_s in (365 * 86_400, 0):
            hub_time.hear(SimpleNamespace(answers=(), hub_utc_s=int(time.time()) + off_s))
            faults.append(Papers.of(now_world.identity, now_world.settings.state_dir).fault(hub_time.heard))
    assert "behind" in faults[0]
    assert faults[1] == ""


@pytest.mark.parametrize("days", [-365, 3650])
def test_no_consent_is_given_under_a_wrong_clock(now_world, days):
    """It would begin at a moment that the hub refuses."""
    wanted = consent_key.grants(now_world.profile, now_world.identity.bundle.operator, ["heart"])
    with off_by(days), pytest.raises(WrongUse, match="clock is wrong") as told:
        client.give_consent(now_world.settings, now_world.profile, wanted, PIN)
    assert "date, time" in told.value.remedy

    async def main():
        with ExitStack() as parts:
            session = sessions(now_world, parts)
            with off_by(days):
                session.look_at_clock()
                with pytest.raises(WrongUse, match="clock is wrong"):
                    await handlers.handle(session, Command("consent", "{}"))

    asyncio.run(main())


def test_a_consent_that_ended_is_told_as_ended(now_world):
    """With the right clock: the reason is the end, not that none was ever given."""
    with now_world.outbox() as outbox:
        record = consents.in_force(outbox)
        assert consents.why_not(outbox, "care", record.until_utc_s - 1) == ""
        assert consents.why_not(outbox, "care", record.until_utc_s).startswith("ended on")
        assert "by this computer's clock" in consents.why_not(outbox, "care", record.from_utc_s - 1)
        assert consents.why_not(outbox, "research", record.from_utc_s) == "given under the profile care"


@pytest.mark.parametrize(("code", "words"), [(9, "is not valid yet"), (10, "has ended")])
def test_a_broker_that_a_wrong_clock_refuses_is_not_called_silent(code, words):
    """What OpenSSL says of a date (X509_V_ERR_*), in our words."""
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code = code
    told = reasons.of(error)
    assert told.dates
    assert told.words == f"by this computer's clock, the broker's certificate {words}"
    assert "date and time" in told.remedy
