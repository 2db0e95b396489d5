"""A moment from a wrong clock must not outlive it: pauses, private hours, windows, the zone, what is due and what is forgotten."""

import asyncio
import json
import os
import time
from contextlib import ExitStack
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent.enrollment import identity
from agent.model import NS_PER_S, Sample
from agent.outbox import consents, ledger, pauses
from agent.session import loops
from agent.session.session import Session
from agent.system import clock, host
from agent.system.clock import Count, SessionClock
from agent.system.run_mode import RunMode
from agent.wire.keys import kid
from agent.wire.message import CoverMessage
from hub import enroll
from hub.site import open_keys
from tests.support.world import START_UTC_S, deliver, made_up_summary

BERLIN = ZoneInfo("Europe/Berlin")
YEAR_S, DAY_S, HOUR_S = 365 * 86_400, 86_400, 3600
YEARS_S = 12 * YEAR_S  # beyond a test's consent
NIGHT = (pauses.Hours(22 * 60, 6 * 60),)


def at(words: str) -> int:
    """A moment on a clock in Berlin, in UTC seconds."""
    return int(datetime.fromisoformat(words).replace(tzinfo=BERLIN).timestamp())


@pytest.fixture
def outbox(world):
    with world.outbox() as opened:
        yield opened


class Times:
    """A wall clock that can be set, and a counter that cannot."""

    def __init__(self, utc_s: int) -> None:
        self.wall_ns, self.monotonic_ns = utc_s * NS_PER_S, 5 * NS_PER_S

    def pass_s(self, seconds: float) -> None:
        self.wall_ns += int(seconds * NS_PER_S)
        self.monotonic_ns += int(seconds * NS_PER_S)

    def set_by(self, seconds: float) -> None:
        self.wall_ns += int(seconds * NS_PER_S)

    def clock(self) -> SessionClock:
        return SessionClock(monotonic_ns=lambda: self.monotonic_ns, wall_ns=lambda: self.wall_ns)


# ---- B2: private hours


@pytest.mark.parametrize("wrong_s", [YEAR_S, 30 * DAY_S, DAY_S, 3 * HOUR_S, -YEAR_S, -DAY_S])
def test_private_hours_are_kept_after_a_resume_under_a_wrong_clock(outbox, wrong_s):
    """One resume switched them off for as long as the clock had been wrong."""
    pauses.set_hours(outbox, NIGHT)
    now = at("2026-11-22T22:30") + wrong_s
    while pauses.turn(outbox, now, BERLIN) is not True:  # a wrong clock may stand beside the night: until it comes
        now += HOUR_S
    pauses.resume(outbox, now, BERLIN)
    assert pauses.turn(outbox, now + 1, BERLIN) is None, "broken by the person, for these hours"

    right = at("2026-11-22T20:00") if wrong_s == 3 * HOUR_S else at("2026-11-22T12:00")
    assert pauses.turn(outbox, right, BERLIN) is None
    assert pauses.turn(outbox, at("2026-11-22T22:00"), BERLIN) is True


@pytest.mark.parametrize("wrong_s", [YEAR_S, 13 * HOUR_S, 45 * 60])
def test_private_hours_begin_at_once_where_the_right_clock_is_inside_them(outbox, wrong_s):
    """Resumed under a wrong clock, and nobody looked in between: the agent did not run."""
    pauses.set_hours(outbox, NIGHT)
    pauses.resume(outbox, at("2026-11-22T23:00") + wrong_s, BERLIN)
    assert pauses.turn(outbox, at("2026-11-22T22:30"), BERLIN) is True
    assert pauses.is_private(outbox, at("2026-11-22T22:30"), BERLIN)


