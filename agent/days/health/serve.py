"""The process that reads an export: one question on stdin, lines of progress and one answer on stdout.

It has little memory, a bounded time, and no file that it could write: an export is foreign bytes.
"""

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent.days.health import reading, wire
from agent.days.health.container import ALL_BYTES
from agent.errors import ImportRefused
from agent.system import host

MEMORY_BYTES: Final = 1024 * 1024 * 1024
_CPU_S: Final = 60
_CPU_S_PER_MB: Final = 1  # a slow core took a tenth of that
_PACKED: Final = 30  # what a phone's export gains by packing
_PAUSE_S: Final = 0.2


def main() -> int:
    """Answer, and end."""
    host.no_core_dumps()
    line = sys.stdin.buffer.readline()
    out = host.only_way_out()
    path, options, offsets = wire.question(line)
    place = Path(path)
    host.limit_this_process(cpu_s=_cpu_s(place), memory_bytes=MEMORY_BYTES, writes=False)
    last_s = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s >= _PAUSE_S:
            last_s = now_s
            out.write(wire.progressed(done, total))
            out.flush()

    try:
        if options is None:
            found = wire.answered(wire.Recognised(reading.recognised_here(place)))
        else:
            found = wire.answered(reading.read_here(place, options, progress, offsets))
    except ImportRefused as error:
        found = wire.answered(error)
    out.write(found)
    out.flush()
    return 0


def _cpu_s(path: Path) -> int:
    size = 0
    with suppress(OSError, ValueError):  # one that cannot be looked at is refused when it is opened
        size = path.stat().st_size
    factor = 1 if path.suffix.lower() == ".xml" else _PACKED
    return _CPU_S + min(factor * size, ALL_BYTES) * _CPU_S_PER_MB // 1_000_000


if __name__ == "__main__":
    sys.exit(main())
