"""Pictures and clips from files, for `wardbeat analyze`: read, looked at, let go."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.errors import RecordingUnreadable
from agent.perception.crops import Frame

os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

_MOST_BYTES: Final = 200_000_000
_LONGEST_PX: Final = 1920  # larger pictures are made smaller: nothing here needs more
_RATE_HZ: Final = (1.0, 240.0)


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of a clip."""

    t_s: float
    frame: Frame


def picture(file: Path) -> Frame:
    """One picture.

    Raises:
        RecordingUnreadable: It is not there, or no picture.
    """
    import cv2

    try:
        if file.stat().st_size > _MOST_BYTES:
            raise RecordingUnreadable(f"{file.name}: larger than 200 MB", remedy="Give a smaller picture.")
        content = file.read_bytes()
    except OSError as error:
        raise RecordingUnreadable(f"{file}: {error.strerror}", remedy="Check the path.") from error
    try:
        read = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error:
        read = None
    if read is None or min(read.shape[:2]) < 2:
        raise RecordingUnreadable(f"{file.name}: not a picture that can be read", remedy="JPEG and PNG can.")
    return _not_too_large(read)


def clip(file: Path) -> Iterator[Shot]:
    """Frames of a clip, oldest first; a frame that is broken is left out.

    Raises:
        RecordingUnreadable: It is not there, or no clip, or holds no frame.
    """
    import cv2

    if not file.is_file():
        raise RecordingUnreadable(f"{file}: no such file", remedy="Check the path.")
    video = cv2.VideoCapture(str(file.absolute()), cv2.CAP_FFMPEG)
    try:
        rate_hz = float(video.get(cv2.CAP_PROP_FPS)) if video.isOpened() else 0.0
        rate_hz = rate_hz if _RATE_HZ[0] <= rate_hz <= _RATE_HZ[1] else 25.0
        place, shown = 0, 0
        while video.isOpened() and video.grab():
            good, frame = video.retrieve()
            if good and frame is not None and frame.ndim == 3:
                shown += 1
                yield Shot(place / rate_hz, _not_too_large(frame))
            place += 1
        if not shown:
            raise RecordingUnreadable(f"{file.name}: not a clip that can be read", remedy="MP4, AVI and WebM can.")
    finally:
        video.release()


def _not_too_large(frame: Any) -> Frame:
    import cv2

    longest = max(frame.shape[:2])
    if longest <= _LONGEST_PX:
        return np.asarray(frame)
    scale = _LONGEST_PX / longest
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
