"""From a bundle to the first receipt, on terminals: one command for the person, one for the operator."""

import json
import re
import threading

import pytest
import yaml

from tests.support.processes import start_wardbeat, wait_for
from tests.support.terminal import call, on_terminal
from tests.support.world import OPERATOR, start_site_broker

pytestmark = pytest.mark.broker
GOOD_PIN = "a good pin"
TYPED = [("Do they agree?", "yes"), ("Choose a PIN", GOOD_PIN), ("Repeat the PIN", GOOD_PIN)]


@pytest.fixture
def site(world):
    """A broker and `hub run`."""
    broker = start_site_broker(world)
    log = world.folder / "run.log"
    hub = start_wardbeat("hub", "run", world.hub, log=log)
    wait_for(lambda: "connected to the broker" in log.read_text(), what="the hub's connection")
    yield world
    hub.stop()
    broker.stop()


@pytest.fixture
def new(tmp_path):
    """Settings of a new machine."""
    file = tmp_path / "new.yaml"
    settings = {"state_dir": str(tmp_path / "new"), "profile": "care", "key_store": "file"}
    file.write_text(yaml.safe_dump(settings))
    return file


def invited(site, tmp_path, *words):
    bundle = tmp_path / "bundle"
    bundle.write_text(call("hub", "invite", site.hub, *words).stdout)
    return bundle


def test_with_a_bundle_handed_over_in_person_one_command_enrolls(site, new, tmp_path):
    bundle = invited(site, tmp_path, "--in-person")
    code, seen = on_terminal("--config", new, "enroll", bundle, typed=TYPED)
    assert code == 0, seen
    assert f"Enrolled at {OPERATOR}" in seen
    assert "BEGIN WARDBEAT REQUEST" not in seen
    assert GOOD_PIN not in seen
    assert call("--config", new, "enroll").returncode == 2, "nothing waits any more"


def test_the_operator_admits_from_the_list_while_the_person_waits(site, new, tmp_path):
    bundle = invited(site, tmp_path, "--label", "P07")

    def admits():
        def listed():
            return call("hub", "admit", site.hub, "--pending").stdout.splitlines()

        wait_for(listed, what="the request")
        row = json.loads(listed()[0])
        assert row["label"] == "P07"
        admit = call("hub", "admit", site.hub, "--pending", row["name"], "--words", row["words"])
        said.append((admit.returncode, row["words"]))

    said = []
    operator = threading.Thread(target=admits)
    operator.start()
    code, seen = on_terminal("--config", new, "enroll", bundle, typed=TYPED)
    operator.join()
    assert code == 0, seen
    (returncode, words), *_ = said
    assert returncode == 0
    assert words in seen, "the person reads the words out that the operator sees"


def test_whoever_stops_waiting_goes_on_later_and_a_bundle_without_a_pass_goes_by_hand(site, new, tmp_path):
    bundle = invited(site, tmp_path)
    code, seen = on_terminal("--config", new, "enroll", bundle, "--by-hand", typed=TYPED)
    assert code == 0, seen
    assert "BEGIN WARDBEAT REQUEST" in seen
    words = re.search(r"for the operator to compare: (.+)\r", seen).group(1)
    waiting = start_wardbeat("--config", new, "enroll", log=tmp_path / "first.log")
    wait_for(lambda: call("hub", "admit", site.hub, "--pending").stdout, what="the request")
    waiting.stop()
    name = json.loads(call("hub", "admit", site.hub, "--pending").stdout)["name"]
    assert call("hub", "admit", site.hub, "--pending", name, "--words", words).returncode == 0
    again = call("--config", new, "enroll")
    assert (again.returncode, f"Enrolled at {OPERATOR}" in again.stderr) == (0, True), again.stderr


def test_a_silent_hub_is_named_and_a_damaged_pass_makes_no_key(world, new, tmp_path):
    broker = start_site_broker(world)  # and no hub
    bundle = invited(world, tmp_path)
    log = tmp_path / "waits.log"
    code, seen = on_terminal("--config", new, "enroll", bundle, "--by-hand", typed=TYPED)
    assert code == 0, seen
    waiting = start_wardbeat("--config", new, "enroll", log=log)
    wait_for(lambda: "The hub has not replied yet" in log.read_text(), 60, "the words")
    waiting.stop()
    broker.stop()
    text = bundle.read_text()
    at = text.index("BEGIN WARDBEAT PASS")
    bundle.write_text(text[:at] + text[at:].replace("\n", "\nAAAA", 1))
    other = tmp_path / "other.yaml"
    other.write_text(new.read_text().replace(str(tmp_path / "new"), str(tmp_path / "other")))
    code, seen = on_terminal("--config", other, "enroll", bundle, typed=TYPED)
    assert code != 0, seen
    assert not (tmp_path / "other" / "keys").exists()
