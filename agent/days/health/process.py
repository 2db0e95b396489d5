"""An export read by a separate process: started, followed, and ended for certain; nothing half-read comes out.

    read ──path, options──▶ serve ──progress, then one answer──▶ read

Memory, time and writing are bounded there (`agent.days.health.serve`). A crash, silence or nonsense is refused by name.
"""

import logging
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO, Final

from agent.days.health import wire
from agent.days.health.found import Cancelled, ColumnProposal, HealthImport, Options, Progress
from agent.days.health.reading import KEY_LEAST, zone_table
from agent.days.health.refusals import refused
from agent.errors import ImportRefused

log = logging.getLogger(__name__)

# ``-P``: no file of the folder that we were started in is ever run; ``-B``: none is written
COMMAND: Final = (sys.executable, "-P", "-B", "-m", "agent.days.health.serve")
_ASKED_S: Final = 0.1
_SILENT_S: Final = 120.0  # a large export is summed without a sign of life


def recognised(path: Path) -> tuple[str, ...]:
    """The formats that an export holds, rows of `agent.days.health.table.FORMATS`; an archive may hold two.

    Raises:
        ImportRefused: None that is known, or one that its maker has not described publicly.
    """
    found = _asked(wire.asked(str(path.absolute()), None, None), None, None)
    if isinstance(found, wire.Recognised):
        return found.names
    raise refused("failed")


def read(
    path: Path, options: Options, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> HealthImport | ColumnProposal:
    """What an export says of days. Blocks: call it in a thread, or from a command.

    The same bytes and options give the same answer, to the last bit. For a table without confirmed columns it is the
    proposal, which the person confirms and the caller gives back in the options.

    Args:
        path: The export.
        options: What the import needs to know.
        progress: Called in this thread, up to five times a second, with the bytes read and the bytes in all.
        cancelled: Asked ten times a second.

    Raises:
        ImportRefused: Refused, cancelled (reason ``cancelled``), or of another person than `Options.person`.
        ValueError: A key shorter than 16 bytes.
    """
    if len(options.key) < KEY_LEAST:
        raise ValueError(f"a key of at least {KEY_LEAST} bytes")
    found = _asked(wire.asked(str(path.absolute()), options, zone_table(options)), progress, cancelled)
    if isinstance(found, HealthImport | ColumnProposal):
        return found
    raise refused("failed")


def _asked(question: bytes, progress: Progress | None, cancelled: Cancelled | None) -> wire.Answer:
    try:
        process = subprocess.Popen(  # noqa: S603 - our own program
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError as error:
        raise refused("failed") from error
    try:
        return _followed(process, question, progress, cancelled)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


def _followed(
    process: subprocess.Popen[bytes], question: bytes, progress: Progress | None, cancelled: Cancelled | None
) -> wire.Answer:
    lines: queue.Queue[bytes] = queue.Queue(64)
    if process.stdout is None:
        raise refused("failed")
    ended = threading.Event()
    collecting = threading.Thread(target=_collect, args=(process.stdout, lines, ended), daemon=True)
    collecting.start()
    try:
        return _answered(process, lines, question, progress, cancelled)
    finally:
        ended.set()
        process.kill()
        collecting.join()


def _answered(
    process: subprocess.Popen[bytes],
    lines: "queue.Queue[bytes]",
    question: bytes,
    progress: Progress | None,
    cancelled: Cancelled | None,
) -> wire.Answer:
    if process.stdin is None:
        raise refused("failed")
    try:
        process.stdin.write(question)
        process.stdin.flush()
    except OSError as error:
        raise refused("failed") from error
    heard_s = time.monotonic()
    while True:
        if cancelled is not None and cancelled():
            raise refused("cancelled")
        try:
            line = lines.get(timeout=_ASKED_S)
        except queue.Empty:
            if time.monotonic() - heard_s > _SILENT_S:
                raise refused("too_slow") from None
            continue
        heard_s = time.monotonic()
        found = _answer(process, line)
        if isinstance(found, ImportRefused):
            raise found
        if not isinstance(found, wire.Done):
            return found
        if progress is not None:
            progress(found.done, found.total)


def _answer(process: subprocess.Popen[bytes], line: bytes) -> wire.Answer | wire.Done:
    if not line.endswith(b"\n"):  # its end, or a line without one
        process.kill()
        log.warning("the process that reads a health export ended early (%s)", process.wait())
        raise refused("failed")
    try:
        return wire.answer(line)
    except ValueError:  # its words may be the file's: they are not carried on
        log.warning("the process that reads a health export sent no answer of ours")
        raise refused("failed") from None


def _collect(out: IO[bytes], lines: "queue.Queue[bytes]", ended: threading.Event) -> None:
    """Lines, and an empty one at the end; none after the import has ended."""
    line = b"\n"
    while line:
        line = out.readline(wire.LINE_MOST)
        while not ended.is_set():
            try:
                lines.put(line, timeout=_ASKED_S)
                break
            except queue.Full:
                continue
