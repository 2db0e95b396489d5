"""The files that come with the program; one that is missing is named with its remedy."""

from pathlib import Path
from typing import Final

from agent.errors import CorpusRefused

FOLDER: Final = Path(__file__).parent
REMEDY: Final = "Install Wardbeat again."


def raw(file: Path, what: str) -> bytes:
    """A shipped file.

    Args:
        file: Where it is.
        what: What it is called in the error.

    Raises:
        CorpusRefused: It is missing.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise CorpusRefused(f"{what} cannot be read: {error}", remedy=REMEDY) from error
