"""A file that the person chooses at the page: one line of JSON, then the file's bytes, handed on part by part.

Nothing of it is kept here: the bytes go to the reader's process (`agent.page.web.long_queries`).
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from agent.page.web.pipe import Refused

FILE_MOST: Final = 16 * 2**20
"""Bytes of a file, as `agent.days.calendar.reasons.LIMITS` has it."""

_LINE_MOST: Final = 65_536
_PART_S: Final = 10.0  # from this machine's own browser


async def split(request: Request) -> tuple[dict[str, Any], AsyncIterator[bytes]]:
    """The JSON object before a file, and the file.

    Raises:
        Refused: There is no such object. While the file is read: it is too large, or it does not come to its end.
    """
    parts = aiter(request.stream())
    line = b""
    while b"\n" not in line:
        part = await _next(parts)
        line += part
        if not part or len(line) > _LINE_MOST + 2**20:  # a part of the server's is 64 kB, or what came at once
            raise Refused("The form was not valid.", "Load the page again.")
    head, _, begin = line.partition(b"\n")
    try:
        made = json.loads(head) if len(head) <= _LINE_MOST else None
    except (ValueError, RecursionError):
        made = None
    if not isinstance(made, dict):
        raise Refused("The form was not valid.", "Load the page again.")
    return made, _file(begin, parts)


async def _file(begin: bytes, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    size, part = 0, begin
    while True:
        size += len(part)
        if size > FILE_MOST:
            raise Refused(
                f"The file is larger than {FILE_MOST // 2**20} MB.", "Export fewer years, and choose that file."
            )
        if part:
            yield part
        part = await _next(parts)
        if not part:
            return


async def _next(parts: AsyncIterator[bytes]) -> bytes:
    """The next part that is not empty; empty at the end."""
    try:
        async with asyncio.timeout(_PART_S):
            async for part in parts:
                if part:
                    return part
    except (TimeoutError, ClientDisconnect):
        raise Refused("The file did not arrive.", "Choose it again.") from None
    return b""
