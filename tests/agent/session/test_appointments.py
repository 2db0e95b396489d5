"""Camera sessions in a running agent: the device is opened inside of them and nowhere else, by anybody."""

import asyncio
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from agent import pipeline
from agent.commands import doctor_checks
from agent.config import Settings
from agent.control import camera_words, client, handlers
from agent.control.camera_words import CameraWish, encode_camera
from agent.control.channel import Command
from agent.errors import StorageFull, WrongUse
from agent.model import NS_PER_S
from agent.outbox import camera_plan, pauses
from agent.outbox.camera_plan import ANNOUNCED_S, CameraPlan
from agent.session import live_view
from agent.session.session import Session
from agent.sources import SOURCES, Eyes
from agent.sources.camera import webcam
from agent.system import host
from agent.system.clock import SessionClock, VirtualClock
from agent.system.run_mode import RunMode
from agent.tables.profiles import profile_named
from agent.windows.history import Told
from tests.support.machine import within_s
from tests.support.opened import opens
from tests.support.processes import until
from tests.support.world import START_UTC_S

PROGRAM = Path(__file__).parents[2] / "support" / "camera_program.py"
SCRIPTED = Eyes((sys.executable, str(PROGRAM)))
FIRST_S = START_UTC_S + 120  # a whole minute
LONG_S = 360  # of a session beside other work: the camera's process needs many seconds to start there


def plan_at(*utc_s, minutes=2):
    at = sorted(host.local_time(one).hour * 60 + host.local_time(one).minute for one in utc_s)
    return CameraPlan("at", minutes, tuple(at))


def settings_of(tmp_path, **sources):
    made = Settings(state_dir=tmp_path / "state", profile="personal", key_store="file")
    return made.model_copy(update={"sources": sources})


class Awake:
    """A session without tasks, whose time a test moves; looks are taken as the loop takes them."""

    def __init__(self, tmp_path, parts, *, camera=True, profile="personal"):
        sources = {"webcam": webcam.Settings("none")} if camera else {}
        self.clock = VirtualClock(START_UTC_S * NS_PER_S)
        self.session = Session(
            settings_of(tmp_path, **sources), profile_named(profile), self.clock, RunMode(serves=False), parts
        )
        self.made = self.session.appointments

    def run(self, seconds):
        for _ in range(seconds * 4):
            self.clock._now_ns += NS_PER_S // 4
            self.made.look()

    def may_open(self):
        return self.session.sensors.may_open("webcam")

    def states(self):
        return [one.state for one in self.made.listed()]


def in_loop(work):
    async def main():
        with ExitStack() as parts:
            return work(parts)

    return asyncio.run(main())


def test_only_the_camera_runs_by_appointment():
    assert [row.name for row in SOURCES.values() if row.by_appointment] == ["webcam"]


def test_without_a_plan_the_camera_may_open_whenever_it_is_switched_on(tmp_path):
    def work(parts):
        awake = Awake(tmp_path, parts)
        awake.run(1)
        return awake.may_open(), awake.made.live()["phase"], awake.session.board.states()

    may_open, phase, states = in_loop(work)
    assert may_open
    assert phase == "always"
    assert "camera_plan" not in [state.part for state in states]


def test_a_plan_closes_the_camera_until_its_session_is_announced_and_comes(tmp_path):
    def work(parts):
        awake = Awake(tmp_path, parts)
        awake.made.choose(plan_at(FIRST_S))
        seen = []
        for seconds in (1, 58, 10, 50, 10, 100, 20):
            awake.run(seconds)
            live = live_view.now(awake.session)["camera"]
            seen.append((awake.may_open(), live["phase"], live["seconds_left"]))
        return seen, awake.states()

    seen, states = in_loop(work)
    assert [one[:2] for one in seen] == [
        (False, "waiting"), (False, "waiting"), (False, "announced"), (False, "announced"), (True, "open"),
        (True, "open"), (False, "waiting"),
    ]  # fmt: skip
    assert seen[2][2] == pytest.approx(ANNOUNCED_S - 9, abs=1)
    assert seen[5][2] == pytest.approx(11, abs=1)
    assert states[0] == "held"


@pytest.mark.parametrize(
    ("stand_above", "word"),
    [
        (lambda session: session.set_paused(paused=True), "paused"),
        (lambda session: session.sensors.switch("webcam", on=False), "off"),
        (lambda session: session.sensors._held.add("webcam"), "off"),
    ],
)
@pytest.mark.parametrize("when_s", [30, 90, 130])
def test_pause_and_switch_stand_above_a_session_and_it_is_named(tmp_path, stand_above, word, when_s):
    def work(parts):
        awake = Awake(tmp_path, parts)
        awake.made.choose(plan_at(FIRST_S))
        awake.run(when_s)
        stand_above(awake.session)
        awake.run(120)
        return awake.made.admits("webcam"), awake.states()[0]

    assert in_loop(work) == (False, word)


