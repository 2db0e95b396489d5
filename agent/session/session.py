"""The state of a running agent: what is open, what is known, what is paused. It starts no task."""

import asyncio
import logging
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Final

from agent.config import Settings
from agent.days.store import DayStore
from agent.enrollment import identity
from agent.enrollment.enrolled import Identity
from agent.enrollment.known_time import Heard
from agent.errors import KeysMissing, StorageFull, WardbeatError, WrongUse
from agent.features.live import LiveHeart
from agent.model import Sample, Summary
from agent.notices.keeping import Notices
from agent.notices.rows import offered
from agent.outbox import Outbox, Sealing, consent_records, consents, damage, pauses
from agent.outbox.rows import HUB_HEARD
from agent.privacy.vault import Vault, open_vault
from agent.session.appointments import Appointments
from agent.session.clock_watch import ClockWatch
from agent.session.release import ReleaseQueue
from agent.session.sensors import Sensors
from agent.sources import SOURCES, Eyes, Radio
from agent.system import floor, host
from agent.system.clock import Clock
from agent.system.run_mode import RELEASE_WINDOW_S, RunMode
from agent.system.status import Level, StatusBoard
from agent.tables.profiles import Profile
from agent.windows.history import History
from agent.windows.window import Windows

if TYPE_CHECKING:
    from agent.publisher import Publisher
    from agent.session.arousal import ArousalNow

log = logging.getLogger(__name__)

_QUEUE_MAX: Final = 4096  # samples; a full queue makes the sensor wait, nothing is dropped


