"""SOURCES: one row a sensor. A source's module is loaded through its row and nowhere else."""

import importlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Final

from agent.errors import ConfigInvalid
from agent.model import Sample
from agent.perception.frame_result import AffectFile
from agent.signal.face.actions import MOVED
from agent.sources.camera.child import Eyes
from agent.sources.context import Radio, Surroundings

__all__ = ["SOURCES", "AffectFile", "Eyes", "Radio", "SourceSpec", "Surroundings", "module", "samples", "settings_type"]


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """One row.

    Attributes:
        name: As in the configuration.
        module: Where ``Settings`` (a frozen dataclass) and ``samples(settings, surroundings)`` stand.
        channels: What it yields.
        ends: Whether it comes to an end by itself.
        signal: What the person consents to, as in FEATURES.
        needs_consent: Where data may leave at all, it is not even opened before a consent to its signal stands.
        words: What the person reads before switching it on.
    """

    name: str
    module: str
    channels: tuple[str, ...]
    ends: bool
    words: str
    signal: str = "heart"
    needs_consent: bool = False


SOURCES: Final[dict[str, SourceSpec]] = {
    spec.name: spec
    for spec in (
        SourceSpec(
            name="replay",
            module="agent.sources.replay",
            channels=("rr_ms",),
            ends=True,
            words="Plays a recording of beat intervals as if a strap were worn now.",
        ),
        SourceSpec(
            name="ble_strap",
            module="agent.sources.strap.ble_strap",
            channels=("rr_ms", "gap_ms"),
            ends=False,
            words="Reads the beat intervals of your own Bluetooth heart-rate strap, and no other strap's.",
        ),
        SourceSpec(
            name="webcam",
            module="agent.sources.camera.webcam",
            channels=(
                "face_present_01",
                "lower_face_valid_01",
                "jaw_open_01",
                "lid_shut_01",
                "gaze_away_01",
                "head_deg_per_s",
                "affect_class_index",
                *(f"{name}_x" for name in MOVED),
            ),
            ends=False,
            words="Reads movements of your face and lids through the camera. Pictures stay in one process's memory.",
            signal="face",
            needs_consent=True,
        ),
    )
}


def settings_type(name: str) -> type[Any]:
    """The Settings dataclass of a source.

    Raises:
        ConfigInvalid: No such row.
    """
    return module(name).Settings  # type: ignore[no-any-return]


def samples(name: str, settings: object, around: Surroundings) -> AsyncGenerator[Sample, None]:
    """Open a source; closing the generator closes the sensor.

    Raises (while reading):
        SourceUnavailable, RecordingUnreadable: With a remedy.
    """
    return module(name).samples(settings, around)  # type: ignore[no-any-return]


def module(name: str) -> Any:
    """A source's module: what `scan` and `doctor` ask for more than samples.

    Raises:
        ConfigInvalid: No such row.
    """
    if name not in SOURCES:
        raise ConfigInvalid(f"there is no source {name!r}", remedy=f"Choose one of {', '.join(SOURCES)}.")
    return importlib.import_module(SOURCES[name].module)
