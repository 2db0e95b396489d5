"""What a row of the table of commands is made of (`hub.cli`)."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a command: its flag or name, and the options of `argparse.ArgumentParser.add_argument`."""

    flag: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        name: As it is typed.
        help: Help line, beginning with a verb.
        run: Carries it out; returns the exit code.
        arguments: Behind FOLDER, which every command takes.
        before: In front of it.
    """

    name: str
    help: str
    run: Callable[[argparse.Namespace], int]
    arguments: tuple[Argument, ...] = ()
    before: tuple[Argument, ...] = ()


def argument(flag: str, **options: Any) -> Argument:
    """An argument."""
    return Argument(flag, options)


def switch(flag: str, help_line: str) -> Argument:
    """A flag that takes no value."""
    return Argument(flag, {"action": "store_true", "help": help_line})
