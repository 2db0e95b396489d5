"""The camera closes when the person's screen is locked, somebody else is in front, or the person has logged off."""

import asyncio
import os
import sys
from contextlib import asynccontextmanager

import pytest
from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from agent.sources.camera.screen import Screen
from agent.sources.camera.states import CameraState
from firmware_sim.dbus_objects import Objects
from firmware_sim.private_bus import private_bus
from tests.agent.sources.camera.test_camera import watching
from tests.support.processes import until

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="logind"),
]
USER, SESSION = "/org/freedesktop/login1/user/_1", "/org/freedesktop/login1/session/_2"
LOGIN = "org.freedesktop.login1"


class Logind:
    """What logind says of one user, on a bus of our own."""

    def __init__(self, bus):
        self.knows_user = True
        self._bus = bus
        self.objects = Objects(bus)
        self.objects.add(USER, f"{LOGIN}.User", {"Display": Variant("(so)", ("2", SESSION))})
        self.objects.add(SESSION, f"{LOGIN}.Session", {"Active": Variant("b", True), "LockedHint": Variant("b", False)})
        bus.add_message_handler(self._answer)

    def session(self, **values):
        self.objects.change(SESSION, f"{LOGIN}.Session", **{name: Variant("b", one) for name, one in values.items()})

    def log_off(self):
        self.objects.change(USER, f"{LOGIN}.User", Display=Variant("(so)", ("", "/")))

    def _answer(self, call):
        if call.message_type is not MessageType.METHOD_CALL:
            return None
        if call.member == "GetUser":
            if not self.knows_user or call.body != [os.getuid()]:
                return Message.new_error(call, f"{LOGIN}.NoSuchUser", "no such user")
            return Message.new_method_return(call, "o", [USER])
        return self.objects.answer(call)


@asynccontextmanager
async def logind(monkeypatch):
    async with private_bus() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        bus = await MessageBus(bus_address=address).connect()
        service = Logind(bus)
        await bus.request_name(LOGIN)
        yield service
        bus.disconnect()


def test_what_logind_says_decides(monkeypatch):
    async def main():
        async with logind(monkeypatch) as service:
            screen, seen = Screen(), []
            for change in (
                lambda: None,
                lambda: service.session(LockedHint=True),
                lambda: service.session(LockedHint=False),
                lambda: service.session(Active=False),
                lambda: service.session(Active=True),
                service.log_off,
            ):
                change()
                seen.append(await screen.is_shut())
            service.knows_user = False
            seen.append(await screen.is_shut())
            screen.close()
        return seen

    assert asyncio.run(main()) == [False, True, False, True, False, True, False]


def test_a_bus_that_goes_away_changes_nothing(monkeypatch):
    async def main():
        screen = Screen()
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        assert not await screen.is_shut(), "a system without logind has no lock"
        async with logind(monkeypatch) as service:
            service.session(LockedHint=True)
            assert await screen.is_shut()
        assert await screen.is_shut(), "the last word stands"
        screen.close()

    asyncio.run(main())


def test_the_camera_closes_at_the_lock_and_opens_after_it(monkeypatch, tmp_path):
    word = tmp_path / "camera"
    word.write_text("play")

    async def main():
        async with logind(monkeypatch) as service, watching(word, tmp_path) as (board, samples, _):
            await until(lambda: board.now in (CameraState.LEARNING, CameraState.TRACK), 30, "the first face")
            service.session(LockedHint=True)
            await until(lambda: board.now is CameraState.LOCKED, 30, "the lock")
            count = len(samples)
            await until(lambda: board.now is CameraState.LOCKED and len(samples) == count, 5, "no more samples")
            service.session(LockedHint=False)
            await until(lambda: len(samples) > count, 30, "the face again")

    asyncio.run(main())
