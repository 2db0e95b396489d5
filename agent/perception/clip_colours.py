"""Frames of a clip as pictures, in the colours that the clip's own tags name; or the reason why not.

A clip stores brightness and colour differences. Which matrix turns them into red, green and blue, and whether black is
16 or 0, only its tags say: read by the wrong ones, skin turns greenish and light gates shift.

Source:
    Matrices: ITU-R BT.601-7, BT.709-6; tags: ISO/IEC 23091-2 (H.273). A clip without a tag is taken as players take it:
    BT.709 from 720 lines on, BT.601 below; limited range, but for formats that are full by definition.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.perception.crops import Frame

_UNSTATED: Final = 2
_HIGH_DEFINITION: Final = 720  # lines
# H.273 matrix number: the converter's own number of it (libswscale's)
_MATRICES: Final = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7}
_BT601, _BT709 = 5, 1
_BRIGHTNESS: Final = {16: "PQ (HDR)", 18: "HLG (HDR)"}
_WIDE: Final = 9
_NAMES: Final = {8: "YCgCo", 9: "BT.2020", 10: "BT.2020", 14: "ICtCp"}
_LIMITED, _FULL = 1, 2


class ColoursRefused(Exception):
    """The clip's colours are of a kind that is not read; the message says which."""


def picture(frame: Any, pixel_aspect: float = 1.0) -> Frame:
    """A decoded frame in OpenCV's order (blue, green, red), upright, with square pixels.

    Args:
        frame: PyAV's.
        pixel_aspect: Width of a pixel over its height, as the clip says.

    Raises:
        ColoursRefused: HDR, wide gamut, or a matrix that is not read; or a turn that is no quarter.
    """
    options: dict[str, Any] = {"format": "bgr24", "dst_color_range": _FULL, "threads": 1}
    _must_be_usual(frame)
    if not frame.format.is_rgb:
        matrix = _matrix(frame)
        options |= {"src_colorspace": matrix, "dst_colorspace": matrix, "src_color_range": _range(frame)}
    if pixel_aspect != 1:
        options["width"] = max(2, round(frame.width * pixel_aspect))
    return _upright(np.asarray(frame.reformat(**options).to_ndarray()), frame)


def _must_be_usual(frame: Any) -> None:
    if reason := _BRIGHTNESS.get(int(frame.color_trc)):
        raise ColoursRefused(f"its brightness is coded as {reason}")
    if int(frame.color_primaries) == _WIDE:
        raise ColoursRefused("its colours are those of BT.2020 (wide gamut)")


def _matrix(frame: Any) -> int:
    stated = int(frame.colorspace)
    if stated == _UNSTATED:
        return _BT709 if frame.height >= _HIGH_DEFINITION else _BT601
    if stated not in _MATRICES:
        raise ColoursRefused(f"its colour matrix is {_NAMES.get(stated, f'number {stated} of H.273')}")
    return _MATRICES[stated]


def _range(frame: Any) -> int:
    stated = int(frame.color_range)
    if stated in (_LIMITED, _FULL):
        return stated
    return _FULL if frame.format.name.startswith(("yuvj", "gray")) else _LIMITED


def _upright(shown: Frame, frame: Any) -> Frame:
    """Turned and mirrored as the clip says: ``(x, y)`` of its picture lies at ``(a x + c y, b x + d y)``."""
    a, b, c, d = _turn(frame)
    if abs(a) + abs(d) < abs(b) + abs(c):
        shown, right, down = np.asarray(cv2.transpose(shown), dtype=np.uint8), c, b
    else:
        right, down = a, d
    if right < 0 or down < 0:
        both, across = right < 0 and down < 0, right < 0
        shown = np.asarray(cv2.flip(shown, -1 if both else 1 if across else 0), dtype=np.uint8)
    return np.ascontiguousarray(shown)


def _turn(frame: Any) -> tuple[float, float, float, float]:
    matrix = next((data for data in frame.side_data if data.type.name == "DISPLAYMATRIX"), None)
    if matrix is None:
        return 1.0, 0.0, 0.0, 1.0
    stated: NDArray[np.int32] = np.frombuffer(bytes(matrix), dtype=np.int32)
    a, b, _, c, d = (float(one) / 65536 for one in stated[:5])
    largest, smallest = max(abs(a), abs(b)), min(abs(a), abs(b))
    if not largest or smallest > 0.02 * largest:
        raise ColoursRefused("its picture is turned by an angle that is no quarter turn")
    return a, b, c, d
