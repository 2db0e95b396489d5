"""Notifications of a running agent: off at first, quiet in private hours, pauses and shifts, and never with a value."""

import asyncio
import dataclasses
import json
import subprocess
import sys
import time
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent import pipeline
from agent.control import export, handlers
from agent.control.channel import Command
from agent.days.store import Rostered
from agent.errors import NoDesktop, StorageFull, WrongUse
from agent.model import Sample
from agent.notices import kept
from agent.notices.desktop import NoticeState
from agent.notices.languages import WORDS, in_language
from agent.notices.rows import NOTICES, TEST, breach
from agent.outbox import alerts, consents, pauses
from agent.outbox.pauses import Hours
from agent.page import queries
from agent.session import noticing
from agent.session.noticing import Silence, ending, silent_strap
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.windows.history import Told
from agent.wire.alert import Alert
from agent.wire.keys import SignKey
from tests.support.notification_server import NotificationServer, Received, session_bus
from tests.support.processes import until
from tests.support.world import make_world

linux = pytest.mark.skipif(sys.platform != "linux", reason="the session bus is Linux's")
KEY, DAY_S = SignKey.of(bytes([7]) * 32), 86_400
SPOKEN = [in_language(row, language) for row in (*NOTICES.values(), TEST) for language in ("en", *WORDS)]
SENTENCES = {(row.title, row.text) for row in SPOKEN}


def beyond_the_table(received: list[Received]) -> list[str]:
    """Whatever reached the desktop and is no fixed sentence: a value, a name, a body."""
    found = [one.everything for one in received if (one.title, one.text) not in SENTENCES]
    found += [one.everything for one in received if breach(one.title + one.text)]
    return found + [
        one.everything for one in received if set(one.hints) != {"desktop-entry", "urgency", "suppress-sound"}
    ]


@asynccontextmanager
async def looked_at(session):
    """Have the running agent look again and again, as its own clock would."""

    async def look():
        while True:
            session.notices.decided()
            await asyncio.sleep(0.02)

    looking = asyncio.ensure_future(look())
    try:
        yield
    finally:
        looking.cancel()


