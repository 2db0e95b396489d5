"""The camera's process with a scripted camera in the place of the device: everything else is the real program.

The device is a file whose one word says what the camera does: play, unplugged, blocked, frozen, busy, denied, garbage.
"""

import sys
import time
from pathlib import Path

import numpy as np

from agent.sources.camera.capture import CameraFault
from agent.sources.camera.serve import serve
from agent.sources.camera.states import CameraState
from firmware_sim.face import Portrait, shown

FPS_HZ = 30.0
AT_THE_DOOR = {"busy": CameraState.BUSY, "denied": CameraState.DENIED, "unplugged": CameraState.ABSENT}


class Scripted:
    is_live = True

    def __init__(self, wanted):
        self._file = Path(wanted.device)
        if fault := AT_THE_DOOR.get(self._word()):
            raise CameraFault(fault)
        self._portrait, self._began_s = Portrait(), time.monotonic()
        self._random = np.random.default_rng(1)
        self._frame = None

    def _word(self):
        return self._file.read_text().strip()

    def grab(self):
        time.sleep(1 / FPS_HZ)
        while self._word() == "blocked":
            time.sleep(0.05)
        return self._word() not in AT_THE_DOOR

    def retrieve(self):
        word = self._word()
        if word == "garbage":
            return None
        if word != "frozen" or self._frame is None:
            frame = self._portrait.frame(shown(time.monotonic() - self._began_s)).astype(np.int16)
            if word == "two":
                frame[:, :320] = frame[:, 160:480]
                frame[:, 320:] = frame[:, :320]
            noise = self._random.integers(-2, 3, frame.shape, dtype=np.int16)
            self._frame = np.clip(frame + noise, 0, 255).astype(np.uint8)
        return self._frame

    def close(self):
        pass


if __name__ == "__main__":
    sys.exit(serve(Scripted))
