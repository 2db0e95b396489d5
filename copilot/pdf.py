"""A PDF read by a separate process, limited in time and memory; every way in which it fails has a name."""

import json
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

from agent.errors import DocumentRefused, Missing
from agent.system.installation import how_to_add
from copilot.pdf_child import BYTES_MOST, LETTERS_MOST, PAGES_MOST

log = logging.getLogger(__name__)

# ``-P``: no file of the folder that we were started in is ever run; ``-B``: none is written
COMMAND: Final = (sys.executable, "-P", "-B", "-m", "copilot.pdf_child")
WAIT_S: Final = 90.0
_ANSWER_MOST: Final = 6 * LETTERS_MOST + 2**20  # each letter as an escape
_HEAD: Final = 1024
_LETTERS_LEAST: Final = 200

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "not_pdf": ("it is no PDF", "Choose a PDF."),
    "too_large": (f"it is larger than {BYTES_MOST // 2**20} MB, or its text is", "Add a single paper."),
    "too_many_pages": (f"it has more than {PAGES_MOST} pages", "Add a single paper, not a book."),
    "encrypted": ("it is encrypted", "Save a copy without a password, if its owner allows that."),
    "no_text": ("it holds no text: it may be a scan", "Add a PDF with text, or run a text recognition first."),
    "broken": ("it is damaged", "Download it again."),
    "too_slow": ("it could not be read in time", "Save it again with another program, or add another copy."),
    "too_much_memory": ("reading it takes too much memory", "Save it again with another program."),
    "already_there": ("it was added before", "'wardbeat evidence list' shows it."),
    "retracted": ("the paper with its DOI was retracted", "Look for the notice of the retraction."),
    "unreadable": ("it cannot be opened", "Check that it is a file that you may read."),
}


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a PDF.

    Attributes:
        name: Of the file, without its ending.
        title: As the document states it; empty where it does not.
        pages: Their text.
    """

    name: str
    title: str
    pages: tuple[str, ...]


def refused(reason: str, name: str) -> DocumentRefused:
    """The refusal of a file.

    Args:
        reason: One of REASONS.
        name: Of the file.
    """
    words, remedy = REASONS[reason]
    return DocumentRefused(reason, f"{name} is not added: {words}", remedy)


def read(path: Path) -> Document:
    """The text of a PDF. Blocks for WAIT_S at most.

    Raises:
        DocumentRefused: With one of REASONS.
        Missing: The reader of PDFs is not installed.
    """
    if find_spec("pypdf") is None:
        raise Missing("the reader of PDFs is not installed", remedy=how_to_add("evidence"))
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (OSError, ValueError) as error:
        raise refused("unreadable", path.name) from error
    seen = os.fstat(fd)
    if not stat.S_ISREG(seen.st_mode):
        os.close(fd)
        raise refused("unreadable", path.name)
    with os.fdopen(fd, "rb") as file:
        if seen.st_size > BYTES_MOST:
            raise refused("too_large", path.name)
        if b"%PDF-" not in file.read(_HEAD):
            raise refused("not_pdf", path.name)
        file.seek(0)
        os.lseek(fd, 0, os.SEEK_SET)
        found = _answered(file, path.name)
    if sum(len(page.strip()) for page in found["pages"]) < _LETTERS_LEAST:
        raise refused("no_text", path.name)
    return Document(path.stem, found["title"], tuple(found["pages"]))


def _answered(file: IO[bytes], name: str) -> dict[str, Any]:
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            COMMAND, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise refused("unreadable", name) from error
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(WAIT_S, end)
    timer.start()
    try:
        line = process.stdout.read(_ANSWER_MOST) if process.stdout is not None else b""
    finally:
        timer.cancel()
        process.kill()
        code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if late.is_set():
        raise refused("too_slow", name)
    return _checked(line, code, name)


def _checked(line: bytes, code: int, name: str) -> dict[str, Any]:
    try:
        found = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and found.get("refused") in REASONS:
        raise refused(found["refused"], name)
    pages = found.get("pages") if isinstance(found, dict) else None
    title = found.get("title") if isinstance(found, dict) else None
    if isinstance(found, dict) and isinstance(pages, list) and all(isinstance(one, str) for one in pages):
        return {"pages": pages, "title": title if isinstance(title, str) else ""}
    log.warning("the process that reads a PDF ended early (%s)", code)
    # the limit of CPU seconds ends it by a signal, one of memory by an error of the allocator
    raise refused("too_slow" if code in _CPU_SIGNALS else "broken", name)


_CPU_SIGNALS: Final = (-24, -9)  # SIGXCPU, SIGKILL
