"""What an alert becomes: pure steps from what stands and what is known now, for one person and rule.

```
with_person ──(hold)──▶ held ──(24 h after the hand-over)──▶ with_team ──(the team)──▶ acknowledged ──▶ closed
  └─(lead hours after the hand-over, or a limit where the machine is silent)──▶┘
any state but closed ──(the fact ended, by its off-level; the consent ended)──▶ closed
```

A withdrawal or an erasure deletes alerts in its own transaction (`hub.store.followed`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from hub.alerts.facts import Fact
from hub.alerts.rules import DAY_S, HOUR_S, AlertRule

WITH_PERSON: Final = "with_person"
HELD: Final = "held"
WITH_TEAM: Final = "with_team"
ACKNOWLEDGED: Final = "acknowledged"
CLOSED: Final = "closed"
CLOSED_KEPT_S: Final = 92 * DAY_S
_WAITS: Final = (WITH_PERSON, HELD)


@dataclass(frozen=True, slots=True)
class Standing:
    """One alert of one rule.

    Attributes:
        number, serial, revision: As `agent.wire.alert.Alert` has them.
        state: A name of the table ``alert_states``.
        since_day: First day of the fact.
        made_utc_s, closed_utc_s: When it was raised and closed; 0: it is open.
        team_utc_s: When the team reads it at the latest; 0: never.
        handed_utc_s: When the person's machine had it; 0: not yet.
        told_revision: The revision that was last sent to the person.
        escalated_utc_s: When the lead was written to; 0: not yet.
        more: How often the fact came again within the rule's budget for a person.
        acknowledged_by, acknowledged_utc_s: Who of the team, and when.
    """

    number: int
    serial: int
    revision: int
    state: str
    since_day: int
    made_utc_s: int
    closed_utc_s: int = 0
    team_utc_s: int = 0
    handed_utc_s: int = 0
    told_revision: int = 0
    escalated_utc_s: int = 0
    more: int = 0
    acknowledged_by: str = ""
    acknowledged_utc_s: int = 0

    @property
    def said(self) -> tuple[str, int]:
        """What a revision says."""
        return self.state, self.team_utc_s


@dataclass(frozen=True, slots=True)
class Now:
    """What is known of a person and a rule at one moment.

    Attributes:
        utc_s: The hub's clock.
        fact: Its number.
        serial: Of the consent that grants what the rule needs; 0: none does.
        riding: Numbers of alerts that are not handed over.
        held: Numbers of alerts that the person holds back.
        free_utc_s: When the person's shift ends; now, where there is none.
    """

    utc_s: int
    fact: Fact
    serial: int
    riding: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()
    free_utc_s: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of it.

    Attributes:
        changed: Alerts that are to be kept again; those whose revision grew go to the person.
        dropped: Numbers of closed alerts that are forgotten.
        is_new_to_team: Whether the alert came to the team with this step.
        is_escalated: Whether the lead is to be written to.
        wake_utc_s: When time alone changes something; 0: it does not.
    """

    changed: tuple[Standing, ...] = ()
    dropped: tuple[int, ...] = ()
    is_new_to_team: bool = False
    is_escalated: bool = False
    wake_utc_s: int = 0


def is_on(rule: AlertRule, fact: Fact, *, was_on: bool) -> bool:
    """Whether a fact holds, by the level for beginning or the level for ending; unknown: as it was."""
    if fact.level is None:
        return was_on
    return fact.level >= rule.on_level or (was_on and fact.level >= rule.off_level)