def test_a_missing_consent_stands_above_a_session(tmp_path):
    def work(parts):
        awake = Awake(tmp_path, parts, profile="care")
        awake.made.choose(plan_at(FIRST_S))
        awake.run(200)
        return awake.made.admits("webcam"), awake.states()[0]

    assert in_loop(work) == (False, "consent")


def test_private_hours_stand_above_a_session_and_say_so_beforehand(tmp_path):
    def work(parts):
        awake = Awake(tmp_path, parts)
        awake.made.choose(plan_at(FIRST_S, FIRST_S + 7200))
        minute = plan_at(FIRST_S).at_min[0]
        pauses.set_hours(awake.session.outbox, (pauses.Hours((minute + 1) % 1440, (minute + 60) % 1440),))
        before = awake.states()[:2]
        awake.run(40)
        announced = awake.made.live()
        awake.run(160)
        return before, announced["phase"], awake.made.admits("webcam"), awake.states()[:2]

    assert in_loop(work) == (["private", "coming"], "waiting", False, ["private", "coming"])


def test_a_skip_outlives_a_restart_and_the_rest_of_today_is_skipped_whole(tmp_path):
    def work(parts):
        awake = Awake(tmp_path, parts)
        awake.made.choose(plan_at(FIRST_S, FIRST_S + 1800))
        assert awake.made.skip(rest=False) == FIRST_S + 120
        return awake.states()[:2]

    def again(parts):
        awake = Awake(tmp_path, parts)
        before = awake.states()[:2]
        awake.made.skip(rest=True)
        awake.run(10)
        return before, awake.states()[:2]

    assert in_loop(work) == ["skipped", "coming"]
    before, after = in_loop(again)
    assert before == ["skipped", "coming"]
    assert after == ["skipped", "skipped"]


def test_nothing_to_skip_is_said(tmp_path):
    def work(parts):
        with pytest.raises(WrongUse, match="could be skipped"):
            Awake(tmp_path, parts).made.skip(rest=False)

    in_loop(work)


def test_sessions_are_spread_over_a_shift_that_the_person_noted(tmp_path):
    def work(parts):
        awake = Awake(tmp_path, parts)
        plan = CameraPlan("per_shift", 10, times=3)
        none = awake.made.would_be(plan)
        awake.session.history.tell(
            Told(START_UTC_S + 600, "shift", "day", {"until_utc_s": START_UTC_S + 600 + 8 * 3600})
        )
        shown = awake.made.would_be(plan)
        awake.made.choose(plan)
        return none, [one.appointment.start_utc_s - START_UTC_S - 600 for one in shown], awake.made.listed() == shown

    none, starts, same = in_loop(work)
    assert none == []
    assert starts == [75 * 60, 235 * 60, 395 * 60]
    assert same, "what was shown beforehand is what is kept"


def test_a_full_disk_closes_the_camera_and_never_opens_it(tmp_path, monkeypatch):
    def full(*_):
        raise StorageFull("the disk is full")

    def work(parts):
        awake = Awake(tmp_path, parts)
        monkeypatch.setattr(camera_plan, "choose", full)
        with pytest.raises(StorageFull):
            awake.made.choose(plan_at(FIRST_S))
        awake.run(1)
        closed = awake.may_open()
        with pytest.raises(StorageFull):
            awake.made.choose(CameraPlan())
        return closed, awake.may_open()

    assert in_loop(work) == (False, False)


def test_the_board_names_the_session_and_holds_no_seconds(tmp_path):
    def work(parts):
        awake = Awake(tmp_path, parts)
        awake.made.choose(plan_at(FIRST_S))
        words = []
        for _ in range(260):
            awake.run(1)
            words += [state.words for state in awake.session.board.states() if state.part == "camera_plan"]
        awake.made.choose(CameraPlan())
        return list(dict.fromkeys(words)), awake.session.board.states()

    words, states = in_loop(work)
    begin = (
        "the next camera session is",
        "the camera opens soon",
        "a camera session runs until",
        "the next camera session is",
    )
    assert [one.startswith(first) for one, first in zip(words, begin, strict=True)] == [True] * 4
    assert len(words) == 4, "it changes with the session alone"
    assert "while it is switched on" in next(one.words for one in states if one.part == "camera_plan")


# ---- with the camera's real process


