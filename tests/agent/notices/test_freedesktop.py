"""Notifications on a real session bus: a small service of ours for faults, and Debian's dunst."""

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from agent.errors import NoDesktop
from agent.notices import freedesktop
from agent.notices.desktop import NoticeState
from agent.notices.freedesktop import Freedesktop, bus_address
from agent.notices.rows import NOTICES, TEST
from tests.support.notification_server import PATH, SERVICE, SYSTEMD, NotificationServer, session_bus
from tests.support.processes import system_tool, until

pytestmark = [pytest.mark.process, pytest.mark.skipif(sys.platform != "linux", reason="the session bus is Linux's")]
STRAP, MESSAGE = NOTICES["strap"], NOTICES["message"]


@asynccontextmanager
async def served(monkeypatch, **options):
    """(the desktop's side, ours, how often we were called back)"""
    told = []
    async with session_bus(monkeypatch) as address:
        server = NotificationServer(address, **options)
        await server.start()
        desktop = Freedesktop(lambda: told.append(1))
        yield server, desktop, told
        await desktop.close()
        server.stop()


def running(test):
    """A test as a coroutine over a served bus."""

    def run(monkeypatch, **options):
        async def main():
            async with served(monkeypatch, **options) as (server, desktop, told):
                await test(server, desktop, told)

        asyncio.run(main())

    return run


def refused(desktop, row=STRAP):
    async def words():
        with pytest.raises(NoDesktop) as error:
            await desktop.show(row)
        assert error.value.remedy
        return str(error.value)

    return words()


def test_one_is_shown_replaced_and_withdrawn(monkeypatch):
    @running
    async def course(server, desktop, told):
        assert await desktop.show(STRAP) == "a service? of tests"
        await desktop.show(MESSAGE)
        (strap, message) = server.received
        assert (strap.title, strap.text) == (STRAP.title, STRAP.text)
        assert strap.actions == ("default", "Open Wardbeat")
        assert strap.hints == {"desktop-entry": "wardbeat", "urgency": 1, "suppress-sound": True}
        await desktop.show(STRAP)
        assert server.received[-1].replaces == strap.number
        assert len(server.standing) == 2
        await desktop.withdraw("strap")
        await desktop.withdraw("strap")
        await until(lambda: list(server.standing) == [message.number])
        assert server.closed == [strap.number]
        await desktop.close()
        await until(lambda: not server.standing)
        assert desktop.closed() <= {"message"}

    course(monkeypatch)


def test_a_desktop_without_bodies_and_actions_gets_the_sentence_as_its_title(monkeypatch):
    @running
    async def course(server, desktop, told):
        await desktop.show(MESSAGE)
        (one,) = server.received
        assert (one.title, one.text, one.actions) == (MESSAGE.text, "", ())

    course(monkeypatch, capabilities=())


def test_what_the_person_closes_and_clicks_is_heard_and_what_others_say_is_not(monkeypatch):
    @running
    async def course(server, desktop, told):
        await desktop.show(STRAP)
        await desktop.show(MESSAGE)
        stranger = await MessageBus(bus_address=server.address).connect()
        for member, signature, body in (("ActionInvoked", "us", [1, "default"]), ("NotificationClosed", "uu", [1, 2])):
            await stranger.send(Message.new_signal(PATH, SERVICE, member, signature, body))
        server.click(99)
        server.dismiss(1)
        await until(lambda: told)
        assert desktop.closed() == {"strap"}
        assert desktop.closed() == frozenset()
        assert not desktop.was_clicked()
        server.click(2)
        await until(lambda: len(told) == 2)
        assert desktop.was_clicked()
        assert not desktop.was_clicked()
        stranger.disconnect()

    course(monkeypatch)


def test_a_service_that_crashes_takes_its_ids_along(monkeypatch):
    """The next service counts from 1 again: an old id would close somebody else's notification."""

    @running
    async def course(server, desktop, told):
        await desktop.show(STRAP)
        await server.crash()
        await until(lambda: told)
        assert desktop.closed() == {"strap"}
        await server.start()
        other = Freedesktop(lambda: None)
        await other.show(MESSAGE)
        await desktop.withdraw("strap")
        assert await desktop.show(TEST) == "a service? of tests"
        assert server.closed == []
        assert [one.title for one in server.standing.values()] == [MESSAGE.title, TEST.title]
        await other.close()

    course(monkeypatch)


