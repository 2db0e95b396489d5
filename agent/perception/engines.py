"""ENGINES: what reads movements out of a face that the gates let through; ``face.engine`` of the settings names a row.

Finding faces, following one, light, pose and covers are the same for every engine, and so are the gates. An engine is
given a face that passed the gates and says which movements it shows. A new one is a file beside this one, and a row.

This module loads no engine and no library of pictures: the settings and `doctor` read it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module, metadata
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Protocol

from agent.errors import EngineMissing
from agent.system.installation import how_to_add

if TYPE_CHECKING:
    from agent.perception.crops import Frame
    from agent.perception.expression import Expressed, Expression, Laid

DEFAULT: Final = "litert"


class Reader(Protocol):
    """An engine at work."""

    def __call__(self, frame: "Frame", laid: "Laid", *, with_eyes: bool) -> "Expressed | None":
        """Movements of a face; None where the engine sees none there.

        Args:
            frame: As `agent.perception.crops`.
            laid: The face's points, in px of the frame.
            with_eyes: Whether lids and gaze are wanted.
        """
        ...


@dataclass(frozen=True, slots=True)
class Engine:
    """One row.

    Attributes:
        name: As in the settings.
        words: What it is.
        reader: Module and class that read; made with the `Expression` that judges covers.
        package: What is to be installed, as pip names it; empty: nothing beside the camera's packages.
        modules: What must be importable.
        releases: First and last release that was found silent on the network, or None.
        extra: The extra of this program that brings it.
        file: A file of the manifest that it needs and that no wheel carries; empty: none.
    """

    name: str
    words: str
    reader: str
    package: str = ""
    modules: tuple[str, ...] = ()
    releases: tuple[str, str] | None = None
    extra: str = "camera"
    file: str = ""

    @property
    def install(self) -> str:
        """What a person types to have it."""
        return how_to_add(self.extra)


ENGINES: Final[dict[str, Engine]] = {
    engine.name: engine
    for engine in (
        Engine(
            name=DEFAULT,
            words="MediaPipe's landmark and iris models and our own nets, by LiteRT",
            reader="agent.perception.read_litert:LiteRtReader",
        ),
        Engine(
            name="mediapipe",
            words="FaceLandmarker of the mediapipe package: its blendshapes",
            reader="agent.perception.read_mediapipe:MediaPipeReader",
            package="mediapipe",
            modules=("mediapipe",),
            # 0.10.35 carries a logger and an address of its vendor, 1.0 and later report to it
            releases=("0.10.18", "0.10.33"),
            extra="mediapipe",
            file="face_landmarker.task",
        ),
    )
}


def opened(name: str, expression: "Expression") -> Reader:
    """An engine, ready to read.

    Raises:
        EngineMissing: Its package is not installed, or a release that is not silent is.
        ModelMissing: Its model is not on this machine.
    """
    engine = ENGINES[name]
    must_be_installed(engine)
    module, _, what = engine.reader.partition(":")
    made: Reader = getattr(import_module(module), what)(expression)
    return made


def must_be_installed(engine: Engine) -> str:
    """Its release, for `doctor`; empty where nothing is to be installed.

    Raises:
        EngineMissing: Its package is not installed, or a release that is not silent is.
    """
    instead = f", or remove face.engine from the settings ({DEFAULT} is used then)"
    if any(find_spec(module) is None for module in engine.modules):
        raise EngineMissing(
            f"face.engine is {engine.name}, but its package is not installed", remedy=f"Run {engine.install}{instead}."
        )
    if not engine.package or engine.releases is None:
        return ""
    installed = metadata.version(engine.package)
    first, last = engine.releases
    if not _parts(first) <= _parts(installed) <= _parts(last):
        raise EngineMissing(
            f"{engine.package} {installed} is installed; only {first} to {last} were found to make no connection",
            remedy=f"Run {engine.install}{instead}.",
        )
    return installed


def _parts(release: str) -> tuple[int, ...]:
    return tuple(_number(part) for part in release.split("."))


def _number(part: str) -> int:
    digits = "".join(_leading_digits(part))
    return int(digits) if digits else 0


def _leading_digits(part: str) -> Iterable[str]:
    for letter in part:
        if not letter.isdigit():
            return
        yield letter
