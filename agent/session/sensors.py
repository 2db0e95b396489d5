"""The way in, as far as it starts no task: which sensors may be open, what they are given, what is said of them."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from agent import sources
from agent.config import Settings
from agent.errors import WardbeatError, WrongUse
from agent.model import NS_PER_S, Sample
from agent.session.release import ReleaseQueue
from agent.sources import AffectFile, Eyes, Radio, Surroundings
from agent.system.budget import Budget
from agent.system.clock import Clock, SessionClock, aligned_start_ns
from agent.system.run_mode import RunMode
from agent.system.status import Level, StatusBoard
from agent.tables.profiles import Profile
from agent.tables.signals import SIGNALS

log = logging.getLogger(__name__)

_LOOK_S: Final = 0.2
_LINES: Final = (0.2, 50.0)  # of the log, a second and at once: a sensor may change its words as often as it likes


class Sensors:
    """The sources of a running agent, by name.

    Args:
        settings, profile: In force.
        clock, folder, board: What sources are given.
        release_queue: Knows what the person consents to.
        radio, eyes: Which Bluetooth and which camera process: the system's own, or a demo's and a test's.
    """

    def __init__(
        self,
        settings: Settings,
        profile: Profile,
        clock: Clock,
        folder: Path,
        board: StatusBoard,
        release_queue: ReleaseQueue,
        *,
        radio: Radio | None = None,
        eyes: Eyes | None = None,
    ) -> None:
        self._settings, self._clock, self._folder = dict(settings.sources), clock, folder
        self._off: set[str] = set()
        self._held: set[str] = set()
        self._retries: set[str] = set()
        self.admits: Callable[[str], bool] = lambda _: True  # camera sessions: set where there are some
        self.reading: set[str] = set()  # those that are open now
        self._lines = Budget(*_LINES)
        self._board, self._release_queue = board, release_queue
        self._is_local = not profile.recipients
        self.radio, self._eyes = radio or Radio(), eyes or Eyes()
        self._engine = settings.face.engine
        brought = settings.face.affect_model
        self._affect = (
            None if brought is None else AffectFile(str(brought.path.expanduser()), brought.sha256, brought.labels)
        )

    def may_open(self, name: str) -> bool:
        """Whether a source may be open at all; where nothing can leave, the person's own settings are their word."""
        return not self.barred(name) and self.admits(name)

    def barred(self, name: str) -> str:
        """What stands above a source now: ``off`` its switch or another part that holds it, ``consent`` a missing
        consent; empty: nothing.
        """
        spec = sources.SOURCES[name]
        if not self.is_on(name) or name in self._held:
            return "off"
        consented = not spec.needs_consent or self._is_local or spec.signal in self._release_queue.consented
        return "" if consented else "consent"

    def ends(self, name: str) -> bool:
        """Whether a source comes to an end by itself; a pause does not close it."""
        return sources.SOURCES[name].ends

    def open(self, name: str) -> AsyncGenerator[Sample, None]:
        """Open a source; closing the generator closes the sensor.

        Raises (while reading):
            SourceUnavailable, RecordingUnreadable: With a remedy.
        """
        said = partial(self.show, name)
        around = Surroundings(self._clock, self._folder, said, self.radio, self._eyes, self._affect, self._engine)
        return sources.samples(name, self.settings(name), around)

    # ---- switched by the person

    def switchable(self) -> tuple[str, ...]:
        """What the person may switch: every sensor that does not end by itself."""
        return tuple(name for name, spec in sources.SOURCES.items() if not spec.ends)

    def is_on(self, name: str) -> bool:
        """Whether the person's settings, or their word at the page, switch it on."""
        return name in self._settings and name not in self._off

    def switch(self, name: str, *, on: bool) -> None:
        """Switch it on or off; the pipeline opens and closes it.

        Raises:
            WrongUse: There is no such sensor.
        """
        self.check(name)
        self._off.discard(name)
        if on:
            self._settings.setdefault(name, sources.settings_type(name)())
        else:
            self._off.add(name)

    def check(self, name: str) -> None:
        """Whether there is such a sensor to switch.

        Raises:
            WrongUse: There is not.
        """
        if name not in self.switchable():
            raise WrongUse(
                f"there is no sensor {name!r} that can be switched", remedy=f"There are {', '.join(self.switchable())}."
            )

    def settings(self, name: str) -> object:
        """A source's settings: the person's own, or its usual ones."""
        return self._settings[name] if name in self._settings else sources.settings_type(name)()

    async def wait_before_retry(self, name: str, pause_s: float) -> None:
        """Between two tries of a source; `retry_now` ends it."""
        until_s = time.monotonic() + pause_s
        while name not in self._retries and (left_s := until_s - time.monotonic()) > 0:
            await asyncio.sleep(min(left_s, _LOOK_S))
        self._retries.discard(name)

    def retry_now(self, name: str) -> None:
        """Try a source again now: the person did something about it."""
        self._retries.add(name)

    async def closed(self, name: str) -> None:
        """Return when a source that may not be open is closed."""
        while name in self.reading:
            await asyncio.sleep(_LOOK_S)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Keep a sensor closed for a while: another part needs its device."""
        self._held.add(name)
        try:
            yield
        finally:
            self._held.discard(name)

    # ---- what the person reads

    def show(self, name: str, level: Level, sentence: str, remedy: str = "") -> None:
        """A sensor's own sentence, never a measured value or an address: on the board; news go to a debugging log."""
        if self._board.set(f"source.{name}", level, sentence, remedy) and self._lines.take():
            log.debug("source %s: %s", name, sentence)  # what a person wears, and when, is theirs

    def show_off(self, name: str) -> None:
        """It waits for the person: for its switch, or for a consent."""
        if name in self._held:
            self.show(name, Level.WAITING, "waiting while Wardbeat looks for a strap")
            return
        if not self.is_on(name):
            self.show(name, Level.OFF, "switched off")
            return
        if not self.barred(name):
            self.show(name, Level.OFF, "closed outside of camera sessions")
            return
        signal = SIGNALS[sources.SOURCES[name].signal].words
        self.show(name, Level.WAITING, f"off: you did not consent to {signal}", "wardbeat consent give")

    def show_lost(self, name: str, error: Exception, *, ran: bool) -> None:
        """It failed, and is tried again; shown, not logged: words may name a device."""
        # a foreign library's words may hold an address: only our own are shown
        words, remedy = type(error).__name__, "Wardbeat retries automatically."
        if isinstance(error, WardbeatError):
            words, remedy = str(error), error.remedy
        self._board.set(f"source.{name}", Level.TROUBLE, f"lost: {words}" if ran else f"cannot start: {words}", remedy)


def session_clock(settings: Settings, mode: RunMode) -> SessionClock:
    """The real clock of a run; a recording is played as if it began at the next mark: its windows are whole then, and a
    consent given before covers them.
    """
    if not any(sources.SOURCES[name].ends for name in settings.sources):
        return SessionClock()
    step_ns = int(mode.window_s * NS_PER_S)
    return SessionClock(aligned_start_ns(SessionClock().now_ns() + step_ns, mode.window_s))
