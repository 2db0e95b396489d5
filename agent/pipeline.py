"""The one file that knows every part and starts every task.

    source.NAME ──queue──▶ collect ──▶ ring ──▶ release ──▶ history, gate, outbox ──▶ publish.* ──▶ broker
                                       control, page ──▶ pause, withdraw, erase

The way in fails softly: a source is marked and tried again. The way out fails shut: an error in
gate, seal or outbox ends the agent; a full disk alone is waited for.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Final

from agent import asked, control, host, identity
from agent.clock import Clock
from agent.config import Settings
from agent.control import Command, Reply
from agent.errors import KeysMissing, OutboxBroken, SourceUnavailable, StorageFull, WardbeatError, WrongUse
from agent.features.live import LiveHeart
from agent.history import History
from agent.model import NS_PER_S, Interval, Sample, Summary
from agent.outbox import Outbox, Sealing, consents, quiet, rescue
from agent.pace import RELEASE_WINDOW_S, Pace
from agent.page_process import PageProcess
from agent.privacy.policy import Profile
from agent.privacy.vault import Vault, open_vault
from agent.releasing import Releasing
from agent.senses import Senses, session_clock
from agent.sources import Eyes, Radio
from agent.status import Board, Level
from agent.window import Windows, summarise

if TYPE_CHECKING:
    from agent.publisher import Publisher

log = logging.getLogger(__name__)

_QUEUE_MOST: Final = 4096
_RETRY_S: Final = (1.0, 60.0)
_DISK_RETRY_S: Final = 2.0
_CLOSE_S: Final = 4.5
_LOOK_S: Final = 0.2  # how soon a pause closes a sensor
_QUIET_S: Final = 0.5
_LONG_RUN_S: Final = 300.0  # a source that ran so long was well: its next try is soon again


class _Finished(Exception):
    """Ends the task group: asked to stop, or done."""


class Agent:
    """A running agent; `run` makes one.

    Attributes:
        board: What each part is doing.
        outbox: What leaves.
        windows: The open window and the ring.
        live: The last minute, beat by beat.
        enough: Set it to close every sensor, as if each had come to its end (a demo's straps never do).
    """

    def __init__(
        self,
        settings: Settings,
        profile: Profile,
        clock: Clock,
        pace: Pace,
        parts: ExitStack,
        *,
        radio: Radio | None = None,
        eyes: Eyes | None = None,
    ) -> None:
        folder = host.private_dir(settings.state_dir)
        parts.enter_context(host.only_one(folder / "agent.lock"))
        self.settings, self.profile, self.clock, self.pace, self.folder = settings, profile, clock, pace, folder
        self.board = Board()
        self.vault: Vault = open_vault(folder, settings.key_store)
        self.history = History(folder / "history.db", self.vault)
        parts.callback(self.history.close)
        self.identity = self._enrolled()
        sealing = None
        if self.identity is not None:
            seen = self.identity.directory().directory
            if pace.window_s < RELEASE_WINDOW_S and not seen.synthetic:
                raise WrongUse("windows shorter than 300 s are allowed only at synthetic sites")
            sealing = Sealing.to(self.identity.sender(), seen)
        limits = settings.outbox.limits()
        self.outbox: Outbox = parts.enter_context(
            rescue.opened(folder / "outbox.db", self.vault, sealing, keep=limits, now_utc_s=self.utc_s())
        )
        self.windows = Windows(clock.now_ns(), pace.window_s, clock.utc_offset_ns())
        self.live = LiveHeart()
        self.publisher: Publisher | None = None
        self.releasing = Releasing(self.history, self.outbox, profile, self.operator, self.board, utc_s=self.utc_s)
        self.senses = Senses(settings, profile, clock, folder, self.board, self.releasing, radio=radio, eyes=eyes)
        for name, is_on in quiet.switches(self.outbox).items():
            self.senses.switch(name, on=is_on)
        self.page = PageProcess(self)
        self.last_summary: Summary | None = None
        self.enough = asyncio.Event()
        self._queue: asyncio.Queue[Sample] = asyncio.Queue(_QUEUE_MOST)
        self._awake = asyncio.Event()
        self._ended = asyncio.Event()
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.set_paused(paused=consents.is_paused(self.outbox))
        self.releasing.say_consent()

    def utc_s(self) -> int:
        """The session's UTC now."""
        return self.clock.utc_s(self.clock.now_ns())

    def _enrolled(self) -> identity.Identity | None:
        if not self.profile.recipients:
            self.board.say("hub", Level.OK, f"profile {self.profile.name}: nothing leaves this machine")
            return None
        try:
            identity.finish_destroying(self.folder)
            return identity.load_enrolled(self.folder, self.vault)
        except KeysMissing as missing:
            self.board.say("hub", Level.WAITING, str(missing), missing.remedy)
            return None

    # ---- in

    async def source(self, name: str) -> None:
        """Keep one source running, with pauses between tries."""
        pause_s = _RETRY_S[0]
        while True:
            await self._awake.wait()
            if self.enough.is_set():
                return
            if not self.senses.may_open(name):
                self.senses.say_off(name)
                await asyncio.sleep(_LOOK_S)
                continue
            began_ns = self.clock.now_ns()
            try:
                self.senses.say(name, Level.OK, "running")
                reading = asyncio.create_task(self._read(name), name=f"source.{name}.read")
                if await self._unless_paused(reading, name):
                    self.senses.say(name, Level.OK, "finished")
                    return
                self.senses.say(name, Level.WAITING, "paused")
                continue
            except WrongUse:
                raise
            except Exception as error:  # the way in fails softly: say it, wait, try again
                ran_s = (self.clock.now_ns() - began_ns) / NS_PER_S
                self.senses.say_lost(name, error, ran=ran_s > 1.0)
                if ran_s > _LONG_RUN_S:
                    pause_s = _RETRY_S[0]
                log.warning("source %s lost, again in %.0f s", name, pause_s)
            await self.senses.rest(name, pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
            pause_s = min(2 * pause_s, _RETRY_S[1])

    async def _read(self, name: str) -> None:
        samples = self.senses.open(name)
        self.senses.reading.add(name)
        try:
            async for sample in samples:
                if self._awake.is_set():  # paused: not taken over
                    await self._queue.put(sample)  # full: the source waits; nothing is dropped
        finally:
            await samples.aclose()
            self.senses.reading.discard(name)

    async def _unless_paused(self, reading: "asyncio.Task[None]", name: str) -> bool:
        """Whether the source came to its end; a pause closes it, but for a recording, and so does a withdrawal."""
        try:
            while not reading.done():
                if self.enough.is_set():
                    return True
                if (self.paused and not self.senses.ends(name)) or not self.senses.may_open(name):
                    return False
                await asyncio.wait({reading}, timeout=_LOOK_S)
            if reading.cancelled():  # by a library's own future, not by us
                raise SourceUnavailable("reading stopped unexpectedly", remedy="Wardbeat retries automatically.")
            await reading
            return True
        finally:  # a pause, a failure or the agent's end: the sensor is closed before we go on
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

    async def all_sources(self) -> None:
        """Run every source; say when the last one finished."""
        # a run that is to end waits for its own sources alone; another one has those that the person may switch on, too
        switchable = () if self.pace.finish or not self.pace.sockets else self.senses.switchable()
        async with asyncio.TaskGroup() as group:
            for name in dict.fromkeys((*self.settings.sources, *switchable)):
                group.create_task(self.source(name), name=f"source.{name}")
        await self._queue.join()
        if self.settings.sources:
            self._ended.set()

    async def collect(self) -> None:
        """Queue to ring."""
        while True:
            sample = await self._queue.get()
            self.windows.ring.add(sample)
            self.live.push(sample)
            if sample.channel == "rr_ms":  # a face's twenty numbers come with the next beat, or second
                self.page.touched.set()
            self._queue.task_done()

    # ---- out

    async def release(self) -> None:
        """Close windows when their time has come, and when the last source has ended."""
        grace_ns = int(self.pace.grace_s * NS_PER_S)
        while True:
            finishing = await self._until(self.windows.end_ns + grace_ns)
            await self._queue.join()  # a machine that slept wakes up with beats still on their way
            last_ns = self.windows.last_end_ns() if finishing else self.clock.now_ns() - grace_ns
            for window in self.windows.closed(last_ns):
                start_utc_s, end_utc_s = self.clock.utc_s(window.start_ns), self.clock.utc_s(window.end_ns)
                blocked = self._clock_break(start_utc_s, end_utc_s)
                if window.series:
                    self.last_summary = summarise(window, start_utc_s, end_utc_s, self.profile.shown_kinds)
                    self.releasing.take(self.last_summary, blocked)
            self.releasing.flush()
            if finishing:
                await self._drain()
                raise _Finished

    async def _until(self, t_ns: int) -> bool:
        """Wait for a moment; True when a finishing run has nothing more to wait for."""
        if self.releasing.waiting:
            t_ns = min(t_ns, self.clock.now_ns() + int(_DISK_RETRY_S * NS_PER_S))
        if not self.pace.finish:
            await self.clock.sleep_until(t_ns)
            return False
        waits = {
            asyncio.create_task(self.clock.sleep_until(t_ns), name="release.clock"),
            asyncio.create_task(self._ended.wait(), name="release.ended"),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        return self._ended.is_set()

    def _clock_break(self, start_utc_s: int, end_utc_s: int) -> tuple[Interval, ...]:
        broken = self.clock.utc_break()
        if broken is None:
            return ()
        log.warning("the system clock was changed; the window around the change is not released")
        self.releasing.note_break(self.clock.utc_s(broken.at_ns), broken.jump_s)
        self.windows.realign(self.clock.utc_offset_ns())
        return (Interval(start_utc_s, end_utc_s),)

    async def _drain(self) -> None:
        """Wait for the receipts of what was sealed; the outbox keeps what does not come in time."""
        if self.publisher is None:
            return
        self.publisher.draining = True
        loop = asyncio.get_running_loop()
        until_s = loop.time() + self.pace.drain_s
        while self.outbox.unsettled() and loop.time() < until_s:
            await asyncio.sleep(0.1)

    # ---- what a person asks

    async def handle(self, command: Command) -> Reply:
        """Do what the person asks.

        Raises:
            OutboxBroken: Told to the person, and the end of the agent: the way out fails shut.
        """
        try:
            return await asked.answer(self, command)
        except OutboxBroken as broken:
            self.end_with(broken)
            raise

    def end_with(self, error: WardbeatError) -> None:
        """End the agent with an error that a command met."""
        if not self._broken.done():
            self._broken.set_exception(error)

    async def until_broken(self) -> None:
        """Ends with the error that a command met in the outbox."""
        await self._broken

    @property
    def speaker(self) -> identity.Identity | None:
        """Who speaks for this machine; None before an enrollment, and after the hub's word that all is erased."""
        return None if self.publisher is not None and self.publisher.left else self.identity

    @property
    def operator(self) -> str | None:
        """Who receives what leaves."""
        return None if self.speaker is None else self.speaker.bundle.operator

    async def quiet(self) -> None:
        """Begin and end pauses by the clock."""
        while True:
            try:
                if (turned := quiet.turn(self.outbox, self.utc_s())) is not None:
                    self.set_paused(paused=turned)
            except StorageFull as full:  # nothing is measured in private hours, though it cannot be written down
                self.set_paused(paused=self.paused or quiet.is_private(self.outbox, self.utc_s()))
                self.board.say("disk", Level.TROUBLE, str(full), full.remedy)
            await asyncio.sleep(_QUIET_S)

    @property
    def paused(self) -> bool:
        return not self._awake.is_set()

    def set_paused(self, *, paused: bool) -> None:
        """Stop taking measurements over, or go on."""
        if paused:
            self._awake.clear()
            self.board.say("measuring", Level.WAITING, "paused", "'wardbeat resume' ends the pause.")
        else:
            self._awake.set()
            self.board.say("measuring", Level.OK, "on")

    def forget(self) -> int:
        """Forget every window, those that still wait and the open one too; how many were kept."""
        self.windows.ring.forget()
        self.live, self.last_summary = LiveHeart(), None
        return self.releasing.forget()


async def run(
    settings: Settings,
    profile: Profile,
    clock: Clock | None = None,
    *,
    pace: Pace | None = None,
    radio: Radio | None = None,
    eyes: Eyes | None = None,
    stop: asyncio.Event | None = None,
    beside: Mapping[str, Callable[[Agent], Awaitable[None]]] | None = None,
) -> None:
    """Run the agent until told to stop, or until a finishing run is done.

    Args:
        settings: From `agent.config`.
        profile: The policy in force.
        clock: Default: the real session clock; on a UTC window boundary when a recording is replayed.
        pace: See `Pace`.
        radio, eyes: A simulated Bluetooth or camera process, for demo and tests; default: the system's own.
        stop: Set it to end the run.
        beside: Further tasks, by name (the demo's hub and its live view).

    Raises:
        AlreadyRunning: Another agent holds the state folder.
        WardbeatError: What stopped the agent.
    """
    pace = pace or Pace()
    clock = clock or session_clock(settings, pace)
    with ExitStack() as parts:
        agent = Agent(settings, profile, clock, pace, parts, radio=radio, eyes=eyes)
        tasks: dict[str, Callable[[], Awaitable[None]]] = {
            "sources": agent.all_sources,
            "collect": agent.collect,
            "release": agent.release,
        }
        if pace.sockets:
            tasks["control"] = lambda: control.serve(agent.folder, agent.handle)
            tasks["broken"] = agent.until_broken
            tasks["quiet"] = agent.quiet
            tasks |= {"page": agent.page.keep, "page.slow": agent.page.slow, "page.live": agent.page.live}
        if pace.sockets and agent.identity is not None:
            tasks |= _publishing(agent, agent.identity)
        if stop is not None:
            tasks["stop"] = lambda: _stop(stop)
        for name, beside_task in (beside or {}).items():
            tasks[f"beside.{name}"] = partial(beside_task, agent)
        try:
            async with asyncio.TaskGroup() as group:
                for name, task in tasks.items():
                    group.create_task(_as_coroutine(task), name=name)
        except BaseExceptionGroup as group_error:
            _, rest = group_error.split(_Finished)
            if rest is not None:
                if rest.subgroup(OutboxBroken) is not None:
                    rescue.suspect(agent.folder)
                raise _first(rest) from None


def _publishing(agent: Agent, enrolled: identity.Identity) -> dict[str, Callable[[], Awaitable[None]]]:
    from agent.publisher import Publisher  # paho only where something leaves
    from agent.publisher import Settings as Travel

    mqtt = agent.settings.mqtt
    agent.publisher = Publisher(
        agent.folder,
        agent.vault,
        enrolled,
        agent.outbox,
        Travel(mqtt.version, mqtt.keepalive_s, mqtt.resend_after_s, mqtt.in_flight),
        agent.board,
        slot_s=agent.pace.slot_s,
        utc_s=agent.utc_s,
    )
    return {
        "publish.link": agent.publisher.keep_link,
        "publish.slots": agent.publisher.keep_slots,
        "publish.listen": agent.publisher.listen,
    }


async def _as_coroutine(task: Callable[[], Awaitable[None]]) -> None:
    await task()


async def _stop(stop: asyncio.Event) -> None:
    await stop.wait()
    raise _Finished


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
