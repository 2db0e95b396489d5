"""The recovery ladder: what to do about a strap that is silent, lost, unreadable or out of reach.

    heard ◀──────────────────────── a packet, from any rung ─────────────────────────────┐
      │ 5 s without a packet                                                             │
    suspect                 nothing is done yet, the person is told                      │
      │ 10 s                                                                             │
    recycled                the subscription is made again on the same link               │
      │ 15 s                                                                             │
    searching ◀── lost ──   link closed; a fresh scan and a new client                   │
      │ 3 tries failed at a strap in reach (a bonded strap: 4, and only unreadable ones) │
    removed                 the system forgets the strap (its stale cache or bond)       │
      │ 5 tries failed                                                                   │
    cycled                  the adapter is switched off and on, once an hour,            │
      │ 7 tries failed      and only where nothing else hangs on it                      │
    told                    the person is told; trying goes on ──────────────────────────┘

A strap that advertises and does not answer is probably held by a phone: it climbs half as fast, and nobody is alarmed.

A pure state machine: it knows nothing of Bluetooth, and who runs it does what it says. Every pause has a jitter, so
that a ward of agents does not try in step after a power cut; none is shorter than `LEAST_PAUSE_S`, so nothing spins.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from agent.model import NS_PER_S

SUSPECT_S: Final = 5.0
RECYCLE_S: Final = 10.0
DISCONNECT_S: Final = 15.0
LEAST_PAUSE_S: Final = 0.1
# By how many tries failed in a row. A bond is worth more than a stale cache, and less than the mouse of a ward's
# workstation: it goes before the adapter is touched. A bonded strap that connects and cannot be read lost its half.
_REMOVE_AT: Final = 3
_REMOVE_AGAIN_AT: Final = 6
_REMOVE_UNREADABLE_BOND_AT: Final = 4
_REMOVE_BOND_AT: Final = 5
_CYCLE_AT: Final = 5
_CYCLE_BONDED_AT: Final = 6
_TELL_AT: Final = 7
# A phone that holds the strap looks like a strap that does not answer, for hours: nothing is touched soon.
_BUSY_REMOVE_AT: Final = 6
_BUSY_CYCLE_AT: Final = 12
_DEAF_AT: Final = 3
_FORGIVEN_AFTER: Final = 150  # scans without the strap, ten minutes or so: what it did before is over
_CYCLE_AGAIN_S: Final = 3600.0


class Rung(StrEnum):
    """Where on the ladder; see the module's drawing."""

    SEARCHING = "searching"
    HEARD = "heard"
    SUSPECT = "suspect"
    RECYCLED = "recycled"
    REMOVED = "removed"
    CYCLED = "cycled"
    TOLD = "told"


class Event(StrEnum):
    """What a try came to."""

    LOST = "the connection was lost after packets had arrived"
    ABSENT = "the strap does not advertise"
    OTHERS = "other devices advertise, but the strap does not"
    DEAF = "no device advertises"
    BUSY = "the strap advertises, but did not respond"
    SCAN_FAILED = "the scan failed"
    UNREACHED = "the strap could not be connected"
    UNREADABLE = "the strap was connected, but sent nothing"
    NO_BLUETOOTH = "Bluetooth is not available"
    WRONG_DEVICE = "the device that responded is not the bound strap, or is no strap"


class Act(StrEnum):
    """What to do now."""

    NOTHING = "nothing"
    RESUBSCRIBE = "renew the subscription"
    DISCONNECT = "close the connection"
    SEARCH = "start a new scan"
    REMOVE = "remove the system's record of the strap"
    CYCLE = "restart the adapter"
    TELL = "tell the person"