def test_a_pause_of_private_hours_ends_when_the_right_clock_is_outside_them(outbox):
    pauses.set_hours(outbox, NIGHT)
    assert pauses.turn(outbox, at("2026-11-22T23:00"), BERLIN) is True  # the clock is twelve hours ahead
    assert pauses.turn(outbox, at("2026-11-22T11:00"), BERLIN) is False
    assert not consents.is_paused(outbox)


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no zone to follow")
def test_a_change_of_the_zone_is_followed_at_once(outbox, monkeypatch):
    """The C library read the zone at the start alone; nobody but us asks it again."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    pauses.set_hours(outbox, NIGHT)
    now = at("2026-11-22T15:00")
    assert pauses.turn(outbox, now) is None
    os.environ["TZ"] = "Asia/Tokyo"  # 23:00 there
    assert pauses.turn(outbox, now) is True
    os.environ["TZ"] = "America/New_York"  # 9:00 there
    assert pauses.turn(outbox, now) is False
    assert host.local_time(now).hour == 9
    monkeypatch.undo()
    time.tzset()


# ---- B3: timed pauses


@pytest.mark.parametrize("wrong_s", [YEAR_S, -YEAR_S, 2 * HOUR_S, -2 * HOUR_S, 600])
def test_a_timed_pause_lasts_as_long_as_was_asked_whatever_the_clock_says(outbox, wrong_s):
    now, count = START_UTC_S, Count("this start", 10**12)
    pauses.pause_until(outbox, now + HOUR_S, now, count)
    later = [Count("this start", count.ns + passed_s * NS_PER_S) for passed_s in (60, 3599, 3600)]
    assert pauses.turn(outbox, now + wrong_s, count=later[0]) is None
    pauses.clock_moved(outbox, wrong_s)
    assert pauses.ends_utc_s(outbox) == now + HOUR_S + wrong_s, "what is shown is on the new clock"
    assert pauses.turn(outbox, now + 3599 + wrong_s, count=later[1]) is None
    assert pauses.turn(outbox, now + 3600, count=later[2]) is False


@pytest.mark.parametrize("wrong_s", [YEAR_S, -YEAR_S])
def test_a_timed_pause_begun_under_a_wrong_clock_lasts_as_long_as_was_asked(outbox, wrong_s):
    now, count = START_UTC_S, Count("this start", 10**12)
    pauses.pause_until(outbox, now + wrong_s + HOUR_S, now + wrong_s, count)
    assert pauses.turn(outbox, now, count=Count("this start", count.ns + 3599 * NS_PER_S)) is None
    assert pauses.turn(outbox, now, count=Count("this start", count.ns + 3600 * NS_PER_S)) is False


def test_a_timed_pause_after_a_new_start_of_the_machine_goes_by_the_clock_and_never_longer_than_asked(outbox):
    now, before, after = START_UTC_S, Count("one", 10**12), Count("two", 10**9)
    pauses.pause_until(outbox, now + HOUR_S, now, before)
    assert pauses.turn(outbox, now - YEAR_S, count=after) is None, "the clock is a year behind"
    hour = Count("two", after.ns + HOUR_S * NS_PER_S)
    assert pauses.turn(outbox, now - YEAR_S + HOUR_S, count=hour) is False
    pauses.pause_until(outbox, now + HOUR_S, now, before)
    assert pauses.turn(outbox, now + 600, count=after) is None
    assert pauses.turn(outbox, now + HOUR_S, count=Count("two", after.ns + 3000 * NS_PER_S)) is False
    pauses.pause_until(outbox, now + HOUR_S, now, before)
    assert pauses.turn(outbox, now + DAY_S, count=after) is False, "a night lies between"


def test_a_pause_of_release_0_1_0_still_ends(outbox):
    consents.pause(outbox, START_UTC_S)
    outbox.set_meta("pause until", str(START_UTC_S + HOUR_S).encode())
    assert pauses.ends_utc_s(outbox) == START_UTC_S + HOUR_S
    assert pauses.turn(outbox, START_UTC_S + 600, count=Count("a", 0)) is None
    assert pauses.turn(outbox, START_UTC_S + HOUR_S, count=Count("a", 3000 * NS_PER_S)) is False


def test_a_machine_that_slept_counts_its_sleep():
    """The counter of a real session is the one that goes on in sleep."""
    real = SessionClock().count()
    assert real.start == host.boot_id()
    assert 0 <= clock.count_now().ns - real.ns < 60 * NS_PER_S


def test_a_pause_that_began_under_a_wrong_clock_is_over_for_the_gate_and_covers_the_right_time(outbox):
    consents.pause(outbox, START_UTC_S + YEAR_S)
    pauses.clock_moved(outbox, -YEAR_S)
    assert [(one.start_utc_s, one.end_utc_s) for one in consents.pauses(outbox)] == [(START_UTC_S, None)]
    consents.resume(outbox, START_UTC_S + 60)
    consents.pause(outbox, START_UTC_S + YEAR_S)  # and one that nobody moved: the agent did not run
    consents.resume(outbox, START_UTC_S + 120)
    assert consents.pauses(outbox)[-1].start_utc_s <= START_UTC_S + 120


# ---- healed within a minute


def test_a_clock_that_was_years_ahead_for_a_minute_leaves_nothing_behind(world):
    """Status, consent and sealing kept the wrong map until the window's end."""
    times = Times(START_UTC_S)

    async def main():
        with ExitStack() as parts:
            session = Session(world.settings, world.profile, times.clock(), RunMode(serves=False), parts)
            assert session.release_queue.consented == {"heart"}
            window_s = session.windows.utc_s(session.windows.start_ns)
            times.pass_s(60)
            times.set_by(YEARS_S)
            session.look_at_clock()
            wrong = (session.utc_s(), session.release_queue.consented)
            times.pass_s(60)
            times.set_by(-YEARS_S)
            session.look_at_clock()  # `keep_clock` does, once a second
            row = session.outbox.put([CoverMessage()], session.utc_s())
            made = next(one.made_utc_s for one in ledger.rows(session.outbox) if one.idx == row.idx)
            words = {state.part: state.words for state in session.board.states()}
            still = session.windows.utc_s(session.windows.start_ns)
            return wrong, session.utc_s(), made, session.release_queue.consented, words["consent"], window_s, still

    wrong, now, made, consented, words, window_s, still = asyncio.run(main())
    assert wrong == (START_UTC_S + YEARS_S + 60, frozenset())
    assert now == made == START_UTC_S + 120
    assert consented == {"heart"}
    assert "given" in words
    assert window_s == still == START_UTC_S, "the open window keeps its place"


