"""Types of arguments that several commands take."""

import argparse
from collections.abc import Callable


def count(text: str) -> int:
    """A whole number from 0 up."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError("not a whole number from 0 up")
    return int(text)


def up_to(most: int) -> Callable[[str], int]:
    """A whole number from 1 up to a limit."""

    def number(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"not a number from 1 to {most}")
        return int(text)

    return number
