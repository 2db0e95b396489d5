"""What the camera's process and the agent tell each other: one JSON line each, numbers and names alone."""

import json
from dataclasses import asdict, dataclass

from agent.perception.look import AffectFile, Look
from agent.signal.face_shape import Pose
from agent.sources.camera_states import CameraState

LINE_MOST = 8192


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the process is started with.

    Attributes:
        device: See `capture.open_capture`.
        speed: Session seconds a real second.
        bursts: Whether eyes may be read in bursts.
        again: A video file begins anew when it ends.
        affect: An external model, or None.
    """

    device: str
    speed: float = 1.0
    bursts: bool = True
    again: bool = False
    affect: AffectFile | None = None


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
    """The word of a line.

    Raises:
        ValueError: It is none of ours.
    """
    try:
        said = json.loads(line)
        if not isinstance(said, dict):
            raise TypeError
        if "state" in said:
            return Told(None if said["state"] == "END" else CameraState[said["state"]])
        if "look" not in said:
            return None
        look = dict(said["look"])
        look["pose"] = None if look["pose"] is None else Pose(**look["pose"])
        look["lids_01"] = None if look["lids_01"] is None else (look["lids_01"][0], look["lids_01"][1])
        return Seen(int(said["at_ns"]), Look(**look))
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ValueError("no word of the camera's process") from error


def started_with(line: bytes) -> Wanted:
    """The first line of the process's input."""
    said = dict(json.loads(line))
    if said["affect"] is not None:
        said["affect"] = AffectFile(said["affect"]["path"], said["affect"]["sha256"], tuple(said["affect"]["labels"]))
    return Wanted(**said)


def start(wanted: Wanted) -> bytes:
    """The same, written."""
    return json.dumps(asdict(wanted)).encode() + b"\n"
