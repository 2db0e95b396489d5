"""One chain in a process of its own, run block by block on demand: for bench/face_speed.py. One thread.

Arguments: the chain (peer, tracking, irises), the frames (.npy, red first), the task file.
stdin, a line: ``block N`` (N frames, one after the other) or ``pace SECONDS HZ``. stdout: one JSON line each.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

BEGAN_S = time.perf_counter()

import numpy as np

Look = Callable[[np.ndarray, int], None]


def peer(task: str) -> Look:
    """FaceLandmarker as its documentation shows it for a clip: one face, blendshapes on; one thread by default."""
    import mediapipe
    from mediapipe.tasks import python as tasks
    from mediapipe.tasks.python import vision

    options = vision.FaceLandmarkerOptions(
        base_options=tasks.BaseOptions(model_asset_path=task),
        running_mode=vision.RunningMode.VIDEO,
        output_face_blendshapes=True,
        num_faces=1,
    )
    marker = vision.FaceLandmarker.create_from_options(options)

    def look(frame: np.ndarray, number: int) -> None:
        marker.detect_for_video(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=frame), 200 * number)

    return look


def ours(*, irises: bool) -> Look:
    """The shipped chain; the whole frame is searched at every fifth look, as it is live."""
    import cv2

    cv2.setNumThreads(1)
    from agent.perception.face import Watcher

    watcher = Watcher()
    watcher.with_irises = irises

    def look(frame: np.ndarray, number: int) -> None:
        watcher.look(frame, search=number % 5 == 1)

    return look


def main() -> None:
    chain, frames_file, task = sys.argv[1:4]
    frames = np.load(frames_file)
    if chain != "peer":
        frames = np.ascontiguousarray(frames[..., ::-1])
    look = peer(task) if chain == "peer" else ours(irises=chain == "irises")
    number = 1
    look(frames[0], number)
    print(json.dumps({"first_s": time.perf_counter() - BEGAN_S}), flush=True)
    for line in sys.stdin:
        order, *sizes = line.split()
        wall_ms, cpu_ms = [], []
        count = int(sizes[0]) if order == "block" else round(float(sizes[0]) * float(sizes[1]))
        next_s = time.perf_counter()
        for _ in range(count):
            if order == "pace":
                next_s += 1.0 / float(sizes[1])
                time.sleep(max(0.0, next_s - time.perf_counter()))
            number += 1
            began_s, used_s = time.perf_counter(), time.process_time()
            look(frames[number % len(frames)], number)
            wall_ms.append(1000 * (time.perf_counter() - began_s))
            cpu_ms.append(1000 * (time.process_time() - used_s))
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        figures = {
            "ms": float(np.median(wall_ms)),
            "cpu_ms": float(np.median(cpu_ms)),
            "cpu_mean_ms": float(np.mean(cpu_ms)),
            "cpu_fast_ms": float(np.percentile(cpu_ms, 10)),
        }
        print(json.dumps(figures | {"mb": pages * os.sysconf("SC_PAGE_SIZE") / 1e6}), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
