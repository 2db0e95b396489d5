"""The terminal itself, for answers that only a person may give: never a pipe, an argument or the environment."""

import sys
from pathlib import Path
from typing import Final, TextIO, cast

from agent.errors import NoTerminal
from agent.system.output import printable

_ASK_MOST: Final = 3


def ask_line(question: str, need: str) -> str:
    """Ask for one line.

    Raises:
        NoTerminal: There is none; names the need.
    """
    with opened("w", need) as out:
        out.write(printable(question))
    with opened("r", need) as answer:
        return answer.readline().strip()


def ask_agreement(words: str, question: str, need: str = "an answer") -> bool:
    """Show words that two people compare; whether they agree. Only yes and no are answers.

    Raises:
        NoTerminal: There is none.
    """
    with opened("w", need) as out:
        out.write(printable(f"{words}\n"))
    for _ in range(_ASK_MOST):
        answer = ask_line(f"{question} yes/no: ", need).lower()
        if answer in ("yes", "no"):
            return answer == "yes"
    return False


def opened(mode: str, need: str) -> TextIO:
    """The terminal for reading or writing.

    Raises:
        NoTerminal: There is none; names the need.
    """
    names = {"r": "CONIN$", "w": "CONOUT$"} if sys.platform == "win32" else {"r": "/dev/tty", "w": "/dev/tty"}
    try:
        return cast("TextIO", Path(names[mode]).open(mode, encoding="utf-8", errors="replace"))
    except OSError as error:
        raise NoTerminal(
            f"{need} is needed, but there is no terminal to enter it",
            remedy="Run this command yourself in a terminal (over ssh too); it is never read from a pipe.",
        ) from error
