"""The loops of a running agent, as plain coroutines over its `Session`; `pipeline` starts them as tasks.

    run_sensor ──queue──▶ collect ──▶ ring ──▶ release_windows ──▶ history, gate, outbox
    keep_pauses   begins and ends pauses by the clock
    keep_clock    takes a moved wall clock over

The way in fails softly: a sensor is marked and tried again. The way out fails shut: an error in gate, seal or
outbox ends the agent; only a full disk is waited for.
"""

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from itertools import count
from typing import Any, Final

from agent.config_watch import InForce, SettingsWatch
from agent.errors import BeginAgain, SourceUnavailable, StorageFull, WardbeatError, WrongUse
from agent.model import NS_PER_S, Interval
from agent.outbox import pauses
from agent.session.session import Session
from agent.system.status import Level
from agent.windows.window import summarise

log = logging.getLogger(__name__)

Start = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]
"""How `pipeline` starts a named task."""

_RETRY_S: Final = (1.0, 60.0)
_DISK_RETRY_S: Final = 2.0
_CLOSE_S: Final = 4.5
_POLL_S: Final = 0.2  # how soon a pause closes a sensor
_PAUSE_POLL_S: Final = 0.5
_CLOCK_POLL_S: Final = 1.0
_SETTINGS_POLL_S: Final = 10.0  # three looks at a file's date; an administrator waits no longer
_LONG_RUN_S: Final = 300.0  # a sensor that ran so long worked: its next try is soon again
_DRAIN_POLL_S: Final = 0.1
_TOGETHER: Final = 32  # samples between two turns of the loop


# ---- in