def course(monkeypatch, tmp_path, work, *, serves=True, again=None, **options):
    """Run an agent with a desktop; `work(session, server)` is the test, `again` a second run of the same agent."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # English, whatever the language of this machine
    world = make_world(tmp_path, from_utc_s=int(time.time()))
    world.give_consent(int(time.time()), ("care", "score"))

    async def main(one):
        async with session_bus(monkeypatch) as address:
            server = NotificationServer(address)
            if serves:
                await server.start()
            stop, failures = asyncio.Event(), []

            async def run(session):
                try:
                    async with looked_at(session):
                        await one(session, server)
                except BaseException as error:
                    failures.append(error)
                finally:
                    stop.set()

            await pipeline.run(
                world.settings, world.profile, mode=RunMode(), stop=stop, extra_tasks={"test": run}, **options
            )
            if serves:
                await until(lambda: not server.standing, what="the agent to withdraw what stood at its end")
                server.stop()
            assert beyond_the_table(server.received) == []
            for error in failures:
                raise error

    for one in filter(None, (work, again)):
        asyncio.run(main(one))
    world.close()


def hear_an_alert(session, number=1):
    """An alert of the hub, signed and judged as a real one."""
    who = session.require_identity()
    directory = dataclasses.replace(who.directory().directory, score_publics=(KEY.public,))
    now_utc_s, serial = session.utc_s(), consents.in_force(session.outbox).serial
    alert = Alert(
        who.device, serial, number, 1, "silent_days", "with_person", now_utc_s // DAY_S, now_utc_s, now_utc_s + DAY_S
    )
    taken = alerts.take(session.outbox, [alert.signed(KEY, who.site)], directory, who.site, who.device, now_utc_s)
    assert len(taken.first) == 1, taken


def titles(server):
    return sorted(one.title for one in server.standing.values())


async def looks(session, count=5):
    """Return when the agent has looked so many times more."""
    for _ in range(count):
        session.notices.decided()
        await until(lambda: not session.notices.changed.is_set())


# ---- pure parts


def test_a_silence_is_counted_from_the_last_beat_and_a_sleeping_machine_counts_from_its_waking():
    silence = Silence()
    assert silence.look(0.0, is_heard=False) is None
    assert silence.look(10.0, is_heard=True) == 0
    assert [silence.look(10.0 + 10 * n, is_heard=False) for n in range(1, 4)] == [10.0, 20.0, 30.0]
    assert silence.look(5000.0, is_heard=False) == 0
    assert silence.look(5030.0, is_heard=False) == 30


def test_a_strap_is_lost_after_ten_minutes_for_four_hours_and_only_where_it_is_to_be_read():
    assert silent_strap(None, 1e5, may_open=True) == frozenset()
    assert silent_strap(599.0, 1e5, may_open=True) == frozenset()
    assert silent_strap(600.0, 1e5, may_open=True) == silent_strap(700.0, 1e5 + 100, may_open=True) != frozenset()
    assert silent_strap(600.0, 1e5, may_open=False) == frozenset()
    assert silent_strap(4 * 3600.0, 1e5, may_open=True) == frozenset()


@pytest.mark.parametrize(
    ("length_days", "left_days", "causes"),
    [(90, 15, 0), (90, 14, 1), (90, 4, 1), (90, 3, 2), (14, 14, 0), (10, 3, 1), (2, 1, 0)],
)
def test_a_consent_has_two_moments_and_a_short_one_has_those_that_it_is_longer_than(
    length_days, left_days, causes, world
):
    with world.outbox() as outbox:
        given = consents.in_force(outbox)
    until_utc_s = given.from_utc_s + length_days * DAY_S
    record = dataclasses.replace(given, until_utc_s=until_utc_s)
    assert len(ending(record, until_utc_s - left_days * DAY_S)) == causes
    assert ending(None, until_utc_s) == frozenset()


# ---- a running agent


@linux
@pytest.mark.process
def test_off_at_first_and_then_nothing_is_asked_or_sent(monkeypatch, tmp_path):
    async def work(session, server):
        hear_an_alert(session)
        await looks(session)
        assert session.notices.on == frozenset()
        assert (server.calls, server.received) == ([], [])
        assert [one for one in session.board.states() if one.part == "notices"] == []

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_while_all_are_off_no_way_to_a_desktop_is_loaded(tmp_path):
    program = f"""
import asyncio, sys
from pathlib import Path
from agent import pipeline
from agent.config import Settings
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named

async def main():
    stop = asyncio.Event()
    async def test(session):
        for _ in range(3):
            session.notices.decided()
            while session.notices.changed.is_set():
                await asyncio.sleep(0)
        if {{on}}:
            session.notices.switch("strap", on=True)
            try:
                await session.notices.test()
            except Exception:
                pass
        stop.set()
    folder = Path({str(tmp_path)!r}) / "state"
    settings = Settings(state_dir=folder, key_store="file")
    await pipeline.run(settings, profile_named("personal"), mode=RunMode(), stop=stop, extra_tasks={{{{"test": test}}}})

