"""Alerts in a hurry: only hours change, and only at a synthetic site."""

from dataclasses import fields

import pytest

from agent.demo.team import hurried
from agent.errors import WrongUse
from hub.alerts.rules import RULES
from tests.support.world import make_world

HOURS = {"lead_h", "wait_h", "hold_h", "escalate_h"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_an_hour_of_the_rules_is_a_second_and_nothing_else_changes(rule):
    made = hurried.hurried(rule, 1.0)

    for field in fields(rule):
        before, after = getattr(rule, field.name), getattr(made, field.name)
        assert after == (pytest.approx(before / 3600) if field.name in HOURS else before), field.name


def test_every_time_of_a_rule_is_counted_in_hours_or_days():
    assert {field.name for field in fields(RULES[0]) if field.name.endswith("_h")} == HOURS


@pytest.mark.process
def test_only_a_synthetic_site_is_hurried(tmp_path):
    world = make_world(tmp_path, synthetic=False, consent=False)

    with pytest.raises(WrongUse, match="only a synthetic site"):
        hurried.main([str(world.hub), "1"])