def test_the_open_window_is_not_released_when_the_clock_was_moved_and_moved_back(world):
    times = Times(START_UTC_S)

    async def main():
        with ExitStack() as parts:
            session = Session(world.settings, world.profile, times.clock(), RunMode(serves=False), parts)
            added = []
            session.release_queue.add = lambda summary, blocked=(): added.append((summary.start_utc_s, blocked))
            for n in range(2):
                for beat in range(1, 380):
                    t_ns = session.clock.start_ns() + (n * 300 * NS_PER_S) + beat * 750_000_000
                    session.windows.ring.add(Sample(t_ns, "rr_ms", 750.0))
                times.pass_s(100)
                if n == 0:
                    times.set_by(YEAR_S)
                    session.look_at_clock()
                    times.pass_s(60)
                    times.set_by(-YEAR_S)
                    session.look_at_clock()
                    times.pass_s(-60)
                times.pass_s(200)
                for window in session.windows.closed(session.clock.now_ns()):
                    ends = session.windows.utc_s(window.start_ns), session.windows.utc_s(window.end_ns)
                    session.release_queue.add(
                        loops.summarise(window, *ends, session.profile.shows_number), loops._clock_break(session, *ends)
                    )
            return added

    added = asyncio.run(main())
    assert [start for start, _ in added] == [START_UTC_S, *([START_UTC_S + 300] if len(added) > 1 else [])]
    assert added[0][1] != ()
    assert all(blocked == () for _, blocked in added[1:])


