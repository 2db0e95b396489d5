"""Files that are written whole or not at all: what goes wrong on the way leaves an earlier one as it was."""

from pathlib import Path
from typing import Final, TextIO

from agent.errors import WrongUse

_REMEDY: Final = "Choose a file in a folder that you may write to."


class WholeFile:
    """A text beside its place until `keep`.

    Args:
        file: Where it belongs; a pipe or a device is written at once.

    Raises:
        WrongUse: It cannot be written there.
    """

    def __init__(self, file: Path) -> None:
        is_plain = not file.exists() or file.is_file()
        self._file, self._part = file, file.with_name(f".{file.name}.part") if is_plain else file
        try:
            if file.is_dir():
                raise IsADirectoryError(21, "it is a folder")
            self.text: TextIO = self._part.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise WrongUse(f"{file}: {error.strerror}", remedy=_REMEDY) from error

    def keep(self) -> None:
        """Put it in its place."""
        self.text.close()
        if self._part != self._file:
            self._part.replace(self._file)

    def discard(self) -> None:
        """Leave nothing of it; after `keep`, nothing happens."""
        if not self.text.closed:
            self.text.close()
            if self._part != self._file:
                self._part.unlink(missing_ok=True)