def step(rule: AlertRule, known: Sequence[Standing], now: Now, number: int) -> Step:
    """What becomes of a person's alerts of one rule.

    Args:
        rule: The row, with the site's levels.
        known: The person's alerts of this rule, by number.
        now: What is known.
        number: Of the next alert.
    """
    old = {one.number for one in known if one.closed_utc_s and now.utc_s - one.closed_utc_s > CLOSED_KEPT_S}
    last = next((one for one in reversed(known) if one.number not in old), None)
    after = _begun(rule, last, now, number) if last is None or last.closed_utc_s else _moved(rule, last, now)
    before = last if last is not None and after is not None and last.number == after.number else None
    if after is None:
        return Step(dropped=tuple(sorted(old)), wake_utc_s=_waits_for_shift(rule, now))
    # what came again within the person's budget is no second message to the team: the alert is open again
    came = after.state == WITH_TEAM and after.more == 0 and (before is None or before.state != WITH_TEAM)
    escalated = after.escalated_utc_s == now.utc_s and (before is None or before.escalated_utc_s != now.utc_s)
    changed = () if after == before else (after,)
    return Step(changed, tuple(sorted(old)), is_new_to_team=came, is_escalated=escalated, wake_utc_s=_wake(rule, after))


def _begun(rule: AlertRule, last: Standing | None, now: Now, number: int) -> Standing | None:
    """A new alert, or the last one open again where the rule's budget for a person is spent; None: nothing."""
    if not _begins(rule, now) or (now.free_utc_s > now.utc_s and not rule.in_shift):
        return None
    if last is None or now.utc_s >= last.made_utc_s + rule.again_days * DAY_S:
        return _planned(rule, Standing(number, now.serial, 1, WITH_PERSON, now.fact.since_day, now.utc_s), now)
    again = Standing(last.number, now.serial, last.revision + 1, WITH_PERSON, now.fact.since_day, last.made_utc_s)
    return _planned(rule, replace(again, told_revision=last.told_revision, more=last.more + 1), now)


def _begins(rule: AlertRule, now: Now) -> bool:
    return bool(now.serial) and is_on(rule, now.fact, was_on=False)


def _planned(rule: AlertRule, alert: Standing, now: Now) -> Standing:
    team_utc_s = now.utc_s + round((rule.wait_h + rule.lead_h) * HOUR_S) if rule.may_team else 0
    state = WITH_TEAM if rule.may_team and team_utc_s <= now.utc_s else WITH_PERSON
    return replace(alert, team_utc_s=team_utc_s, state=state)


def _moved(rule: AlertRule, alert: Standing, now: Now) -> Standing:
    """An open alert at this moment."""
    if not now.serial or not is_on(rule, now.fact, was_on=True):
        return _said(alert, replace(alert, state=CLOSED, closed_utc_s=now.utc_s))
    after, is_held = replace(alert, serial=now.serial), alert.number in now.held
    if not after.handed_utc_s and (alert.number not in now.riding or is_held):
        after = replace(after, handed_utc_s=now.utc_s)
        if after.state == WITH_PERSON and rule.may_team:
            after = replace(after, team_utc_s=min(after.team_utc_s, now.utc_s + round(rule.lead_h * HOUR_S)))
    if after.state == WITH_PERSON and is_held and rule.may_team:
        held_to_utc_s = after.handed_utc_s + round(rule.hold_h * HOUR_S)
        after = replace(after, state=HELD, team_utc_s=max(after.team_utc_s, held_to_utc_s))
    if after.state in _WAITS and rule.may_team and after.team_utc_s <= now.utc_s:
        after = replace(after, state=WITH_TEAM)
    if after.state == WITH_TEAM and rule.escalate_h and not after.escalated_utc_s and now.utc_s >= _late(rule, after):
        after = replace(after, escalated_utc_s=now.utc_s)
    return _said(alert, after)


def _said(before: Standing, after: Standing) -> Standing:
    """With a new revision where it says something else."""
    return after if after.said == before.said else replace(after, revision=before.revision + 1)


def _late(rule: AlertRule, alert: Standing) -> int:
    return alert.team_utc_s + round(rule.escalate_h * HOUR_S)


def _wake(rule: AlertRule, alert: Standing) -> int:
    if alert.state in _WAITS and rule.may_team:
        return alert.team_utc_s
    return _late(rule, alert) if alert.state == WITH_TEAM and rule.escalate_h and not alert.escalated_utc_s else 0


def _waits_for_shift(rule: AlertRule, now: Now) -> int:
    """When the shift ends for which an alert waits; 0: none does."""
    return now.free_utc_s if now.free_utc_s > now.utc_s and _begins(rule, now) else 0
