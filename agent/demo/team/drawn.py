"""What the ten people's straps measured in the made-up year, and what they noted. Seeded: the same seed draws the same.

A level that wanders from day to day, the person's course on top, nights that lower it, and noise of each window: the
same parts as in `agent.scoring.population`, with a course that is chosen instead of drawn.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from agent.demo.team.people import YEAR_DAYS, Person
from agent.scoring.day_windows import BLOCK_S
from agent.scoring.population import slow_part
from agent.windows.history import Told

DAY_S: Final = 86_400
WINDOW_S: Final = 300
DENSE_DAYS: Final = 28
"""The last days, of which the care view shows the hours worn: a window every five minutes, as an agent makes them."""
_SPARSE: Final = 6  # windows of a shift before those days
_PHI, _SLOW, _BLOCK, _NOISE = 0.6, 0.04, 0.10, 0.12  # of ln RMSSD, no unit: of a day, three hours, a window
_BPM_BY_LN: Final = -14.0  # bpm for one of ln RMSSD
_NIGHT_LN: Final = -0.10  # a night shift's effect
_DAY_SHIFT_H, _NIGHT_SHIFT_H = 7, 21  # when shifts begin
_SHIFT_H: Final = 8
_CHECK_IN_H: Final = 18
_INSTRUMENT, _ITEM = "single", "s1"


@dataclass(frozen=True, slots=True)
class Worn:
    """One window of five minutes.

    Attributes:
        start_utc_s: Its beginning.
        hr_bpm: Mean heart rate.
        rmssd_ms: RMSSD.
    """

    start_utc_s: int
    hr_bpm: float
    rmssd_ms: float


def shift_of(person: Person, day: int) -> str:
    """``day``, ``night`` or, for a day off, an empty word.

    Args:
        person: Whose.
        day: Of the year, from 0.
    """
    place = day % 7
    if place < person.nights[day // 7 % len(person.nights)]:
        return "night"
    return "day" if place < 5 and not person.nights[day // 7 % len(person.nights)] else ""


def shifts(person: Person, today: int) -> Iterator[Told]:
    """The shifts of the year as the person noted them; day shifts of those without nights were not noted.

    Args:
        person: Whose.
        today: Days since 1970; the year ends with the day before.
    """
    if not any(person.nights):
        return
    for day in range(YEAR_DAYS):
        kind = shift_of(person, day)
        begins = (today - YEAR_DAYS + day) * DAY_S + _begins_h(kind) * 3600
        ends = begins + _SHIFT_H * 3600
        if kind and ends <= today * DAY_S:  # nobody is at work while the demo runs: alerts wait for a shift's end
            yield Told(begins, "shift", kind, {"until_utc_s": ends})


def check_ins(person: Person, today: int) -> Iterator[Told]:
    """Their weekly answers of the single item."""
    for weeks, place in sorted(person.answers.items(), reverse=True):
        at_utc_s = (today - 1 - 7 * weeks) * DAY_S + _CHECK_IN_H * 3600
        yield Told(at_utc_s, "check-in", _INSTRUMENT, {_ITEM: place - 1})


def check_in_over_the_cut(at_utc_s: int) -> Told:
    """The answer that the walk gives: 4 of 5, and 3 is the cut."""
    return Told(at_utc_s, "check-in", _INSTRUMENT, {_ITEM: 3})


def windows(person: Person, number: int, seed: int, today: int) -> list[Worn]:
    """Everything that was worn, oldest first.

    Args:
        person: Whose.
        number: Their place in PEOPLE: each is drawn apart from the others.
        seed: Of the demo.
        today: Days since 1970; the year ends with the day before.
    """
    rng = np.random.default_rng([seed, number])
    usual_ln, usual_bpm = 3.55 + 0.15 * rng.standard_normal(), 64.0 + 4.0 * rng.standard_normal()
    slow = slow_part(rng, np.array([_PHI]), np.array([_SLOW]), YEAR_DAYS)[0]
    made: list[Worn] = []
    for day in range(YEAR_DAYS):
        dice, kind = rng.random(), shift_of(person, day)
        on_leave = person.course.leave[0] <= day <= person.course.leave[1]
        is_silent = day >= YEAR_DAYS - person.silent_days
        if not kind or dice >= person.worn_01 or on_leave or is_silent:
            continue
        moved = slow[day] + person.course.change(day) + (_NIGHT_LN if kind == "night" else 0.0)
        block = _BLOCK * rng.standard_normal(_SHIFT_H)
        for start_utc_s in _starts(kind, person.hours, today - YEAR_DAYS + day, is_dense=day >= YEAR_DAYS - DENSE_DAYS):
            noise, hr_noise = rng.standard_normal(2)
            level = moved + block[start_utc_s // BLOCK_S % _SHIFT_H]
            hr_bpm = usual_bpm + _BPM_BY_LN * level + 2.5 * hr_noise
            rmssd_ms = math.exp(usual_ln + level + _NOISE * noise)
            made.append(Worn(start_utc_s, round(float(np.clip(hr_bpm, 45, 140)), 1), round(min(rmssd_ms, 200.0), 1)))
    return [one for one in made if one.start_utc_s + WINDOW_S <= today * DAY_S]


def _begins_h(kind: str) -> int:
    return _NIGHT_SHIFT_H if kind == "night" else _DAY_SHIFT_H


def _starts(kind: str, hours: int, day: int, *, is_dense: bool) -> Iterator[int]:
    most = hours * 3600 // WINDOW_S
    many = most if is_dense else min(_SPARSE, most)
    begins = day * DAY_S + _begins_h(kind) * 3600
    for place in range(many):
        yield begins + place * most // many * WINDOW_S
