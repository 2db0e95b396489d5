"""Settings: the example is in step with the code, and a wrong key is named with the nearest right one."""

import re
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from agent import config, sources
from agent.errors import ConfigInvalid, PolicyDenied

EXAMPLE = Path(__file__).parents[2] / "agent" / "config.example.yaml"
NONE = Path("/nonexistent/policy.yaml")


def written(tmp_path, text, name="settings.yaml"):
    file = tmp_path / name
    file.write_text(text)
    return file


def leaves(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def expected():
    def of(kind: type[BaseModel], prefix=""):
        for name, field in kind.model_fields.items():
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                yield from of(field.annotation, f"{prefix}{name}.")
            elif name != "sources":
                yield f"{prefix}{name}", field.get_default(call_default_factory=True)

    yield from of(config.Settings)
    for name in sources.SOURCES:
        for key in sources.settings_type(name).__dataclass_fields__:
            yield f"sources.{name}.{key}", None


def test_the_example_holds_every_key_with_its_default_and_no_other():
    example = dict(leaves(yaml.safe_load(EXAMPLE.read_text())))
    known = dict(expected())
    assert set(example) == set(known)
    for key, default in known.items():
        if key not in ("state_dir",) and default is not None:
            assert example[key] == default, key


def test_every_key_of_the_example_has_a_sentence_a_unit_and_a_default():
    lines = EXAMPLE.read_text().splitlines()
    settings = [number for number, line in enumerate(lines) if re.match(r"\s*[a-z_]+: \S", line)]
    known = {key.rsplit(".", 1)[-1]: default for key, default in expected()}
    for number in settings:
        key = lines[number].split(":")[0].strip()
        comment = lines[number - 1].strip()
        said = re.fullmatch(r"# (.+)\. Unit: ([^.]+)\. Default: (.+)\.", comment)
        assert said, f"{key}: {comment}"
        if known[key] is not None and key != "state_dir":
            assert said.group(3) == str(known[key]), key


@pytest.mark.parametrize(
    ("text", "says", "remedy"),
    [
        ("profil: care", "unknown key 'profil'", "Did you mean 'profile'?"),
        ("mqtt:\n  keepalive: 3", "unknown key 'mqtt.keepalive'", "Did you mean 'mqtt.keepalive_s'?"),
        (
            "sources:\n  ble_strap: {adaptor: hci1}",
            "unknown key 'sources.ble_strap.adaptor'",
            "'sources.ble_strap.adapter'",
        ),
        ("sources:\n  replai: {file: x}", "unknown source 'replai'", "Did you mean 'replay'?"),
        ("sources:\n  replay: {fil: x}", "sources.replay", ""),
        ("mqtt:\n  version: 4", "mqtt.version", "wardbeat config example"),
        ("outbox:\n  max_rows: 3", "outbox.max_rows", "wardbeat config example"),
        ("a: [", "not readable as YAML", "wardbeat config example"),
        ("- a\n- b", "settings.yaml", "wardbeat config example"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(tmp_path, text, says, remedy):
    with pytest.raises(ConfigInvalid) as wrong:
        config.load(written(tmp_path, text), NONE)
    assert says in str(wrong.value)
    assert remedy in wrong.value.remedy
    assert wrong.value.exit_code == 2


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigInvalid, match="No such file"):
        config.load(tmp_path / "none.yaml", NONE)


def test_without_a_file_nothing_leaves(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    settings, profile = config.load(None, NONE)
    assert profile.name == "personal"
    assert profile.purposes == ()
    assert settings.sources == {}


def test_a_machine_policy_takes_away_and_cannot_add(tmp_path):
    policy = written(tmp_path, "allowed_profiles: [eu-workplace]\ndenied_kinds: [recovery]", "policy.yaml")
    with pytest.raises(PolicyDenied):
        config.load(written(tmp_path, "profile: care"), policy)
    _, profile = config.load(written(tmp_path, "profile: eu-workplace"), policy)
    assert profile.kinds == {"fatigue"}
    with pytest.raises(ConfigInvalid):
        config.load(None, written(tmp_path, "profile: care", "policy2.yaml"))


AFFECT = 'face: {affect_model: {path: m.onnx, sha256: "%s", labels: [a, b], licence: X, licence_accepted: %s}}'


@pytest.mark.parametrize("profile", ["personal", "eu-workplace"])
def test_an_external_expression_model_is_refused_outside_care_and_research(tmp_path, profile):
    with pytest.raises(PolicyDenied, match="not allowed under the profile"):
        config.load(written(tmp_path, f"profile: {profile}\n{AFFECT % ('0' * 64, 'true')}"), NONE)


def test_an_external_expression_model_needs_its_accepted_licence_its_hash_and_no_policy_against_it(tmp_path):
    for profile in ("care", "research"):
        settings, _ = config.load(written(tmp_path, f"profile: {profile}\n{AFFECT % ('0' * 64, 'true')}"), NONE)
        assert settings.face.affect_model.labels == ("a", "b")
    with pytest.raises(ConfigInvalid, match="not accepted"):
        config.load(written(tmp_path, f"profile: research\n{AFFECT % ('0' * 64, 'false')}"), NONE)
    with pytest.raises(ConfigInvalid, match="sha256"):
        config.load(written(tmp_path, f"profile: research\n{AFFECT % ('12', 'true')}"), NONE)
    policy = written(tmp_path, "denied_kinds: [affect]", "policy.yaml")
    with pytest.raises(PolicyDenied):
        config.load(written(tmp_path, f"profile: research\n{AFFECT % ('0' * 64, 'true')}"), policy)
