"""What an administrator sets by Group Policy or a configuration profile takes away, is never overlooked, and adds nothing."""

import json
import plistlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent import config
from agent.config import Policy
from agent.errors import ConfigInvalid
from agent.system import floor, machine_policy
from agent.system.machine_policy import REG_MULTI_SZ, REG_SZ, TIGHTER, GroupPolicy, ManagedPreferences, tightened
from agent.tables.profiles import PROFILES
from tests.support.fake_registry import FakeRegistry

REG_DWORD = 4
KINDS = ("recovery", "expression", "affect")
VERSIONS = ("0.2.0", "0.10.0", "1.0.0")
VALUES = {
    "allowed_profiles": (["care", "personal"], REG_MULTI_SZ),
    "denied_kinds": (["affect", ""], REG_MULTI_SZ),
    "minimum_version": ("0.2.0", REG_SZ),
}
POLICIES = st.builds(
    Policy,
    allowed_profiles=st.none() | st.lists(st.sampled_from(sorted(PROFILES)), unique=True).map(tuple),
    denied_kinds=st.lists(st.sampled_from(KINDS), unique=True).map(tuple),
    minimum_version=st.none() | st.sampled_from(VERSIONS),
)


def read(source, tmp_path, written="{}") -> Policy:
    file = tmp_path / "policy.yaml"
    file.write_text(written)
    return config.read_policy(file, source)


def registry(values, error=None) -> GroupPolicy:
    return GroupPolicy(FakeRegistry(values, error))


def profile(tmp_path, values) -> ManagedPreferences:
    file = tmp_path / "org.wardbeat.agent.plist"
    file.write_bytes(plistlib.dumps(values))
    return ManagedPreferences(file)


def test_each_key_of_a_policy_has_its_type_and_its_rule():
    assert set(TIGHTER) == set(Policy.model_fields) == {*machine_policy.LISTS, *machine_policy.TEXTS}


def test_both_sources_give_the_same_policy(tmp_path):
    wanted = Policy(allowed_profiles=("care", "personal"), denied_kinds=("affect",), minimum_version="0.2.0")
    assert read(registry(VALUES), tmp_path) == wanted
    lists = {"allowed_profiles": ["care", "personal"], "denied_kinds": ["affect"], "minimum_version": "0.2.0"}
    assert read(profile(tmp_path, lists), tmp_path) == wanted
    assert read(profile(tmp_path, {**lists, "PayloadUUID": "x", "_manualProfile": True}), tmp_path) == wanted


def test_names_in_a_registry_have_no_case(tmp_path):
    assert read(registry({"Denied_Kinds": (["affect"], REG_MULTI_SZ)}), tmp_path).denied_kinds == ("affect",)


def test_where_nothing_is_set_the_file_alone_counts(tmp_path):
    for source in (registry(None), ManagedPreferences(tmp_path / "absent.plist"), registry({})):
        assert read(source, tmp_path, "denied_kinds: [affect]") == Policy(denied_kinds=("affect",))


@given(first=POLICIES, second=POLICIES)
def test_file_and_system_together_are_as_strict_as_each_of_them(first, second):
    both = Policy(**tightened(first.model_dump(), second.model_dump()))
    for one in (first, second):
        assert set(both.denied_kinds) >= set(one.denied_kinds)
        if one.allowed_profiles is not None:
            assert both.allowed_profiles is not None
            assert set(both.allowed_profiles) <= set(one.allowed_profiles)
        if one.minimum_version is not None:
            assert floor.parsed(both.minimum_version) >= floor.parsed(one.minimum_version)
    assert set(both.denied_kinds) == {*first.denied_kinds, *second.denied_kinds}
    assert both.minimum_version in (first.minimum_version, second.minimum_version)


