"""RULES: every row has its fact, its consent, its words, and its place on the wire and in the documentation."""

import dataclasses
from pathlib import Path

import pytest

from agent.wire import codes
from agent.wire.message import PURPOSES
from hub.alerts.facts import FACTS, above, cuts
from hub.alerts.rules import RULES, rule_named
from hub.alerts.suggestions import suggestion

DOCS = Path(__file__).parents[3] / "docs" / "alerts.md"


def faults(rule):
    checks = {
        "code": rule.name in codes.codes("rules"),
        "fact": rule.name in FACTS,
        "purpose": rule.purpose in PURPOSES,
        "levels": rule.off_level <= rule.on_level,
        "words": rule.person_words.endswith(".") and bool(rule.team_words) == rule.may_team,
        "no value in words": not any(letter.isdigit() for letter in rule.team_words.replace("above 50", "")),
        "suggestion": not rule.suggestion or suggestion(rule.suggestion) is not None,
        "a change alarm is the person's": rule.name != "change_alarm" or not rule.may_team,
        "what goes to a team rests on care": not rule.may_team or rule.purpose == "care",
        "a hold can come in time": not rule.may_team or rule.lead_h < 24,
    }
    return [name for name, holds in checks.items() if not holds]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_keeps_the_law(rule):
    assert faults(rule) == []


@pytest.mark.parametrize(
    "change",
    [{"name": "sleep"}, {"purpose": ""}, {"off_level": 99}, {"team_words": "8 weeks."}, {"suggestion": "run"}, {"purpose": "score"}],
)  # fmt: skip
def test_a_rule_that_breaks_the_law_is_found(change):
    assert faults(dataclasses.replace(RULES[1], **change)) != []


def test_every_code_of_the_wire_has_its_rule():
    assert {rule.name for rule in RULES} == set(codes.codes("rules")) == set(FACTS)
    assert rule_named("sleep") is None


def test_the_documentation_has_each_rule_with_its_numbers():
    lines = {line.split("|")[1].strip(" `"): line for line in DOCS.read_text().splitlines() if line.startswith("| `")}
    for rule in RULES:
        cells = [cell.strip() for cell in lines[rule.name].split("|")]
        team = [f"{rule.lead_h:g} h", f"{rule.wait_h:g} h"] if rule.may_team else ["never", "never"]
        lead = f"{rule.escalate_h:g} h" if rule.may_team else "never"
        assert [f"{rule.on_level:g}", f"{rule.off_level:g}", *team, f"{rule.again_days} d", lead] == cells[4:10], (
            rule.name
        )


def test_cuts_are_those_of_the_instruments():
    assert cuts() == {"single level": 3.0, "cbi personal": 50.0, "cbi work": 50.0, "cbi client": 50.0}
    assert above("single level", 3) == 0
    assert above("cbi work", 60) == pytest.approx(10)


def test_a_suggestion_has_its_grade_and_source():
    found = suggestion("talk")
    assert (found.grade, bool(found.source), bool(found.grade_words)) == ("C", True, True)
    assert suggestion("") is None
