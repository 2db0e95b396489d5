"""The camera's process over frames that each carry a mark, until enough were taken; then it is crashed. For the canary.

Arguments: the file that counts frames, how many, how to end (SEGV, ABRT, BUS, KILL, raise).
"""

import os
import signal
import sys
from pathlib import Path

import numpy as np

import face_hidden
from agent.sources.camera.serve import serve
from firmware_sim.face import Portrait, shown

COUNTER, WANTED, CRASH = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


class Marked:
    is_live = True

    def __init__(self, wanted):
        portrait = Portrait()
        self._frames = [portrait.frame(shown(step / 4)) for step in range(240)]
        self._count, self._newest = 0, None

    def grab(self):
        """Every frame is decoded here, and so lies in this process's memory."""
        self._newest = face_hidden.marked(self._frames[self._count % len(self._frames)].copy(), self._count)
        self._count += 1
        if self._count >= WANTED:
            self._end()
        return True

    def retrieve(self):
        return self._newest

    def _end(self):
        COUNTER.write_text(str(self._count))
        if CRASH == "raise":
            raise ValueError(self._newest.tobytes())  # a library's error that quotes a picture
        os.kill(os.getpid(), getattr(signal, f"SIG{CRASH}"))

    def close(self):
        pass


if __name__ == "__main__":
    assert np is not None
    sys.exit(serve(Marked))
