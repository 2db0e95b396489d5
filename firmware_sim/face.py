"""A simulated face: a public-domain portrait (NASA, inside scikit-image's wheel) that moves, smiles, blinks and yawns.

Everything is put into the picture by known displacements, so that what the agent reads can be compared with it:

    second   0      8     16    24     32     40     48    60, again
             still  smile still brows up  mouth open  lids shut, slowly    blinks all along, the head sways
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

CYCLE_S: Final = 60.0
WIDTH_PX, HEIGHT_PX = 640, 360
Frame = NDArray[np.uint8]

# where things lie in the portrait, by hand, in px: outer and inner corner of each eye, upper and lower lid
_EYES: Final = (((194.0, 101.5), (213.0, 104.0), 97.5, 105.0), ((237.0, 105.0), (257.0, 104.0), 99.5, 107.5))
_CORNERS: Final = ((200.0, 140.0), (246.0, 142.0))
_BROWS: Final = ((197.0, 87.0), (209.0, 90.0), (243.0, 91.0), (255.0, 89.0))
_LIP_Y, _CHIN_Y, _MOUTH_X = 146.0, 178.0, 223.0
_EYE_PX: Final = 63.0
_BLINK_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Shown:
    """What the face does at a moment; all 0 to 1 but the head's place, in px."""

    smile_01: float
    brows_01: float
    jaw_01: float
    shut_01: float
    x_px: float
    y_px: float


def shown(t_s: float) -> Shown:
    """The script.

    >>> shown(0.0).smile_01, round(shown(12.0).smile_01, 2)
    (0.0, 1.0)
    """
    at_s = t_s % CYCLE_S
    blink_s = (t_s + 1.0) % 4.0
    blink_01 = math.sin(math.pi * blink_s / _BLINK_S) if blink_s < _BLINK_S else 0.0
    return Shown(
        smile_01=_hill(at_s, 8.0, 16.0),
        brows_01=_hill(at_s, 24.0, 32.0),
        jaw_01=_hill(at_s, 34.0, 42.0),
        shut_01=max(blink_01, _hill(at_s, 46.0, 56.0)),
        x_px=6.0 * math.sin(2 * math.pi * t_s / 11.0),
        y_px=3.0 * math.sin(2 * math.pi * t_s / 7.0),
    )


def _hill(at_s: float, start_s: float, end_s: float) -> float:
    """Up within two seconds, held, and down again."""
    edge_s = 2.0
    inside_01 = min(at_s - start_s, end_s - at_s) / edge_s
    return 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, inside_01)))


