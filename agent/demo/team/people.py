"""Ten synthetic people: who they are to the hub, and what happens to them in the made-up year. Pure data.

A row is a person. The rows differ in one thing each, so that every state of the care view is there once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.tables.signals import SIGNALS
from agent.wire.context import SIGNAL as CONTEXT
from agent.wire.message import SCORE, Grant

YEAR_DAYS: Final = 365
HEART: Final[str] = "heart"
INDEX: Final[str] = "index"
_CARE, _RESEARCH = "care", "research"
_ALL: Final[tuple[tuple[str, str], ...]] = (
    (HEART, _CARE),
    (HEART, SCORE),
    (INDEX, _CARE),
    (CONTEXT, _CARE),
    (CONTEXT, SCORE),
)
_STUDY: Final = ((HEART, _RESEARCH),)


@dataclass(frozen=True, slots=True)
class Course:
    """How a person's heart rate variability goes over the year, beside what everybody's does.

    Attributes:
        fall: Change of ln RMSSD (no unit) reached at its last day; the heart rate goes the other way.
        first_day, last_day: Days of the year between which it is reached.
        ends_day: From when it is over; the year's length: never.
        leave: First and last day of a leave, on which nothing is worn; (-1, -1): none.
    """

    fall: float = 0.0
    first_day: int = 0
    last_day: int = 1
    ends_day: int = YEAR_DAYS
    leave: tuple[int, int] = (-1, -1)

    def change(self, day: int) -> float:
        """Change of ln RMSSD on a day of the year, no unit."""
        if not self.first_day <= day < self.ends_day:
            return 0.0
        return self.fall * min(1.0, (day - self.first_day) / (self.last_day - self.first_day))


@dataclass(frozen=True, slots=True)
class Person:
    """One row.

    Attributes:
        label: As the team reads it, from the key store; each says that it is synthetic.
        what: What this person is there for, in one sentence.
        granted: (signal, purpose) pairs of the consent.
        profile: Of the person's machine.
        nights: Of each of four weeks, the shifts that are nights.
        worn_01: Share of shifts on which the strap is worn.
        hours: Worn in such a shift.
        course: What happens to them.
        answers: Weekly answers of the single item, by weeks before the year's end; absent: not answered.
        silent_days: Days before the end on which the machine was last heard; 0: it works.
        consent_days: From the year's first day to the consent's end.
        asks: Words with which they asked to be seen; None: they did not.
        withdraws: Whether they took everything back at the year's end.
    """

    label: str
    what: str
    granted: tuple[tuple[str, str], ...] = _ALL
    profile: str = "care"
    nights: tuple[int, int, int, int] = (0, 0, 0, 0)
    worn_01: float = 0.85
    hours: int = 8
    course: Course = field(default=Course())
    answers: Mapping[int, int] = field(default_factory=dict)
    silent_days: int = 0
    consent_days: int = YEAR_DAYS + 90
    asks: str | None = None
    withdraws: bool = False

    def grants(self, recipient: str) -> tuple[Grant, ...]:
        """What they sign."""
        return tuple(Grant(signal, purpose, recipient) for signal, purpose in self.granted)

    @property
    def is_shown(self) -> bool:
        """Whether the care team sees this person."""
        return not self.withdraws and any(purpose == _CARE for _, purpose in self.granted)

    @property
    def purposes(self) -> tuple[str, ...]:
        """What each of their windows leaves for."""
        return tuple(sorted({purpose for signal, purpose in self.granted if signal in SIGNALS}))


_CALM: Final = dict.fromkeys(range(26), 1)
_NIGHTS: Final = (5, 0, 5, 0)
_FALLING: Final = Course(fall=-0.2, first_day=YEAR_DAYS - 70, last_day=YEAR_DAYS - 7)
_RECOVERED: Final = Course(-0.2, YEAR_DAYS - 150, YEAR_DAYS - 100, YEAR_DAYS - 84, (YEAR_DAYS - 98, YEAR_DAYS - 85))

WALKED: Final = 0
"""Place of the person whose machine runs while the demo is watched."""
PEOPLE: Final = (
    Person(
        "Ward 3 night A - synthetic",
        "heart rate variability falls slowly, with more and more nights",
        nights=(5, 5, 5, 0),
        course=_FALLING,
        answers={weeks: 1 if weeks > 6 else 2 for weeks in range(1, 26)},
    ),
    Person("Ward 3 day A - synthetic", "steady", answers=_CALM),
    Person(
        "Ward 3 night B - synthetic",
        "recovered after a leave",
        nights=_NIGHTS,
        course=_RECOVERED,
        answers={weeks: 3 if 15 <= weeks <= 20 else 1 for weeks in range(26)},
    ),
    Person("Ward 5 day A - synthetic", "wears the strap rarely", worn_01=0.25, hours=3),
    Person("Ward 5 night A - synthetic", "silent for 12 days", nights=_NIGHTS, silent_days=12),
    Person(
        "Ward 5 day B - synthetic",
        "asked to be seen, with words",
        answers=dict.fromkeys(range(26), 2),
        asks="Since the new rota I sleep badly before early shifts. Could we look at my weeks together?",
    ),
    Person(
        "Theatre day A - synthetic",
        "did not grant the index",
        granted=tuple(pair for pair in _ALL if pair[0] != INDEX),
    ),
    Person("Theatre night A - synthetic", "consent ends in 9 days", nights=_NIGHTS, consent_days=YEAR_DAYS + 10),
    Person("Study day A - synthetic", "consented to research only", granted=_STUDY, profile=_RESEARCH),
    Person("Theatre day B - synthetic", "withdrew", withdraws=True),
)
