"""The reading process from the agent's side: one for all files, another one after each file that ended it.

A file that takes too much ends its process, is refused by name, and the next file goes to a new one.
"""

import asyncio
import logging
import sys
from collections.abc import Sequence
from typing import Final

from agent.days.calendar.protocol import FileAnswer, Question, answered, asked, sized, stopped
from agent.days.calendar.reasons import LIMITS, Limits, Reason
from agent.system import child

log = logging.getLogger(__name__)

# -P: no file of the folder that we were started in is ever run
COMMAND: Final = (sys.executable, "-P", "-X", "no_debug_ranges", "-m", "agent.days.calendar.serve")


async def read_in_process(files: Sequence[bytes], question: Question, limits: Limits = LIMITS) -> list[FileAnswer]:
    """Read calendars outside of this process.

    Args:
        files: The bytes of each.
        question: What is wanted.
        limits: What it may cost.

    Returns:
        One answer a file.
    """
    answers: list[FileAnswer] = []
    deaths = 0
    while len(answers) < len(files):
        if deaths > limits.deaths:
            return [*answers, *(stopped(Reason.FILE_STOPPED) for _ in files[len(answers) :])]
        answers += await _read_until_it_ends(files[len(answers) :], question, limits)
        if len(answers) < len(files):
            answers.append(stopped(Reason.FILE_STOPPED))
            deaths += 1
            log.warning("reading a calendar took too much, or failed, and was stopped")
    return answers


async def _read_until_it_ends(files: Sequence[bytes], question: Question, limits: Limits) -> list[FileAnswer]:
    """Answers up to the first file that has none."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=limits.answer_bytes,
    )
    answers: list[FileAnswer] = []
    try:
        if process.stdin is None or process.stdout is None:
            return answers
        process.stdin.write(asked(question, limits))
        for data in files:
            # not `wait_for`: before Python 3.12 it loses a cancellation that comes together with a line
            async with asyncio.timeout(limits.wall_s):
                process.stdin.write(sized(data))
                process.stdin.write(data)
                await process.stdin.drain()
                line = await process.stdout.readline()
            answers.append(answered(line))
    except (TimeoutError, ValueError, OSError):  # ValueError: no answer of ours, or one without end
        pass
    finally:
        await child.end(process)
    return answers
