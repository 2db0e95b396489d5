"""RULES: what raises an alert, for whom, and when the team reads it. One row is one fact.

A fact is a number that grows with what it is about (`hub.alerts.facts`). At ``on_level`` or above an alert is raised;
below ``off_level`` it is closed; between the two it stays as it is. A site changes levels in its ``alerts.yaml``
(`hub.alerts.settings`), and adds no fact.
"""

from dataclasses import dataclass
from typing import Final

CARE: Final = "care"
SCORE: Final = "score"
ANY: Final = ""  # any signal that is granted to the team
HOUR_S: Final = 3600
DAY_S: Final = 86_400
HOLD_H: Final = 24.0


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One row.

    Attributes:
        name: Of the fact, and in the table ``rules`` of the wire.
        person_words, team_words: What each reads: a rule, and no value.
        purpose: Of the consent that the fact rests on, ``care`` or ``score``.
        signal: Word that this consent grants; empty: any.
        unit: What the levels count.
        on_level, off_level: See the module.
        lead_h: Hours between the hand-over to the person and the team, in which the person may hold it.
        wait_h: Most hours that the team waits for the hand-over to a machine that is not heard.
        again_days: The person gets one alert of this rule in so many days; further ones are counted in it.
        escalate_h: Hours after which an alert that nobody acknowledged goes to the lead's channels.
        may_team: Whether a team may ever read it.
        suggestion: Id of a reviewed suggestion (`hub.alerts.suggestions`); empty: none.
        in_shift: Whether the person gets it during a shift, too.
        hold_h: Hours after the hand-over to which the person may postpone it.
    """

    name: str
    person_words: str
    team_words: str
    purpose: str
    signal: str
    unit: str
    on_level: float
    off_level: float
    lead_h: float
    wait_h: float
    again_days: int
    escalate_h: float
    may_team: bool = True
    suggestion: str = ""
    in_shift: bool = False
    hold_h: float = HOLD_H


RULES: Final = (
    AlertRule(
        "asked_for_help",
        "You asked the care team to look at your weeks.",
        "This person asks you to look at their weeks.",
        CARE,
        ANY,
        "1 while the person asks",
        1,
        1,
        lead_h=0,
        wait_h=0,
        again_days=1,
        escalate_h=24,
        in_shift=True,
    ),
    AlertRule(
        "index_low_above_50_weeks",
        "For some weeks the whole interval of your index has lain above 50: more strain than is usual for you.",
        "For some weeks the whole interval of this person's index has lain above 50.",
        CARE,
        "index",
        "whole weeks in a row whose interval lies above 50",
        3,
        1,
        lead_h=12,
        wait_h=72,
        again_days=28,
        escalate_h=72,
        suggestion="talk",
    ),
    AlertRule(
        "check_in_burnout",
        "An answer of your check-in lies at the instrument's cut or above.",
        "An answer of this person's check-in lies at the instrument's cut or above.",
        CARE,
        "context",
        "percent of the scale by which the newest answer lies above the cut",
        0,
        -5,
        lead_h=4,
        wait_h=48,
        again_days=14,
        escalate_h=48,
        suggestion="group",
    ),
    AlertRule(
        "silent_days",
        "Nothing of your machine has arrived for some days.",
        "Nothing of this person's machine has arrived for some days.",
        CARE,
        ANY,
        "days since the machine was last heard",
        7,
        1,
        lead_h=2,
        wait_h=24,
        again_days=14,
        escalate_h=96,
    ),
    AlertRule(
        "change_alarm",
        "Your heart's variability has been lower than is usual for you for some days. Often it is nothing.",
        "",
        SCORE,
        ANY,
        "of the 28 days for which a change counts, those that are left",
        21,
        1,
        lead_h=0,
        wait_h=0,
        again_days=28,
        escalate_h=0,
        may_team=False,
        suggestion="ill",
    ),
)


def rule_named(name: str) -> AlertRule | None:
    """The row of this name."""
    return next((rule for rule in RULES if rule.name == name), None)
