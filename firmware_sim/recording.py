"""A recording of beat intervals as a body: what a strap would have felt.

RR text   one interval in ms a line
CSV       header t_s,rr_ms: beat time, interval; a hole in the times stays a hole
"""

import math
from collections.abc import Iterator
from pathlib import Path

from firmware_sim.physiology import Beat


def beats(file: Path) -> list[Beat]:
    """Beats of a recording; the first interval begins at 0.

    Raises:
        OSError: The file cannot be read.
        ValueError: Naming the line, or that there is no beat.
    """
    read = list(_beats(file))
    if not read:
        raise ValueError(f"{file.name}: it contains no beats")
    return read


def _beats(file: Path) -> Iterator[Beat]:
    offset_s, end_s, csv = None, 0.0, False
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if text.replace(" ", "") == "t_s,rr_ms":
            csv = True
            continue
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError as error:
            raise ValueError(f"{file.name}, line {number}: not a number") from error
        rr_ms = numbers[-1]
        if len(numbers) != 1 + csv or not math.isfinite(sum(numbers)) or rr_ms <= 0:
            raise ValueError(f"{file.name}, line {number}: not an interval in ms")
        offset_s = numbers[0] - rr_ms / 1000.0 if csv and offset_s is None else offset_s
        end_s = numbers[0] - (offset_s or 0.0) if csv else end_s + rr_ms / 1000.0
        yield Beat(end_s, rr_ms)
