"""Pictures and clips from files, for `wardbeat analyze`: read, looked at, let go."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.errors import RecordingUnreadable
from agent.perception.crops import Frame

_MOST_BYTES: Final = 200_000_000
_LONGEST_PX: Final = 1920  # larger pictures are made smaller: nothing here needs more


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame of a clip."""

    t_s: float
    frame: Frame


def picture(file: Path) -> Frame:
    """One picture.

    Raises:
        RecordingUnreadable: It is not there, or no picture, or one of more than 60 million pixels.
    """
    import cv2

    _must_be_a_file(file)
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise RecordingUnreadable(f"{file}: {error.strerror}", remedy="Check the path.") from error
    if len(content) > _MOST_BYTES:
        raise RecordingUnreadable(f"{file}: larger than 200 MB", remedy="Use a smaller picture.")
    try:
        read = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error:
        read = None
    if read is None or min(read.shape[:2]) < 2:
        raise RecordingUnreadable(f"{file}: this picture cannot be read", remedy="Use JPEG or PNG.")
    return _not_too_large(read)


def clip(file: Path) -> Iterator[Shot]:
    """Frames of a clip, oldest first, with the times that the clip gives them; a frame that is broken is left out.

    Raises:
        RecordingUnreadable: It is not there, or no clip, or holds no frame, or its colours cannot be read.
    """
    _must_be_a_file(file)
    from agent.perception.clips import Clip, ClipUnreadable, ColoursRefused

    remedy = "Use MP4, AVI or WebM."
    try:
        video = Clip(file)
    except ClipUnreadable as error:
        raise RecordingUnreadable(f"{file}: this clip cannot be read: {error}", remedy=remedy) from error
    try:
        apart_s = 1.0 / video.rate_hz
        t_s, shown, first_s = -apart_s, 0, math.nan
        while video.grab():
            first_s = video.t_s if math.isnan(first_s) else first_s
            told_s = video.t_s - first_s
            t_s = told_s if told_s > t_s and math.isfinite(told_s) else t_s + apart_s
            frame = video.retrieve()
            if frame is not None:
                shown += 1
                yield Shot(t_s, _not_too_large(frame))
        if not shown:
            raise RecordingUnreadable(f"{file}: this clip cannot be read: no frame can be decoded", remedy=remedy)
    except ColoursRefused as error:
        raise RecordingUnreadable(
            f"{file}: this clip cannot be read: {error}", remedy="Save it in usual colours (SDR, BT.709)."
        ) from error
    finally:
        video.close()


def _must_be_a_file(file: Path) -> None:
    if not file.exists():
        raise RecordingUnreadable(f"{file}: no such file", remedy="Check the path.")
    if not file.is_file():
        raise RecordingUnreadable(f"{file}: not a file", remedy="Give a picture or a clip on this disk.")


def _not_too_large(frame: Any) -> Frame:
    import cv2

    longest = max(frame.shape[:2])
    if longest <= _LONGEST_PX:
        return np.asarray(frame)
    scale = _LONGEST_PX / longest
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA))
