"""Dashboards and alert rules name what /metrics has, fire for each fault, and say no word that a workplace must not read."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from agent.tables.profiles import PROFILES
from hub.metrics.exposition import PREFIX
from hub.metrics.rows import METRICS
from tests.support.processes import system_tool

ROOT = Path(__file__).parents[3]
BOARDS = sorted((ROOT / "docs/grafana").glob("*.json"))
RULES, RULE_TESTS = (ROOT / "docs/prometheus" / f"wardbeat-hub.rules{end}" for end in (".yml", ".test.yml"))
NAMES = {PREFIX + row.name: set(row.labels) for row in METRICS}
KINDS = {"stat", "timeseries", "text"}


def strict(text):
    """JSON without a key twice, and without what is no JSON."""

    def once(pairs):
        assert len({key for key, _ in pairs}) == len(pairs), f"a key twice: {pairs}"
        return dict(pairs)

    def never(word):
        raise ValueError(word)

    return json.loads(text, object_pairs_hook=once, parse_constant=never)


def faults(expression, legend=""):
    """What an expression, or a legend over it, names that /metrics has not."""
    named = set(re.findall(r"\b(?:wardbeat_\w+)", expression))
    labels = set(re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)) | set(re.findall(r"[{,]\s*(\w+)\s*=", expression))
    known = set().union(*(NAMES.get(name, set()) for name in named)) | {"job", "instance"}
    return (named - set(NAMES)) | (labels - known)


def targets(board):
    return [(panel, one) for panel in board["panels"] for one in panel["targets"]]


@pytest.mark.parametrize("file", BOARDS, ids=lambda file: file.stem)
def test_a_dashboard_is_what_grafana_imports_and_names_what_there_is(file):
    board = strict(file.read_text())
    assert board["id"] is None
    assert board["uid"] == f"wardbeat-{file.stem}"
    assert board["schemaVersion"] >= 39
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) > 0
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert panel["type"] in KINDS
        assert 0 <= place["x"] < place["x"] + place["w"] <= 24
        assert panel["title"]
        assert len({one["refId"] for one in panel["targets"]}) == len(panel["targets"])
    sources = [one["name"] for one in board["templating"]["list"] if one["type"] == "datasource"]
    for panel, one in targets(board):
        assert faults(one["expr"], one["legendFormat"]) == set()
        assert panel["datasource"] == one["datasource"] == {"type": "prometheus", "uid": "${source}"}
        assert sources == ["source"]


def test_panels_do_not_lie_over_each_other():
    for file in BOARDS:
        taken = set()
        for panel in strict(file.read_text())["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, (file.name, panel["title"])
            taken |= cells


def test_the_dashboards_show_every_metric_and_groups_have_no_query():
    shown = " ".join(one["expr"] for file in BOARDS for _, one in targets(strict(file.read_text())))
    assert {name for name in NAMES if not re.search(rf"\b{name}\b", shown)} == set()
    groups = strict((ROOT / "docs/grafana/groups.json").read_text())
    assert targets(groups) == []
    assert "Empty" in groups["panels"][0]["options"]["content"]


def test_a_query_that_names_nothing_is_found():
    assert faults("wardbeat_hub_due > 0") == {"wardbeat_hub_due"}
    assert faults("wardbeat_hub_info", "{{device}}") == {"device"}
    assert faults('wardbeat_hub_process_up{person="x"}') == {"person"}
    with pytest.raises(AssertionError, match="a key twice"):
        strict('{"a": 1, "a": 2}')


def test_no_word_that_a_workplace_must_not_read():
    text = " ".join(file.read_text() for file in (*BOARDS, RULES)) + " ".join(row.words + row.name for row in METRICS)
    forbidden = PROFILES["eu-workplace"].forbidden_words
    assert [word for word in forbidden if word in text.lower()] == []
    assert [word for word in forbidden if word in f"{text} the team's stress"] == ["stress"]


def rules():
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def test_each_rule_names_what_there_is_and_is_tested():
    for rule in rules():
        assert faults(rule["expr"]) == set()
        assert re.search(r"wardbeat_|up\{", rule["expr"])
        assert rule["labels"]["severity"] in ("warning", "critical")
    tests = yaml.safe_load(RULE_TESTS.read_text())["tests"]
    fired = {case["alertname"] for one in tests for case in one["alert_rule_test"] if case["exp_alerts"]}
    assert fired == {rule["alert"] for rule in rules()}


def promtool(folder, *words):
    done = subprocess.run([system_tool("promtool"), *words], cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.process
def test_promtool_accepts_the_rules_and_each_fault_fires_its_own(tmp_path):
    assert promtool(RULES.parent, "check", "rules", RULES.name)[0] == 0
    assert promtool(RULES.parent, "test", "rules", RULE_TESTS.name)[0] == 0
    deaf = RULES.read_text().replace("wardbeat_hub_worker_receives == 0", "wardbeat_hub_worker_receives == 2")
    (tmp_path / RULES.name).write_text(deaf)
    (tmp_path / RULE_TESTS.name).write_text(RULE_TESTS.read_text())
    code, said = promtool(tmp_path, "test", "rules", RULE_TESTS.name)
    assert code != 0, "a rule that cannot fire is found"
    assert "WardbeatHubDeaf" in said


@pytest.mark.parametrize("row", METRICS, ids=lambda row: row.name)
def test_each_metric_has_its_row_in_the_document(row):
    text = (ROOT / "docs/operate.md").read_text()
    line = next((line for line in text.splitlines() if line.startswith(f"| `{PREFIX}{row.name}`")), "")
    assert line.count("|") == 4, f"{row.name} is not in docs/operate.md"
    assert line.split("|")[3].strip() == row.moved_by
