"""The camera's own process: it alone ever holds a picture, in its memory alone. `camera_serve` starts it.

         reader thread            main thread
    ─▶ grab, grab, grab ──▶ the newest frame, when asked ──▶ look ──▶ held until the next search ──▶ line

A word about a frame leaves when the next search of the whole frame has seen that nobody else is in view.
"""

import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final

import psutil

from agent.errors import EngineMissing, Missing, ModelMissing
from agent.model import NS_PER_S
from agent.perception.affect import Affect
from agent.perception.crops import Frame
from agent.perception.face import Watcher
from agent.perception.frame_result import Look
from agent.sources.camera.capture import CameraFault, Capture, open_capture
from agent.sources.camera.frame_rate import FrameRate, Mode, Strain
from agent.sources.camera.protocol import Seen, Told, Wanted, Word, written
from agent.sources.camera.states import CameraState
from agent.system import host

Opener = Callable[[Wanted], Capture]

_STALE_S: Final = 1.8  # without a new frame, or with the same one again and again
_ALIVE_S: Final = 0.5
_BAD_MOST: Final = 10
_DARK: Final = 8.0
_STRAIN_EVERY_S: Final = 10.0
_HOT_C: Final = 90.0


@dataclass(slots=True)
class _Taken:
    """The newest frame that was asked for."""

    at_ns: int
    frame: Frame | None


class _Reader(threading.Thread):
    """Drains the capture, so that what is decoded is never an old frame out of a buffer."""

    def __init__(self, capture: Capture) -> None:
        super().__init__(name="camera", daemon=True)
        self._capture = capture
        self._asked, self._ready = threading.Event(), threading.Event()
        self._taken = _Taken(0, None)
        self._grabbed_s = time.monotonic()
        self.over: CameraState | None = None
        self.is_over = False

    def run(self) -> None:
        try:
            while self._capture.grab():
                at_ns, self._grabbed_s = host.boottime_ns(), time.monotonic()
                if self._asked.is_set():
                    self._asked.clear()
                    self._taken = _Taken(at_ns, self._capture.retrieve())
                    self._ready.set()
            self.over = CameraState.LOST if self._capture.is_live else None
        except CameraFault as fault:
            self.over = fault.state
        self.is_over = True
        self._ready.set()

    @property
    def is_stale(self) -> bool:
        """Whether no frame came for too long: unplugged, or the driver hangs."""
        return time.monotonic() - self._grabbed_s > _STALE_S

    def next(self, within_s: float) -> _Taken | None:
        """The next frame after now; None when none came in time."""
        self._ready.clear()
        self._asked.set()
        if self.is_over or not self._ready.wait(within_s):
            return None
        return None if self.is_over and self._asked.is_set() else self._taken


