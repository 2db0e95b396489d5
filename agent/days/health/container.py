"""An export's files: one file, or those of a zip that a format wants; read in pieces, never unpacked to disk."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from agent.days.health.found import Progress
from agent.days.health.refusals import refused

HEAD_BYTES: Final = 64 * 1024
WHOLE_BYTES: Final = 32 * 1024 * 1024
"""Files that are parsed as a whole (JSON, FIT) are at most this long."""

FILE_BYTES: Final = 4 * 1024**3
ALL_BYTES: Final = 8 * 1024**3
NAMES_MOST: Final = 100_000
_ZIP: Final = b"PK\x03\x04"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_CHUNK: Final = 64 * 1024
_PACKED_BY: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others need dictionaries of gigabytes, or are rare
_ZIP_DAMAGE: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, LookupError,
    OverflowError, OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export.

    Attributes:
        name: Its path inside the archive, or its own name.
        size: Bytes that it states to have.
        open: Gives its bytes, from the beginning.
    """

    name: str
    size: int
    open: Callable[[], io.BufferedIOBase]

    @property
    def base(self) -> str:
        """The last part of its name."""
        return self.name.replace("\\", "/").rsplit("/", 1)[-1]

    def head(self) -> bytes:
        """The first 64 KiB."""
        with self.open() as stream:
            return stream.read(HEAD_BYTES)

    def chunks(self) -> Iterator[bytes]:
        """Its bytes in pieces of 64 KiB."""
        with self.open() as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk

    def whole(self) -> bytes:
        """All its bytes.

        Raises:
            ImportRefused: More than 32 MiB.
        """
        if self.size > WHOLE_BYTES:
            raise refused("too_large")
        with self.open() as stream:
            data = stream.read(WHOLE_BYTES + 1)
        if len(data) > WHOLE_BYTES:
            raise refused("too_large")
        return data


class Count:
    """Bytes that are read, for the progress.

    Attributes:
        total: Bytes that are going to be read; 0 while the format is looked for.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress, self._done, self.total = progress, 0, 0

    def add(self, count: int) -> None:
        """More of them."""
        if self.total and self._progress is not None:
            self._done += count
            self._progress(min(self._done, self.total), self.total)


@dataclass(frozen=True, slots=True)
class Export:
    """An export that is open.

    Attributes:
        files: Itself, or those in the zip, by name.
        is_archive: Whether it is a zip.
        count: Of the bytes that are read.
    """

    files: list[File]
    is_archive: bool
    count: Count

    def begin(self, files: list[File]) -> None:
        """Bound and announce what is going to be read.

        Raises:
            ImportRefused: More than 8 GiB, or 4 GiB in one file.
        """
        total = sum(file.size for file in files)
        if total > ALL_BYTES or any(file.size > FILE_BYTES for file in files):
            raise refused("too_large")
        self.count.total = total


@contextmanager
def opened(path: Path, progress: Progress | None = None) -> Iterator[Export]:
    """An export, open until the block ends.

    Args:
        path: A file.
        progress: Called with the bytes read and the bytes in all.

    Raises:
        ImportRefused: It cannot be opened, or is beyond the limits.
    """
    try:
        is_file = path.is_file()
        stream = path.open("rb") if is_file else None
    except (OSError, ValueError) as error:
        raise refused("not_a_file") from error
    if stream is None:
        raise refused("not_a_file")
    count = Count(progress)
    with stream:
        size = stream.seek(0, io.SEEK_END)
        stream.seek(0)
        if stream.read(4) not in (_ZIP, _EMPTY_ZIP):
            yield Export([File(path.name, size, lambda: _Counted(_Kept(stream), count))], False, count)
            return
        try:
            archive = zipfile.ZipFile(stream)
        except _ZIP_DAMAGE as error:
            raise refused("damaged") from error
        with archive:
            yield Export(_members(archive, count), True, count)


def _members(archive: zipfile.ZipFile, count: "Count") -> list[File]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > NAMES_MOST:
        raise refused("too_many")
    return [_member(archive, info, count) for info in sorted(infos, key=lambda info: info.filename)]


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, count: "Count") -> File:
    def open_it() -> io.BufferedIOBase:
        if info.flag_bits & 1:
            raise refused("encrypted")
        if info.compress_type not in _PACKED_BY:
            raise refused("damaged")
        try:
            return _Counted(archive.open(info), count)
        except _ZIP_DAMAGE as error:
            raise refused("damaged") from error

    return File(info.filename, info.file_size, open_it)


class _Kept:
    """A file from its beginning, which stays open for another look."""

    def __init__(self, stream: IO[bytes]) -> None:
        stream.seek(0)
        self._stream = stream

    def read(self, size: int) -> bytes:
        return self._stream.read(size)

    def close(self) -> None:
        pass


class _Counted(io.BufferedIOBase):
    """A stream whose bytes are counted, and whose damage has the project's error."""

    def __init__(self, stream: "_Kept | IO[bytes]", count: Count) -> None:
        self._stream, self._count = stream, count

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        try:
            data = self._stream.read(-1 if size is None else size)
        except _ZIP_DAMAGE as error:
            raise refused("damaged") from error
        self._count.add(len(data))
        return data

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)

    def close(self) -> None:
        self._stream.close()
        super().close()