def test_nobody_who_shows_them_and_a_refusal_have_their_names(monkeypatch):
    @running
    async def course(server, desktop, told):
        await server.crash()
        assert await refused(desktop) == NoticeState.NO_SERVICE.words
        await server.start()
        server.refusal = f"{SERVICE}.Error.ExcessNotificationGeneration"
        assert await refused(desktop) == NoticeState.REFUSED.words
        server.refusal = ""
        await desktop.show(STRAP)

    course(monkeypatch)


def test_a_slow_service_is_named_and_what_it_shows_too_late_is_withdrawn(monkeypatch):
    monkeypatch.setattr(freedesktop, "_CALL_S", 0.3)

    @running
    async def course(server, desktop, told):
        await desktop.show(TEST)
        server.is_slow = True
        assert await refused(desktop) == NoticeState.NO_ANSWER.words
        server.wake()
        await until(lambda: server.closed == [2])
        assert [one.title for one in server.standing.values()] == [TEST.title]

    course(monkeypatch)


def test_a_click_opens_the_page_by_the_person_s_own_systemd(monkeypatch):
    @running
    async def course(server, desktop, told):
        await desktop.show(STRAP)
        systemd = NotificationServer(server.address)
        await systemd.start(SYSTEMD)
        await desktop.lead_in("file:///state/open.html")
        ((signature, unit, mode, properties, aux),) = systemd.units
        assert (signature, mode, aux) == ("ssa(sv)a(sa(sv))", "fail", [])
        assert unit.startswith("wardbeat-open-")
        found = {name: value.value for name, value in properties}
        words = [sys.executable, "-P", "-m", "webbrowser", "file:///state/open.html"]
        assert [list(one) for one in found["ExecStart"]] == [[sys.executable, words, False]]
        assert found["KillMode"] == "process"
        systemd.stop()

    course(monkeypatch)


def test_a_click_without_systemd_opens_the_page_by_a_browser_of_ours(monkeypatch, tmp_path):
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", str(browser))

    @running
    async def course(server, desktop, told):
        await desktop.show(STRAP)
        await desktop.lead_in("file:///state/open.html")
        await until(opened.exists)
        await until(lambda: opened.read_text() == "file:///state/open.html")

    course(monkeypatch)


def test_the_bus_is_found_in_a_service_too_and_its_absence_is_named(tmp_path):
    assert bus_address({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/a"}) == "unix:path=/a"
    (tmp_path / "bus").touch()
    assert bus_address({"XDG_RUNTIME_DIR": str(tmp_path)}) == f"unix:path={tmp_path}/bus"
    for environment in ({}, {"XDG_RUNTIME_DIR": str(tmp_path / "nowhere")}):
        with pytest.raises(NoDesktop, match="no desktop session"):
            bus_address(environment)


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus", "nonsense", "tcp:host=127.0.0.1,port=1"])
def test_a_bus_that_cannot_be_joined_is_named(monkeypatch, address):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    assert asyncio.run(refused(Freedesktop(lambda: None))) == NoticeState.NO_BUS.words


def test_dunst_shows_and_withdraws_them(monkeypatch, tmp_path):
    """Debian's notification service, with a screen of its own that nobody sees."""
    dunst, dunstctl, screen = (system_tool(name) for name in ("dunst", "dunstctl", "Xvfb"))

    async def main():
        async with session_bus(monkeypatch):
            read, write = os.pipe()
            number = ["-displayfd", str(write), "-screen", "0", "640x480x24", "-nolisten", "tcp"]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            x = await asyncio.create_subprocess_exec(screen, *number, pass_fds=[write], **quiet)
            os.close(write)
            with os.fdopen(read) as shown:
                display = f":{(await asyncio.to_thread(shown.readline)).strip()}"
            (tmp_path / "dunstrc").write_text("[global]\n")
            environment = {**os.environ, "DISPLAY": display}
            shows = await asyncio.create_subprocess_exec(
                dunst, "-conf", str(tmp_path / "dunstrc"), env=environment, **quiet
            )

            desktop = Freedesktop(lambda: None)

            def displayed():
                counted = subprocess.run(
                    [dunstctl, "count", "displayed"], env=environment, capture_output=True, text=True
                )
                return int(counted.stdout or -1)

            try:
                await until(lambda: displayed() == 0, what="dunst")
                assert await desktop.show(STRAP) == "dunst"
                await desktop.show(MESSAGE)
                await desktop.show(STRAP)
                assert displayed() == 2
                await desktop.withdraw("strap")
                await until(lambda: displayed() == 1)
                assert desktop.closed() == frozenset()
                await desktop.close()
                await until(lambda: displayed() == 0)
            finally:
                for process in (shows, x):
                    process.terminate()
                    await process.wait()

    asyncio.run(main())
