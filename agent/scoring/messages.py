"""When a change is reported, what it is worth, and what may be suggested; every word for the person.

Derived: FALLING_01 is a population in which one worker in twenty truly falls in a quarter; rates of the alarm by
`make bench-scoring`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.scoring.data import table
from agent.scoring.observations import Shift

# of a population in which one worker in twenty truly falls in a quarter; with the alarm's own rates (bench-scoring)
FALLING_01: Final = 0.05


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One reviewed line.

    Attributes:
        text: For the person.
        grade: Of the evidence.
        grade_words: The grade in words.
        source: Of the evidence.
    """

    text: str
    grade: str
    grade_words: str
    source: str


def shown_at(utc_s: int, shifts: Sequence[Shift]) -> int:
    """Moment at which a message may appear: at once, or when the shift that runs (and the next one) has ended.

    Args:
        utc_s: The moment at which the message is due, in s.
        shifts: Times at work.

    Returns:
        In s of UTC, not before `utc_s`.

    Derived: no message appears during a shift.

    >>> shown_at(50, [Shift(0, 100, "night"), Shift(100, 120, "day"), Shift(200, 300, "day")])
    120
    """
    for shift in sorted(shifts, key=lambda shift: shift.start_utc_s):
        if shift.start_utc_s <= utc_s < shift.end_utc_s:
            utc_s = shift.end_utc_s
    return utc_s


def predictive_value_01(found_01: float, false_per_quarter: float, falling_01: float = FALLING_01) -> float:
    """Share of messages that follow a true lasting fall, in a quarter: ``p f / (p f + a)``.

    Args:
        found_01: f, share of true falls that the alarm finds.
        false_per_quarter: a, false alarms per person and quarter.
        falling_01: p, share of people who fall in a quarter.

    Returns:
        0 to 1.

    Derived: expected true messages over all expected messages. False alarms are counted for everyone, also for those
        who fall, so the value is a lower bound.

    >>> round(predictive_value_01(0.8, 1.0), 3)
    0.038
    """
    return falling_01 * found_01 / (falling_01 * found_01 + false_per_quarter)


def predictive_words(value_01: float) -> str:
    """A predictive value in plain words, with natural frequencies.

    Args:
        value_01: Of `predictive_value_01`.

    Returns:
        One sentence.

    Source: definition.

    >>> predictive_words(0.11)
    'Often it is nothing: of 100 such messages about 11 follow a fall that lasts.'
    """
    return f"Often it is nothing: of 100 such messages about {max(1, round(100 * value_01))} follow a fall that lasts."


def suggestions(topics: Iterable[str]) -> tuple[Suggestion, ...]:
    """Lines of `tables/suggestions.json` for some topics, best evidence first.

    Args:
        topics: Values of ``when`` in the table.

    Returns:
        Each line once, sorted by grade.

    Source: of each line, its `source` in the table.
    """
    wanted = set(topics)
    grades = table("suggestions")["grades"]
    rows = sorted(table("suggestions")["rows"], key=lambda row: str(row["grade"]))
    return tuple(
        Suggestion(row["text"], row["grade"], grades[row["grade"]], row["source"])
        for row in rows
        if wanted & set(row["when"])
    )
