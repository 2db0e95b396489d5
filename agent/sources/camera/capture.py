"""Opening a camera, a video file or a Raspberry Pi's camera module: frames, or the name of what is wrong.

A capture is drained with `grab`, which costs no decoding; `retrieve` decodes the newest frame alone.
"""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from agent.perception.crops import Frame
from agent.sources.camera import access
from agent.sources.camera.frame_rate import EYES_HZ
from agent.sources.camera.protocol import Wanted
from agent.sources.camera.states import CameraState

if TYPE_CHECKING:
    from agent.perception.clips import Clip

WIDTH_PX, HEIGHT_PX = 640, 360


class CameraFault(Exception):
    """The camera cannot be read; `state` says why. Holds no picture and no path."""

    def __init__(self, state: CameraState) -> None:
        super().__init__(state.name)
        self.state = state


class Capture(Protocol):
    """What a source of frames can do. Any of it may raise `CameraFault`.

    Attributes:
        is_live: A camera, whose frames are never twice the same; a file may stand still and is no fault.
    """

    is_live: bool

    def grab(self) -> bool:
        """Wait for the next frame; False when there is none any more."""
        ...

    def retrieve(self) -> Frame | None:
        """Decode the frame that was grabbed last; None where it is no picture."""
        ...

    def close(self) -> None:
        """Let the device go."""
        ...


def open_capture(wanted: Wanted) -> Capture:
    """Open what the settings name.

    Args:
        wanted: Its device is a number (the system's index), a path below /dev, a video file, or ``picamera2``.

    Raises:
        CameraFault: With its state.
    """
    device = wanted.device
    if device == "picamera2":
        return _PiCamera(EYES_HZ)
    if device.isdecimal() or device.startswith("/dev/"):
        return _Camera(device, EYES_HZ)
    return _File(Path(device).expanduser(), wanted.speed, again=wanted.again)


class _OpenCV:
    """What a camera and a file of OpenCV's have in common."""

    _video: Any

    def retrieve(self) -> Frame | None:
        good, frame = self._video.retrieve()
        return frame if good else None

    def close(self) -> None:
        self._video.release()


class _Camera(_OpenCV):
    is_live = True

    def __init__(self, device: str, fps_hz: float) -> None:
        import cv2

        if state := access.shut(device):  # what OpenCV does not tell apart
            raise CameraFault(state)
        self._video = None
        for backend in _backends():
            self._video = cv2.VideoCapture(int(device) if device.isdecimal() else device, backend)
            if self._video.isOpened():
                break
        if self._video is None or not self._video.isOpened():
            # there, but not to be opened; other systems do not say which
            raise CameraFault(CameraState.BUSY if sys.platform == "linux" else CameraState.ABSENT)
        asked = (
            (cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG")),
            (cv2.CAP_PROP_FRAME_WIDTH, WIDTH_PX),
            (cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT_PX),
            (cv2.CAP_PROP_FPS, fps_hz),
            (cv2.CAP_PROP_BUFFERSIZE, 1),
        )
        for name, value in asked:
            self._video.set(name, value)
        if not self._video.grab():  # a second reader gets as far as here
            self._video.release()
            raise CameraFault(CameraState.BUSY)

    def grab(self) -> bool:
        return bool(self._video.grab())


class _File:
    """A video file at its own pace, from its beginning to its end, or again and again."""

    is_live = False

    def __init__(self, path: Path, speed: float, *, again: bool) -> None:
        if not path.is_file():
            raise CameraFault(CameraState.NO_FILE)
        self._path, self._again = path, again
        self._video = self._opened()
        self._apart_s = 1.0 / self._video.rate_hz / speed
        self._next_s = time.monotonic()

    def grab(self) -> bool:
        wait_s = self._next_s - time.monotonic()
        if wait_s > 0:
            time.sleep(wait_s)
        self._next_s += self._apart_s
        if self._video.grab():
            return True
        if not self._again:
            return False
        self._video.close()
        self._video = self._opened()
        return self._video.grab()

    def retrieve(self) -> Frame | None:
        from agent.perception.clips import ColoursRefused

        try:
            return self._video.retrieve()
        except ColoursRefused:
            raise CameraFault(CameraState.COLOURS) from None

    def close(self) -> None:
        self._video.close()

    def _opened(self) -> "Clip":
        # a camera needs none of it, and it takes 25 MB
        from agent.perception.clips import Clip, ClipUnreadable

        try:
            return Clip(self._path)
        except ClipUnreadable:
            raise CameraFault(CameraState.UNREADABLE) from None


class _PiCamera:
    """The camera module of a Raspberry Pi, which OpenCV cannot open (opencv#22820: libcamera)."""

    is_live = True

    def __init__(self, fps_hz: float) -> None:
        try:
            from picamera2 import Picamera2
        except ModuleNotFoundError:
            raise CameraFault(CameraState.NO_PARTS) from None
        try:
            self._camera: Any = Picamera2()
            period_us = round(1e6 / fps_hz)
            self._camera.configure(
                self._camera.create_video_configuration(
                    main={"size": (WIDTH_PX, HEIGHT_PX), "format": "RGB888"},
                    controls={"FrameDurationLimits": (period_us, period_us)},
                )
            )
            self._camera.start()
        except (RuntimeError, IndexError):
            raise CameraFault(CameraState.BUSY) from None
        self._frame: Frame | None = None

    def grab(self) -> bool:
        self._frame = self._camera.capture_array("main")
        return self._frame is not None

    def retrieve(self) -> Frame | None:
        return self._frame

    def close(self) -> None:
        self._camera.close()


def _backends() -> tuple[int, ...]:
    import cv2

    if sys.platform == "win32":
        return (cv2.CAP_MSMF, cv2.CAP_DSHOW)
    return (cv2.CAP_AVFOUNDATION,) if sys.platform == "darwin" else (cv2.CAP_V4L2,)
