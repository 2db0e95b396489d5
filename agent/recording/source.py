"""A recording's bytes, once through: of a file or of stdin, unpacked, with a look at the beginning.

bytes ─▶ unpacked (gzip) ─▶ text, its encoding by the first 64 KiB ─▶ numbered lines, in batches of a quarter MiB
"""

import codecs
import io
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from agent.errors import RecordingUnreadable

if TYPE_CHECKING:
    from gzip import GzipFile

HEAD_BYTES: Final = 64 * 1024
LINE_BYTES: Final = 1024 * 1024
_BATCH: Final = 256 * 1024
STDIN: Final = "-"
OnRead = Callable[[int, int], None]
"""Called now and then with the bytes that are read, and the bytes in all (0 where nobody knows)."""

Batch = tuple[int, list[str]]
"""The number of the first line, and lines without their ends."""

_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PACKED: Final = {
    b"PK\x03\x04": "a ZIP archive",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF",
    b"\x93NUMPY": "a NumPy file",
    b"MATLAB 5": "a MATLAB file",
}


class Source:
    """One recording, read once.

    Attributes:
        name: Of the file, for messages.
        path: Where it is; None for stdin.
        head: The first 64 KiB, unpacked.
        whole: Whether that is all.
    """

    def __init__(self, name: str, path: Path | None, stream: BinaryIO) -> None:
        self.name = name
        self.path = path
        self.head = _read_up_to(stream, HEAD_BYTES)
        self.whole = len(self.head) < HEAD_BYTES
        self._stream = stream

    def bytes(self) -> BinaryIO:
        """All of them, from the beginning; for one reader."""
        return io.BufferedReader(_Chained(self.head, self._stream), 128 * 1024)

    def batches(self) -> Iterator[Batch]:
        """Its lines.

        Raises:
            RecordingUnreadable: No text, or a line without an end.
        """
        text = io.TextIOWrapper(self.bytes(), encoding=self.encoding(), errors="replace", newline=None)
        number, rest = 1, ""
        while chunk := text.read(_BATCH):
            lines = (rest + chunk).split("\n")
            rest = lines.pop()
            if len(rest) > LINE_BYTES:
                raise self.bad(number + len(lines), "a line of more than a million characters", _NO_TABLE)
            if lines:
                yield number, lines
                number += len(lines)
        if rest:
            yield number, [rest]

    def text(self) -> io.TextIOWrapper:
        """All of it as text, for a reader of its own."""
        return io.TextIOWrapper(self.bytes(), encoding=self.encoding(), errors="replace", newline=None)

    def head_lines(self) -> list[str]:
        """The first lines, without one that the look cuts off."""
        text = io.TextIOWrapper(io.BytesIO(self.head), encoding=self.encoding(), errors="replace", newline=None).read()
        lines = text.split("\n")
        if not self.whole and len(lines) > 1:
            lines.pop()
        return lines

    def is_text(self) -> bool:
        """Whether it can be text."""
        try:
            self.encoding()
        except RecordingUnreadable:
            return False
        return True

    def encoding(self) -> str:
        """By its mark, else UTF-8 where that fits, else Windows' own.

        Raises:
            RecordingUnreadable: Not a text.
        """
        head = self.head
        if head[:2] in _UTF_16:
            return "utf-16"
        if b"\0" in head:
            if head[1::2].count(0) > len(head) // 3:
                return "utf-16-le"
            if head[::2].count(0) > len(head) // 3:
                return "utf-16-be"
            raise self.not_text()
        try:
            codecs.getincrementaldecoder("utf-8")().decode(head, final=self.whole)
        except UnicodeDecodeError:
            odd = sum(byte < 9 or 13 < byte < 32 for byte in head)
            if odd > len(head) // 50:
                raise self.not_text() from None
            return "cp1252"
        return "utf-8-sig"

    def not_text(self) -> RecordingUnreadable:
        """It is no text, and no other file that is known."""
        return RecordingUnreadable(
            f"{self.name}: not a text file, and no other file that can be read",
            remedy="Files that can be read: docs/recordings.md",
        )

    def bad(self, line: int, reason: str, remedy: str) -> RecordingUnreadable:
        """Why it is refused, with the line."""
        return RecordingUnreadable(f"{self.name}, line {line}: {reason}", remedy=remedy)

    def refused(self, reason: str, remedy: str) -> RecordingUnreadable:
        """Why all of it is refused."""
        return RecordingUnreadable(f"{self.name}: {reason}", remedy=remedy)


