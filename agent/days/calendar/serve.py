"""The reading process as a program: a calendar's bytes in, times and counts out; no title, unless titles are asked for.

It reads no file and opens no socket. CPU seconds are limited for each file, memory for the process.
"""

import json
import sys
from typing import Any, BinaryIO

from agent.days.calendar.protocol import marks_of
from agent.days.calendar.reasons import Reason
from agent.system import host


def serve() -> int:
    """Be the process, to the end of its input."""
    host.no_core_dumps()
    out = host.only_way_out()
    _work(sys.stdin.buffer, out)
    return 0


def _work(questions: BinaryIO, out: BinaryIO) -> None:
    from agent.days.calendar.reading import Task
    from agent.days.calendar.series import Window

    words = json.loads(questions.readline())
    host.limit_this_process(memory_bytes=words["memory_bytes"])
    task = Task(
        Window(words["low"], words["high"]),
        bytes.fromhex(words["key"]),
        marks_of(words["marks"]),
        words["titles"],
        words["entries_cpu_s"],
    )
    while line := questions.readline():
        host.limit_this_process(cpu_s=words["file_cpu_s"])
        data = questions.read(json.loads(line)["size"])
        out.write(json.dumps(_answered(data, task), separators=(",", ":")).encode() + b"\n")
        out.flush()


def _answered(data: bytes, task: Any) -> dict[str, Any]:
    from agent.days.calendar.reading import answer, by_digest

    try:
        made = answer(data, task)
    except MemoryError:
        return {
            "events": 0,
            "all_day": 0,
            "others": 0,
            "unread": {Reason.FILE_STOPPED: 1},
            "reach": [],
            "kinds": [0, 0],
        }
    words: dict[str, Any] = {
        "events": made.events_n,
        "all_day": made.all_day_n,
        "others": made.other_n,
        "unread": {reason.value: n for reason, n in made.unread.items()},
        "reach": made.reach,
        "kinds": [int(made.has_shifts), int(made.has_meetings)],
    }
    if task.wants_titles:
        words["titles"] = [[name, *row] for name, row in by_digest(made.titles, task.key).items()]
    else:
        words["found"] = made.found
    return words


if __name__ == "__main__":
    sys.exit(serve())
