"""The camera: its process, its faults by name and its return, who may open it and when it closes."""

import asyncio
import json
import math
import os
import signal
import sys
import time
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from agent import pipeline
from agent.control import client, handlers
from agent.control.channel import Command
from agent.enrollment import consent_key
from agent.perception.frame_result import Look
from agent.signal.face.actions import nothing
from agent.signal.face.shape import Pose
from agent.sources import Eyes, Surroundings
from agent.sources.camera import webcam
from agent.sources.camera.child import Running
from agent.sources.camera.frame_rate import FrameRate, Mode, Strain
from agent.sources.camera.protocol import Seen, Told, Wanted, read, written
from agent.sources.camera.states import FAULTS, LASTING, CameraState
from agent.sources.camera.webcam import Settings
from agent.system.clock import SessionClock
from firmware_sim.face import Portrait, shown
from tests.support import machine
from tests.support.processes import until
from tests.support.world import PIN, make_world

PROGRAM = Path(__file__).parents[3] / "support" / "camera_program.py"
SCRIPTED = Eyes((sys.executable, str(PROGRAM)))
NAMED_S, BACK_S = 3.0, 10.0


class StatusBoard:
    """States as they are said, with their time."""

    def __init__(self):
        self.said = []

    def __call__(self, level, words, remedy):
        state = next(state for state in CameraState if state.words == words)
        if not self.said or self.said[-1][1] is not state:
            self.said.append((time.monotonic(), state))

    @property
    def now(self):
        return self.said[-1][1] if self.said else None


