"""The terminal itself: a PIN is typed there, and never taken from an argument, a pipe or the environment."""

import getpass
import sys
from pathlib import Path
from typing import Final, TextIO, cast

from agent.errors import NoTerminal, WrongPin
from agent.wire import erasure

_ASK_MOST: Final = 3
_CODE: Final = """\
Write it down, and keep it away from this machine. If this machine is lost, whoever has the code can have
erased what the hub holds about you ('wardbeat recovery erase', on any machine), and can do nothing else."""


def ask_pin(question: str, *, twice: bool = False) -> str:
    """Ask on the terminal itself, without echo.

    Raises:
        NoTerminal: There is none.
        WrongPin: The two entries differ.
    """
    with _terminal("w"):  # getpass would fall back to a pipe; so see first that there is a terminal
        pin = getpass.getpass(question)
        if twice and getpass.getpass("Repeat the PIN: ") != pin:
            raise WrongPin("the two PINs are different", remedy="Start again.")
    return pin


def ask_words(question: str) -> str:
    """Ask for words on the terminal itself, one line.

    Raises:
        NoTerminal: There is none.
    """
    with _terminal("w") as out:
        out.write(question)
    with _terminal("r") as answer:
        return answer.readline().strip()


def show_code(code: bytes) -> None:
    """Show a recovery code on the terminal itself: not where output is kept.

    Raises:
        NoTerminal: There is none.
    """
    with _terminal("w") as out:
        out.write(f"\nYour recovery code:\n\n    {erasure.in_words(code)}\n\n{_CODE}\n\n")


def show_words(words: str) -> None:
    """Show words on the terminal itself.

    Raises:
        NoTerminal: There is none.
    """
    with _terminal("w") as out:
        out.write(f"{words}\n")


def confirm(words: str, question: str) -> bool:
    """Show words on the terminal and wait for a typed yes; nothing is pre-ticked.

    Raises:
        NoTerminal: There is none.
    """
    return ask_words(f"{words}\n\n{question} Type yes: ").lower() == "yes"


def ask_agreement(words: str, question: str) -> bool:
    """Show words on the terminal that two people compare; whether they agree. Only yes and no are answers.

    Raises:
        NoTerminal: There is none.
    """
    show_words(words)
    for _ in range(_ASK_MOST):
        answer = ask_words(f"{question} yes/no: ").lower()
        if answer in ("yes", "no"):
            return answer == "yes"
    return False


def _terminal(mode: str) -> TextIO:
    names = {"r": "CONIN$", "w": "CONOUT$"} if sys.platform == "win32" else {"r": "/dev/tty", "w": "/dev/tty"}
    try:
        return cast("TextIO", Path(names[mode]).open(mode, encoding="utf-8"))
    except OSError as error:
        raise NoTerminal(
            "your PIN is needed, but there is no terminal to enter it",
            remedy="Run this command yourself in a terminal (over ssh too); a PIN is never read from a pipe.",
        ) from error