_WAITS: Final = (Event.NO_BLUETOOTH, Event.WRONG_DEVICE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the system knows that bears on a decision.

    Attributes:
        bonded: Whether the strap is paired with this machine.
        may_cycle: Whether the adapter may be switched off and on: nothing else hangs on it, and the settings allow it.
    """

    bonded: bool = False
    may_cycle: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """The state.

    Attributes:
        rung: Where it stands.
        failures: Tries that failed at a strap in reach, since the last packet.
        busy: Tries that a strap in reach did not answer, since the last packet.
        removed: How often the system forgot the strap, since the last packet.
        absent: Scans without the strap, in a row.
        deaf: Scans that heard nothing at all, since anything was heard.
        waits: Tries that found no Bluetooth, or a wrong device, in a row.
        cycled_ns: When the adapter was last switched off and on.
    """

    rung: Rung = Rung.SEARCHING
    failures: int = 0
    busy: int = 0
    removed: int = 0
    absent: int = 0
    deaf: int = 0
    waits: int = 0
    cycled_ns: int | None = None


def heard(ladder: Ladder) -> Ladder:
    """A packet came: all is forgotten but when the adapter was cycled."""
    return ladder if ladder.rung is Rung.HEARD else Ladder(Rung.HEARD, cycled_ns=ladder.cycled_ns)


def silent(ladder: Ladder, silent_s: float) -> tuple[Ladder, Act]:
    """The link is up and nothing has come for so long."""
    if silent_s > DISCONNECT_S:
        return replace(ladder, rung=Rung.SEARCHING), Act.DISCONNECT
    if silent_s > RECYCLE_S and ladder.rung is not Rung.RECYCLED:
        return replace(ladder, rung=Rung.RECYCLED), Act.RESUBSCRIBE
    if silent_s > SUSPECT_S and ladder.rung is not Rung.RECYCLED:
        return replace(ladder, rung=Rung.SUSPECT), Act.NOTHING
    return ladder, Act.NOTHING


def climb(ladder: Ladder, event: Event, now_ns: int, facts: Facts) -> tuple[Ladder, Act]:
    """A try is over.

    Args:
        ladder: Where it stood.
        event: What the try came to.
        now_ns: Session time.
        facts: See `Facts`.

    Returns:
        Where it stands now, and what to do before the next try.
    """
    ladder = replace(ladder, waits=ladder.waits + 1 if event in _WAITS else 0)
    if event in _WAITS:
        return replace(ladder, rung=Rung.TOLD), Act.TELL
    if event is Event.LOST:
        return replace(ladder, rung=Rung.SEARCHING, absent=0, deaf=0), Act.SEARCH
    if event in (Event.ABSENT, Event.OTHERS, Event.DEAF):
        return _unseen(ladder, event, now_ns, facts)
    ladder = replace(ladder, absent=0, deaf=0)
    if event is Event.BUSY:
        ladder = replace(ladder, busy=ladder.busy + 1)
        remove = ladder.busy >= _BUSY_REMOVE_AT and not facts.bonded and ladder.removed == 0
        return _done(ladder, now_ns, facts, remove=remove, cycle=ladder.busy >= _BUSY_CYCLE_AT)
    ladder = replace(ladder, failures=ladder.failures + 1)
    n, remove = ladder.failures, event is not Event.SCAN_FAILED  # a scan that fails says nothing about the strap
    if facts.bonded:
        remove = (
            remove
            and ladder.removed == 0
            and n >= (_REMOVE_UNREADABLE_BOND_AT if event is Event.UNREADABLE else _REMOVE_BOND_AT)
        )
    else:
        remove = remove and n >= (_REMOVE_AT, _REMOVE_AGAIN_AT, n + 1)[min(ladder.removed, 2)]
    cycle = n >= (_CYCLE_BONDED_AT if facts.bonded else _CYCLE_AT)
    return _done(ladder, now_ns, facts, remove=remove, cycle=cycle, tell=n >= _TELL_AT)


def _unseen(ladder: Ladder, event: Event, now_ns: int, facts: Facts) -> tuple[Ladder, Act]:
    """Only a scan that hears every device says something about the adapter; a home at night is silent too."""
    deaf = {Event.ABSENT: ladder.deaf, Event.OTHERS: 0, Event.DEAF: ladder.deaf + 1}[event]
    ladder = replace(ladder, absent=ladder.absent + 1, deaf=deaf)
    if ladder.absent >= _FORGIVEN_AFTER:
        ladder = replace(ladder, failures=0, busy=0, removed=0)
    return _done(ladder, now_ns, facts, cycle=event is Event.DEAF and deaf == _DEAF_AT)


def _done(  # the first that is due
    ladder: Ladder, now_ns: int, facts: Facts, *, remove: bool = False, cycle: bool = False, tell: bool = False
) -> tuple[Ladder, Act]:
    if remove:
        return replace(ladder, rung=Rung.REMOVED, removed=ladder.removed + 1), Act.REMOVE
    resting = ladder.cycled_ns is not None and now_ns - ladder.cycled_ns < _CYCLE_AGAIN_S * NS_PER_S
    if cycle and facts.may_cycle and not resting:
        return replace(ladder, rung=Rung.CYCLED, cycled_ns=now_ns), Act.CYCLE
    if tell:
        return replace(ladder, rung=Rung.TOLD), Act.TELL
    return replace(ladder, rung=Rung.SEARCHING), Act.SEARCH


def pause_s(ladder: Ladder, event: Event, chance_01: float) -> float:
    """How long to wait before the next try, in real seconds; news from the system ends it early.

    A strap that was lost or is out of reach is looked for nearly all the time, so that it is found within seconds of
    coming back; tries at a strap that refuses are 0.5 to 4 s apart; without Bluetooth 1 to 30 s.

    Args:
        ladder: Where it stands after `climb`.
        event: What the try came to.
        chance_01: For the jitter: half of the wait is left to it.
    """
    most_s = {Event.LOST: 0.2, Event.ABSENT: 0.5, Event.OTHERS: 0.5, Event.DEAF: 0.5}.get(event)
    if most_s is None and event in (Event.NO_BLUETOOTH, Event.WRONG_DEVICE):
        most_s = min(2.0 ** min(ladder.waits, 5), 30.0)
    if most_s is None:
        most_s = min(2.0 ** (min(ladder.failures + ladder.busy, 4) - 2), 4.0)
    return max(LEAST_PAUSE_S, most_s * (1.0 - 0.5 * chance_01))
