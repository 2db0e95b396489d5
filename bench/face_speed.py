"""Milliseconds, memory and start of the face chain, beside MediaPipe's FaceLandmarker 0.10.33 in an environment of its own.

Both read the same frames (the public-domain portrait that moves, 640 x 360), in turn, on one thread.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import psutil

from agent.perception.face import Watcher
from firmware_sim.face import Portrait, shown, write_clip
from models.expression.people import SHARED

PEER = Path(os.environ.get("PEER", ".venv-face/bin/python"))
FRAMES, ROUNDS = 120, 4
# what the peer runs: the same frames, its own clock, one line of JSON
PEER_PROGRAM = """
import json, sys, time
began = time.perf_counter()
import numpy as np, mediapipe as mp, resource
from mediapipe.tasks import python as tasks
from mediapipe.tasks.python import vision
frames = np.load(sys.argv[1])
options = vision.FaceLandmarkerOptions(
    base_options=tasks.BaseOptions(model_asset_path=sys.argv[2]), running_mode=vision.RunningMode.VIDEO,
    output_face_blendshapes=True, num_faces=1)
marker = vision.FaceLandmarker.create_from_options(options)
at, took = 0, []
for turn in range(int(sys.argv[3])):
    for frame in frames:
        at += 200
        start = time.perf_counter()
        marker.detect_for_video(mp.Image(image_format=mp.ImageFormat.SRGB, data=frame), at)
        took.append((time.perf_counter() - start) * 1000)
        if at == 200:
            first = time.perf_counter() - began
pages = int(open("/proc/self/statm").read().split()[1])
print(json.dumps({"ms": float(np.median(took)), "first_s": first, "mb": pages * 4096 / 1e6}), flush=True)
import os; os._exit(0)
"""
OURS_PROGRAM = """
import json, sys, time
began = time.perf_counter()
import numpy as np, cv2
cv2.setNumThreads(1)
from agent.perception.face import Watcher
frames = np.load(sys.argv[1])[..., ::-1].copy()
watcher = Watcher()
watcher.look(frames[0]); watcher.look(frames[1])
first = time.perf_counter() - began
took = []
for turn in range(int(sys.argv[3])):
    for n, frame in enumerate(frames):
        start = time.perf_counter()
        watcher.look(frame, search=n % 3 == 0)
        took.append((time.perf_counter() - start) * 1000)
pages = int(open("/proc/self/statm").read().split()[1])
print(json.dumps({"ms": float(np.median(took)), "first_s": first, "mb": pages * 4096 / 1e6}), flush=True)
"""


def main(check: Callable[..., None]) -> None:
    """Must show 5."""
    portrait = Portrait()
    frames = np.stack([portrait.frame(shown(step / 5)) for step in range(FRAMES)])
    chain = {
        "tracking": _median_ms(frames, irises=False),
        "with irises": _median_ms(frames, irises=True),
    }
    check(f"tracking chain {chain['tracking']:.2f} ms", holds=chain["tracking"] <= 4.0)
    check(f"with irises {chain['with irises']:.2f} ms", holds=chain["with irises"] <= 7.0)
    print("\none thread, 640 x 360, whole frame searched every third look")
    for name, ms in chain.items():
        print(f"  {name:<14}{ms:6.2f} ms median a frame")
    with tempfile.TemporaryDirectory() as folder:
        rgb = Path(folder) / "frames.npy"
        np.save(rgb, frames[..., ::-1])
        rows = _beside(rgb, check)
        for name, row in rows.items():
            print(f"  {name:<28}{row['ms']:6.2f} ms  {row['mb']:6.0f} MB  first result after {row['first_s']:.2f} s")
        clip = Path(folder) / "face.avi"
        write_clip(clip, fps_hz=10.0)
        share, memory_mb = _resident(clip)
    check(f"5 a second: {share:.1%} of a core, {memory_mb:.0f} MB", holds=share <= 0.05 and memory_mb <= 170)
    print(f"  the camera's process at 5 looks a second: {share:.1%} of one core, {memory_mb:.0f} MB (30 s)")


def _median_ms(frames: np.ndarray, *, irises: bool) -> float:
    cv2.setNumThreads(1)
    watcher = Watcher()
    watcher.with_irises = irises
    took = []
    for _ in range(ROUNDS):
        for n, frame in enumerate(frames):
            began = time.perf_counter()
            watcher.look(frame, search=n % 3 == 0)
            took.append((time.perf_counter() - began) * 1000)
    return float(np.median(took))


def _beside(rgb: Path, check: Callable[..., None]) -> dict[str, dict[str, float]]:
    task = str(SHARED / "models" / "face_landmarker.task")
    here = {**os.environ, "PYTHONPATH": os.pathsep.join(["."])}
    runs = {"ours": (sys.executable, OURS_PROGRAM), "FaceLandmarker 0.10.33": (str(PEER), PEER_PROGRAM)}
    rows: dict[str, dict[str, float]] = {}
    for _ in range(2):  # in turn; the better of two stands
        for name, (python, program) in runs.items():
            words = [python, "-c", program, str(rgb), task, str(ROUNDS)]
            done = subprocess.run(words, capture_output=True, text=True, env=here, check=False)
            if done.returncode != 0:
                check(f"{name} did not run", holds=False)
                print(done.stderr[-400:])
                continue
            row = json.loads(done.stdout.strip().splitlines()[-1])
            if name not in rows or row["ms"] < rows[name]["ms"]:
                rows[name] = row
    return rows


def _resident(clip: Path, seconds: float = 30.0) -> tuple[float, float]:
    """Share of a core and memory of the real process, playing a clip at 5 looks a second."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agent.sources.camera.serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wanted = {"device": str(clip), "speed": 1.0, "bursts": False, "again": True, "affect": None}
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.flush()
        time.sleep(5.0)
        seen = psutil.Process(process.pid)
        before, began = sum(seen.cpu_times()[:2]), time.monotonic()
        time.sleep(seconds)
        used = sum(seen.cpu_times()[:2]) - before
        return used / (time.monotonic() - began), seen.memory_info().rss / 1e6
    finally:
        process.kill()
        process.wait()
