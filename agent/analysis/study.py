"""`wardbeat analyze FILE... | FOLDER`: recordings one after the other, each window to every output.

    files ─▶ read, label ─▶ windows ─┬▶ text or JSON on stdout
                                     ├▶ --csv      table.py
                                     ├▶ --report   report.py
                                     └▶ --nn       corrected.py

One recording is in memory at a time. A recording that cannot be read is an entry with its reason; it ends nothing.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from agent.analysis.heart import Analysis, Timed, Wish, analyze
from agent.errors import RecordingUnreadable, WardbeatError, WrongUse
from agent.model import Window
from agent.recording.source import OnRead

DICTIONARY: Final = ".dictionary.csv"
PLAIN: Final = ".plain.txt"
_NO_RECORDINGS: Final = (
    ".bmp", ".doc", ".docx", ".gif", ".htm", ".html", ".ini", ".ipynb", ".jpeg", ".jpg", ".md", ".mp4", ".odt", ".pdf",
    ".png", ".ppt", ".pptx", ".ps", ".py", ".r", ".rds", ".rmd", ".rtf", ".sav", ".sps", ".svg", ".toml", ".webp",
    ".xls", ".xlsx", ".yaml", ".yml", ".zip",
    DICTIONARY, PLAIN, ".nn.csv",
)  # fmt: skip
"""Endings of documents, pictures and programs, and of files that an earlier call wrote."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A recording that could not be read.

    Attributes:
        name: As it is shown.
        reason, remedy: Of the error.
    """

    name: str
    reason: str
    remedy: str


class Output(Protocol):
    """Where an analysis goes. For each recording: `begin`, `window` for each window, `end`; or `refused`."""

    def begin(self, name: str, found: Analysis) -> None: ...

    def window(self, found: Analysis, timed: Timed, window: Window) -> None: ...

    def end(self, found: Analysis) -> None: ...

    def refused(self, refused: Refused) -> None: ...


@dataclass(frozen=True, slots=True)
class Recordings:
    """What was named.

    Attributes:
        files: Each, with the name that it is shown under; no two are alike, none names a folder of the machine.
        passed_over: Files of a folder that are no recordings by their names.
        is_study: Several, or a folder: one that cannot be read does not end the others.
    """

    files: tuple[tuple[str, Path], ...]
    passed_over: tuple[str, ...]
    is_study: bool


def recordings(given: Sequence[Path], own: Sequence[Path] = ()) -> Recordings:
    """Every recording below what was named: files as they are, folders with all that they hold, in order.

    Args:
        given: Files and folders.
        own: Files that this call writes; in a folder they are passed over.

    Raises:
        RecordingUnreadable: A folder holds no recording.
        WrongUse: One file was given twice.
    """
    written = {path.absolute() for path in own}
    found: list[Path] = []
    passed_over: list[Path] = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = [
            file
            for file in sorted(path.rglob("*"))
            if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts)
        ]
        held = [file for file in inside if file.absolute() not in written and not _is_no_recording(file)]
        if not held:
            raise RecordingUnreadable(f"{path}: no recording in this folder", remedy="Name a folder with recordings.")
        found += held
        passed_over += [file for file in inside if _is_no_recording(file)]
    names = _names(found)
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise WrongUse(f"{min(twice)} is given twice", remedy="Name each recording once.")
    is_study = len(found) > 1 or any(path.is_dir() for path in given)
    return Recordings(tuple(zip(names, found, strict=True)), tuple(path.name for path in passed_over), is_study)


def without_folder(words: str, file: Path, name: str) -> str:
    """An error's words with the name of the file instead of its place on this machine."""
    for path in (str(file.absolute()), str(file)):
        words = words.replace(path, name)
    return words


def dictionary_of(table: Path) -> Path:
    """Where the dictionary of a table stands: beside it."""
    return table.with_name(table.name.removesuffix(table.suffix) + DICTIONARY)


def plain_of(intervals: Path) -> Path:
    """Where the plain form of corrected intervals stands: beside their table."""
    return intervals.with_name(intervals.name.removesuffix(intervals.suffix) + PLAIN)


def _is_no_recording(file: Path) -> bool:
    return file.name.lower().endswith(_NO_RECORDINGS)


def _names(files: Sequence[Path]) -> list[str]:
    """Names below the folder that all of them share; of one file, its name. None begins as a formula does."""
    if len(files) == 1:
        names = [files[0].name]
    else:
        try:
            shared = os.path.commonpath([file.absolute().parent for file in files])
            names = [Path(os.path.relpath(file.absolute(), shared)).as_posix() for file in files]
        except ValueError:  # two drives of Windows
            names = [file.name for file in files]
    return [f"./{name}" if name[:1] in "=+-@" else name for name in names]


def run(
    wish: Wish, named: Recordings, outputs: Sequence[Output], on_progress: Callable[[float, str], None] | None = None
) -> int:
    """Analyze each recording, and hand each window to every output.

    Args:
        wish: What is asked of each; its file is not looked at.
        named: The recordings.
        outputs: Where the numbers go.
        on_progress: Called with how many recordings are done (with a fraction), and the name of the present one.

    Returns:
        How many could not be read.

    Raises:
        RecordingUnreadable, WrongUse: The only recording that was named cannot be read.
    """
    on_progress = on_progress or _ignored
    refused = 0
    for place, (name, file) in enumerate(named.files):
        on_progress(place, name)
        try:
            found = analyze(replace(wish, file=file), _reading(on_progress, place, name))
        except WardbeatError as error:
            if not named.is_study:
                raise
            refused += 1
            for output in outputs:
                output.refused(Refused(name, without_folder(str(error), file, name), error.remedy))
            continue
        for output in outputs:
            output.begin(name, found)
        for count, (timed, window) in enumerate(found.measured()):
            on_progress(place + (1 + count / len(found.spans)) / 2, name)
            for output in outputs:
                output.window(found, timed, window)
        for output in outputs:
            output.end(found)
    return refused


def _reading(on_progress: Callable[[float, str], None], place: int, name: str) -> OnRead:
    """Reading is the first half of a recording's work."""
    return lambda done, total: on_progress(place + (min(done / total, 1.0) / 2 if total else 0.0), name)


def _ignored(done: float, name: str) -> None:
    """Nobody watches."""