asyncio.run(main())
names = ("agent.notices.desktop", "agent.notices.freedesktop", "agent.weeks.check_ins", "dbus_fast")
print([name for name in names if name in sys.modules])
"""

    def loaded(*, on):
        words = [sys.executable, "-c", program.format(on=on)]
        done = subprocess.run(words, capture_output=True, text=True, cwd=Path(__file__).parents[3])
        assert done.returncode == 0, done.stderr
        return done.stdout.strip().splitlines()[-1]

    assert loaded(on=False) == "[]"
    assert "freedesktop" in loaded(on=True)


@linux
@pytest.mark.process
def test_a_message_of_the_hub_is_shown_without_its_content_and_withdrawn_when_it_is_seen(monkeypatch, tmp_path):
    async def work(session, server):
        session.notices.switch("message", on=True)
        await looks(session)
        assert server.received == []
        hear_an_alert(session)
        await until(lambda: titles(server) == ["Your messages"])
        await looks(session)
        assert len(server.received) == 1
        planted = dataclasses.replace(server.received[0], text="An alert about you: silent_days since 3 days.")
        assert beyond_the_table([planted]) != []
        assert beyond_the_table([dataclasses.replace(server.received[0], hints={"x-value": 61})]) != []
        await queries.answered(session, "ask", {"what": "seen", "about": 1, "words": ""})
        await until(lambda: titles(server) == [])
        await looks(session)
        assert len(server.received) == 1
        assert NoticeState.SHOWN.words in [one.words for one in session.board.states()]

    async def again(session, server):
        hear_an_alert(session, 2)
        await looks(session)
        assert server.received == []  # an hour has not passed since the first

    course(monkeypatch, tmp_path, work, again=again)


@linux
@pytest.mark.process
@pytest.mark.parametrize("quiet", ["private hours", "a pause", "a shift", "a shift of the roster"])
def test_a_quiet_time_withdraws_and_shows_nothing(monkeypatch, tmp_path, quiet):
    async def work(session, server):
        session.notices.switch("message", on=True)
        session.notices.switch("check-in", on=True)
        hear_an_alert(session)
        await until(lambda: titles(server) == ["Your messages"])
        now_utc_s = session.utc_s()
        begin, end = now_utc_s - 3600, now_utc_s + 3600
        if quiet == "private hours":
            pauses.set_hours(session.outbox, (Hours(0, 720), Hours(720, 0)))
        elif quiet == "a pause":
            await handlers.handle(session, Command("pause"))
        elif quiet == "a shift":
            session.history.tell(Told(begin, "shift", "day", {"until_utc_s": end}))
        else:
            day = now_utc_s // DAY_S
            session.days.say("calendar", [day], [], {day: [Rostered(begin, end, "day")]})
        await until(lambda: titles(server) == [])
        session.history.tell(Told(now_utc_s - 40 * DAY_S, "check-in", "single", {}))
        await looks(session)
        assert len(server.received) == 1

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_a_check_in_is_announced_when_it_is_due_again_and_withdrawn_when_it_is_answered(monkeypatch, tmp_path):
    async def work(session, server):
        session.notices.switch("check-in", on=True)
        await looks(session)
        assert server.received == []  # nobody who never answered one is asked to
        session.history.tell(Told(session.utc_s() - 40 * DAY_S, "check-in", "single", {}))
        await until(lambda: titles(server) == ["Your check-in"])
        session.history.tell(Told(session.utc_s(), "check-in", "single", {}))
        await until(lambda: titles(server) == [])

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_a_silent_strap_is_announced_and_withdrawn_with_its_first_beat(monkeypatch, tmp_path):
    monkeypatch.setattr(noticing, "STRAP_SILENT_S", 25)

    def beat(session):
        session.live.push(Sample(session.clock.now_ns(), "rr_ms", 812.0))

    async def work(session, server):
        session.sensors.switch("ble_strap", on=True)
        session.notices.switch("strap", on=True)
        await looks(session)
        assert server.received == []
        beat(session)
        await until(lambda: titles(server) == ["Your strap"])
        beat(session)
        await until(lambda: titles(server) == [])
        assert len(server.received) == 1

    course(monkeypatch, tmp_path, work, clock=SessionClock(time.time_ns(), speed=10.0))


@linux
@pytest.mark.process
def test_no_desktop_is_named_and_asked_again_once_a_minute_at_most(monkeypatch, tmp_path):
    async def work(session, server):
        session.notices.switch("message", on=True)
        hear_an_alert(session)
        tried = []
        show = session.notices._opened().show
        monkeypatch.setattr(session.notices._opened(), "show", lambda row: tried.append(row) or show(row))

        def words():
            return [one.words for one in session.board.states() if one.part == "notices"]

        await until(lambda: words() == [NoticeState.NO_SERVICE.words])
        await looks(session, 20)
        assert len(tried) == 1
        assert (await queries.answered(session, "notices", {}))["problem"]["remedy"]
        with pytest.raises(NoDesktop):
            await handlers.handle(session, Command("notice-test"))
        await server.start()
        session.notices.switch("message", on=True)  # the person did something about it
        await until(lambda: titles(server) == ["Your messages"])
        server.stop()

    course(monkeypatch, tmp_path, work, serves=False)


@linux
@pytest.mark.process
def test_a_desktop_that_crashes_is_not_shown_the_same_again(monkeypatch, tmp_path):
    async def work(session, server):
        session.notices.switch("message", on=True)
        hear_an_alert(session)
        await until(lambda: titles(server) == ["Your messages"])
        await server.crash()
        await server.start()
        await looks(session)
        assert len(server.received) == 1

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_a_click_opens_the_page(monkeypatch, tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\ncp "${{1#file://}}" {opened}.new && mv {opened}.new {opened}\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))

    async def work(session, server):
        session.notices.switch("message", on=True)
        hear_an_alert(session)
        await until(lambda: titles(server) == ["Your messages"])
        server.click(1)
        await until(opened.exists)
        assert "http://127.0.0.1:" in opened.read_text()

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_a_test_is_shown_while_all_are_off_and_goes_with_the_agent(monkeypatch, tmp_path):
    async def work(session, server):
        reply = await handlers.handle(session, Command("notice-test"))
        assert reply.words == "A test notification was sent to a service? of tests."
        answer = await queries.answered(session, "notice-test", {})
        assert answer["words"] == reply.words
        await looks(session)
        assert titles(server) == [TEST.title]

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_a_notification_is_in_the_language_of_the_page_or_else_of_the_desktop(monkeypatch, tmp_path):
    async def work(session, server):
        shown = []
        for desktop, chosen in (("C.UTF-8", ""), ("fr_CA.UTF-8", ""), ("fr_CA.UTF-8", "de"), ("it_IT.UTF-8", "")):
            monkeypatch.setenv("LC_ALL", desktop)
            await queries.answered(session, "language", {"language": chosen})
            await session.notices.test()
            shown.append((server.received[-1].text, server.received[-1].actions))
        german, french = in_language(TEST, "de"), in_language(TEST, "fr")
        assert [text for text, _ in shown] == [TEST.text, french.text, german.text, TEST.text]
        assert [opens for _, (_, opens) in shown] == [TEST.opens, french.opens, german.opens, TEST.opens]
        assert len(server.standing) == 1, "the same one, said again"

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_switches_are_the_person_s_and_what_is_not_here_is_refused(monkeypatch, tmp_path):
    async def work(session, server):
        assert (await queries.answered(session, "notice", {"kind": "strap", "on": True}))["words"] == "Switched on."
        shown = json.loads((await handlers.handle(session, Command("notices"))).body)
        assert {one["kind"]: one["on"] for one in shown["kinds"]} == {kind: kind == "strap" for kind in NOTICES}
        assert shown == await queries.answered(session, "notices", {})
        await handlers.handle(session, Command("notice-off", "strap"))
        await handlers.handle(session, Command("notice-on", "message"))
        assert session.notices.on == {"message"}
        with pytest.raises(WrongUse, match="no notification 'weather'"):
            await handlers.handle(session, Command("notice-on", "weather"))
        kept_words = session.outbox.meta("notices")
        assert b"message" not in kept_words

    async def again(session, server):
        assert session.notices.on == {"message"}

    course(monkeypatch, tmp_path, work, again=again)


@linux
@pytest.mark.process
def test_an_erasure_forgets_what_was_announced_and_keeps_the_switches(monkeypatch, tmp_path):
    async def work(session, server):
        session.notices.switch("message", on=True)
        hear_an_alert(session)
        await until(lambda: titles(server) == ["Your messages"])
        await until(lambda: kept.memory(session.outbox).announced != {})
        held = export.everything_held(session.settings, session.outbox)
        assert (held["notifications_on"], held["notifications_announced"]) == (["message"], {"message": ["1"]})
        await handlers.handle(session, Command("erase"))
        await until(lambda: titles(server) == [])
        assert kept.memory(session.outbox).announced == {}
        assert session.notices.on == {"message"}

    course(monkeypatch, tmp_path, work)


@linux
@pytest.mark.process
def test_a_full_disk_ends_nothing(monkeypatch, tmp_path):
    async def work(session, server):
        session.notices.switch("message", on=True)

        def full(*_):
            raise StorageFull("the disk is full")

        monkeypatch.setattr(kept, "keep_memory", full)
        hear_an_alert(session)
        await until(lambda: server.received)
        await looks(session)
        assert len(server.received) == 1
        monkeypatch.undo()

    course(monkeypatch, tmp_path, work)
