"""The control port: faults one by one, on loopback; one JSON object a line, one answer a line.

{"fault": "silent", "for_s": 12, "strap": 0}     ->  {"ok": true}
{"ask": "straps"}                                ->  {"straps": [{"name", "address", "felt", "sent", "rr_1024"}, ...]}
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from firmware_sim.faults import fault
from firmware_sim.virtual_radio import VirtualRadio


@asynccontextmanager
async def serve(virtual_radio: VirtualRadio) -> AsyncIterator[int]:
    """Listen until the end of the block; gives the port."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async for line in reader:
                writer.write(json.dumps(await _answer(virtual_radio, line)).encode() + b"\n")
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()


async def _answer(virtual_radio: VirtualRadio, line: bytes) -> dict[str, Any]:
    try:
        try:
            asked = json.loads(line)
        except ValueError as error:
            raise ValueError("not JSON") from error
        if not isinstance(asked, dict):
            raise ValueError("not an object")  # noqa: TRY004 - one kind for a bad line
        if asked.get("ask") == "straps":
            return {"straps": [_about(strap) for strap in virtual_radio.straps]}
        await virtual_radio.suffer(fault(asked))
    except ValueError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True}


def _about(strap: Any) -> dict[str, Any]:
    return {
        "name": strap.spec.name,
        "address": strap.spec.address,
        "felt": len(strap.felt),
        "sent": sum(one.sent for one in strap.felt),
        "rr_1024": [one.rr_1024 for one in strap.felt if one.sent],
    }
