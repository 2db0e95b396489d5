"""The hub's processes of the demo, as an operator starts them: each a separate process, with its log in the folder."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.errors import CheckFailed, Missing

_ENDS_S: Final = 10.0
_LOOK_S: Final = 0.1
_TAIL_BYTES: Final = 600


@dataclass(frozen=True, slots=True)
class Child:
    """One running process.

    Attributes:
        name: As the demo calls it.
        popen: The process.
        log: Its output.
    """

    name: str
    popen: "subprocess.Popen[bytes]"
    log: Path

    def require(self) -> None:
        """Whether it still runs.

        Raises:
            Missing: It ended before that.
        """
        if self.popen.poll() is not None:
            tail = self.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace").strip()
            raise Missing(f"'{self.name}' ended with {self.popen.returncode}: {tail}", remedy=f"See {self.log}.")

    def says(self, words: str) -> bool:
        """Whether these words are in its log."""
        return words.encode() in self.log.read_bytes()


@contextmanager
def started(folder: Path, rows: Sequence[tuple[str, Sequence[object]]]) -> Iterator[tuple[Child, ...]]:
    """Start one process for each row, and end them in the opposite order.

    Args:
        folder: Where their logs go.
        rows: Name of each, and the words behind ``python -m``.
    """
    with ExitStack() as parts:
        children = []
        for name, words in rows:
            log = folder / f"{name.replace(' ', '-')}.log"
            with log.open("wb") as out:
                command = [sys.executable, "-m", *map(str, words)]
                popen = subprocess.Popen(  # noqa: S603 - our own commands
                    command, stdin=subprocess.DEVNULL, stdout=out, stderr=out
                )
            parts.callback(_ended, popen)
            children.append(Child(name, popen, log))
        yield tuple(children)


def _ended(popen: "subprocess.Popen[bytes]") -> None:
    if popen.poll() is None:
        popen.terminate()
        try:
            popen.wait(_ENDS_S)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()


async def until(condition: Callable[[], bool], children: Sequence[Child], what: str, most_s: float) -> float:
    """Wait until something is so; the seconds that it took.

    Args:
        condition: Looked at ten times a second.
        children: Processes that must run meanwhile.
        what: What is waited for, for the error.
        most_s: How long.

    Raises:
        CheckFailed: It did not come.
        Missing: A process ended.
    """
    began_s = time.monotonic()
    while not condition():
        for child in children:
            child.require()
        if time.monotonic() - began_s > most_s:
            raise CheckFailed(f"waited {most_s:g} s in vain for {what}", remedy="Run the demo again with --keep.")
        await asyncio.sleep(_LOOK_S)
    return time.monotonic() - began_s
