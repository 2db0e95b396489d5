"""What must not be found: marks of frames outside the process, connections, files of a vendor, a leak. Planted first."""

import base64
import gc
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

PREFIX = hashlib.sha256(b"wardbeat canary").digest()[:8]
HERE = Path(__file__).parent
FRAMES = int(os.environ.get("FRAMES", "100000"))
_BLOCK = 8  # px of one bit, so that it survives JPEG


def mark(number: int) -> bytes:
    """128 bits: ours, and which frame."""
    return PREFIX + hashlib.sha256(struct.pack(">Q", number)).digest()[:8]


def marked(frame: np.ndarray, number: int) -> np.ndarray:
    """The frame with its mark: as raw bytes, in each plane, and as blocks that a lossy picture keeps."""
    bits = np.unpackbits(np.frombuffer(mark(number), dtype=np.uint8)).reshape(8, 16)
    frame[0].reshape(-1)[:16] = np.frombuffer(mark(number), dtype=np.uint8)
    frame[1, :16] = np.frombuffer(mark(number), dtype=np.uint8)[:, np.newaxis]
    frame[8 : 8 + 8 * _BLOCK, : 16 * _BLOCK] = np.kron(bits * 255, np.ones((_BLOCK, _BLOCK)))[..., np.newaxis]
    return frame


def found_in(blob: bytes) -> bool:
    """Whether any frame's mark is in there: raw, planar, quoted, base64, or inside a PNG or JPEG."""
    if PREFIX in blob or repr(PREFIX)[2:-1].encode() in blob:
        return True
    if any(one in blob for one in _as_base64()):
        return True
    return any(_picture_holds(blob[place:]) for place in _pictures(blob))


