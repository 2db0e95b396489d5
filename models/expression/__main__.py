"""`python -m models.expression`: samples, training, ONNX and the tables of the model card, one after the other.

PART=samples|train|figures   one part alone (default: all)
SAMPLES=36000 COVERS=12000 EYE_COVERS=10000 SEED=1 WORKERS=2
"""

import os
import sys
from pathlib import Path

FILE = Path(os.environ.get("TRAINING", ".training")) / "samples.npz"


def main() -> int:
    """Run what was asked."""
    part = os.environ.get("PART", "all")
    seed = int(os.environ.get("SEED", "1"))
    if part in ("all", "samples"):
        from models.expression import covers, eye_covers, samples

        workers = int(os.environ.get("WORKERS", "2"))
        samples.make(FILE, int(os.environ.get("SAMPLES", "36000")), seed, workers)
        covers.make(FILE.with_name("covers.npz"), int(os.environ.get("COVERS", "12000")), seed, workers)
        eye_covers.make(FILE.with_name("eye_covers.npz"), int(os.environ.get("EYE_COVERS", "10000")), seed, workers)
    if part in ("all", "train"):
        from models.expression import train

        train.make(FILE, seed)
    if part in ("all", "figures"):
        from models.expression import figures

        figures.make(FILE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