def running(settings, plan, device, person):
    """The agent with a scripted camera, ten times as fast; ends with the person's part. The plan was chosen before it
    started, and whoever opens the device is counted from before its start.
    """
    reply = client.carry_out(settings, "camera", encode_camera(CameraWish("choose", plan)))
    assert reply.exit_code == 0, reply.words

    async def main():
        stop, failed = asyncio.Event(), []
        clock = SessionClock(START_UTC_S * NS_PER_S, speed=10.0)

        async def play(agent):
            try:
                await person(agent, opened)
            except BaseException as error:
                failed.append(error)
                raise
            finally:
                stop.set()

        with opens(device, lambda: clock.utc_s(clock.now_ns())) as opened, suppress(BaseExceptionGroup):
            await pipeline.run(
                settings, profile_named("personal"), clock, stop=stop, eyes=SCRIPTED, extra_tasks={"person": play}
            )
        if failed:
            raise failed[0]

    asyncio.run(main())


def asked(agent, what):
    return handlers.handle(agent, Command("camera", encode_camera(CameraWish(what))))


@pytest.mark.process
@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel who opens the device")
def test_the_device_is_opened_inside_its_sessions_and_nowhere_else(tmp_path):
    """Every open of the device by any process of this machine, told by the kernel; an opener that is planted is found."""
    word = tmp_path / "camera"
    word.write_text("play")
    settings = settings_of(tmp_path, webcam=webcam.Settings(str(word), yield_to_calls=False, close_when_locked=False))
    seen = {}

    async def person(agent, opened):
        phases = []

        def phase():
            now = live_view.now(agent)["camera"]["phase"]
            if phases[-1:] != [now]:
                phases.append(now)
            return now

        await until(lambda: phase() == "announced", 30, "the announcement")
        assert opened == []
        await until(lambda: phase() == "open", 30, "the session")
        await until(lambda: phase() == "waiting", 90, "its end")
        await until(lambda: "webcam" not in agent.sensors.reading, 10, "the camera to be closed")
        await until(lambda: agent.utc_s() > FIRST_S + LONG_S + 90, 30, "a while after it")
        checks = await asyncio.to_thread(lambda: list(doctor_checks.checks(settings, profile_named("personal"))))
        seen["doctor"] = {one.check_id: one.ok for one in checks}
        seen["opened"], seen["phases"] = list(opened), phases
        planted = await asyncio.create_subprocess_exec(sys.executable, "-c", f"open({str(word)!r}).read()")
        await planted.wait()
        await until(lambda: len(opened) > len(seen["opened"]), 10, "the planted opener")
        seen["planted"] = opened[-1]

    running(settings, plan_at(FIRST_S, minutes=LONG_S // 60), word, person)
    assert seen["phases"] == ["waiting", "announced", "open", "waiting"]
    assert len(seen["opened"]) > 5, "the scripted camera reads its device for each frame"
    assert min(seen["opened"]) >= FIRST_S
    assert max(seen["opened"]) <= FIRST_S + LONG_S
    assert seen["planted"] > FIRST_S + LONG_S
    assert (seen["doctor"]["camera"], seen["doctor"]["camera_plan"]) == (None, True), (
        "doctor does not look at it either"
    )
    print(
        f"\n{len(seen['opened'])} opens, from {min(seen['opened']) - FIRST_S} s to {max(seen['opened']) - FIRST_S} s of {LONG_S} s"
    )


@pytest.mark.process
@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel who opens the device")
def test_a_skip_closes_the_device_within_a_second(tmp_path):
    word = tmp_path / "camera"
    word.write_text("play")
    settings = settings_of(tmp_path, webcam=webcam.Settings(str(word), yield_to_calls=False, close_when_locked=False))
    seen = {}

    async def person(agent, opened):
        await until(lambda: len(opened) > 5, 60, "the camera's process to read its device")
        seen["words"] = (await asked(agent, "skip")).words
        seen["closed_s"] = await until(lambda: "webcam" not in agent.sensors.reading, 5, "the camera to be closed")
        before = len(opened)
        await until(lambda: agent.utc_s() > FIRST_S + 240, 60, "a while in the session")
        seen["opened"] = opened[before:]
        assert agent.utc_s() < FIRST_S + 600
        seen["state"] = agent.appointments.listed()[0].state

    running(settings, plan_at(FIRST_S, minutes=10), word, person)
    assert seen["opened"] == []
    assert seen["state"] == "skipped"
    assert seen["closed_s"] < within_s(1.0)
    assert seen["words"].startswith("Skipped: the camera stays closed until")


def test_every_state_of_a_session_has_its_words():
    from agent.session.appointment_watch import OUTCOMES

    assert set(camera_words.STATES) == {"coming", "announced", "open", "past", *OUTCOMES}