_NO_TABLE: Final = "Give one value, or one row of a table, per line."


@contextmanager
def opened(file: Path, on_read: OnRead | None = None) -> Iterator[Source]:
    """A file, or stdin where the path is ``-``.

    Raises:
        RecordingUnreadable: It cannot be opened or unpacked.
    """
    if str(file) == STDIN:
        yield _source("stdin", None, _Counted(sys.stdin.buffer, 0, on_read, "stdin"))
        return
    if not file.is_file() and file.exists():
        raise RecordingUnreadable(f"{file}: not a file", remedy="Give a file.")
    try:
        stream = file.open("rb")
    except PermissionError as error:
        raise RecordingUnreadable(f"{file}: {error.strerror}", remedy="Get permission to read it.") from error
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise RecordingUnreadable(f"{file}: {words}", remedy="Check the path.") from error
    with stream:
        yield _source(file.name, file, _Counted(stream, file.stat().st_size, on_read, file.name))


def _source(name: str, path: Path | None, counted: "_Counted") -> Source:
    begin = _read_up_to(counted, 8)
    whole = io.BufferedReader(_Chained(begin, counted), 128 * 1024)
    if begin[:2] != b"\x1f\x8b":
        for mark, what in _PACKED.items():
            if begin.startswith(mark):
                raise RecordingUnreadable(f"{name}: {what}", remedy="Unpack it, or export the recording as a CSV.")
        return Source(name, path, whole)
    import gzip

    inside = _Unpacked(gzip.GzipFile(fileobj=whole), name)
    return Source(name.removesuffix(".gz"), path, io.BufferedReader(inside, 128 * 1024))


class _Counted(io.RawIOBase):
    """What is read is counted, and a disk that fails has the project's error."""

    def __init__(self, stream: BinaryIO, size: int, on_read: OnRead | None, name: str) -> None:
        self._stream, self._size, self._on_read, self._name, self._done = stream, size, on_read, name, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except OSError as error:
            words = error.strerror or str(error)
            raise RecordingUnreadable(f"{self._name}: {words}", remedy="Check the disk, then try again.") from error
        buffer[: len(data)] = data
        self._done += len(data)
        if self._on_read is not None:
            self._on_read(self._done, self._size)
        return len(data)


class _Unpacked(io.RawIOBase):
    """A packed stream; damage has the project's error."""

    def __init__(self, stream: "GzipFile", name: str) -> None:
        self._stream, self._name = stream, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        try:
            data = self._stream.read(len(buffer))
        except (EOFError, zlib.error, OSError) as error:
            raise RecordingUnreadable(
                f"{self._name}: the packed file is damaged or cut off", remedy="Copy or download it again."
            ) from error
        buffer[: len(data)] = data
        return len(data)


class _Chained(io.RawIOBase):
    """Bytes that were looked at, and then the rest."""

    def __init__(self, head: bytes, stream: BinaryIO | io.RawIOBase) -> None:
        self._head, self._stream = memoryview(head), stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        data = self._head[: len(buffer)]
        if len(data):
            self._head = self._head[len(data) :]
        else:
            data = memoryview(self._stream.read(len(buffer)) or b"")
        buffer[: len(data)] = data
        return len(data)


def _read_up_to(stream: BinaryIO | io.RawIOBase, count: int) -> bytes:
    parts = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