def test_the_running_agent_looks_at_the_clock_each_second(world):
    """In virtual time: what is asked how often, without a second of waiting."""
    times = Times(START_UTC_S)

    async def main():
        with ExitStack() as parts:
            session = Session(world.settings, world.profile, times.clock(), RunMode(serves=False), parts)
            task = asyncio.create_task(loops.keep_clock(session), name="clock")
            await asyncio.sleep(0)
            times.set_by(YEAR_S)
            looked_s = loops._CLOCK_POLL_S
            task.cancel()
            session.look_at_clock()
            return looked_s, session.utc_s()

    looked_s, now = asyncio.run(main())
    assert looked_s <= 1.0
    assert now == START_UTC_S + YEAR_S


# ---- what is forgotten, and what is due


def test_a_clock_that_was_moved_forgets_no_sealed_bytes_and_what_it_stamped_counts_from_now(world):
    """They are kept for a hub that lost them; a clock that is ahead for an hour must not end that."""
    times = Times(START_UTC_S)

    async def main():
        with ExitStack() as parts:
            session = Session(world.settings, world.profile, times.clock(), RunMode(serves=False), parts)
            deliver(world, session.outbox, world.receiver())
            session.outbox.put([CoverMessage()], START_UTC_S)
            session.outbox.db.execute("UPDATE fate SET state = 'receipted', at_utc_s = ?", (START_UTC_S,))

            def kept():
                return session.outbox.db.execute(
                    "SELECT count(*) FROM outbox WHERE envelope IS NOT NULL AND kind = 'cover'"
                ).fetchone()[0]

            session.release_queue.drain()
            counts = [kept()]
            times.set_by(YEAR_S)
            session.look_at_clock()
            for n in range(12):
                session.release_queue.add(made_up_summary(n))
            counts.append(kept())
            session.outbox.db.execute("UPDATE fate SET at_utc_s = ?", (START_UTC_S + YEAR_S,))
            session.outbox.forget_old_bytes(START_UTC_S)
            stamped = session.outbox.db.execute("SELECT max(at_utc_s) FROM fate").fetchone()[0]
            for n in range(300):
                session.release_queue.add(made_up_summary(n))  # a day under it: it is the clock now
            counts.append(kept())
            return counts, stamped

    counts, stamped = asyncio.run(main())
    assert counts == [1, 1, 0]
    assert stamped == START_UTC_S


def test_a_check_in_that_a_wrong_clock_put_into_the_future_does_not_end_the_others(world):
    from agent.page import forms, self_report
    from agent.windows.history import Told

    times = Times(START_UTC_S)

    async def main():
        with ExitStack() as parts:
            session = Session(world.settings, world.profile, times.clock(), RunMode(serves=False), parts)
            short = self_report.check_ins(session, forms.Nothing())["instruments"][0]["short"]
            due = []
            for told_s in (START_UTC_S + YEAR_S, START_UTC_S - 60):
                session.history.tell(Told(told_s, "check-in", short, {}))
                rows = self_report.check_ins(session, forms.Nothing())["instruments"]
                due.append(next(row["due"] for row in rows if row["short"] == short))
                session.history.erase()
            return due

    assert asyncio.run(main()) == [True, False]


def test_what_is_kept_of_a_pause_is_read_by_machines(outbox):
    """The file's form, for whoever looks at it: five numbers and words, no clock alone."""
    pauses.pause_until(outbox, START_UTC_S + HOUR_S, START_UTC_S, Count("start", 7))
    held = json.loads(outbox.sealed_meta("pause until"))
    assert held == [START_UTC_S + HOUR_S, START_UTC_S, HOUR_S, "start", 7 + HOUR_S * NS_PER_S]


def test_a_hub_whose_clock_was_ahead_certifies_again_when_it_is_right(world):
    """Ten certificates of a year ahead were the day's ten for a year."""
    keys = open_keys(world.hub)
    device = keys.devices.of(kid(world.identity.sign.public))

    def renewed(now_utc_s: int) -> bytes:
        return enroll.renew(world.hub, keys, device, identity.new_tls_key(world.vault)[1], now_utc_s)

    ahead = {renewed(START_UTC_S + YEAR_S) for _ in range(11)}
    right = {renewed(START_UTC_S + 86_400 * n) for n in range(1, 4)}
    keys.close()
    assert len(ahead) == 10
    assert len(right) == 3
    assert not right & ahead