def test_an_empty_list_of_profiles_allows_none_of_them(tmp_path):
    assert read(registry({"allowed_profiles": ([], REG_MULTI_SZ)}), tmp_path).allowed_profiles == ()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"denied_kinds": ("affect", REG_SZ)}, "REG_SZ, not REG_MULTI_SZ"),
        ({"minimum_version": (2, REG_DWORD)}, "REG_DWORD, not REG_SZ"),
        ({"minimum_version": (["0.2.0"], REG_MULTI_SZ)}, "REG_MULTI_SZ, not REG_SZ"),
        ({"denied_kinds": (["afect"], REG_MULTI_SZ)}, "denied_kinds"),
        ({"allowed_profiles": (["Care"], REG_MULTI_SZ)}, "no profile 'Care'"),
        ({"minimum_version": ("newest", REG_SZ)}, "no version"),
        ({"denied_kind": (["affect"], REG_MULTI_SZ)}, "unknown key 'denied_kind'"),
        ({"": ("x", REG_SZ)}, "unknown key ''"),
    ],
)
def test_a_value_that_is_wrong_stops_the_agent_and_names_its_place(tmp_path, values, words):
    with pytest.raises(ConfigInvalid, match=words) as error:
        read(registry(values), tmp_path)
    assert r"HKLM\Software\Policies\Wardbeat" in str(error.value)
    assert error.value.remedy


def test_an_unknown_name_comes_with_the_nearest_one(tmp_path):
    for source in (
        registry({"denied_kind": (["affect"], REG_MULTI_SZ)}),
        profile(tmp_path, {"denied_kind": ["affect"]}),
    ):
        with pytest.raises(ConfigInvalid) as error:
            read(source, tmp_path)
        assert error.value.remedy == "Did you mean 'denied_kinds'?"


def test_what_cannot_be_read_stops_the_agent(tmp_path):
    with pytest.raises(ConfigInvalid, match=r"HKLM.*refused") as error:
        read(registry(None, PermissionError(13, "refused")), tmp_path)
    assert error.value.remedy
    (tmp_path / "org.wardbeat.agent.plist").mkdir()
    with pytest.raises(ConfigInvalid, match=r"org\.wardbeat\.agent\.plist"):
        read(ManagedPreferences(tmp_path / "org.wardbeat.agent.plist"), tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        {"denied_kinds": "affect"},
        {"denied_kinds": ["affect", 3]},
        {"minimum_version": 2},
        {"minimum_version": ["0.2.0"]},
        ["denied_kinds"],
    ],
)
def test_a_profile_with_a_wrong_type_stops_the_agent(tmp_path, values):
    with pytest.raises(ConfigInvalid, match=r"org\.wardbeat\.agent\.plist") as error:
        read(profile(tmp_path, values), tmp_path)
    assert error.value.remedy


WHOLE = [plistlib.dumps({"denied_kinds": ["affect"]}, fmt=fmt) for fmt in plistlib.PlistFormat]


@settings(max_examples=400)
@given(
    data=st.binary(max_size=80)
    | st.binary(max_size=40).map(lambda tail: b"bplist00" + tail)
    | st.tuples(st.sampled_from(WHOLE), st.integers(0, 400), st.integers(0, 255)).map(
        lambda drawn: (
            drawn[0][: drawn[1] % len(drawn[0])] + bytes([drawn[2]]) + drawn[0][drawn[1] % len(drawn[0]) + 1 :]
        )
    )
)
def test_any_bytes_are_a_policy_or_are_refused(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("plist")
    (folder / "p.plist").write_bytes(data)
    try:
        read(ManagedPreferences(folder / "p.plist"), folder)
    except ConfigInvalid as error:
        assert error.remedy


def test_config_show_names_both_places(tmp_path, monkeypatch, capsys):
    from agent.cli import main

    file = tmp_path / "policy.yaml"
    file.write_text("denied_kinds: [expression]\n")
    monkeypatch.setattr(config, "policy_file", lambda: file)
    monkeypatch.setattr(machine_policy, "of_system", lambda: registry(VALUES))
    own = tmp_path / "own.yaml"
    own.write_text(f"state_dir: {tmp_path / 'state'}\n")
    assert main(["--config", str(own), "config", "show", "--origin"]) == 0
    rows = {row["key"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["policy.denied_kinds"]["value"] == ["expression", "affect"]
    assert rows["policy.denied_kinds"]["file"] == rf"{file}, HKLM\Software\Policies\Wardbeat"
    assert rows["policy.minimum_version"]["origin"] == "policy"
