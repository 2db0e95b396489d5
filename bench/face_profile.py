"""Where a look's time goes, stage by stage: `make bench-face PART=profile`.

Every stage's function is wrapped by a clock that stops while a stage inside it runs, so that the rows add up. What lies
between the stages is the last row. The clocks cost some microseconds a call.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from unittest.mock import patch

import cv2

from agent.perception import crops, detect, exposure, expression, eye_occlusion, face, iris, landmarks, litert
from firmware_sim.face import Portrait, shown

FRAMES, ROUNDS = 40, 6
# stage, the modules or classes whose name is wrapped, the name
STAGES = (
    ("model: 468 points", (landmarks.Landmarker,), "of"),
    ("model: detector", (detect.Detector,), "_found"),
    ("model: one eye", (iris.Irises,), "_eye"),
    ("model: our own nets", (expression.Expression,), "_run"),
    ("copies into and out of LiteRT", (litert.Model,), "of_bytes"),
    ("crop and colour order", (crops, face, landmarks, iris), "cut_bytes"),
    ("points back into the frame", (crops, landmarks, iris), "back"),
    ("light of the face", (exposure,), "of"),
    ("light of the eyes", (eye_occlusion, face), "eye_cover_rows"),
    ("laid upon the mean face", (expression.Expression,), "laid"),
    ("rows for our nets", (expression.Expression,), "__call__"),
)  # fmt: skip
_INSIDE = "inside LiteRT (Invoke)"


class Clocks:
    """Exclusive seconds and calls of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._open: list[str] = []
        self._since_s = time.perf_counter()

    def wrap(self, stage: str, inner: Callable) -> Callable:
        def timed(*args, **kwargs):
            self.calls[stage] += 1
            with self.running(stage):
                return inner(*args, **kwargs)

        return timed

    def running(self, stage: str) -> "Running":
        return Running(self, stage)

    def turn(self, stage: str | None) -> None:
        """Book the time since the last turn; then enter a stage, or leave one."""
        now_s = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now_s - self._since_s
        if stage is None:
            self._open.pop()
        else:
            self._open.append(stage)
        self._since_s = time.perf_counter()


class Running:
    def __init__(self, clocks: Clocks, stage: str) -> None:
        self._clocks, self._stage = clocks, stage

    def __enter__(self) -> None:
        self._clocks.turn(self._stage)

    def __exit__(self, *_: object) -> None:
        self._clocks.turn(None)


class Invoking:
    """An interpreter whose `invoke` is a stage."""

    def __init__(self, clocks: Clocks, inner: object) -> None:
        self._clocks, self._inner = clocks, inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def invoke(self) -> None:
        self._clocks.calls[_INSIDE] += 1
        with self._clocks.running(_INSIDE):
            self._inner.invoke()


def main(check: Callable[..., None]) -> None:
    """A table for each chain: tracking, with irises, and a look that searches the whole frame."""
    cv2.setNumThreads(1)
    portrait = Portrait()
    frames = [portrait.frame(shown(step / 5)) for step in range(FRAMES)]
    for words, irises, search in (
        ("tracking", False, False),
        ("with irises", True, False),
        ("with irises, searching", True, True),
    ):
        clocks, looks = Clocks(), 0
        with ExitStack() as patched:
            for stage, owners, name in STAGES:
                wrapped = clocks.wrap(stage, getattr(owners[0], name))
                for owner in owners:
                    if hasattr(owner, name):
                        patched.enter_context(patch.object(owner, name, _as_method(wrapped)))
            watcher = face.Watcher()
            for model in (watcher._detector._model, watcher._landmarker._model, watcher._reader._irises._model):
                model._interpreter = Invoking(clocks, model._interpreter)
            watcher.with_irises = irises
            watcher.look(frames[0])
            clocks.seconds.clear()
            clocks.calls.clear()
            for _ in range(ROUNDS):
                for frame in frames:
                    with clocks.running("everything else"):
                        watcher.look(frame, search=search)
                    looks += 1
        total_ms = 1000 * sum(clocks.seconds.values()) / looks
        check(f"{words}: no stage was timed", holds=len(clocks.seconds) > 3)
        print(f"\n{words}: {total_ms:.2f} ms a look\n{'stage':<34}{'calls a look':>13}{'ms a look':>11}{'share':>8}")
        for stage, seconds in sorted(clocks.seconds.items(), key=lambda row: -row[1]):
            ms = 1000 * seconds / looks
            print(f"{stage:<34}{clocks.calls[stage] / looks:>13.1f}{ms:>11.2f}{ms / total_ms:>8.0%}")


def _as_method(wrapped: Callable) -> Callable:
    """A plain function, so that it binds to an instance where it stands in a class."""

    def call(*args, **kwargs):
        return wrapped(*args, **kwargs)

    return call
