"""The terminal itself: a PIN is typed there, and never taken from an argument, a pipe or the environment."""

import getpass
from typing import Final

from agent.errors import WrongPin
from agent.system.output import printable
from agent.system.terminal import ask_line, opened
from agent.wire import erasure

_PIN: Final = "your PIN"

_CODE: Final = """\
Write it down, and keep it away from this machine. If this machine is lost, whoever has the code can have
erased what the hub holds about you ('wardbeat recovery erase', on any machine), and can do nothing else."""


def ask_pin(question: str, *, twice: bool = False) -> str:
    """Ask on the terminal itself, without echo.

    Raises:
        NoTerminal: There is none.
        WrongPin: The two entries differ.
    """
    with opened("w", _PIN):  # getpass would fall back to a pipe; so see first that there is a terminal
        pin = getpass.getpass(question)
        if twice and getpass.getpass("Repeat the PIN: ") != pin:
            raise WrongPin("the two PINs are different", remedy="Start again.")
    return pin


def ask_words(question: str) -> str:
    """Ask for words on the terminal itself, one line.

    Raises:
        NoTerminal: There is none.
    """
    return ask_line(question, _PIN)


def show_code(code: bytes) -> None:
    """Show a recovery code on the terminal itself: not where output is kept.

    Raises:
        NoTerminal: There is none.
    """
    with opened("w", _PIN) as out:
        out.write(printable(f"\nYour recovery code:\n\n    {erasure.in_words(code)}\n\n{_CODE}\n\n"))


def show_words(words: str) -> None:
    """Show words on the terminal itself.

    Raises:
        NoTerminal: There is none.
    """
    with opened("w", _PIN) as out:
        out.write(printable(f"{words}\n"))


def confirm(words: str, question: str) -> bool:
    """Show words on the terminal and wait for a typed yes; nothing is pre-ticked.

    Raises:
        NoTerminal: There is none.
    """
    return ask_words(f"{words}\n\n{question} Type yes: ").lower() == "yes"
