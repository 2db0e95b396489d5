"""Every engine over the same pictures of strangers: accuracy and milliseconds, in one environment that has them all.

As a program it reads with the engine of its first argument and prints one line of JSON; `main` runs it for each engine by
turns, in `.venv-face`, and prints the table of docs/face.md.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
EACH = int(os.environ.get("EACH", "40")) // 2
SEED = int(os.environ.get("SEED", "7"))
ACTIONS = (
    "smile_left",
    "jaw_open",
    "brow_down",
    "brow_inner_up",
    "upper_lip_up",
    "squint",
    "eye_closure_left",
    "gaze_x",
)
ROWS = (*(f"r of {name}" for name in ACTIONS), "smile signs right", "smile pairs", "closure AUC", "closures found at 3 % false",
        "withheld by a gate", "CPU ms a look, tracking", "CPU ms a look, with the eyes", "MB")  # fmt: skip


def main(check: Callable[..., None]) -> None:
    """The table; every engine must have the sign of every stranger's smile."""
    from agent.perception import store
    from agent.perception.engines import ENGINES
    from face_speed import PEER
    from models.expression.people import SHARED

    with tempfile.TemporaryDirectory() as folder:
        for file in (
            *(store.place_of(file) for file in store.manifest().files),
            SHARED / "models" / "face_landmarker.task",
        ):
            (Path(folder) / file.name).symlink_to(file.resolve())
        environment = {**os.environ, "PYTHONPATH": f".:{HERE}", "WARDBEAT_MODELS": folder}
        figures = {}
        for engine in ENGINES:
            words = [str(PEER), "-W", "ignore", str(HERE / "face_engines.py"), engine]
            done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
            if done.returncode:
                raise SystemExit(f"{engine}: {done.stderr[-800:]}")
            figures[engine] = json.loads(done.stdout.splitlines()[-1])
    print(f"\n| row | {' | '.join(figures)} |\n|---|{'---|' * len(figures)}")
    for row in ROWS:
        print(f"| {row} | {' | '.join(f'{said[row]:.4g}' for said in figures.values())} |")
    for engine, said in figures.items():
        right, pairs = said["smile signs right"], said["smile pairs"]
        check(f"{engine}: {right} of {pairs} smiles with the right sign", holds=right == pairs >= 10)


def _row(engine: str) -> dict[str, float]:
    import cv2
    import numpy as np
    import psutil

    import face_people as unseen
    from agent.perception.face import Watcher
    from bench_face import auc
    from firmware_sim.face import Portrait, shown
    from models.expression.people import people

    cv2.setNumThreads(1)
    watcher = Watcher(engine=engine)
    degraded = list(unseen.shots(EACH, SEED, spoilt=True, watcher=watcher))
    figures: dict[str, float] = {f"r of {name}": unseen.r_of(degraded, name)[0] for name in ACTIONS}
    figures["withheld by a gate"] = float(np.mean([shot.look.gate is not None for shot in degraded]))
    right = pairs = 0
    for person in people():
        if not person.is_stranger:
            continue
        looks = [watcher.look_once(unseen.placed(person.photo(kind))) for kind in ("smiling", "neutral")]
        smiling, calm = (look.actions["smile_left"] + look.actions["smile_right"] for look in looks)
        right, pairs = right + (smiling > calm), pairs + 1
    figures |= {"smile signs right": right, "smile pairs": pairs}
    figures |= dict(zip(ROWS[10:12], _closures(watcher, unseen, auc, np), strict=True))
    portrait = Portrait()
    frames = [portrait.frame(shown(step / 5)) for step in range(120)]
    for row, irises in zip(ROWS[13:15], (False, True), strict=True):
        watcher.forget()
        watcher.with_irises = irises
        took_ms = []
        for frame in frames:
            began_s = time.process_time()
            watcher.look(frame, search=False)
            took_ms.append(1000 * (time.process_time() - began_s))
        figures[row] = float(np.median(took_ms))
    figures["MB"] = psutil.Process().memory_info().rss / 1e6
    return figures


def _closures(watcher, unseen, auc, np) -> tuple[float, float]:
    """Lids drawn shut by known amounts, against the person's own open eye: AUC, and found at 3 % false."""
    calm = [s for s in unseen.shots(3, SEED + 4, spoilt=True, moved=False, watcher=watcher) if s.look.lids_01]
    own: dict[str, list[float]] = {}
    for shot in calm:
        own.setdefault(shot.person.person_id, []).append(float(np.mean(shot.look.lids_01)))
    shut, wide = [], []
    for shot in unseen.shots(EACH, SEED + 3, spoilt=True, watcher=watcher):
        if not shot.look.lids_01 or shot.person.person_id not in own:
            continue
        calm_01 = min(float(np.median(own[shot.person.person_id])), 0.6)
        for side, lid_01 in zip(("left", "right"), shot.look.lids_01, strict=True):
            truth = min(1.0, getattr(shot.movement, f"close_{side}") + 0.16 * getattr(shot.movement, f"squint_{side}"))
            beyond = (lid_01 - calm_01) / (1 - calm_01)
            (shut if truth >= 0.8 else wide if truth <= 0.6 else []).append(beyond)
    limit = float(np.quantile(wide, 0.97))
    return auc(np.array(shut), np.array(wide)), float(np.mean(np.array(shut) > limit))


if __name__ == "__main__":
    print(json.dumps(_row(sys.argv[1])))