class Session:
    """Everything that the loops, the commands and the page share.

    Args:
        settings, profile: In force.
        clock: The session clock.
        mode: How this run goes on and ends.
        parts: Closes what is opened here, in reverse order.
        radio, eyes: Which Bluetooth and which camera process: the system's own, or a demo's or a test's.

    Raises:
        AlreadyRunning: Another agent holds the state folder.
        WrongUse: Short windows at a site that is not synthetic, or a folder of a newer version.

    Attributes:
        board: What each part is doing.
        outbox: The ledger, and the rows that leave.
        windows: The open window, and the ring of recent samples.
        live: The last minute, beat by beat.
        queue: Samples on their way from the sensors to the ring.
        awake: Set while measurements are taken over.
        changed: Set with each beat, for whoever shows it.
        notices: Notifications at the person's desktop.
        stop_sensors: Set it to close every sensor, as if each had come to its end.
        sensors_ended: Set when every sensor of a one-shot run has ended and its samples are in the ring.
    """

    def __init__(
        self,
        settings: Settings,
        profile: Profile,
        clock: Clock,
        mode: RunMode,
        parts: ExitStack,
        *,
        radio: Radio | None = None,
        eyes: Eyes | None = None,
    ) -> None:
        folder = host.private_dir(settings.state_dir)
        parts.enter_context(host.only_one(folder / "agent.lock"))
        floor.require_of_folder(folder)
        floor.leave(folder)
        self.settings, self.profile, self.clock, self.mode, self.folder = settings, profile, clock, mode, folder
        self.board = StatusBoard(mode.changed)
        self.vault: Vault = open_vault(folder, settings.key_store)
        self.history = History(folder / "history.db", self.vault)
        parts.callback(self.history.close)
        self.days = DayStore(folder / "history.db", self.vault)
        parts.callback(self.days.close)
        self._repad_history()
        self.identity = self._enrolled()
        self.outbox: Outbox = parts.enter_context(
            damage.opened(
                folder / "outbox.db",
                self.vault,
                self._sealing(),
                keep=settings.outbox.limits(),
                now_utc_s=self.utc_s(),
                closed=[row.name for row in SOURCES.values() if row.needs_consent],
            )
        )
        self.windows = Windows(clock.now_ns(), mode.window_s, clock.utc_offset_ns())
        self.live = LiveHeart()
        self.last_summary: Summary | None = None
        self.publisher: Publisher | None = None
        self.release_queue = ReleaseQueue(
            self.history, self.days, self.outbox, profile, self.operator, self.board, utc_s=self.utc_s
        )
        self.sensors = Sensors(settings, profile, clock, folder, self.board, self.release_queue, radio=radio, eyes=eyes)
        for name, is_on in pauses.switches(self.outbox).items():
            self.sensors.switch(name, on=is_on)
        self.queue: asyncio.Queue[Sample] = asyncio.Queue(_QUEUE_MAX)
        self.awake, self.changed = asyncio.Event(), asyncio.Event()
        self.stop_sensors, self.sensors_ended = asyncio.Event(), asyncio.Event()
        with suppress(StorageFull):
            pauses.seal(self.outbox)
            consent_records.seal_all(self.outbox)
            self.outbox.seal_notices()
        self.notices = Notices(self.outbox, self.board, offered(profile))
        self.arousal: ArousalNow | None = None  # set by the pipeline, where the profile has such a reading
        self.appointments = Appointments(self)
        self.sensors.admits = self.appointments.admits
        self._moved, self._clock_watch = False, ClockWatch(folder, self.board)
        self._heard = Heard.decode(self.outbox.meta(HUB_HEARD))
        self._broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.set_paused(paused=consents.is_paused(self.outbox))
        self.release_queue.show_consent()

    def utc_s(self) -> int:
        """The session's UTC now."""
        return self.clock.utc_s(self.clock.now_ns())

    def _repad_history(self) -> None:
        """Windows and notes of release 0.1.0 get the one size, once; a full disk or another key waits for the next."""
        with suppress(StorageFull, KeysMissing):
            while self.history.repad():
                pass

    def look_at_clock(self) -> None:
        """Take a moved wall clock over at once; the window in which it was moved is not released."""
        broken = self.clock.utc_break()
        fault = self._fault() if self.clock.count().start else ""  # a replay or a demo uses another clock
        changed, self.release_queue.clock_fault = fault != self.release_queue.clock_fault, fault
        if broken is None and not changed:
            return
        if self.publisher is not None:
            self.publisher.validity.show(self.publisher.answers)
        if broken is None:
            self.release_queue.show_consent()
            return
        log.warning("the system clock was changed; the window around the change is not released")
        self._moved = True
        self.release_queue.note_break(self.clock.utc_s(broken.at_ns), broken.jump_s)
        try:
            pauses.clock_moved(self.outbox, round(broken.jump_s))
        except StorageFull as full:
            self.board.set("disk", Level.TROUBLE, str(full), full.remedy)
        self.release_queue.clock_moved()

    def _fault(self) -> str:
        identity = self.enrolled_identity
        if self.publisher is not None:
            identity, self._heard = self.publisher.identity, self.publisher.answers.time.heard
        return self._clock_watch.look(identity, self._heard)

    def clock_was_moved(self) -> bool:
        """Whether the wall clock was moved since this was asked last."""
        self.look_at_clock()
        moved, self._moved = self._moved, False
        return moved

    def _enrolled(self) -> Identity | None:
        if not self.profile.recipients:
            self.board.set("hub", Level.OK, f"profile {self.profile.name}: nothing leaves this machine")
            return None
        try:
            identity.finish_destroying(self.folder)
            return identity.load_enrolled(self.folder, self.vault)
        except KeysMissing as missing:
            self.board.set("hub", Level.WAITING, str(missing), missing.remedy)
            return None

    def _sealing(self) -> Sealing | None:
        if self.identity is None:
            return None
        directory = self.identity.directory().directory
        if self.mode.window_s < RELEASE_WINDOW_S and not directory.synthetic:
            raise WrongUse("windows shorter than 300 s are allowed only at synthetic sites")
        return Sealing.to(self.identity.sender(), directory)

    # ---- who speaks for this machine

    @property
    def enrolled_identity(self) -> Identity | None:
        """The enrolled identity; None before an enrollment, and after the hub confirmed that all is erased."""
        return None if self.publisher is not None and self.publisher.unenrolled else self.identity

    @property
    def operator(self) -> str | None:
        """Who receives what leaves; None: nobody."""
        return None if self.enrolled_identity is None else self.enrolled_identity.bundle.operator

    def require_identity(self) -> Identity:
        """The enrolled identity.

        Raises:
            KeysMissing: This machine is not enrolled.
        """
        if self.enrolled_identity is None:
            raise KeysMissing("this machine is not enrolled", remedy=identity.ENROLL)
        return self.enrolled_identity

    # ---- pause and erasure

    @property
    def paused(self) -> bool:
        """Whether measurements are refused now."""
        return not self.awake.is_set()

    def set_paused(self, *, paused: bool) -> None:
        """Stop taking measurements over, or go on."""
        if paused:
            self.awake.clear()
            self.board.set("measuring", Level.WAITING, "paused", "'wardbeat resume' ends the pause.")
        else:
            self.awake.set()
            self.board.set("measuring", Level.OK, "on")

    def forget(self) -> int:
        """Forget every window, those that still wait and the open one too; how many were kept."""
        self.windows.ring.forget()
        self.live, self.last_summary = LiveHeart(), None
        return self.release_queue.forget()

    # ---- the end

    def end_with(self, error: WardbeatError) -> None:
        """End the agent with an error that a command met."""
        if not self._broken.done():
            self._broken.set_exception(error)

    async def until_broken(self) -> None:
        """Ends with the error given to `end_with`."""
        await self._broken
