"""The one way to a terminal, a pipe or a log: `say` for people (stderr), `show` for data (stdout).

What is printed may be a stranger's: a file's name, a library's error, a device's name. Control characters in it would
command the terminal, so they never get there. A law finds every other way (`tests/laws/test_output.py`).
"""

import contextlib
import errno
import os
import sys
import time
from typing import Final, TextIO

from agent.errors import StorageFull

_LAYOUT: Final = "\n\t"
_PROGRESS_S: Final = 0.2  # from one drawing of a bar to the next
_BAR, _NAME = 24, 24


def printable(text: str) -> str:
    """A stranger's text, fit for a terminal: a name can hold commands to it, and bytes that are no text.

    >>> printable("H10" + chr(27) + "[2J")
    'H10?[2J'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in _LAYOUT else "?" for one in text)


def one_line(text: str) -> str:
    """The same in one line, so that no text can look like a second one.

    >>> one_line("a" + chr(10) + "b")
    'a b'
    """
    return " ".join(printable(text).split("\n"))


def say(words: str) -> None:
    """For people: stderr, so that stdout holds data alone. Where nobody can read it, nothing happens."""
    try:
        print(printable(words), file=sys.stderr, flush=True)
    except OSError:
        give_up(sys.stderr)
    except ValueError:
        return  # closed


def show(data: str = "", *, end: str = "\n", flush: bool = False) -> None:
    """Data, or what a command was asked for: stdout.

    Raises:
        BrokenPipeError: Nobody reads it any more.
        OSError: The disk behind it is full.
    """
    print(printable(data), end=end, flush=flush)


class Progress:
    """A bar on stderr while something takes long; nothing where stderr is no terminal.

    Args:
        total: Steps until the end.
        what: Which steps, such as ``recordings``.
    """

    def __init__(self, total: int, what: str) -> None:
        self._total, self._what = max(total, 1), what
        self._is_shown = sys.stderr is not None and sys.stderr.isatty()
        self._next_s = time.monotonic() + _PROGRESS_S
        self._drawn = False

    def at(self, done: float, name: str = "") -> None:
        """So many steps are done; `name` is what is worked on. Drawn five times a second at most."""
        if not self._is_shown or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _PROGRESS_S
        share_01 = min(max(done / self._total, 0.0), 1.0)
        bar = "#" * round(_BAR * share_01)
        text = f"[{bar:<{_BAR}}] {share_01:4.0%}  {int(done)} of {self._total} {self._what}  {one_line(name)[:_NAME]}"
        self._draw(f"{text:<{_BAR + _NAME + 30}}")

    def end(self) -> None:
        """Take the bar away."""
        if self._drawn:
            self._draw(" " * (_BAR + _NAME + 30))
            self._draw("")

    def _draw(self, text: str) -> None:
        self._drawn = True
        try:
            sys.stderr.write(f"\r{text}")
            sys.stderr.flush()
        except OSError:
            self._is_shown = False
            give_up(sys.stderr)


def clear_screen() -> None:
    """Begin at the top of an empty terminal."""
    sys.stdout.write("\x1b[H\x1b[2J")


def tolerate_any_text() -> None:
    """Let no letter that a terminal lacks, and no byte of stdin that is no text, end a command."""
    for stream, errors in ((sys.stdin, "replace"), (sys.stdout, "backslashreplace"), (sys.stderr, "backslashreplace")):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=errors)


def finish() -> None:
    """Write out what still waits for stdout; called once, at the end of a command.

    Raises:
        StorageFull: It cannot be written, so what was asked for is not there in full.
    """
    if sys.stdout is None or sys.stderr is None:
        return  # Windows, without a console: nothing was written
    with contextlib.suppress(ValueError):
        try:
            sys.stderr.flush()
        except OSError:
            give_up(sys.stderr)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        give_up(sys.stdout)  # who reads has seen enough
    except OSError as error:
        give_up(sys.stdout)
        raise cannot_be_written(error) from error
    except ValueError:
        return  # closed


def give_up_what_waits() -> None:
    """After an error: write what stdout still holds, or send it to nowhere."""
    with contextlib.suppress(StorageFull):
        finish()


def cannot_be_written(error: OSError) -> StorageFull:
    """What to say when stdout, or a file that the system names, cannot be written."""
    what = error.filename or "the output"
    return StorageFull(
        f"{what} cannot be written: {error.strerror or error}", remedy="Free that disk, or choose another place."
    )


def disk_full(error: Exception) -> StorageFull | None:
    """The error as that of a disk which is full or read-only; None where it is another one."""
    if isinstance(error, StorageFull):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
        return cannot_be_written(error)
    return None


def give_up(stream: TextIO) -> None:
    """Send to nowhere what a stream still holds: Python would try it again at its end, and fail aloud."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with contextlib.suppress(OSError, ValueError):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
