"""FACTS: numbers of one person that rules compare with their levels. Pure: what a fact needs is handed over.

A fact is None where it is not known now: then no alert is raised and none is closed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from agent.scoring.instruments import instruments
from agent.scoring.week_rows import is_week_end
from agent.wire import codes
from hub.alerts.rules import DAY_S
from hub.care.picture import CheckIn, Picture

MIDDLE: Final = 50.0  # of the index: usual for this person
ALARM_STANDS_DAYS: Final = 28
ANSWER_COUNTS_DAYS: Final = 90
_WEEK_DAYS: Final = 7


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one person.

    Attributes:
        now_utc_s: The hub's clock.
        picture: What the person granted to the team; None: no consent for care is in force.
        contact_day: Day (UTC, since 1970) on which the machine was last heard; -1: never.
        consent_utc_s: Since when the consent for care stands.
        today: The newest day of the person's readings, days since 1970; -1: there is none.
        alarm_days: Days of change alarms, ascending.
    """

    now_utc_s: int
    picture: Picture | None = None
    contact_day: int = -1
    consent_utc_s: int = 0
    today: int = -1
    alarm_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """A number, and the first day of what it is about."""

    level: float | None
    since_day: int = 0


def asked_for_help(known: Known) -> Fact:
    """1 while the person asks to be seen."""
    if known.picture is None:
        return Fact(None)
    return Fact(float(known.picture.asked_utc_s > 0), known.picture.asked_utc_s // DAY_S)


def index_low_above_50_weeks(known: Known) -> Fact:
    """Whole weeks up to the newest, one after the other, whose interval lies above 50."""
    weeks = [week for week in known.picture.weeks if is_week_end(week.last_day)] if known.picture else []
    if not weeks or weeks[-1].low is None:
        return Fact(None)
    many, day = 0, weeks[-1].last_day
    for week in reversed(weeks):
        if week.last_day != day or week.low is None or week.low <= MIDDLE:
            break
        many, day = many + 1, day - _WEEK_DAYS
    return Fact(float(many), day + 1)


def check_in_burnout(known: Known) -> Fact:
    """Percent of its scale by which the newest answer lies above the instrument's cut: the highest of all scales."""
    newest: dict[str, CheckIn] = {}
    for answer in known.picture.check_ins if known.picture else ():
        if answer.scale in cuts() and answer.at_utc_s > known.now_utc_s - ANSWER_COUNTS_DAYS * DAY_S:
            newest[answer.scale] = max(answer, newest.get(answer.scale, answer), key=lambda one: one.at_utc_s)
    found = [(above(answer.scale, answer.value), -answer.at_utc_s) for answer in newest.values()]
    if not found:
        return Fact(-100.0 if known.picture else None)
    level, at_utc_s = max(found)
    return Fact(level, -at_utc_s // DAY_S)


def silent_days(known: Known) -> Fact:
    """Whole days (UTC) since the machine was last heard, or since the consent began."""
    if known.picture is None:
        return Fact(None)
    heard = max(known.contact_day, known.consent_utc_s // DAY_S)
    return Fact(float(known.now_utc_s // DAY_S - heard), heard + 1)


def change_alarm(known: Known) -> Fact:
    """Days left of the 28 for which the newest change alarm counts."""
    if known.today < 0:
        return Fact(None)
    if not known.alarm_days:
        return Fact(0.0)
    last = known.alarm_days[-1]
    return Fact(float(max(ALARM_STANDS_DAYS - (known.now_utc_s // DAY_S - last), 0)), last)


FACTS: Final[Mapping[str, Callable[[Known], Fact]]] = {
    fact.__name__: fact
    for fact in (asked_for_help, index_low_above_50_weeks, check_in_burnout, silent_days, change_alarm)
}


@cache
def cuts() -> dict[str, float]:
    """From which answer an instrument names the category, by scale as on the wire; scales without a cut are absent."""
    found = {}
    for scale in codes.scales().values():
        instrument = instruments().get(scale.name.partition(" ")[0])
        if instrument is not None and instrument.category_from is not None:
            found[scale.name] = instrument.category_from
    return found


def above(scale: str, value: float) -> float:
    """Percent of a scale by which an answer lies above the instrument's cut.

    Args:
        scale: A name of the table ``scales`` with a cut.
        value: In points.
    """
    row = next(row for row in codes.scales().values() if row.name == scale)
    return round(100.0 * (value - cuts()[scale]) / (row.high - row.low), 6)