class Process:
    """One run of the camera's process.

    Args:
        wanted: From the first line of stdin.
        out: Where words go.
        opener: How a capture is opened; tests hand in their own.
    """

    def __init__(self, wanted: Wanted, out: BinaryIO, opener: Opener = open_capture) -> None:
        self._wanted, self._out, self._opener = wanted, out, opener
        self._watcher: Watcher | None = None
        self._pace = FrameRate(bursts=wanted.bursts)
        self._held: list[Seen] = []
        self._state: CameraState | None = CameraState.OFF
        self._strain, self._strain_s = Strain(), float("-inf")
        self._busy_01 = 0.0
        self._same, self._same_since_s, self._bad = 0, 0.0, 0
        self._said_s = time.monotonic()

    def run(self) -> CameraState | None:
        """Look until something ends it; what ended it, or None for the end of a file."""
        try:
            self._tell(CameraState.OPENING)
            brought = self._brought()
            self._watcher = Watcher(affect=brought, engine=self._wanted.engine)
            capture = self._opener(self._wanted)
        except ModelMissing:
            return CameraState.NO_MODELS
        except EngineMissing:
            return CameraState.NO_ENGINE
        except Missing:
            return CameraState.NO_PARTS
        except CameraFault as fault:
            return fault.state
        reader = _Reader(capture)
        reader.start()
        ended = self._watch(reader, capture, self._watcher)
        self._held.clear()  # no search has seen that nobody else was in view
        if not reader.is_alive():  # a blocked one dies with the process
            capture.close()
        return ended

    def _brought(self) -> Affect | None:
        """The external model, where one is named.

        Raises:
            CameraFault: It cannot be used.
        """
        if self._wanted.affect is None:
            return None
        try:
            return Affect(self._wanted.affect)
        except ModelMissing:
            raise CameraFault(CameraState.NO_AFFECT) from None

    def _watch(self, reader: _Reader, capture: Capture, watcher: Watcher) -> CameraState | None:
        next_s = 0.0
        while not reader.is_over:
            if time.monotonic() - self._said_s > _ALIVE_S:
                self._say(None)
            if reader.is_stale:
                return CameraState.LOST
            wait_s = next_s - time.monotonic()
            if wait_s > 0:
                time.sleep(min(wait_s, _ALIVE_S))
                continue
            taken = reader.next(_ALIVE_S)
            if taken is None:
                continue
            if taken.frame is None or not _is_picture(taken.frame):
                self._bad += 1
                if self._bad > _BAD_MOST:
                    return CameraState.GARBLED
                continue  # the next one at once
            self._bad = 0
            if capture.is_live and self._stands_still(taken.frame):
                return CameraState.FROZEN
            began_s, rate_hz = time.monotonic(), self._pace.rate_hz * self._wanted.speed
            self._look(watcher, taken.frame, taken.at_ns)
            self._busy_01 += 0.1 * ((time.monotonic() - began_s) * rate_hz - self._busy_01)
            next_s = began_s + 1.0 / (self._pace.rate_hz * self._wanted.speed)
        return reader.over

    def _look(self, watcher: Watcher, frame: Frame, at_ns: int) -> None:
        watcher.with_irises = not self._pace.spared
        now_s = at_ns / NS_PER_S * self._wanted.speed
        if self._pace.mode is Mode.IDLE:
            faces = watcher.search(frame)
            watcher.forget()
            look = Look(faces, "several_faces" if faces > 1 else "no_face", searched=True)
        else:
            look = watcher.look(frame, search=self._pace.search_is_due(now_s))
        mode = self._pace.saw(now_s, look.faces, self._measured())
        if self._pace.mode is Mode.TRACK and look.faces == 1 and look.gate == "no_face":
            return  # found by an idle search: the next look reads it
        self._held.append(Seen(at_ns, look))
        if look.searched:
            self._flush(alone=look.faces <= 1)
        self._tell(self._state_of(look, mode, frame))

    def _flush(self, *, alone: bool) -> None:
        """Let held words go: as they are, or without their numbers where somebody else came into view."""
        for seen in self._held:
            look = seen.look if alone else seen.look.withheld(2, "several_faces")
            self._say(Seen(seen.at_ns, look))
        self._held.clear()

    def _state_of(self, look: Look, mode: Mode, frame: Frame) -> CameraState:
        if look.faces > 1:
            return CameraState.SEVERAL
        if look.faces == 0:
            return CameraState.DARK if float(frame[::16, ::16].mean()) < _DARK else CameraState.IDLE
        if look.gate is not None:
            return CameraState.POOR
        if mode is Mode.EYES:
            return CameraState.EYES
        return CameraState.SLOWED if self._pace.spared else CameraState.TRACK

    def _stands_still(self, frame: Frame) -> bool:
        """A live picture is never twice the same, by its noise alone."""
        now_s, mark = time.monotonic(), zlib.crc32(frame[::4, ::4].tobytes())
        if mark != self._same:
            self._same, self._same_since_s = mark, now_s
        return now_s - self._same_since_s > _STALE_S

    def _measured(self) -> Strain:
        now_s = time.monotonic()
        if now_s - self._strain_s > _STRAIN_EVERY_S:
            self._strain_s = now_s
            self._strain = Strain(_battery_01(), hot=_is_hot())
        return Strain(self._strain.on_battery_below_01, self._strain.hot, self._busy_01)

    def _tell(self, state: CameraState | None) -> None:
        if state is not self._state:
            self._state = state
            self._say(Told(state))

    def _say(self, word: Word) -> None:
        self._out.write(written(word))
        self._out.flush()
        self._said_s = time.monotonic()


def _is_picture(frame: Frame) -> bool:
    return frame.ndim == 3 and frame.shape[2] == 3 and min(frame.shape[:2]) >= 64


def _battery_01() -> float | None:
    battery = psutil.sensors_battery() if hasattr(psutil, "sensors_battery") else None
    return None if battery is None or battery.power_plugged is not False else battery.percent / 100.0


def _is_hot() -> bool:
    if not hasattr(psutil, "sensors_temperatures"):
        return False
    return any(one.current > _HOT_C for rows in psutil.sensors_temperatures().values() for one in rows)
