"""The property list of a person's agent, and what is asked of launchctl."""

import plistlib
from pathlib import Path

import pytest

from agent.errors import Missing, WrongUse
from agent.service import Done, ServiceState, launchd
from agent.service.launchd import LABEL, Launchd
from tests.support.fake_manager import FakeManager

PROGRAM = ("/opt/wardbeat/bin/wardbeat",)
PRINTED = """gui/501/org.wardbeat.agent = {
\tactive count = 1
\tpath = /Users/a/Library/LaunchAgents/org.wardbeat.agent.plist
\tstate = %s
\tprogram = /opt/wardbeat/bin/wardbeat
\tlast exit code = %s
\tendpoints = {
\t\tstate = running
\t}
}
"""


def managed(tmp_path, answers=None) -> tuple[Launchd, FakeManager]:
    system = FakeManager(answers)
    return Launchd(system, tmp_path / "Library" / "LaunchAgents", 501, PROGRAM), system


def test_the_list_starts_the_agent_at_log_in_and_again_after_an_error():
    made = plistlib.loads(plistlib.dumps(launchd.launch_agent((*PROGRAM, "run"))))
    assert made["Label"] == LABEL
    assert made["ProgramArguments"] == [*PROGRAM, "run"]
    assert made["RunAtLoad"] is True
    assert made["KeepAlive"] == {"SuccessfulExit": False}
    assert made["ThrottleInterval"] >= 10
    assert made["ProcessType"] == "Background"
    assert made["Umask"] == 0o077
    assert "StandardErrorPath" not in made


def test_install_writes_the_list_and_starts_it_anew(tmp_path):
    manager, system = managed(tmp_path)
    manager.install(tmp_path / "s.yaml", tmp_path, linger=False)
    assert system.asked == [
        f"launchctl bootout gui/501/{LABEL}",
        f"launchctl enable gui/501/{LABEL}",
        f"launchctl bootstrap gui/501 {manager.file}",
    ]
    made = plistlib.loads(manager.file.read_bytes())
    assert made["ProgramArguments"] == [*PROGRAM, "--config", str(tmp_path / "s.yaml"), "run"]
    assert made["StandardErrorPath"] == str(tmp_path / "Library" / "Logs" / "Wardbeat.log")


def test_a_refusal_is_told_with_its_reason(tmp_path):
    manager, _ = managed(tmp_path, {"bootstrap": Done(5, "Bootstrap failed: 5: Input/output error")})
    with pytest.raises(Missing, match="Input/output error") as error:
        manager.install(None, tmp_path, linger=False)
    assert error.value.remedy


def test_an_agent_does_not_outlive_the_session(tmp_path):
    manager, system = managed(tmp_path)
    with pytest.raises(WrongUse):
        manager.install(None, tmp_path, linger=True)
    assert system.asked == []


def test_start_is_for_what_was_installed(tmp_path):
    manager, system = managed(tmp_path)
    with pytest.raises(Missing, match="does not run"):
        manager.start()
    assert system.asked == []
    manager.install(None, tmp_path, linger=False)
    manager.start()
    assert system.asked[-2:] == [
        f"launchctl bootstrap gui/501 {manager.file}",
        f"launchctl kickstart gui/501/{LABEL}",
    ]


def test_remove_stops_it_and_deletes_the_list(tmp_path):
    manager, system = managed(tmp_path)
    manager.install(None, tmp_path, linger=False)
    manager.remove()
    assert system.asked[-1] == f"launchctl bootout gui/501/{LABEL}"
    assert not manager.file.exists()
    manager.remove()


@pytest.mark.parametrize(
    ("state", "code", "running", "words"),
    [
        ("running", "(never exited)", True, ""),
        ("waiting", "0", False, ""),
        ("spawn scheduled", "2", False, "exit code 2"),
        ("running", "-9", True, "exit code -9"),
    ],
)
def test_status_reads_what_launchd_prints(tmp_path, state, code, running, words):
    manager, _ = managed(tmp_path, {"print": Done(0, PRINTED % (state, code))})
    assert manager.status() == ServiceState(installed=False, running=running, lingers=False, words=words)


def test_without_a_list_nothing_is_installed(tmp_path):
    manager, _ = managed(tmp_path, {"print": Done(113, "Could not find service")})
    assert manager.status() == ServiceState(installed=False, running=False, lingers=False)
    manager.install(None, tmp_path, linger=False)
    assert manager.status() == ServiceState(installed=True, running=False, lingers=False)


def test_without_the_package_the_module_of_this_environment_is_started(monkeypatch, tmp_path):
    monkeypatch.setattr(launchd, "PACKAGED", tmp_path / "wardbeat")
    assert launchd.program()[1:] == ("-P", "-m", "agent.cli")
    (tmp_path / "wardbeat").touch()
    assert launchd.program() == (str(tmp_path / "wardbeat"),)
    assert Path(launchd.program()[0]).is_absolute()
