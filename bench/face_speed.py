"""The face chain's speed beside MediaPipe's FaceLandmarker 0.10.33, which runs in an environment of its own.

Both read the same frames (the public-domain portrait that moves, 640 x 360) on one thread, in blocks by turns: what else
the machine does falls on both. Only ratios of one run say anything; milliseconds are printed beside them. The ratio that
counts is of CPU time: a clock on the wall also counts the time in which another program ran.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import psutil

from firmware_sim.face import Portrait, shown, write_clip
from models.expression.people import SHARED

PEER = Path(os.environ.get("PEER", ".venv-face/bin/python"))
FRAMES = 120
ROUNDS = int(os.environ.get("ROUNDS", "12"))
BLOCK = 20
PACE_HZ, PACE_S = 5.0, float(os.environ.get("PACE_S", "30"))
TRACKING_LEAST, IRISES_LEAST, PROCESS_MOST = 3.0, 1.8, 0.8
HERE = Path(__file__).parent


def main(check: Callable[..., None]) -> None:
    """Speed: ratios of blocks by turns, then the real process beside the peer's calls at the same pace."""
    portrait = Portrait()
    frames = np.stack([portrait.frame(shown(step / 5)) for step in range(FRAMES)])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.save(folder / "frames.npy", frames[..., ::-1])
        write_clip(folder / "face.avi", fps_hz=30.0)
        with ExitStack() as running:
            chains = {chain: running.enter_context(_chain(chain, folder)) for chain in ("peer", "tracking", "irises")}
            rows = _by_turns(chains)
            _print_blocks(rows, check)
            process_ms, memory_mb, calls_ms, rate_hz = _resident(folder / "face.avi", chains["peer"], folder / "said")
    share = process_ms / calls_ms
    check(f"the process over the peer's calls: {share:.2f}", holds=share <= PROCESS_MOST)
    check(f"the process looked {rate_hz:.1f} times a second, with the eyes", holds=rate_hz >= 0.8 * PACE_HZ)
    # a file's reader takes 25 MB that a camera's does not
    check(f"the process holds {memory_mb:.0f} MB", holds=memory_mb <= 195)
    print(f"\nat {PACE_HZ:.0f} looks a second for {PACE_S:.0f} s, at the same time: the camera's whole process "
          f"{process_ms:.1f} ms of CPU a look ({rate_hz:.1f} a second with the eyes), {memory_mb:.0f} MB; FaceLandmarker's calls alone {calls_ms:.1f} ms; "
          f"ratio {share:.2f} (at most {PROCESS_MOST})")  # fmt: skip


def _print_blocks(rows: dict[str, list[dict[str, float]]], check: Callable[..., None]) -> None:
    print(
        f"\none thread, 640 x 360, {ROUNDS} blocks of {BLOCK} frames by turns; ours search the whole frame every fifth look"
    )
    print(f"{'':<24}{'median a frame':>16}{'':>14}{'first':>9}{'times as fast, by':>22}")
    print(
        f"{'chain':<24}{'CPU ms':>8}{'wall ms':>8}{'MB':>7}{'result s':>16}{'CPU':>8}{'wall':>7}{'mean CPU':>10}{'fastest tenth':>14}"
    )
    names = {"peer": "FaceLandmarker 0.10.33", "tracking": "ours, tracking", "irises": "ours, with irises"}
    for chain, least in (("peer", 0.0), ("tracking", TRACKING_LEAST), ("irises", IRISES_LEAST)):
        figures = {key: float(np.median([row[key] for row in rows[chain]])) for key in rows[chain][0]}
        keys = ("cpu_ms", "ms", "cpu_mean_ms", "cpu_fast_ms")
        cpu, wall, mean, fast = (_ratio(rows["peer"], rows[chain], key) for key in keys)
        check(f"{names[chain]}: {cpu:.2f} times FaceLandmarker, at least {least}", holds=cpu >= least)
        print(f"{names[chain]:<24}{figures['cpu_ms']:>8.2f}{figures['ms']:>8.2f}{figures['mb']:>7.0f}{figures['first_s']:>16.2f}"
              f"{cpu:>8.2f}{wall:>7.2f}{mean:>10.2f}{fast:>14.2f}")  # fmt: skip
    print("the mean counts the searches of the whole frame, which FaceLandmarker does not make while it follows a face")


def _ratio(peer: list[dict[str, float]], mine: list[dict[str, float]], key: str) -> float:
    """Median over the turns: how many times as fast as the peer in the block beside."""
    return float(np.median([theirs[key] / ours[key] for theirs, ours in zip(peer, mine, strict=True)]))


class Chain:
    """A process that runs blocks of frames."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._first = self.answer()

    def order(self, words: str) -> None:
        self._process.stdin.write(words + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, float]:
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a chain ended early; see its words above")
        return json.loads(line)

    def run(self, words: str) -> dict[str, float]:
        self.order(words)
        return self.answer() | self._first


@contextmanager
def _chain(name: str, folder: Path) -> Iterator[Chain]:
    python = str(PEER) if name == "peer" else sys.executable
    words = [python, "-W", "ignore", str(HERE / "face_pace.py"), name, str(folder / "frames.npy"),
             str(SHARED / "models" / "face_landmarker.task")]  # fmt: skip
    # the peer is loud on stderr at each start
    loud = subprocess.DEVNULL if name == "peer" else None
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=loud,
        text=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    try:
        yield Chain(process)
    finally:
        process.kill()
        process.wait()


def _by_turns(chains: dict[str, Chain]) -> dict[str, list[dict[str, float]]]:
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in chains}
    for turn in range(ROUNDS + 1):
        for name, chain in chains.items():
            row = chain.run(f"block {BLOCK}")
            if turn:  # the first block warms caches up
                rows[name].append(row)
    return rows


def _resident(clip: Path, peer: Chain, said: Path) -> tuple[float, float, float, float]:
    """CPU ms a look of the real process, its memory in MB, CPU ms a call of the peer at the same pace and time, and the
    looks a second that the process really took: a busy machine makes it look less often, and without the eyes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agent.sources.camera.serve"],
        stdin=subprocess.PIPE,
        stdout=said.open("wb"),
        stderr=subprocess.DEVNULL,
    )
    try:
        wanted = {"device": str(clip), "speed": 1.0, "bursts": False, "again": True, "affect": None}
        process.stdin.write(json.dumps(wanted).encode() + b"\n")
        process.stdin.flush()
        time.sleep(5.0)
        seen = psutil.Process(process.pid)
        told_before = said.read_bytes().count(b'"lids_01":[')
        before_s, began_s = sum(seen.cpu_times()[:2]), time.monotonic()
        peer.order(f"pace {PACE_S} {PACE_HZ}")
        calls = peer.answer()
        used_s = sum(seen.cpu_times()[:2]) - before_s
        looks = said.read_bytes().count(b'"lids_01":[') - told_before
        rate_hz = looks / (time.monotonic() - began_s)
        return 1000 * used_s / max(looks, 1), seen.memory_info().rss / 1e6, calls["cpu_mean_ms"], rate_hz
    finally:
        process.kill()
        process.wait()
