"""The parser of every command line: what it prints goes the way of all output."""

import argparse
import sys
from typing import Any

from agent.system.output import say, show


class Parser(argparse.ArgumentParser):
    """As `argparse.ArgumentParser`; but help is not lost in silence on a full disk, nor a wrong word printed raw."""

    def _print_message(self, message: str, file: Any = None) -> None:
        if file is sys.stdout:
            show(message, end="", flush=True)
        elif message:
            say(message.removesuffix("\n"))
