"""A request's body, within its size and its time."""

import asyncio
from typing import Final

from starlette.requests import ClientDisconnect, Request

BODY_MOST: Final = 65_536
BODY_S: Final = 10.0


class TooLong(Exception):
    """The body is longer than is read."""


class Unfinished(Exception):
    """The body did not come to its end in time."""


async def read_body(request: Request, most: int = BODY_MOST, within_s: float = BODY_S) -> bytes:
    """The whole body.

    Args:
        request: Whose.
        most: Bytes that are read.
        within_s: How long it may take.

    Raises:
        TooLong, Unfinished: As their names say; nothing is kept.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(within_s):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise TooLong
    except (TimeoutError, ClientDisconnect) as error:
        raise Unfinished from error
    return bytes(body)
