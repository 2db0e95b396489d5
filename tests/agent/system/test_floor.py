"""The security floor: what refuses to start, and that a refusal changes nothing."""

import hashlib

import pytest
import yaml

from agent import __version__, config
from agent.errors import ConfigInvalid, WrongUse
from agent.system import floor
from hub.receive import Receiver
from hub.site import Site, init, open_keys
from tests.support.terminal import call


def content(folder):
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def settings_file(tmp_path):
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(state), "key_store": "file"}))
    return file, state


@pytest.mark.parametrize(
    ("own", "least", "refused"),
    [
        ("1.2.3", "1.2.3", False),
        ("1.2.3", "1.2.4", True),
        ("1.10.0", "1.9.9", False),
        ("0.9.9", "0.10.0", True),
        ("2.0.0", None, False),
        ("not a version", "0.0.1", True),
    ],
)
def test_a_version_below_the_floor_is_refused(tmp_path, own, least, refused):
    if least is not None:
        (tmp_path / floor.FILE).write_text(f"{least}\n")
    if not refused:
        floor.require_of_folder(tmp_path, own)
        return
    with pytest.raises(WrongUse) as error:
        floor.require_of_folder(tmp_path, own)
    assert least in str(error.value)
    assert least in error.value.remedy


@pytest.mark.parametrize("broken", ["", "newest", "1.2", "1.2.3.4", "9" * 200, "\x00\x01", "1.2.3\n1.0.0"])
def test_a_floor_that_names_no_version_is_refused_and_stays(tmp_path, broken):
    (tmp_path / floor.FILE).write_text(broken)
    with pytest.raises(WrongUse, match="does not name a version"):
        floor.require_of_folder(tmp_path)
    with pytest.raises(WrongUse):
        floor.leave(tmp_path)
    assert (tmp_path / floor.FILE).read_text() == broken


def test_the_floor_goes_up_and_never_down(tmp_path, monkeypatch):
    floor.leave(tmp_path)
    assert (tmp_path / floor.FILE).read_text().strip() == floor.SECURITY_FLOOR
    (tmp_path / floor.FILE).write_text("99.0.0\n")
    floor.leave(tmp_path)
    assert (tmp_path / floor.FILE).read_text().strip() == "99.0.0"
    monkeypatch.setattr(floor, "SECURITY_FLOOR", "100.0.0")
    floor.leave(tmp_path)
    assert (tmp_path / floor.FILE).read_text().strip() == "100.0.0"


@pytest.mark.process
@pytest.mark.parametrize(
    "command", [["run"], ["status"], ["export"], ["erase", "--yes"], ["weeks"], ["note", "shift"], ["doctor"]]
)
def test_no_command_works_on_a_folder_above_it(tmp_path, command):
    file, state = settings_file(tmp_path)
    (state / floor.FILE).write_text("99.0.0\n")
    before = content(tmp_path)
    done = call("--config", file, *command)
    assert done.returncode == 2, done.stderr
    assert "99.0.0 or newer" in done.stderr
    assert content(tmp_path) == before


def test_the_floor_is_a_version_that_is_not_newer_than_this_one():
    assert floor.parsed(floor.SECURITY_FLOOR) is not None
    assert floor.parsed(floor.SECURITY_FLOOR) <= floor.parsed(__version__)


def test_the_machines_policy_demands_a_version(tmp_path):
    file, _ = settings_file(tmp_path)
    policy = tmp_path / "policy.yaml"
    policy.write_text("minimum_version: 0.1.0\n")
    config.load(file, policy)
    policy.write_text("minimum_version: 99.0.0\n")
    with pytest.raises(WrongUse, match=r"the machine's policy demands version 99\.0\.0"):
        config.load(file, policy)
    policy.write_text("minimum_version: newest\n")
    with pytest.raises(ConfigInvalid, match="minimum_version"):
        config.load(file, policy)
    policy.write_text("minimum_versoin: 1.0.0\n")
    with pytest.raises(ConfigInvalid) as error:
        config.load(file, policy)
    assert "minimum_version" in error.value.remedy


@pytest.mark.process
def test_an_agent_and_a_hub_leave_their_floor_and_refuse_a_higher_one(tmp_path):
    hub = tmp_path / "hub"
    init(hub, Site("ward-3", "Test", "127.0.0.1", 8883, synthetic=True))
    receiver = Receiver(hub)
    receiver.store.close()
    receiver.keys.close()
    assert (hub / floor.FILE).read_text().strip() == floor.SECURITY_FLOOR
    (hub / floor.FILE).write_text("99.0.0\n")
    before = content(hub)
    with pytest.raises(WrongUse, match=r"99\.0\.0 or newer"):
        open_keys(hub)
    assert content(hub) == before
