"""SOURCES: one row a sensor. A source's modules are loaded through its row and nowhere else."""

import importlib
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Any, Final

from agent.errors import ConfigInvalid, WrongUse
from agent.model import Sample
from agent.perception.frame_result import AffectFile
from agent.signal.face.actions import MOVED
from agent.sources.camera.child import Eyes
from agent.sources.context import Radio, Surroundings
from agent.sources.spec import FoundDevice, Pairing, SensorCheck, SourceSpec

__all__ = [
    "SOURCES",
    "AffectFile",
    "Eyes",
    "FoundDevice",
    "Pairing",
    "Radio",
    "SensorCheck",
    "SourceSpec",
    "Surroundings",
    "bind",
    "bound",
    "checks",
    "find",
    "module",
    "pairing",
    "remember",
    "samples",
    "settings_type",
]

SOURCES: Final[dict[str, SourceSpec]] = {
    spec.name: spec
    for spec in (
        SourceSpec(
            name="replay",
            module="agent.sources.replay",
            channels=("rr_ms",),
            ends=True,
            signal="heart",
            needs_consent=False,
            title="Recording",
            words="Plays a recording of beat intervals as if a strap were worn now.",
            unit="intervals between beats in ms",
            switched_off="Switched off. The recording is not played any more.",
            check="agent.sources.replay:check",
            checks={"recording": "the recording cannot be read"},
        ),
        SourceSpec(
            name="ble_strap",
            module="agent.sources.strap.ble_strap",
            channels=("rr_ms", "gap_ms"),
            ends=False,
            signal="heart",
            needs_consent=False,
            title="Strap",
            words="Reads the beat intervals of your own Bluetooth heart-rate strap, and no other strap's.",
            unit="intervals between beats in ms",
            switched_off="Switched off. No strap is read any more.",
            check="agent.sources.strap.health:check",
            checks={
                "strap": "no strap is bound, or its binding cannot be used",
                "bluetooth_service": "the system's Bluetooth service does not run, or Wardbeat may not use it",
                "bluetooth_adapter": "there is no Bluetooth adapter, or it is off",
            },
            pairing=Pairing(
                noun="strap",
                find="agent.sources.strap.pairing:find",
                bind="agent.sources.strap.pairing:bind_to",
                remember="agent.sources.strap.pairing:remember",
                bound="agent.sources.strap.pairing:bound_device",
                proof="beats",
                advice="Put it on, moisten the electrodes, and close other apps that use it.",
            ),
        ),
        SourceSpec(
            name="webcam",
            module="agent.sources.camera.webcam",
            by_appointment=True,
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
            signal="face",
            needs_consent=True,
            title="Camera",
            words="Reads movements of your face and lids through the camera. Pictures stay in one process's memory.",
            unit="movements of the face, from 0 to 1",
            switched_off="Switched off. Its light goes out within a second.",
            check="agent.sources.camera.health:check",
            checks={
                "camera_parts": "a package of the camera is not installed",
                "face_models": "a face model is missing, or is not the right one",
                "camera": "the camera is not there, or this user may not use it",
                "face_engine": "the package or model that face.engine needs is missing, or is not the right one",
                "affect_model": "the external expression model cannot be used",
            },
        ),
    )
}


def settings_type(name: str) -> type[Any]:
    """The Settings dataclass of a source.

    Raises:
        ConfigInvalid: No such row.
    """
    return module(name).Settings  # type: ignore[no-any-return]


def samples(name: str, settings: object, context: Surroundings) -> AsyncGenerator[Sample, None]:
    """Open a source; closing the generator closes the sensor.

    Raises (while reading):
        SourceUnavailable, RecordingUnreadable: With a remedy.
    """
    return module(name).samples(settings, context)  # type: ignore[no-any-return]


def module(name: str) -> Any:
    """A source's module.

    Raises:
        ConfigInvalid: No such row.
    """
    if name not in SOURCES:
        raise ConfigInvalid(f"there is no source {name!r}", remedy=f"Choose one of {', '.join(SOURCES)}.")
    return importlib.import_module(SOURCES[name].module)


def checks(name: str, settings: object, context: Surroundings) -> Iterator[SensorCheck]:
    """What doctor says about one sensor."""
    yield from _named(SOURCES[name].check)(settings, context)


# ---- devices of the person's own


def pairing(name: str = "") -> tuple[str, Pairing]:
    """The sensor whose device is found and bound, and how.

    Args:
        name: Of a sensor; empty: the first that has a device to bind.

    Raises:
        WrongUse: It has none, or there is no such sensor.
    """
    rows = {row.name: row.pairing for row in SOURCES.values() if row.pairing is not None}
    chosen = name or next(iter(rows))
    if chosen not in rows:
        raise WrongUse(f"{name!r} has no device to bind", remedy=f"Choose one of {', '.join(rows)}.")
    return chosen, rows[chosen]


async def find(name: str, settings: object, radio: Radio, seconds: float) -> list[FoundDevice]:
    """Devices in reach, strongest first.

    Raises:
        SourceUnavailable: There is nothing to look with.
    """
    return await _named(pairing(name)[1].find)(settings, radio, seconds)  # type: ignore[no-any-return]


async def bind(name: str, settings: object, context: Surroundings, device: FoundDevice, proof_s: float) -> bool:
    """Bind a device once a measurement of it has come; False: none came, and nothing is changed.

    Raises:
        SourceUnavailable: It could not be connected.
    """
    return await _named(pairing(name)[1].bind)(settings, context, device, proof_s)  # type: ignore[no-any-return]


def remember(name: str, folder: Path, device: FoundDevice, serial: str) -> None:
    """Bind a simulated device without a proof: a recording begins when somebody first listens."""
    _named(pairing(name)[1].remember)(folder, device, serial)


def bound(name: str, folder: Path) -> dict[str, str] | None:
    """What is kept of the bound device; None: none is bound."""
    return _named(pairing(name)[1].bound)(folder)  # type: ignore[no-any-return]


def _named(path: str) -> Any:
    place, _, function = path.partition(":")
    return getattr(importlib.import_module(place), function)
