"""What a demo is asked to do, checked before anything starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.errors import Missing, WrongUse
from agent.system.clock import SessionClock
from agent.system.installation import how_to_add

if TYPE_CHECKING:
    from firmware_sim.physiology import Beat

SCRIPT: Final = "rest:420,mental_load:420,rest:360"
_PARTS: Final = ("amqtt", "bumble", "rich", "sqlalchemy")
_FACE_PARTS: Final = ("cv2", "ai_edge_litert", "onnxruntime", "psutil", "skimage")


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for.

    Attributes:
        minutes: Real ones.
        speed: Session seconds a real second.
        replay: A recording for the strap; None: a synthetic heart.
        seed: Of the synthetic heart.
        faults: A timeline of what goes wrong with the strap.
        keep: Leave the folder where it is, and say where.
        picture: Where the live view is saved as SVG.
        face: A simulated face before the camera, too.
        page: The person's page opens, in their browser; "print": its file is named.
    """

    minutes: float
    speed: float
    replay: Path | None = None
    seed: int = 1
    faults: Path | None = None
    keep: bool = False
    picture: Path | None = None
    face: bool = False
    page: str = ""

    @property
    def span_s(self) -> float:
        """Session seconds."""
        return self.minutes * 60 * self.speed


def checked(options: DemoOptions) -> "tuple[Any, Iterator[Beat]]":
    """Faults and body; what cannot be used is refused before anything starts."""
    wanted = (*_PARTS, *_FACE_PARTS) if options.face else _PARTS
    if absent := [name for name in wanted if find_spec(name) is None]:
        words = f"packages for the demo are not installed: {', '.join(absent)}"
        raise Missing(words, remedy=how_to_add("demo,camera" if options.face else "demo"))
    if options.face:
        from agent.perception import store

        for file in store.manifest().files:
            store.verified(file)
    from firmware_sim import faults, physiology, recording

    SessionClock(speed=options.speed)
    if options.seed < 0:
        raise WrongUse(f"--seed {options.seed} is below 0")
    try:
        timeline = faults.timeline(options.faults) if options.faults is not None else ()
        if any(fault.strap for fault in timeline):
            raise ValueError(f"{options.faults}: the demo has one strap, number 0")
        if options.replay is None:
            return timeline, physiology.Physiology(physiology.phases(SCRIPT), options.seed).beats()
        read = recording.beats(options.replay)
    except OSError as error:
        raise WrongUse(f"{options.replay}: {error.strerror}", remedy="Check the path after --replay.") from error
    except ValueError as error:
        raise WrongUse(str(error), remedy="'wardbeat demo --help' describes these files.") from error
    if read[0].end_s > options.span_s:
        raise WrongUse("the demo is too short for the recording's first beat", remedy="Increase --minutes.")
    return timeline, iter(read)
