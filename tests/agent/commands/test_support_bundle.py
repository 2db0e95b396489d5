"""A support bundle holds no word that somebody wrote, no path and no measurement; it is shown before it is saved."""

import json

import pytest
import yaml

from agent.commands.support_bundle import bundle
from tests.support.terminal import call, on_terminal
from tests.support.world import make_world

CANARIES = [
    "Canary Ward",
    "AA:BB:CC:DD:EE:FF",
    "canary-host.example",
    "canary folder",
    "canary_strap",
    "canary licence",
]


def settings_file(tmp_path, **more):
    """Settings with a word of somebody in each place that takes one."""
    file = tmp_path / "canary folder" / "settings.yaml"
    file.parent.mkdir(exist_ok=True)
    sources = {"replay": {"file": str(tmp_path / "canary folder" / "canary_strap.csv")}}
    model = {
        "path": "canary folder/m.onnx",
        "sha256": "a" * 64,
        "labels": ["Canary Ward", "b"],
        "licence": "canary licence",
        "licence_accepted": True,
    }
    values = {
        "state_dir": str(tmp_path / "canary folder" / "state"),
        "key_store": "file",
        "consent_days": 61,
        "profile": "research",
    }
    values |= more
    file.write_text(yaml.safe_dump(values | {"sources": sources, "face": {"affect_model": model}}))
    return file


def leaked(text, tmp_path):
    return [word for word in [*CANARIES, str(tmp_path), "settings.yaml"] if word in text]


@pytest.mark.process
def test_no_word_of_anybody_is_in_a_bundle(tmp_path):
    file = settings_file(tmp_path)
    made = bundle(file)
    text = json.dumps(made)
    assert leaked(text, tmp_path) == []
    assert made["settings"]["consent_days"] == {"value": 61, "origin": "own"}
    assert made["settings"]["state_dir"] == {"value": "set", "origin": "own"}
    assert made["checks"]["python"] is True
    assert made["checks"]["agent"] is False
    assert leaked(text + file.read_text(), tmp_path) != [], "the same look finds words where they are"


@pytest.mark.process
def test_a_bundle_of_settings_that_cannot_be_read_quotes_nothing(tmp_path):
    file = settings_file(tmp_path, profil="Canary Ward")
    made = bundle(file)
    assert made["settings"] is None
    assert made["error"] == "ConfigInvalid"
    assert leaked(json.dumps(made), tmp_path) == []


@pytest.mark.process
def test_an_enrolled_machine_names_neither_its_site_nor_its_device(tmp_path):
    world = make_world(tmp_path)
    file = tmp_path / "own.yaml"
    file.write_text(
        yaml.safe_dump({"state_dir": str(world.settings.state_dir), "key_store": "file", "profile": "care"})
    )
    text = json.dumps(bundle(file))
    identity = world.identity
    for word in (identity.device, identity.site, identity.bundle.operator, identity.bundle.host, str(world.port)):
        assert word not in text


@pytest.mark.process
def test_it_is_shown_before_it_is_saved_and_saved_after_a_typed_yes(tmp_path):
    file, into = settings_file(tmp_path), tmp_path / "bundle.json"
    shown = call("--config", file, "support-bundle")
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["wardbeat"]
    code, text = on_terminal("--config", file, "support-bundle", "--into", into, typed=[("Save it as", "no")])
    assert (code, into.exists()) == (1, False)
    code, text = on_terminal("--config", file, "support-bundle", "--into", into, typed=[("Save it as", "yes")])
    assert code == 0
    assert text.index('"checks"') < text.index("Save it as")
    assert json.loads(into.read_text())["checks"]
    assert into.stat().st_mode & 0o077 == 0
    again = call("--config", file, "support-bundle", "--into", into)
    assert again.returncode == 2
