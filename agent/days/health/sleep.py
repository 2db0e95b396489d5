"""Sleeps out of what devices wrote: the union over overlapping sources, the best first, and "in bed" never as sleep.

A source's word counts from its first to its last stretch of a sleep, pauses of an hour included; a worse source adds
what lies outside. Stretches of sleep at most an hour apart are one sleep.

Derived: the hour is that of van Hees et al. (2018), doi:10.1038/s41598-018-31266-z, who join blocks of inactivity less
than 60 minutes apart into one sleep period.
"""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.days.health.intervals import Piece, length_s, merged, within, without

ASLEEP: Final = 0
AWAKE: Final = 1
IN_BED: Final = 2
_ONE_SLEEP_S: Final = 3600


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch that a device wrote.

    Attributes:
        start_s, end_s: UTC seconds.
        kind: ``ASLEEP``, ``AWAKE`` or ``IN_BED``.
        order: Place of its source, the best first.
        east_s: Seconds east of UTC at the end.
    """

    start_s: int
    end_s: int
    kind: int
    order: int
    east_s: int


@dataclass(frozen=True, slots=True)
class Sleep:
    """One sleep.

    Attributes:
        start_s, end_s: UTC seconds of falling asleep and of waking up (of the record, where it gives no others).
        asleep_s: Seconds asleep, those awake in between left out.
        in_bed_s: Seconds in bed; None where nobody wrote them.
        known_s: Seconds of it that the source states to be asleep or awake.
        east_s: Seconds east of UTC at the end.
        order: Place of its source, the best first.
    """

    start_s: int
    end_s: int
    asleep_s: int
    in_bed_s: int | None
    known_s: int
    east_s: int
    order: int = 0


def sleeps_of(spans: Iterable[Span]) -> list[Sleep]:
    """Sleeps, in order of time.

    Args:
        spans: Stretches by their beginning.
    """
    found: list[Sleep] = []
    near: list[Span] = []
    end_s = 0
    for span in spans:
        if near and span.start_s > end_s + _ONE_SLEEP_S:  # nothing before reaches this far
            found += _united(near)
            near = []
        end_s = max(end_s, span.end_s) if near else span.end_s
        near.append(span)
    return found + _united(near)


def _united(spans: list[Span]) -> list[Sleep]:
    asleep: list[Piece] = []
    known: list[Piece] = []
    blocked: list[Piece] = []
    offsets: dict[int, int] = {}
    for order in sorted({span.order for span in spans if span.kind != IN_BED}):
        own = [span for span in spans if span.order == order and span.kind != IN_BED]
        slept = merged((span.start_s, span.end_s) for span in own if span.kind == ASLEEP)
        woke = merged((span.start_s, span.end_s) for span in own if span.kind == AWAKE)
        asleep += without(without(slept, woke), blocked)
        known += without(merged(slept + woke), blocked)
        blocked = merged(blocked + merged(slept + woke, _ONE_SLEEP_S))
        for span in sorted(own, key=lambda one: (one.end_s, one.east_s)):
            offsets.setdefault(span.end_s, span.east_s)
    in_bed = merged((span.start_s, span.end_s) for span in spans if span.kind == IN_BED)
    return _episodes(merged(asleep), merged(known), in_bed, offsets)


def _episodes(asleep: list[Piece], known: list[Piece], in_bed: list[Piece], offsets: dict[int, int]) -> list[Sleep]:
    ends = sorted(offsets)
    found = []
    place = bed = stated = 0
    for start_s, end_s in merged(asleep, _ONE_SLEEP_S):
        first = place
        while place < len(asleep) and asleep[place][0] < end_s:
            place += 1
        while bed < len(in_bed) and in_bed[bed][1] <= start_s:
            bed += 1
        while stated < len(known) and known[stated][1] <= start_s:
            stated += 1
        beds = _until(in_bed, bed, end_s)
        found.append(
            Sleep(
                start_s=start_s,
                end_s=end_s,
                asleep_s=length_s(asleep[first:place]),
                in_bed_s=length_s(merged([*beds, (start_s, end_s)])) if beds else None,
                known_s=length_s(within(_until(known, stated, end_s), start_s, end_s)),
                east_s=_offset_at(end_s, ends, offsets),
            )
        )
    return found


def _until(pieces: list[Piece], first: int, end_s: int) -> list[Piece]:
    last = first
    while last < len(pieces) and pieces[last][0] < end_s:
        last += 1
    return pieces[first:last]


def _offset_at(end_s: int, ends: list[int], offsets: dict[int, int]) -> int:
    """Of the stretch that ends there; a better source's word may cut one short: then of the next that ends."""
    place = bisect.bisect_left(ends, end_s)
    return offsets[ends[min(place, len(ends) - 1)]]


def apart(sleeps: Iterable[Sleep]) -> tuple[list[Sleep], int]:
    """Sleeps that do not overlap, and how many were left out: of two that do, the better source's stays, or the longer.

    Args:
        sleeps: In any order.
    """
    kept: list[Sleep] = []
    starts: list[int] = []
    left_out = 0
    for sleep in sorted(sleeps, key=lambda one: (one.order, -one.asleep_s, one.start_s, one.end_s)):
        place = bisect.bisect_left(starts, sleep.start_s)
        crossed = [
            one
            for one in kept[max(place - 1, 0) : place + 1]
            if one.start_s < sleep.end_s and one.end_s > sleep.start_s
        ]
        if crossed:
            left_out += sleep not in crossed  # the same one twice is no loss
            continue
        kept.insert(place, sleep)
        starts.insert(place, sleep.start_s)
    return kept, left_out
