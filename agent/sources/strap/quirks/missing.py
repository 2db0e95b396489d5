"""Beats that never come although packets do: relays pass on the newest interval, and sensors leave some out.

The intervals fill less time than passed, again and again. One stretch without intervals is a loss that has a name of
its own (skin contact, a heart rate without intervals), and so is a packet that is missing from the row: both end the
run that is looked at.
"""

from collections.abc import Sequence
from typing import Final

from agent.model import NS_PER_S
from agent.sources.strap.quirks.history import History, Packet, surplus_s

_MISSING_S: Final = 4.0  # beyond what a late packet leaves open
_EACH_S: Final = 1.2  # in each half: one loss lies in one of them
_LEAST: Final = 8  # packets
_ONE: Final = 0.98  # share of packets with just one interval that is a rule of the sender's


def _halves(packets: Sequence[Packet]) -> tuple[Sequence[Packet], Sequence[Packet]]:
    middle_ns = (packets[0].arrived_ns + packets[-1].arrived_ns) // 2
    cut = next(n for n, packet in enumerate(packets) if packet.arrived_ns >= middle_ns)
    return packets[: cut + 1], packets[cut:]


def _short_run(history: History) -> Sequence[Packet]:
    """The newest packets of the run whose intervals leave too much time open; empty where none do."""
    run = history.run()
    surplus = 0.0
    for begin in range(len(run) - 2, -1, -1):
        apart_s = (run[begin + 1].arrived_ns - run[begin].arrived_ns) / NS_PER_S
        surplus += run[begin + 1].sum_s - apart_s
        if surplus < -_MISSING_S and len(run) - begin >= _LEAST:
            found = run[begin:]
            if all(surplus_s(half) < -_EACH_S for half in _halves(found)):
                return found
    return ()


def _newest_only(packets: Sequence[Packet]) -> bool:
    return sum(len(packet.rr_1024) == 1 for packet in packets) >= _ONE * len(packets)


def shows_newest_only(history: History) -> bool:
    """Whether time stays open while each packet brings one interval and never a second."""
    found = _short_run(history)
    return bool(found) and _newest_only(found) and sum(packet.empty for packet in found) <= 0.1 * len(found)


def shows_sparse(history: History) -> bool:
    """Whether time stays open in packets of any shape."""
    return bool(_short_run(history))
