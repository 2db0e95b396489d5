"""What the camera's process and the agent tell each other: one JSON line each, numbers and names alone."""

import json
from dataclasses import asdict, dataclass
from typing import Any

from agent.perception import engines
from agent.perception.frame_result import AffectFile, Look
from agent.signal.face.actions import ACTIONS
from agent.signal.face.quality import REASONS
from agent.signal.face.shape import Pose
from agent.sources.camera.states import CameraState

LINE_MOST = 8192


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the process is started with.

    Attributes:
        device: See `capture.open_capture`.
        speed: Session seconds a real second.
        bursts: Whether eyes may be read in bursts.
        again: A video file begins again when it ends.
        affect: An external model, or None.
        engine: What reads movements of a face: a row of `agent.perception.engines`.
    """

    device: str
    speed: float = 1.0
    bursts: bool = True
    again: bool = False
    affect: AffectFile | None = None
    engine: str = engines.DEFAULT


@dataclass(frozen=True, slots=True)
class Seen:
    """One look.

    Attributes:
        at_ns: When its frame was taken, on the host's own sleep-proof clock.
        look: What it said.
    """

    at_ns: int
    look: Look


@dataclass(frozen=True, slots=True)
class Told:
    """A state; ``END`` of a file is told as None."""

    state: CameraState | None


Word = Seen | Told | None


def written(word: Word) -> bytes:
    """A line; None is a sign of life."""
    if word is None:
        return b"{}\n"
    if isinstance(word, Told):
        return json.dumps({"state": "END" if word.state is None else word.state.name}).encode() + b"\n"
    return json.dumps({"at_ns": word.at_ns, "look": asdict(word.look)}, separators=(",", ":")).encode() + b"\n"


def read(line: bytes) -> Word:
    """The word of a line. What lies beyond is taken for nobody's: this pipe is the wall between pictures and the agent.

    Raises:
        ValueError: It is none of ours.
    """
    try:
        said = json.loads(line, parse_constant=_no_number)
        if said == {}:
            return None
        if set(said) == {"state"}:
            return Told(None if said["state"] == "END" else CameraState[said["state"]])
        if set(said) != {"at_ns", "look"} or not _is_count(said["at_ns"], 2**62):
            raise TypeError
        return Seen(said["at_ns"], _look(said["look"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("not a message of the camera process") from error


def _look(said: dict[str, Any]) -> Look:
    actions, lids_01, pose = said.pop("actions"), said.pop("lids_01"), said.pop("pose")
    known = (
        _is_count(said["faces"], 1000)
        and (said["gate"] is None or said["gate"] in REASONS)
        and (said["affect_class"] is None or _is_count(said["affect_class"], 100))
        and said["is_covered"] in (True, False)
        and said["searched"] in (True, False)
        and list(actions) == list(ACTIONS)
    )
    if not known:
        raise TypeError
    return Look(
        **said,
        actions={name: None if value is None else _within(value, -0.01, 1.01) for name, value in actions.items()},
        lids_01=None if lids_01 is None else _pair(lids_01),
        pose=None if pose is None else Pose(**{name: _within(value, -7.0, 7.0) for name, value in pose.items()}),
    )


def _pair(said: list[Any]) -> tuple[float, float]:
    left, right = (_within(value, -0.01, 1.01) for value in said)
    return left, right


def _within(value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise TypeError
    return float(value)


def _is_count(value: object, below: int) -> bool:
    return type(value) is int and 0 <= value < below


def _no_number(word: str) -> float:
    raise TypeError(word)


def started_with(line: bytes) -> Wanted:
    """The first line of the process's input, which the agent wrote."""
    said = dict(json.loads(line))
    if said["affect"] is not None:
        said["affect"] = AffectFile(said["affect"]["path"], said["affect"]["sha256"], tuple(said["affect"]["labels"]))
    return Wanted(**said)


def start(wanted: Wanted) -> bytes:
    """The same, written."""
    return json.dumps(asdict(wanted)).encode() + b"\n"
