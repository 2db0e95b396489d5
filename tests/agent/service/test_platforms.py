"""Each system has its own service manager, and where there is none the error says so."""

import sys
from pathlib import Path

import pytest

import agent.service
from agent.errors import Missing
from agent.service import Done, platforms, succeeded, systemd
from agent.service.launchd import Launchd


def test_linux_has_systemd_where_it_runs(monkeypatch, tmp_path):
    monkeypatch.setattr(platforms, "_SYSTEMD", tmp_path)
    assert platforms.manager() is systemd
    monkeypatch.setattr(platforms, "_SYSTEMD", tmp_path / "absent")
    with pytest.raises(Missing, match="launchd") as error:
        platforms.manager()
    assert "wardbeat run" in error.value.remedy


def test_macos_has_launchd(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    found = platforms.manager()
    assert isinstance(found, Launchd)
    assert found.file == Path.home() / "Library" / "LaunchAgents" / "org.wardbeat.agent.plist"


@pytest.mark.process
def test_a_command_that_is_missing_and_one_that_fails_are_told():
    with pytest.raises(Missing, match="is missing"):
        agent.service.run(["/nowhere/launchctl"])
    failed = agent.service.run([sys.executable, "-c", "import sys; sys.exit('it is forbidden')"])
    assert failed == Done(1, "it is forbidden\n")
    with pytest.raises(Missing, match="'a b' refuses: it is forbidden"):
        succeeded(failed, ("a", "b"), "Do this.")
    with pytest.raises(Missing, match="exit code 3"):
        succeeded(Done(3, ""), ("a",), "Do this.")
