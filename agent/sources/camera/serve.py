"""The camera's process as a program: no core dumps, no stray words, gone when the agent is.

stdin: what is wanted; its end is the order to go       stdout: one JSON line a look, a state, a sign of life
"""

import os
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO

from agent.sources.camera.protocol import Told, Wanted, started_with, written
from agent.sources.camera.states import CameraState
from agent.system import host

if TYPE_CHECKING:
    from agent.sources.camera.process import Opener


def serve(opener: "Opener | None" = None) -> int:
    """Be the process, to its end.

    Args:
        opener: How a capture is opened; tests hand in their own.
    """
    host.no_core_dumps()
    out = host.only_way_out()
    wanted = started_with(sys.stdin.buffer.readline())
    threading.Thread(target=_go_with_the_agent, name="agent", daemon=True).start()
    try:
        out.write(written(Told(_run(wanted, out, opener))))
        out.flush()
    except BrokenPipeError:
        pass  # the agent is gone
    finally:
        os._exit(0)  # a thread may hang in the camera's driver for ever


def _run(wanted: Wanted, out: BinaryIO, opener: "Opener | None") -> CameraState | None:
    try:
        from agent.sources.camera.capture import open_capture
        from agent.sources.camera.process import Process
    except ModuleNotFoundError:
        return CameraState.NO_PARTS
    return Process(wanted, out, opener or open_capture).run()


def _go_with_the_agent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(serve())
