"""The webcam: a child process looks, this side keeps the person's own neutral and makes samples. No picture comes here.

    camera_process ──lines──▶ Eyes.words ──▶ RelativeFace ──▶ Sample
        │ ended, hung, at fault: named, closed, opened again after 1, 2, 4, 5 s

Channels: `agent.features.face`.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from typing import Final

from agent.model import NS_PER_S, Sample
from agent.signal.face.relative import RelativeFace
from agent.sources.camera import access
from agent.sources.camera.protocol import Seen, Told, Wanted, Word
from agent.sources.camera.screen import Screen
from agent.sources.camera.states import FAULTS, LASTING, CameraState
from agent.sources.context import Surroundings
from agent.system import host

_FIRST_PAUSE_S: Final = 1.0
_PAUSE_MOST_S: Final = 5.0  # a camera that is back is read within ten seconds
_LASTING_S: Final = 30.0
_WELL_S: Final = 10.0
_LOOK_EVERY_S: Final = 2.0  # at the lock, and for other programs


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration may say of this source."""

    device: str | int = 0
    bursts: bool = True
    yield_to_calls: bool = True
    close_when_locked: bool = True
    again: bool = False


async def samples(settings: Settings, around: Surroundings) -> AsyncGenerator[Sample, None]:
    """Numbers of one face, as long as there is a camera; a video file ends."""
    own = RelativeFace()
    pause_s, fault = _FIRST_PAUSE_S, False
    wanted = Wanted(
        str(settings.device), around.clock.speed, settings.bursts, settings.again, around.affect, around.engine
    )
    with closing(Screen()) as screen:
        while True:
            began_ns, state = around.clock.now_ns(), CameraState.OPENING
            async with aclosing(_words(wanted, settings, around, screen)) as words:
                async for word in words:
                    if isinstance(word, Seen):
                        for sample in _samples(own, word, around):
                            yield sample
                    elif isinstance(word, Told):
                        if word.state is None:
                            return
                        state = word.state
                    if state in FAULTS or (fault and state is CameraState.OPENING):
                        continue  # a fault stays on the board while it is tried again
                    fault = False
                    around.tell(CameraState.LEARNING if state is CameraState.TRACK and own.is_learning else state)
            ended, fault = state if state in FAULTS else CameraState.BROKEN, True
            around.tell(ended)
            if around.clock.now_ns() - began_ns > _WELL_S * around.clock.speed * NS_PER_S:
                pause_s = _FIRST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LASTING_S if ended in LASTING else _PAUSE_MOST_S)


async def _words(
    wanted: Wanted, settings: Settings, around: Surroundings, screen: Screen
) -> AsyncGenerator[Word, None]:
    """Words of one run of the camera's process; ends where it must be closed, or another program wants the camera."""
    if state := access.shut(wanted.device) or await _must_close(wanted, settings, screen, frozenset()):
        yield Told(state)
        return
    every_ns = round(_LOOK_EVERY_S * around.clock.speed * NS_PER_S)
    async with around.eyes.open(wanted) as process:
        asked_ns = around.clock.now_ns()
        async for word in process.words():
            yield word
            if around.clock.now_ns() - asked_ns > every_ns:
                asked_ns = around.clock.now_ns()
                if state := await _must_close(wanted, settings, screen, frozenset({process.pid})):
                    yield Told(state)
                    return


async def _must_close(wanted: Wanted, settings: Settings, screen: Screen, ours: frozenset[int]) -> CameraState | None:
    if settings.close_when_locked and await screen.is_shut():
        return CameraState.LOCKED
    if settings.yield_to_calls and await asyncio.to_thread(access.is_wanted, wanted.device, ours):
        return CameraState.YIELDED
    return None


def _samples(own: RelativeFace, seen: Seen, around: Surroundings) -> Iterator[Sample]:
    age_ns = host.boottime_ns() - seen.at_ns
    t_ns = around.clock.now_ns() - round(age_ns * around.clock.speed)
    look = seen.look
    yield Sample(t_ns, "face_present_01", float(look.faces == 1))
    if look.gate == "turned_away":
        for channel, value in own.turned_away():
            yield Sample(t_ns, channel, value)
    if look.gate is not None or look.pose is None:
        return
    yield Sample(t_ns, "lower_face_valid_01", float(not look.is_covered))
    if look.affect_class is not None:
        yield Sample(t_ns, "affect_class_index", float(look.affect_class))
    for channel, value in own.channels(t_ns / NS_PER_S, look.actions, look.lids_01, look.pose):
        yield Sample(t_ns, channel, value)
