"""Settings of a whole machine: defaults below the person's, a policy above, and neither lets more leave."""

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import config, sources
from agent.cli import main
from agent.errors import ConfigInvalid, PolicyDenied
from agent.tables.profiles import PROFILES
from agent.tables.signals import KINDS

NONE = Path("/nonexistent/policy.yaml")


def written(tmp_path, tree, name):
    file = tmp_path / name
    file.write_text(yaml.safe_dump(tree))
    return file


def loaded(tmp_path, own, machine, policy=None):
    rules = NONE if policy is None else written(tmp_path, policy, "policy.yaml")
    return config.load(written(tmp_path, own, "own.yaml"), rules, written(tmp_path, machine, "machine.yaml"))


def test_the_persons_file_lies_over_the_machines_key_by_key(tmp_path):
    machine = {"consent_days": 30, "mqtt": {"keepalive_s": 60, "version": 3}, "outbox": {"max_rows": 5000}}
    found, _ = loaded(tmp_path, {"mqtt": {"version": 5}}, machine)
    assert (found.consent_days, found.mqtt.keepalive_s, found.mqtt.version) == (30, 60, 5)
    assert (found.outbox.max_rows, found.outbox.max_age_days) == (5000, 30)


def test_the_machines_settings_switch_no_sensor_on(tmp_path):
    machine = {"sources": {name: {} for name in sources.SOURCES if name != "replay"}}
    machine["sources"]["ble_strap"] = {"adapter": "hci1"}
    assert loaded(tmp_path, {}, machine)[0].sources == {}
    named, _ = loaded(tmp_path, {"sources": {"ble_strap": {"recover_adapter": False}}}, machine)
    assert list(named.sources) == ["ble_strap"]
    assert (named.sources["ble_strap"].adapter, named.sources["ble_strap"].recover_adapter) == ("hci1", False)


@pytest.mark.parametrize("at_fault", ["own.yaml", "machine.yaml"])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"mqtt": {"keepalive": 60}}, "mqtt.keepalive_s"),
        ({"consent_dais": 3}, "consent_days"),
        ({"sources": {"ble_strap": {"adaptor": "hci0"}}}, "sources.ble_strap.adapter"),
        ({"sources": {"ble_strop": {}}}, "ble_strap"),
    ],
)
def test_a_wrong_key_is_named_with_its_file_and_the_nearest_right_one(tmp_path, at_fault, wrong, says):
    both = {"own.yaml": {}, "machine.yaml": {}, at_fault: wrong}
    with pytest.raises(ConfigInvalid) as error:
        loaded(tmp_path, both["own.yaml"], both["machine.yaml"])
    assert at_fault in str(error.value)
    assert says in error.value.remedy


def values_of(kind):
    """Valid values of every setting but sensors and paths: what an administrator may write."""
    return {
        "profile": st.sampled_from(sorted(PROFILES)),
        "key_store": st.sampled_from(["auto", "file"]),
        "log_level": st.sampled_from(["debug", "info", "warning", "error"]),
        "consent_days": st.integers(1, 365),
        "face": st.fixed_dictionaries({}, optional={"engine": st.sampled_from(["litert", "mediapipe"])}),
        "mqtt": st.fixed_dictionaries(
            {},
            optional={
                "version": st.sampled_from([3, 5]),
                "keepalive_s": st.integers(5, 600),
                "in_flight": st.integers(1, 100),
            },
        ),
        "outbox": st.fixed_dictionaries(
            {}, optional={"max_rows": st.integers(1000, 10_000), "max_age_days": st.integers(1, 30)}
        ),
    }[kind]


LAYER = st.fixed_dictionaries(
    {},
    optional={
        name: values_of(name)
        for name in ("profile", "key_store", "log_level", "consent_days", "face", "mqtt", "outbox")
    },
)
POLICY = st.fixed_dictionaries(
    {},
    optional={
        "allowed_profiles": st.lists(st.sampled_from(sorted(PROFILES)), min_size=1, unique=True),
        "denied_kinds": st.lists(st.sampled_from(sorted(KINDS)), unique=True),
    },
)


@settings(max_examples=500)
@given(own=LAYER, machine=LAYER, policy=POLICY)
def test_no_machine_wide_value_and_no_policy_lets_more_leave(tmp_path_factory, own, machine, policy):
    """Against the person's own file alone, with the profile that is in force: a consent is signed under it."""
    folder = tmp_path_factory.mktemp("layers")
    both, profile = loaded(folder, own, machine)
    alone = PROFILES[both.profile]
    assert profile.releases == alone.releases
    try:
        _, strict = loaded(folder, own, machine, policy)
    except PolicyDenied:
        return  # nothing leaves
    assert strict.releases <= profile.releases
    assert set(strict.purposes) <= set(profile.purposes)
    denied = set(policy.get("denied_kinds", ()))
    assert not {kind for _, kind in strict.releases} & denied
    allowed = policy.get("allowed_profiles")
    assert allowed is None or strict.name in allowed or not strict.recipients


def test_config_show_says_where_each_value_comes_from(tmp_path, monkeypatch, capsys):
    machine = written(tmp_path, {"consent_days": 30, "mqtt": {"keepalive_s": 60}}, "settings.yaml")
    monkeypatch.setattr(config, "policy_file", lambda: machine.with_name("policy.yaml"))
    own = written(tmp_path, {"mqtt": {"version": 3}, "sources": {"ble_strap": {}}}, "own.yaml")
    assert main(["--config", str(own), "config", "show", "--origin"]) == 0
    rows = {row["key"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert (rows["consent_days"]["value"], rows["consent_days"]["origin"]) == (30, "machine")
    assert rows["mqtt.keepalive_s"]["file"] == str(machine)
    assert (rows["mqtt.version"]["origin"], rows["mqtt.version"]["file"]) == ("own", str(own))
    assert rows["mqtt.in_flight"]["origin"] == "default"
    assert rows["sources.ble_strap.recover_adapter"]["origin"] == "default"
    assert (rows["policy.denied_kinds"]["value"], rows["policy.denied_kinds"]["origin"]) == ([], "default")
    assert main(["--config", str(own), "config", "show"]) == 0
    assert json.loads(capsys.readouterr().out)["consent_days"] == 30
    assert main(["config", "example", "--origin"]) == 2


def test_the_schema_accepts_the_example_and_names_every_key(capsys):
    assert main(["config", "schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert set(schema["settings"]["properties"]) == set(config.Settings.model_fields)
    assert schema["settings"]["additionalProperties"] is False
    assert set(schema["policy"]["properties"]) == set(config.Policy.model_fields)
