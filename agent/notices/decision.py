"""What is to be shown and withdrawn now: a pure function of facts and of what was shown before.

Each cause is announced once. A cause is a word that stays the same while it lasts, such as a consent's serial.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from agent.notices.rows import A_DAY_MOST, NOTICES

_DAY_S: Final = 86_400
_NONE: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Facts:
    """How things are.

    Attributes:
        now_utc_s: In s of UTC.
        on: Kinds that the person switched on.
        is_quiet: Private hours, a pause, or a shift.
        causes: By kind, what holds now; a kind that is absent cannot be known now, and stays as it is.
    """

    now_utc_s: int
    on: frozenset[str]
    is_quiet: bool
    causes: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Memory:
    """What was shown before.

    Attributes:
        announced: By kind, causes that were announced and still hold.
        shown_utc_s: By kind, when it was shown last.
        standing: Kinds that are on the screen.
        day: Days since 1970 of the last notification.
        sent: How many there were on that day.
    """

    announced: Mapping[str, frozenset[str]] = field(default_factory=dict)
    shown_utc_s: Mapping[str, int] = field(default_factory=dict)
    standing: frozenset[str] = frozenset()
    day: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What to do.

    Attributes:
        show: Kinds, in the order of the table.
        withdraw: Kinds whose cause is over, or that must not stand now.
        memory: After the withdrawals; `after_show` adds each that could be shown.
    """

    show: tuple[str, ...]
    withdraw: tuple[str, ...]
    memory: Memory


def decide(facts: Facts, memory: Memory) -> Step:
    """What to show and to withdraw.

    Args:
        facts: How things are.
        memory: What was shown before.
    """
    announced = {kind: _still_known(facts, memory, kind) for kind in NOTICES}
    withdraw = tuple(kind for kind in sorted(memory.standing) if _is_over(facts, memory, kind))
    left = A_DAY_MOST - _sent_today(facts, memory)
    wanted = [kind for kind in NOTICES if _is_due(facts, memory, kind, announced[kind])]
    kept = {kind: causes for kind, causes in announced.items() if causes}
    after = replace(memory, announced=kept, standing=memory.standing - set(withdraw))
    return Step(tuple(wanted[: max(left, 0)]), withdraw, after)


def after_show(memory: Memory, facts: Facts, kind: str) -> Memory:
    """The memory after a kind was shown.

    Args:
        memory: Of the step.
        facts: Of the step.
        kind: What the desktop took.
    """
    return replace(
        memory,
        announced={**memory.announced, kind: facts.causes[kind]},
        shown_utc_s={**memory.shown_utc_s, kind: facts.now_utc_s},
        standing=memory.standing | {kind},
        day=facts.now_utc_s // _DAY_S,
        sent=_sent_today(facts, memory) + 1,
    )


def _still_known(facts: Facts, memory: Memory, kind: str) -> frozenset[str]:
    """What was announced and still holds: what has ended may be announced again."""
    before = memory.announced.get(kind, _NONE)
    if kind not in facts.on:
        return _NONE
    return before & facts.causes[kind] if kind in facts.causes else before


def _is_over(facts: Facts, memory: Memory, kind: str) -> bool:
    stood_s = facts.now_utc_s - memory.shown_utc_s.get(kind, 0)
    ended = kind in facts.causes and not facts.causes[kind]
    return kind not in facts.on or facts.is_quiet or ended or not 0 <= stood_s < NOTICES[kind].stands_s


def _is_due(facts: Facts, memory: Memory, kind: str, announced: frozenset[str]) -> bool:
    if kind not in facts.on or facts.is_quiet or not facts.causes.get(kind, _NONE) - announced:
        return False
    since_s = facts.now_utc_s - memory.shown_utc_s.get(kind, 0)
    return not 0 <= since_s < NOTICES[kind].apart_s  # a moment in the future is of a wrong clock


def _sent_today(facts: Facts, memory: Memory) -> int:
    return memory.sent if memory.day == facts.now_utc_s // _DAY_S else 0