async def run_sensor(session: Session, name: str, start: Start) -> None:
    """Keep one sensor running, with pauses between tries; returns when it has come to its end."""
    sensors, pause_s = session.sensors, _RETRY_S[0]
    while True:
        await session.awake.wait()
        if session.stop_sensors.is_set():
            return
        if not sensors.may_open(name):
            sensors.show_off(name)
            await asyncio.sleep(_POLL_S)
            continue
        began_ns = session.clock.now_ns()
        try:
            sensors.show(name, Level.OK, "running")
            reading = start(_read(session, name), f"source.{name}.read")
            if await _until_closed(session, reading, name):
                sensors.show(name, Level.OK, "has ended")
                return
            sensors.show(name, Level.WAITING, "paused")
            continue
        except WrongUse:
            raise
        except Exception as error:  # the way in fails softly: show it, wait, try again
            ran_s = (session.clock.now_ns() - began_ns) / NS_PER_S
            sensors.show_lost(name, error, ran=ran_s > 1.0)
            if ran_s > _LONG_RUN_S:
                pause_s = _RETRY_S[0]
            log.warning("source %s lost (%s), next try in %.0f s", name, type(error).__name__, pause_s)
        await sensors.wait_before_retry(name, pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        pause_s = min(2 * pause_s, _RETRY_S[1])


async def _read(session: Session, name: str) -> None:
    samples = session.sensors.open(name)
    session.sensors.reading.add(name)
    try:
        async for sample in samples:
            if session.awake.is_set():  # paused: not taken over
                await session.queue.put(sample)
    finally:
        await samples.aclose()
        session.sensors.reading.discard(name)


async def _until_closed(session: Session, reading: "asyncio.Task[None]", name: str) -> bool:
    """Whether the sensor came to its end; False when a pause or a withdrawal closed it."""
    sensors = session.sensors
    try:
        while not reading.done():
            if session.stop_sensors.is_set():
                return True
            if (session.paused and not sensors.ends(name)) or not sensors.may_open(name):
                return False
            await asyncio.wait({reading}, timeout=_POLL_S)
        if reading.cancelled():  # by a library's own future, not by us
            raise SourceUnavailable("reading stopped unexpectedly", remedy="Wardbeat retries automatically.")
        await reading
        return True
    finally:  # a pause, a failure or the agent's end: the sensor is closed before we go on
        await _close(reading)


async def _close(reading: "asyncio.Task[None]") -> None:
    reading.cancel()
    ends = False
    while not reading.done():
        try:
            if not (await asyncio.wait({reading}, timeout=_CLOSE_S))[0]:
                reading.cancel()  # again, when a system service does not answer the closing
        except asyncio.CancelledError:  # the agent ends meanwhile: the closing itself is not broken off
            ends = True
    if ends:
        raise asyncio.CancelledError


def sensors_to_run(session: Session) -> tuple[str, ...]:
    """The sensors of the settings and, in a resident run, those that the person may switch on, too."""
    resident = session.mode.serves and not session.mode.one_shot
    switchable = session.sensors.switchable() if resident else ()
    return tuple(dict.fromkeys((*session.settings.sources, *switchable)))


async def until_sensors_end(session: Session, running: Iterable["asyncio.Task[None]"]) -> None:
    """Set `Session.sensors_ended` when the last sensor has ended and its samples are in the ring."""
    tasks = set(running)
    if tasks:
        await asyncio.wait(tasks)
    await session.queue.join()
    if session.settings.sources:
        session.sensors_ended.set()


async def collect(session: Session) -> None:
    """Queue to ring; a queue that never empties leaves the others their turn."""
    for number in count(1):
        if number % _TOGETHER == 0:
            await asyncio.sleep(0)
        sample = await session.queue.get()
        session.windows.ring.add(sample)
        if session.live.push(sample):
            session.changed.set()
        session.queue.task_done()


# ---- out


async def release_windows(session: Session, start: Start) -> None:
    """Close windows when their time has come, and when the last sensor has ended; returns at a one-shot run's end."""
    grace_ns = int(session.mode.grace_s * NS_PER_S)
    while True:
        ending = await _until(session, session.windows.end_ns + grace_ns, start)
        await session.queue.join()  # a machine that slept wakes up with beats still on their way
        last_ns = session.windows.last_end_ns() if ending else session.clock.now_ns() - grace_ns
        for window in session.windows.closed(last_ns):
            start_utc_s, end_utc_s = session.windows.utc_s(window.start_ns), session.windows.utc_s(window.end_ns)
            blocked = _clock_break(session, start_utc_s, end_utc_s)
            if window.series:
                session.last_summary = summarise(window, start_utc_s, end_utc_s, session.profile.shows_number)
                session.release_queue.add(session.last_summary, blocked)
        session.release_queue.drain()
        if ending:
            await _receipts(session)
            return


async def _until(session: Session, t_ns: int, start: Start) -> bool:
    """Wait for a moment; True when a one-shot run has nothing more to wait for."""
    if session.release_queue.waiting:
        t_ns = min(t_ns, session.clock.now_ns() + int(_DISK_RETRY_S * NS_PER_S))
    if not session.mode.one_shot:
        await _sleep_until(session, t_ns)
        return False
    waits = {
        start(session.clock.sleep_until(t_ns), "release.clock"),
        start(_wait(session.sensors_ended), "release.ended"),
    }
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waits:
            task.cancel()
    return session.sensors_ended.is_set()


async def _sleep_until(session: Session, t_ns: int) -> None:
    """Sleep as long, with signs of life meanwhile where somebody watches."""
    if session.mode.alive is not None:
        session.mode.alive()
        while (soon_ns := session.clock.now_ns() + int(session.mode.alive_s * NS_PER_S)) < t_ns:
            await session.clock.sleep_until(soon_ns)
            session.mode.alive()
    await session.clock.sleep_until(t_ns)


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


def _clock_break(session: Session, start_utc_s: int, end_utc_s: int) -> tuple[Interval, ...]:
    """The moments that must not be released because the wall clock was moved in them."""
    if not session.clock_was_moved():
        return ()
    session.windows.realign(session.clock.utc_offset_ns())
    return (Interval(start_utc_s, end_utc_s),)


async def _receipts(session: Session) -> None:
    """Wait for the receipts of what was sealed; the outbox keeps what does not come in time."""
    if session.publisher is None:
        return
    session.publisher.draining = True
    with suppress(TimeoutError):
        async with asyncio.timeout(session.mode.drain_s):
            while session.outbox.unsettled():
                await asyncio.sleep(_DRAIN_POLL_S)


# ---- pauses and the clock


async def keep_clock(session: Session) -> None:
    """Take a moved wall clock over within a second, whatever window is open."""
    while True:
        session.look_at_clock()
        await asyncio.sleep(_CLOCK_POLL_S)


async def keep_settings(session: Session, watch: SettingsWatch, asked: asyncio.Event) -> None:
    """Look at the files of settings and policy again and again, and at once when asked.

    Raises:
        BeginAgain: What is in force has changed.
    """
    while True:
        looked = watch.look(asked=asked.is_set())
        asked.clear()
        if looked is not None:
            show_settings(session, watch.error)
        if looked is not None and looked.becomes is not None:
            raise BeginAgain(_why_again(looked.becomes, looked.changed))
        with suppress(TimeoutError):
            async with asyncio.timeout(_SETTINGS_POLL_S):
                await asked.wait()


def _why_again(becomes: InForce, changed: tuple[str, ...]) -> str:
    if becomes.held:
        return f"{becomes.held}; nothing leaves"
    return f"the settings have changed: {', '.join(changed)}" if changed else "the policy lets data leave again"


def show_settings(session: Session, error: WardbeatError | None) -> None:
    """Show on the board whether the files of settings are right."""
    if error is None:
        session.board.set("settings", Level.OK, "as the files say")
        return
    words = f"a changed file is wrong, and what was in force stays: {error}"
    session.board.set("settings", Level.TROUBLE, words, error.remedy)


async def keep_pauses(session: Session) -> None:
    """Begin and end pauses by the clock."""
    while True:
        try:
            if (paused := pauses.turn(session.outbox, session.utc_s(), count=session.clock.count())) is not None:
                session.set_paused(paused=paused)
        except StorageFull as full:  # nothing is measured in private hours, though it cannot be written down
            session.set_paused(paused=session.paused or pauses.is_private(session.outbox, session.utc_s()))
            session.board.set("disk", Level.TROUBLE, str(full), full.remedy)
        await asyncio.sleep(_PAUSE_POLL_S)
