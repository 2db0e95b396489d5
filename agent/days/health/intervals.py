"""Sets of stretches of time as sorted, disjoint pieces [start, end) in whole seconds."""

from collections.abc import Iterable

Piece = tuple[int, int]


def merged(pieces: Iterable[Piece], gap_s: int = 0) -> list[Piece]:
    """Their union; pieces at most ``gap_s`` apart become one.

    >>> merged([(5, 9), (0, 3), (2, 4)])
    [(0, 4), (5, 9)]
    """
    found: list[Piece] = []
    for start_s, end_s in sorted(pieces):
        if found and start_s <= found[-1][1] + gap_s:
            found[-1] = (found[-1][0], max(found[-1][1], end_s))
        else:
            found.append((start_s, end_s))
    return found


def without(pieces: list[Piece], blocked: list[Piece]) -> list[Piece]:
    """What of the pieces lies outside the blocked ones; both sorted and disjoint.

    >>> without([(0, 10)], [(2, 4), (8, 12)])
    [(0, 2), (4, 8)]
    """
    found, place = [], 0
    for start_s, end_s in pieces:
        at_s = start_s
        while place < len(blocked) and blocked[place][1] <= at_s:
            place += 1
        here = place
        while here < len(blocked) and blocked[here][0] < end_s:
            if blocked[here][0] > at_s:
                found.append((at_s, blocked[here][0]))
            at_s = max(at_s, blocked[here][1])
            here += 1
        if at_s < end_s:
            found.append((at_s, end_s))
    return found


def within(pieces: list[Piece], start_s: int, end_s: int) -> list[Piece]:
    """What of the pieces lies in [start, end)."""
    return [(max(a, start_s), min(b, end_s)) for a, b in pieces if a < end_s and b > start_s]


def length_s(pieces: Iterable[Piece]) -> int:
    """Seconds in all."""
    return sum(end_s - start_s for start_s, end_s in pieces)