class Portrait:
    """The portrait, ready to be moved.

    Raises:
        ModuleNotFoundError: scikit-image or OpenCV is not installed.
    """

    def __init__(self) -> None:
        from skimage import data

        portrait: Any = data.astronaut

        picture = np.ascontiguousarray(portrait()[:HEIGHT_PX, :, ::-1])
        side = (WIDTH_PX - picture.shape[1]) // 2
        self._picture = np.pad(picture, ((0, 0), (side, side), (0, 0)), mode="edge")
        self._left = float(side)
        # movements are worked out where the face is, not on the whole picture
        self._face = (slice(40, 280), slice(side + 130, side + 320))
        rows, columns = np.mgrid[self._face]
        self._y, self._x = rows.astype(np.float32), columns.astype(np.float32)

    def frame(self, now: Shown) -> Frame:
        """One picture of it, uint8, shape (360, 640, 3), blue first."""
        import cv2

        map_x, map_y = self._x, self._y
        bumps = [((x, y), (9.0 * side, -9.0)) for (x, y), side in zip(_CORNERS, (-1, 1), strict=True)]
        # the portrait smiles: at rest its corners are drawn down and in, and its own smile is the whole of it
        map_x, map_y = self._bumped(map_x, map_y, bumps, 0.7 * (now.smile_01 - 1.0), 12.0)
        map_x, map_y = self._bumped(map_x, map_y, [(place, (0.0, -7.0)) for place in _BROWS], now.brows_01, 7.0)
        map_y, mouth = self._opened(map_x, map_y, now.jaw_01)
        for eye in _EYES:
            map_y = self._shut(map_x, map_y, eye, now.shut_01)
        face = cv2.remap(self._picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside = np.array([35.0, 30.0, 80.0], dtype=np.float32)
        picture = self._picture.copy()
        picture[self._face] = face * (1 - mouth) + inside * mouth
        sway = np.array([[1.0, 0.0, now.x_px], [0.0, 1.0, now.y_px]])
        swayed = cv2.warpAffine(picture, sway, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(swayed, dtype=np.uint8)

    def _bumped(self, map_x: Any, map_y: Any, bumps: list[Any], size_01: float, wide_px: float) -> tuple[Any, Any]:
        for (x, y), (dx, dy) in bumps if size_01 else ():
            away = (map_x - self._left - x - dx * size_01) ** 2 + (map_y - y - dy * size_01) ** 2
            near = np.exp(-away / (2 * wide_px**2)) * np.float32(size_01)
            map_x, map_y = map_x - near * np.float32(dx), map_y - near * np.float32(dy)
        return map_x, map_y

    def _opened(self, map_x: Any, map_y: Any, size_01: float) -> tuple[Any, Any]:
        """The lower lip and the chin go down; between the lips lies the mouth's inside, shape (h, w, 1)."""
        across = np.clip(1 - ((map_x - self._left - _MOUTH_X) / 22.0) ** 2, 0.0, None) ** 0.5
        drop = np.float32(22.0 * size_01)
        down = drop * np.exp(-(((map_x - self._left - _MOUTH_X) / 40.0) ** 4))
        deep = np.clip((map_y - _LIP_Y) / 34.0, 0.0, 1.0)
        fade = np.clip((_CHIN_Y + 60.0 - map_y) / 50.0, 0.0, 1.0)
        low = _LIP_Y + drop * across
        mouth = np.clip(np.minimum(map_y - _LIP_Y, low - map_y), 0.0, 1.0)[..., np.newaxis]
        below = map_y > low
        return np.where(below, map_y - down * (across + (1 - across) * deep) * fade, map_y).astype(np.float32), mouth

    def _shut(self, map_x: Any, map_y: Any, eye: Any, size_01: float) -> Any:
        """The skin above the eye comes down over it."""
        (x0, _), (x1, _), top, low = eye
        mid, half = (x0 + x1) / 2, (x1 - x0) / 2 + 1.0
        across = np.clip(1 - ((map_x - self._left - mid) / half) ** 2, 0.0, None) ** 0.5
        upper, lower = low - (low - top) * across, np.float32(low)
        now = upper + size_01 * (lower - upper)
        crease = np.float32(top - 6.0)
        above = (map_y > crease) & (map_y < now) & (across > 0)
        drawn = crease + (map_y - crease) * (upper - crease) / np.maximum(now - crease, 1e-3)
        return np.where(above, np.minimum(drawn, upper - 1.0), map_y).astype(np.float32)


def frames(seconds: float, fps_hz: float) -> Iterator[Frame]:
    """The script from its beginning."""
    portrait = Portrait()
    for number in range(round(seconds * fps_hz)):
        yield portrait.frame(shown(number / fps_hz))


def write_clip(file: Path, seconds: float = CYCLE_S, fps_hz: float = 6.0) -> None:
    """A clip (Motion JPEG) that a camera's process can play.

    Raises:
        OSError: It cannot be written.
    """
    import cv2

    clip: Any = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), fps_hz, (WIDTH_PX, HEIGHT_PX))
    if not clip.isOpened():
        raise OSError(f"{file.name} cannot be written")
    try:
        for frame in frames(seconds, fps_hz):
            clip.write(frame)
    finally:
        clip.release()
