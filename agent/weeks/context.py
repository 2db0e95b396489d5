"""What the person noted, as one statement for each day of UTC: for a hub that scores, and only with a separate grant.

A summary says nothing of shifts, of a new medicine, or of the clock on the wall. Without these a score takes a first
week of nights for strain (docs/scores.md).
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from agent.days.store import Rostered
from agent.errors import NotScored, WrongUse
from agent.scoring import instruments
from agent.scoring.baseline import RESETS
from agent.weeks.shifts import shifts_of
from agent.windows.history import Told
from agent.wire import codes
from agent.wire.context import DAY_S, LONGEST_SHIFT_S, MOST, OFFSET_ZERO
from agent.wire.message import ClockOffset, ContextMessage, NotedAnswer, NotedChange, NotedShift

BACK_DAYS: Final = 30  # what is noted of earlier days changes no score that is still made
_HOUR_S: Final = 3600


def statements(
    told: Sequence[Told],
    offset_s: Callable[[int], int],
    *,
    purpose: str,
    consent_hash: bytes,
    from_utc_s: int,
    now_utc_s: int,
    rostered: Iterable[Rostered] = (),
) -> list[ContextMessage]:
    """A statement for each day that has begun, oldest first.

    Args:
        told: What the person noted.
        offset_s: Of their clock against UTC, at a moment.
        purpose, consent_hash: Of the grant.
        from_utc_s: When the consent begins: nothing of before is in a statement.
        now_utc_s: Now.
        rostered: Shifts of an imported roster, where the person granted that, too.
    """
    first = max(from_utc_s // DAY_S, now_utc_s // DAY_S - BACK_DAYS)
    shifts, changes, answers = _shifts(told, rostered), _changes(told), _answers(told)
    found = []
    for day in range(first, now_utc_s // DAY_S + 1):
        begins, ends = max(day * DAY_S, from_utc_s), (day + 1) * DAY_S
        found.append(
            ContextMessage(
                purpose,
                consent_hash,
                day,
                tuple(sorted({one for one in shifts if begins <= one.start_utc_s < ends}, key=_shift_key)[:MOST]),
                tuple(sorted({one for one in changes if begins <= one.at_utc_s < ends}, key=_change_key)[:MOST]),
                _offsets(offset_s, begins, ends),
                tuple(sorted({one for one in answers if begins <= one.at_utc_s < ends}, key=_answer_key)[:MOST]),
            )
        )
    return found


def _shift_key(one: NotedShift) -> tuple[int, int, int]:
    return one.start_utc_s, one.end_utc_s, one.kind


def _change_key(one: NotedChange) -> tuple[int, int, int]:
    return one.at_utc_s, one.kind, one.until_utc_s


def _answer_key(one: NotedAnswer) -> tuple[int, int, int]:
    return one.at_utc_s, one.scale, one.v


def _shifts(told: Iterable[Told], rostered: Iterable[Rostered]) -> list[NotedShift]:
    """Times at work; of shifts that a calendar joins to more than 36 h, the first 36 h."""
    kinds = codes.codes("shifts")
    return [
        NotedShift(one.start_utc_s, min(one.end_utc_s, one.start_utc_s + LONGEST_SHIFT_S), kinds[one.kind])
        for one in shifts_of(told, rostered)
        if one.start_utc_s < one.end_utc_s
    ]


def _changes(told: Iterable[Told]) -> list[NotedChange]:
    kinds = codes.codes("changes")
    return [
        NotedChange(one.at_utc_s, kinds[one.name], one.numbers.get("until_utc_s", 0))
        for one in told
        if one.what == "change" and one.name in RESETS
    ]


def _answers(told: Iterable[Told]) -> list[NotedAnswer]:
    known, by_name = instruments.instruments(), {scale.name: scale for scale in codes.scales().values()}
    found = []
    for one in told:
        if one.what != "check-in" or one.name not in known:
            continue
        try:
            scored = instruments.scores(known[one.name], one.numbers)
        except (WrongUse, NotScored):  # another version's answers
            continue
        for score in scored:
            scale = by_name.get(f"{one.name} {score.scale}")
            if scale is not None and score.value is not None:
                found.append(NotedAnswer(one.at_utc_s, scale.code, scale.v(score.value)))
    return found


def _offsets(offset_s: Callable[[int], int], begins: int, ends: int) -> tuple[ClockOffset, ...]:
    """The offset when the day begins, and each change of it; those of real clocks fall on full hours."""
    found: list[ClockOffset] = []
    for at in (begins, *range(-(-(begins + 1) // _HOUR_S) * _HOUR_S, ends, _HOUR_S)):
        minutes = round(offset_s(at) / 60) + OFFSET_ZERO
        if not found or found[-1].minutes != minutes:
            found.append(ClockOffset(at, minutes))
    return tuple(found[:MOST])
