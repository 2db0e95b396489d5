"""Settings that change while the agent runs: all or nothing, and a policy that cannot be read lets nothing leave."""

import random

import pytest
import yaml

from agent import config
from agent.config_watch import SettingsWatch
from agent.errors import ConfigInvalid
from agent.system import machine_policy
from agent.system.machine_policy import REG_MULTI_SZ, GroupPolicy
from agent.tables.profiles import PROFILES
from agent.tables.signals import KINDS
from tests.support.fake_registry import FakeRegistry


@pytest.fixture
def files(tmp_path, monkeypatch):
    """(the person's file, the policy's), where the watch looks."""
    own, policy = tmp_path / "own.yaml", tmp_path / "policy.yaml"
    monkeypatch.setattr(config, "policy_file", lambda: policy)
    own.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "state"), "profile": "care"}))
    return own, policy


def edit(file, **changed):
    values = (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}
    new = file.with_suffix(".new")
    new.write_text(yaml.safe_dump(values | changed))
    new.replace(file)


def test_a_file_that_did_not_change_is_not_read(files):
    read = []

    def load(file):
        read.append(file)
        return config.load(file)

    watch = SettingsWatch(files[0], load)
    assert [watch.look() for _ in range(3)] == [None] * 3
    assert len(read) == 1
    assert watch.look(asked=True).becomes is None
    assert len(read) == 2


def test_a_change_is_taken_over_and_named_without_its_value(files):
    watch = SettingsWatch(files[0])
    edit(files[0], mqtt={"keepalive_s": 77}, sources={"ble_strap": {}})
    looked = watch.look()
    assert looked.changed == ("mqtt.keepalive_s", "sources.ble_strap")
    assert looked.becomes.settings.mqtt.keepalive_s == 77
    assert watch.in_force is looked.becomes
    assert watch.look() is None
    edit(files[1], denied_kinds=["expression"])
    assert watch.look().changed == ("profile",)


def test_a_policy_of_the_systems_own_management_is_watched_too(files, monkeypatch):
    values = {}
    monkeypatch.setattr(machine_policy, "of_system", lambda: GroupPolicy(FakeRegistry(values)))
    watch = SettingsWatch(files[0])
    assert watch.look() is None
    values["denied_kinds"] = (["recovery"], REG_MULTI_SZ)
    assert watch.look().changed == ("profile",)
    assert "recovery" not in watch.in_force.profile.kinds
    values["denied_kinds"] = ("recovery", 1)
    assert watch.look().becomes.held
    assert watch.look() is None


WRONG = [
    {"mqtt": {"keepalive": 60}},
    {"consent_days": 0},
    {"profile": "nobody"},
    {"sources": {"ble_strop": {}}},
    {"mqtt": {"keepalive_s": 99, "version": 4}},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_file_changes_nothing_not_even_its_right_keys(files, wrong):
    watch = SettingsWatch(files[0])
    before = watch.in_force
    edit(files[0], consent_days=33)
    edit(files[0], **wrong)
    looked = watch.look()
    assert looked.becomes is None
    assert watch.error.remedy
    assert watch.in_force is before


@pytest.mark.parametrize(
    "breaks",
    [
        lambda file: file.write_text("denied_kind: [expression]"),
        lambda file: file.write_text("{[broken"),
        lambda file: file.write_bytes(b"\xff\xfe\x00"),
        lambda file: file.mkdir(),
        lambda file: file.symlink_to(file),
        lambda file: file.symlink_to(file.with_name("nowhere")),
    ],
    ids=["misspelt", "no YAML", "no text", "a folder", "a link to itself", "a link to nowhere"],
)
def test_a_policy_that_cannot_be_read_holds_everything_back(files, breaks):
    own, policy = files
    watch = SettingsWatch(own)
    breaks(policy)
    looked = watch.look()
    assert looked.becomes.held
    assert looked.becomes.settings.profile == "care"
    edit(own, consent_days=50)
    assert watch.look().becomes is None, "it is held already"
    with pytest.raises(ConfigInvalid):
        SettingsWatch(own)
    if policy.is_dir() and not policy.is_symlink():
        policy.rmdir()
    else:
        policy.unlink()
    freed = watch.look()
    assert freed.becomes.held == ""
    assert freed.becomes.settings.consent_days == 50


def test_500_random_policies_tighten_or_hold(files):
    """Whatever somebody writes into the policy: what may leave becomes no more than without it."""
    own, policy = files
    free = SettingsWatch(own).in_force.profile
    watch, drawn = SettingsWatch(own), random.Random(23)
    words = [*PROFILES, *KINDS, "nobody", 7, None, "", ["care"], {"care": 1}, "99.0.0", "0.1.0", "denied_kinds"]
    keys = ["allowed_profiles", "denied_kinds", "minimum_version", "allowed_kinds", "profile", "sources"]
    outcomes = set()
    for _ in range(500):
        tree = {drawn.choice(keys): drawn.choice([drawn.choice(words), drawn.sample(words[:9], 3)]) for _ in range(2)}
        policy.write_text(yaml.safe_dump(tree) + f"# {drawn.random()}\n")
        looked = watch.look()
        now = watch.in_force
        assert looked is not None
        outcomes.add((bool(now.held), watch.error is not None, now.profile.releases == free.releases))
        assert now.held or watch.error or now.profile.releases <= free.releases
        assert now.held or watch.error or set(now.profile.purposes) <= set(free.purposes)
    assert {True, False} == {held for held, _, _ in outcomes}, "some are held, some are taken over"
    assert any(not same for _, _, same in outcomes), "some take something away"


@pytest.mark.parametrize(
    "rule", [{"allowed_profiles": ["personal"]}, {"minimum_version": "99.0.0"}], ids=["profile", "version"]
)
def test_a_policy_that_forbids_what_runs_holds_everything_back(files, rule):
    """A valid ban is not weaker than a typing error."""
    own, policy = files
    watch = SettingsWatch(own)
    edit(policy, **rule)
    looked = watch.look()
    assert "policy" in looked.becomes.held
    assert watch.look(asked=True).becomes is None
    policy.unlink()
    assert watch.look().becomes.held == ""


def test_a_policy_counts_although_the_persons_file_is_wrong(files):
    own, policy = files
    watch = SettingsWatch(own)
    before = watch.in_force
    edit(own, consent_dais=3)
    edit(policy, denied_kinds=["recovery"])
    looked = watch.look()
    assert watch.error is not None
    assert looked.becomes.settings == before.settings
    assert looked.becomes.profile.releases < before.profile.releases
    edit(policy, allowed_profiles=["personal"])
    assert watch.look().becomes.held
    edit(own, consent_dais=4)
    policy.unlink()
    looked = watch.look()
    assert (looked.becomes.held, looked.becomes.profile.releases) == ("", before.profile.releases)
    assert watch.error is not None
