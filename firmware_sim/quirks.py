"""What straps, relays and client libraries do to packets: each row turns one packet into those that arrive.

A quirk is an option of a strap (`StrapSpec.quirk`) or lasts for a while (a fault of its name); see docs/straps.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from firmware_sim.packets import TICKS_PER_S

COPY_AFTER_S: Final = 0.004
_LEFT_OUT_01: Final = 0.3
_FILL: Final = 512  # 500 ms
_FILL_01: Final = 0.08
_GRID_MS: Final = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet as it arrives.

    Attributes:
        hr_bpm: Its heart rate.
        rr_1024: Its intervals in 1/1024 s, or what stands for them.
        after_s: After the packet that it was made of.
    """

    hr_bpm: int
    rr_1024: tuple[int, ...]
    after_s: float = 0.0


@dataclass(slots=True)
class Memory:
    """What a quirk needs to know of before: the last interval, and a seeded die."""

    last: tuple[int, ...] = ()
    die: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))


Quirk = Callable[[Sent, Memory], Sequence[Sent]]


def _twice(sent: Sent, _memory: Memory) -> Sequence[Sent]:
    return (sent, replace(sent, after_s=COPY_AFTER_S))


def _repeated(sent: Sent, memory: Memory) -> Sequence[Sent]:
    told = replace(sent, rr_1024=sent.rr_1024 or memory.last[-1:])
    memory.last = told.rr_1024
    return (told,)


def _newest_only(sent: Sent, _memory: Memory) -> Sequence[Sent]:
    return (replace(sent, rr_1024=sent.rr_1024[-1:]),)


def _milliseconds(sent: Sent, _memory: Memory) -> Sequence[Sent]:
    return (replace(sent, rr_1024=tuple(round(rr * 1000 / TICKS_PER_S) for rr in sent.rr_1024)),)


def _from_rate(sent: Sent, _memory: Memory) -> Sequence[Sent]:
    return (replace(sent, rr_1024=tuple(round(60 * TICKS_PER_S / sent.hr_bpm) for _ in sent.rr_1024)),)


def _averaged(sent: Sent, _memory: Memory) -> Sequence[Sent]:
    count = len(sent.rr_1024)
    return (replace(sent, rr_1024=(round(sum(sent.rr_1024) / count),) * count if count else ()),)


def _sparse(sent: Sent, memory: Memory) -> Sequence[Sent]:
    return (replace(sent, rr_1024=() if memory.die.random() < _LEFT_OUT_01 else sent.rr_1024),)


def _filled(sent: Sent, memory: Memory) -> Sequence[Sent]:
    return (replace(sent, rr_1024=tuple(_FILL if memory.die.random() < _FILL_01 else rr for rr in sent.rr_1024)),)


def _coarse(sent: Sent, _memory: Memory) -> Sequence[Sent]:
    grid = [_GRID_MS * round(rr * 1000 / TICKS_PER_S / _GRID_MS) for rr in sent.rr_1024]
    return (replace(sent, rr_1024=tuple(round(rr_ms * TICKS_PER_S / 1000) for rr_ms in grid)),)


QUIRKS: Final[dict[str, Quirk]] = {
    "twice": _twice,
    "repeated": _repeated,
    "newest_only": _newest_only,
    "milliseconds": _milliseconds,
    "from_rate": _from_rate,
    "averaged": _averaged,
    "sparse": _sparse,
    "filled": _filled,
    "coarse": _coarse,
}
WORDS: Final[dict[str, str]] = {
    "twice": "every packet comes twice, 4 ms apart",
    "repeated": "a packet without a beat repeats the last interval",
    "newest_only": "only the newest interval of each packet comes",
    "milliseconds": "intervals are in milliseconds, not in 1/1024 s",
    "from_rate": "intervals are made from the heart rate",
    "averaged": "the intervals of a packet are their mean",
    "sparse": "three packets in ten come without their intervals",
    "filled": "500 ms stands in the place of one interval in twelve",
    "coarse": "intervals are rounded to 20 ms",
}