def _as_base64() -> Iterator[bytes]:
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + PREFIX)
        yield text[-(-shift * 4 // 3) + (1 if shift else 0) : -4 if shift else -3]


def _pictures(blob: bytes) -> Iterator[int]:
    for start in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"):
        yield from (found.start() for found in re.finditer(re.escape(start), blob))


def _picture_holds(blob: bytes) -> bool:
    picture = cv2.imdecode(np.frombuffer(blob, dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None or picture.shape[0] < 8 + 8 * _BLOCK or picture.shape[1] < 16 * _BLOCK:
        return False
    blocks = picture[8 : 8 + 8 * _BLOCK, : 16 * _BLOCK].reshape(8, _BLOCK, 16, _BLOCK).mean(axis=(1, 3))
    return np.packbits(blocks.ravel() > 127).tobytes()[:8] == PREFIX


def files(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path, path.read_bytes()


def written(trace: Path) -> bytes:
    """Every byte that a traced process handed to a system call: strings that strace wrote as hex."""
    text = trace.read_bytes()
    return b"\n".join(
        bytes.fromhex(one.replace(b"\\x", b"").decode()) for one in re.findall(rb'"((?:\\x[0-9a-f]{2})+)"', text)
    )


def planted(folder: Path) -> dict[str, bool]:
    """The same detector on a frame that was leaked on purpose, in every shape."""
    frame = marked(np.random.default_rng(1).integers(0, 256, (360, 640, 3), dtype=np.uint8), 77)
    shapes = {
        "raw": frame.tobytes(),
        "planar": np.moveaxis(frame, 2, 0).tobytes(),
        "PNG": cv2.imencode(".png", frame)[1].tobytes(),
        "JPEG": cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, 60])[1].tobytes(),
        "an error's words": repr(frame.tobytes()).encode(),
        "base64": base64.b64encode(frame.tobytes()),
    }
    told = {}
    for name, content in shapes.items():
        (folder / name).write_bytes(b"some words before" + content)
        told[name] = any(found_in(blob) for path, blob in files(folder) if path.name == name)
    told["core"] = _core_holds(folder)
    trace = folder / "planted.trace"
    program = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
    _traced(trace, [sys.executable, "-c", program, str(folder / "raw")], stdout=subprocess.DEVNULL)
    told["pipe"] = found_in(written(trace))
    return told


def _core_holds(folder: Path) -> bool:
    """A process that holds a marked frame and may dump: it does, and the mark is in its core."""
    cores = folder / "cores"
    cores.mkdir()
    program = (
        "import sys, os, signal; sys.path.insert(0, sys.argv[1]); import numpy as np, face_hidden;"
        "held = face_hidden.marked(np.zeros((360, 640, 3), np.uint8), 5); os.kill(os.getpid(), signal.SIGSEGV)"
    )
    words = [
        "sh",
        "-c",
        'ulimit -c unlimited; cd "$1"; exec "$2" -c "$3" "$4"',
        "sh",
        str(cores),
        sys.executable,
        program,
        str(HERE),
    ]
    subprocess.run(words, check=False, capture_output=True)
    return any(found_in(blob) for _, blob in files(cores))


def _traced(trace: Path, words: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
    calls = "write,pwrite64,writev,pwritev,sendto,sendmsg,sendmmsg,vmsplice"
    return subprocess.run(
        ["strace", "-f", "-xx", "-s", "1000000", "-e", f"trace={calls}", "-o", str(trace), *words],
        check=False,
        **options,
    )


def canary(check: Callable[..., None]) -> None:
    """Must show 6: marked frames through the real process, crashed again and again; no mark anywhere after."""
    with tempfile.TemporaryDirectory(prefix="canary-") as name:
        folder = Path(name)
        control = folder / "control"
        control.mkdir()
        told = planted(control)
        for what, found in told.items():
            check(f"planted as {what}: not found", holds=found)
        check("random bytes hold no mark", holds=not found_in(os.urandom(200_000)))
        print(f"\nplanted and found: {', '.join(what for what, found in told.items() if found)}")
        run = folder / "run"
        (run / "home").mkdir(parents=True)
        (run / "tmp").mkdir()
        frames, traces, ends = _crashing_runs(folder, run)
        marks = [path.name for path, blob in files(run) if found_in(blob)]
        passed = sum(found_in(written(trace)) for trace in traces)
        size = sum(len(written(trace)) for trace in traces)
        check(f"{frames} frames", holds=frames >= FRAMES)
        check(f"marks in files: {marks}, in writes: {passed}", holds=not marks and not passed)
        print(f"{frames} marked frames in {len(ends)} runs that ended by {', '.join(sorted(set(ends)))}; marks in files, logs "
              f"and cores: {len(marks)}; in {size} bytes written to pipes, sockets and files: {passed}")  # fmt: skip


def _crashing_runs(folder: Path, run: Path) -> tuple[int, list[Path], list[str]]:
    """The camera's program over frames that carry marks, ended by each kind of crash in turn."""
    frames, traces, ends = 0, [], []
    crashes = ("SEGV", "ABRT", "raise", "KILL", "BUS")
    counter = folder / "count"
    environment = {
        **os.environ,
        "HOME": str(run / "home"),
        "TMPDIR": str(run / "tmp"),
        "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)]),
    }
    environment.pop("CI", None)
    number = 0
    while frames < FRAMES:
        crash = crashes[number % len(crashes)]
        each = min(-(-FRAMES // len(crashes)), FRAMES - frames)
        trace = folder / f"trace-{number}"
        calls = "write,pwrite64,writev,pwritev,sendto,sendmsg,sendmmsg,vmsplice"
        shell = f'ulimit -c unlimited; cd "{run}"; exec strace -f -xx -s 1000000 -e trace={calls} -o "{trace}" "$@"'
        words = ["sh", "-c", shell, "sh", sys.executable, str(HERE / "face_marked.py"), str(counter), str(each), crash]
        with (run / f"log-{number}").open("wb") as log:
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)
            process.stdin.write(
                json.dumps({"device": "marked", "speed": 10.0, "bursts": True, "again": False, "affect": None}).encode()
                + b"\n"
            )
            process.stdin.flush()
            process.wait()
        frames += int(counter.read_text())
        counter.unlink()
        traces.append(trace)
        ends.append(crash)
        number += 1
    return frames, traces, ends


def egress(check: Callable[..., None]) -> None:
    """Must show 8: a traced run, CI unset: no connection, no file of a vendor; a planted connection is found."""
    from firmware_sim.face import write_clip

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_clip(folder / "clip.avi", seconds=6.0)
        environment = {
            k: v
            for k, v in os.environ.items()
            if k not in ("CI", "ORT_DISABLE_TELEMETRY", "GITHUB_ACTIONS", "TF_BUILD")
        }
        environment["HOME"] = str(folder)
        if "WARDBEAT_MODELS" not in environment:
            environment["WARDBEAT_MODELS"] = str(Path(sys.prefix) / "share" / "wardbeat" / "models")
        plant = "import socket; s = socket.socket(); s.settimeout(1); s.connect_ex(('127.0.0.1', 9))"
        seen_plant = _connects(folder / "plant", [sys.executable, "-c", plant], environment)
        words = [sys.executable, "-m", "agent.cli", "analyze", "--video", str(folder / "clip.avi"), "--json"]
        seen = _connects(folder / "real", words, environment)
        vendor = [path for path in folder.rglob("*") if "icrosoft" in path.name or "onnxruntime" in path.name.lower()]
        check("a planted connection was not found", holds=len(seen_plant) == 1)
        check(f"connections: {seen}; files: {vendor}", holds=not seen and not vendor)
        print(
            f"\nplanted connection found: {len(seen_plant)}; connections of the face chain: {len(seen)}; files of a vendor: {len(vendor)}"
        )


def _connects(trace: Path, words: list[str], environment: dict[str, str]) -> list[str]:
    done = subprocess.run(
        ["strace", "-f", "-e", "trace=connect,sendto,sendmsg", "-o", str(trace), *words],
        env=environment,
        check=False,
        capture_output=True,
    )
    if done.returncode != 0:
        raise SystemExit(f"the traced run failed: {done.stderr[-300:]!r}")
    return [line for line in trace.read_text(errors="replace").splitlines() if "AF_INET" in line]


def hour(check: Callable[..., None]) -> None:
    """Must show 7, its end: an hour of looks in virtual time; what the process and the agent's side hold does not grow."""
    slope = _hour_of_looks(leak=False)
    leaky = _hour_of_looks(leak=True, looks=3000)
    check(f"an hour: {slope:+.0f} kB", holds=slope < 512)
    check(f"planted leak: {leaky:+.0f} kB", holds=leaky > 512)
    print(
        f"\nan hour of looks (18,000) after the first tenth: {slope:+.0f} kB; a planted leak in 3,000: {leaky:+.0f} kB"
    )


def _hour_of_looks(*, leak: bool, looks: int = 18_000) -> float:
    """Growth of what Python holds, in kB, from a tenth of the way on."""
    from agent.perception.face import Watcher
    from agent.signal.face.relative import RelativeFace
    from agent.sources.camera.process import Process
    from agent.sources.camera.protocol import Seen, Wanted, read
    from firmware_sim.face import Portrait, shown

    portrait, own, kept = Portrait(), RelativeFace(), []
    frames = [portrait.frame(shown(step / 5)) for step in range(60)]

    class Out:
        def write(self, line: bytes) -> None:
            word = read(line)
            if isinstance(word, Seen) and word.look.pose is not None:
                for _ in own.channels(word.at_ns / 1e9, word.look.actions, word.look.lids_01, word.look.pose):
                    pass

        def flush(self) -> None:
            pass

    process, watcher = Process(Wanted("none", bursts=False), Out()), Watcher()
    tracemalloc.start()
    held = 0
    for number in range(looks):
        frame = frames[number % len(frames)]
        process._look(watcher, frame, number * 200_000_000)
        if leak:
            kept.append(frame[::8, ::8].copy())
        if number == looks // 10:
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
    gc.collect()
    grown = (tracemalloc.get_traced_memory()[0] - held) / 1000
    tracemalloc.stop()
    return grown
