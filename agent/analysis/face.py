"""`wardbeat analyze --video FILE` and `--images A B …`: the same eyes over a clip or photos, offline.

Actions are raw, as a face shows them, so that a short file says something; windows are against the neutral of the file
itself, learnt from all of it. Nothing of a picture is kept, printed or written. What is printed: `analyze_face_words`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.analysis.windowing import spans
from agent.errors import Missing, RecordingUnreadable
from agent.features import compute_all
from agent.model import NS_PER_S, FeatureValue, Series, Window
from agent.perception.frame_result import Look
from agent.signal.face.baseline import LEARN_S
from agent.signal.face.relative import RelativeFace
from agent.system.installation import how_to_add

_LEAST_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class SeenFrame:
    """A frame of a clip, or a photo.

    Attributes:
        name: Of the photo's file; empty for a clip.
        t_s: Since the clip's start; 0 for a photo.
        look: What it said.
    """

    name: str
    t_s: float
    look: Look


@dataclass(frozen=True, slots=True)
class Watched:
    """A clip.

    Attributes:
        frames: Each of its frames.
        windows: (start, end, values), in s.
    """

    frames: list[SeenFrame]
    windows: list[tuple[float, float, tuple[FeatureValue, ...]]]


def video(file: Path, window_s: float, step_s: float | None) -> Watched:
    """Every frame of a clip, and its windows.

    Raises:
        RecordingUnreadable: No clip.
        ModelMissing: The face models are not there.
        Missing: The camera's parts are not installed.
    """
    watcher, pictures = _parts()
    frames = [SeenFrame("", shot.t_s, watcher.look(shot.frame)) for shot in pictures.clip(file)]
    return Watched(frames, list(_windows(frames, window_s, step_s)))


def images(files: Sequence[Path]) -> tuple[list[SeenFrame], list[RecordingUnreadable]]:
    """Each photo for itself, and why some are none.

    Raises:
        ModelMissing, Missing: As `video`.
    """
    watcher, pictures = _parts()
    seen, refused = [], []
    for file in files:
        try:
            look = watcher.look_once(pictures.picture(file))
        except RecordingUnreadable as error:
            refused.append(error)
            look = Look(0, "unreadable")
        seen.append(SeenFrame(str(file), 0.0, look))
    return seen, refused


def _parts() -> tuple[Any, Any]:
    try:
        from agent.perception import image_files as pictures
        from agent.perception.face import Watcher

        return Watcher(), pictures
    except ModuleNotFoundError as error:
        raise Missing("the camera packages are not installed", remedy=how_to_add("camera")) from error


def _windows(
    frames: list[SeenFrame], window_s: float, step_s: float | None
) -> Iterator[tuple[float, float, tuple[FeatureValue, ...]]]:
    """As those of a strap; of a clip shorter than a window, one window over all of it."""
    if not frames:
        return
    apart_s = frames[-1].t_s / (len(frames) - 1) if len(frames) > 1 else 1.0
    length_s = frames[-1].t_s + apart_s
    window_s = min(window_s, length_s)
    channels = _channels(frames)
    for span in spans(length_s, window_s, step_s or window_s):
        yield span.start_s, span.end_s, compute_all(_window(channels, span.start_s, span.end_s))


def _channels(frames: list[SeenFrame]) -> dict[str, list[tuple[float, float]]]:
    """Twice through: once to learn the neutral of all of it, once to tell."""
    good = [seen for seen in frames if seen.look.gate is None and seen.look.pose is not None]
    good_s = sum(min(1.0, later.t_s - one.t_s) for one, later in pairwise(good))
    own = RelativeFace(max(_LEAST_S, min(LEARN_S, 0.9 * good_s)))
    for _ in _told(own, good):
        pass
    made: dict[str, list[tuple[float, float]]] = {}
    for seen in frames:
        made.setdefault("face_present_01", []).append((seen.t_s, float(seen.look.faces == 1)))
    for t_s, channel, value in _told(own, good):
        made.setdefault(channel, []).append((t_s, value))
    return made


def _told(own: RelativeFace, good: Iterable[SeenFrame]) -> Iterator[tuple[float, str, float]]:
    for seen in good:
        look = seen.look
        yield seen.t_s, "lower_face_valid_01", float(not look.is_covered)
        if look.pose is not None:
            for channel, value in own.channels(seen.t_s, look.actions, look.lids_01, look.pose):
                yield seen.t_s, channel, value


def _window(channels: dict[str, list[tuple[float, float]]], start_s: float, end_s: float) -> Window:
    series = {}
    for channel, told in channels.items():
        inside = [(t_s, value) for t_s, value in told if start_s <= t_s < end_s]
        if inside:
            t_ns = np.array([round(t_s * NS_PER_S) for t_s, _ in inside], dtype=np.int64)
            values = np.array([value for _, value in inside], dtype=np.float64)
            series[channel] = Series(t_ns, values, np.ones(t_ns.size, dtype=bool))
    return Window(round(start_s * NS_PER_S), round(end_s * NS_PER_S), series)