@asynccontextmanager
async def watching(device, tmp_path, eyes=SCRIPTED, **settings):
    """Samples of a scripted camera in a task; the board and the samples."""
    board, samples = StatusBoard(), []
    around = Surroundings(SessionClock(), tmp_path, board, eyes=eyes)

    async def take():
        async with aclosing(webcam.samples(Settings(str(device), **settings), around)) as taken:
            async for sample in taken:
                samples.append((time.monotonic(), sample))

    task = asyncio.create_task(take())
    try:
        yield board, samples, task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def children():
    """Process ids of camera processes of this test."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            with suppress(OSError):
                words = (process / "cmdline").read_bytes()
                parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if parent == os.getpid() and str(PROGRAM).encode() in words and b"\0" in words:
                    found.append(int(process.name))
    return found


FAULTS_AND_NAMES = [
    ("unplugged", {"LOST", "ABSENT"}),
    ("blocked", {"LOST"}),
    ("frozen", {"FROZEN"}),
    ("garbage", {"GARBLED"}),
]


@pytest.mark.process
@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_every_fault_has_its_name_within_three_seconds_and_goes_within_ten(tmp_path):
    word = tmp_path / "camera"
    word.write_text("play")
    told_s, back_s = {}, {}

    async def main():
        async with watching(word, tmp_path) as (board, samples, _):
            await until(lambda: board.now in (CameraState.LEARNING, CameraState.TRACK), 30, "the first face")
            for fault, names in FAULTS_AND_NAMES:
                word.write_text(fault)
                told_s[fault] = await until(
                    lambda names=names: board.now.name in names, NAMED_S, f"the name of {fault}"
                )
                await asyncio.sleep(1.0)
                word.write_text("play")
                seen = len(samples)
                back_s[fault] = await until(lambda seen=seen: len(samples) > seen + 5, BACK_S, f"samples after {fault}")
            # the process itself stands still
            (pid,) = children()
            os.kill(pid, signal.SIGSTOP)
            told_s["hung"] = await until(lambda: board.now is CameraState.HUNG, NAMED_S, "hung")
            seen = len(samples)
            back_s["hung"] = await until(lambda: len(samples) > seen + 5, BACK_S, "samples after hung")
            assert len(children()) == 1
        # at the door: found at the opening, until it is free again
        for fault, name in (("busy", CameraState.BUSY), ("denied", CameraState.DENIED)):
            word.write_text(fault)
            async with watching(word, tmp_path) as (board, samples, _):
                told_s[fault] = await until(lambda name=name, board=board: board.now is name, NAMED_S, fault)
                word.write_text("play")
                back_s[fault] = await until(lambda samples=samples: len(samples) > 5, BACK_S, f"samples after {fault}")

    asyncio.run(main())
    assert children() == []
    print({name: (round(told_s[name], 1), round(back_s[name], 1)) for name in told_s})


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_call_gets_the_camera(tmp_path):
    """Another process opens the device: ours lets go, and comes back when the other has closed it."""
    word = tmp_path / "camera"
    word.write_text("play")

    async def main():
        async with watching(word, tmp_path) as (board, samples, _):
            await until(lambda: samples, 30, "samples")
            call = await asyncio.create_subprocess_exec(
                sys.executable, "-c", f"import time; f = open({str(word)!r}); time.sleep(60)"
            )
            await until(lambda: board.now is CameraState.YIELDED, 8, "yielding")
            assert children() == []
            call.kill()
            await call.wait()
            seen = len(samples)
            await until(lambda: len(samples) > seen, BACK_S, "samples after the call")

    asyncio.run(main())


@pytest.mark.process
@pytest.mark.long
def test_a_second_face_takes_every_number_away(tmp_path):
    """From the first moment that the second face is there: words are held until the next search."""
    word = tmp_path / "camera"
    word.write_text("play")

    async def main():
        async with watching(word, tmp_path) as (board, samples, _):
            await until(lambda: any(s.channel == "jaw_open_01" for _, s in samples), 30, "samples")
            word.write_text("two")
            began = time.monotonic()
            await until(lambda: board.now is CameraState.SEVERAL, 5, "two faces")
            clock_ns = samples[-1][1].t_ns
            await asyncio.sleep(1.5)
            taken = [s for at, s in samples if at > began and s.channel == "jaw_open_01"]
            present = [s for at, s in samples if at > began + 0.5 and s.channel == "face_present_01"]
            # numbers that arrive after are of frames before it; the two are a second apart at most
            assert all(s.t_ns <= clock_ns for s in taken)
            assert present
            assert [s.value for s in present][-2:] == [0.0, 0.0]
            word.write_text("play")
            await until(lambda: board.now is not CameraState.SEVERAL, 5, "one face again")

    asyncio.run(main())


@pytest.mark.process
def test_a_video_file_ends_and_garbage_is_named(tmp_path):
    from firmware_sim.face import write_clip

    clip = tmp_path / "clip.avi"
    write_clip(clip, seconds=3.0, fps_hz=10.0)
    garbage = tmp_path / "garbage.mp4"
    garbage.write_bytes(os.urandom(20_000))

    async def main():
        async with watching(clip, tmp_path, eyes=Eyes()) as (_, samples, task):
            await asyncio.wait_for(task, 30)
            assert len({s.t_ns for _, s in samples if s.channel == "jaw_open_01"}) >= 5  # of 15
        async with watching(garbage, tmp_path, eyes=Eyes()) as (board, _, _task):
            await until(lambda: board.now is CameraState.UNREADABLE, 20, "garbage")
        async with watching(tmp_path / "none.mp4", tmp_path, eyes=Eyes()) as (board, _, _task):
            await until(lambda: board.now is CameraState.NO_FILE, 5, "an absent file")

    asyncio.run(main())


@pytest.mark.process
def test_the_camera_is_not_opened_before_consent_and_closes_within_a_second_of_pause(tmp_path):
    world = make_world(tmp_path)  # consented to the heart alone
    world.close()
    word = tmp_path / "camera"
    word.write_text("play")
    settings = world.settings.model_copy(update={"sources": {"webcam": Settings(str(word))}})
    seen = {}

    async def person(agent):
        def state():
            return next((one for one in agent.board.states() if one.part == "source.webcam"), None)

        await until(lambda: state() is not None, 10, "a state")
        await asyncio.sleep(2.0)
        seen["before"] = (state().words, children())
        wanted = consent_key.grants(world.profile, agent.identity.bundle.operator, ("face", "heart"))
        reply = await asyncio.to_thread(client.give_consent, settings, world.profile, wanted, PIN)
        assert reply.exit_code == 0
        await until(children, 15, "the camera's process")
        await until(agent.windows.ring.newest_ns, 30, "the first look")
        await handlers.handle(agent, Command("pause"))
        seen["closed_s"] = await until(lambda: not children(), 1.0, "the camera to close")
        await handlers.handle(agent, Command("resume"))
        await until(children, 5, "the camera to open again")
        await handlers.handle(agent, Command("withdraw"))
        seen["withdrawn_s"] = await until(lambda: not children(), 1.0, "the camera to close")
        raise asyncio.CancelledError

    async def main():
        stop = asyncio.Event()

        async def play(agent):
            try:
                await person(agent)
            except asyncio.CancelledError:
                stop.set()

        await pipeline.run(
            settings, world.profile, SessionClock(), stop=stop, eyes=SCRIPTED, extra_tasks={"person": play}
        )

    asyncio.run(main())
    assert seen["before"] == ("off: you did not consent to face and eyes", [])
    assert seen["closed_s"] <= machine.within_s(1.0)


@pytest.mark.slow
def test_a_slow_camera_is_neither_silent_nor_searched_too_seldom_in_a_burst():
    """In dim light a webcam falls to five frames a second; a search is due by time, not by frames."""
    from agent.sources.camera.process import Process

    class Slow:
        is_live, left = True, 35

        def __init__(self, _):
            self.portrait, self.random = Portrait(), np.random.default_rng(1)

        def grab(self):
            time.sleep(0.2)
            Slow.left -= 1
            return Slow.left > 0

        def retrieve(self):
            frame = self.portrait.frame(shown(0.0)).astype(np.int16)
            return np.clip(frame + self.random.integers(-2, 3, frame.shape), 0, 255).astype(np.uint8)

        def close(self):
            pass

    class Out:
        def __init__(self):
            self.words = []

        def write(self, line):
            self.words.append((time.monotonic(), read(line)))

        def flush(self):
            pass

    out = Out()
    process = Process(Wanted("0"), out, Slow)
    process._pace.mode, process._pace._burst_ends_s = Mode.EYES, float("inf")
    process._pace._face_s = float("inf")
    assert process.run() is CameraState.LOST
    times = [at for at, _ in out.words]
    assert max(np.diff(times)) < 1.5
    seen = [word.look for _, word in out.words if isinstance(word, Seen)]
    searched = [n for n, look in enumerate(seen) if look.searched]
    assert len(seen) > 10  # of 35; on a machine that does other things too the pace spares it
    assert max(np.diff(searched)) <= 6  # of 5 a second: once a second


# ---- the pace, and the words


def test_the_pace_follows_a_face_bursts_for_the_eyes_and_spares_the_machine():
    pace = FrameRate()
    modes = []
    for second in range(700):
        modes.append(pace.saw(float(second), 1, Strain()))
    assert modes[0] is Mode.TRACK
    assert modes[31] is Mode.EYES
    assert modes[95] is Mode.TRACK
    assert modes.count(Mode.EYES) == pytest.approx(120, abs=3)  # a minute every ten: at 31 s and at 631 s
    assert pace.saw(700.0, 1, Strain(on_battery_below_01=0.1)) is not Mode.EYES
    assert pace.rate_hz == 2.0
    for second in range(701, 710):
        pace.saw(float(second), 0, Strain())
    assert pace.mode is Mode.IDLE
    assert pace.rate_hz == 1.0


def test_a_word_comes_back_as_it_was_and_nonsense_is_refused():
    actions = nothing() | {"jaw_open": 0.25}
    look = Look(1, None, actions, (0.1, 0.2), Pose(0.1, 0.2, 0.3), is_covered=True)
    for word in (Seen(5, look), Told(CameraState.TRACK), Told(None), None):
        assert read(written(word)) == word
    for line in (b"", b"[]", b"{", b'{"state": "NEVER"}', b'{"look": 3, "at_ns": 1}', b"\xff\xfe", b'{"look": {}}', b'{"more": 1}'):  # fmt: skip
        with pytest.raises(ValueError):
            read(line)


@pytest.mark.parametrize(
    "change",
    [
        {"at_ns": -(10**30)}, {"at_ns": 1e400}, {"at_ns": 5.0}, {"at_ns": True}, {"more": "pixels"},
        {"look.faces": "many"}, {"look.faces": -1}, {"look.gate": "free words"}, {"look.gate": ["x"]}, {"look.pixels": "AAAA"},
        {"look.affect_class": -1}, {"look.lids_01": [0.1]}, {"look.lids_01": [0.1, math.nan]}, {"look.lids_01": [0.1, 1e308]},
        {"look.pose.yaw_rad": math.inf}, {"look.pose.more": 0.0}, {"look.is_covered": 2},
        {"look.actions.jaw_open": "0.5"}, {"look.actions.jaw_open": math.nan}, {"look.actions.jaw_open": 1.5},
        {"look.actions.another": 0.5}, {"look.actions": {}},
    ],
)  # fmt: skip
def test_a_word_beyond_what_a_look_can_say_is_refused(change):
    word = json.loads(written(Seen(5, Look(1, None, nothing(), (0.1, 0.2), Pose(0.1, 0.2, 0.3)))))
    assert isinstance(read(json.dumps(word).encode()), Seen)
    ((path, value),) = change.items()
    place = word
    *way, last = path.split(".")
    for step in way:
        place = place[step]
    place[last] = value
    with pytest.raises(ValueError):
        read(json.dumps(word).encode())


def test_a_cancellation_that_comes_with_a_line_is_not_lost():
    """Else a pause would leave the camera open."""

    async def main():
        out = asyncio.StreamReader()
        words = Running(SimpleNamespace(stdout=out, pid=0)).words()

        async def forever():
            async for _ in words:
                pass

        task = asyncio.create_task(forever())
        await asyncio.sleep(0.05)
        out.feed_data(b"{}\n")
        task.cancel()
        await asyncio.wait({task}, timeout=1.0)
        assert task.cancelled()

    asyncio.run(main())


@pytest.mark.process
def test_no_file_of_the_folder_that_the_agent_was_started_in_is_run(tmp_path, monkeypatch):
    """A folder that others write to must not become the program that sees the pictures."""
    for name in ("cv2.py", "psutil.py", "agent/__init__.py"):
        planted = tmp_path / name
        planted.parent.mkdir(exist_ok=True)
        planted.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)

    async def main(command):
        async with Eyes(command).open(Wanted("picamera2")) as process:
            return [word async for word in process.words()]

    asyncio.run(main(Eyes().command))
    assert not (tmp_path / "ran").exists()
    asyncio.run(main(tuple(word for word in Eyes().command if word != "-P")))  # the same detector on the hole itself
    assert (tmp_path / "ran").exists()


@pytest.mark.process
def test_parts_that_are_missing_are_named(tmp_path, monkeypatch):
    for name in ("cv2", "onnxruntime", "ai_edge_litert"):
        shim = tmp_path / name
        (shim / name).mkdir(parents=True)
        (shim / name / "__init__.py").write_text("raise ModuleNotFoundError('gone')")
        monkeypatch.setenv("PYTHONPATH", str(shim))

        async def main():
            async with Eyes().open(Wanted("0")) as process:
                return [word async for word in process.words()]

        assert Told(CameraState.NO_PARTS) in asyncio.run(main()), name


def test_every_fault_has_words_and_a_remedy():
    assert LASTING <= FAULTS
    for state in CameraState:
        assert state.words
        assert state.remedy or state not in FAULTS
