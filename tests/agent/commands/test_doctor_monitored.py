"""Doctor as a check of a monitoring system: one line, four exit codes, and each change of state is seen."""

import re

import pytest
import yaml

from agent.commands.doctor import exposed, for_monitors, monitored
from agent.commands.doctor_rows import Check
from tests.support.processes import start_wardbeat, wait_for
from tests.support.terminal import call

FORM = re.compile(r"WARDBEAT (OK|CRITICAL|UNKNOWN) - [\w ,:.']+ \| checks=\d+;;;0 failed=\d+;;;0\n")


@pytest.mark.process
def test_a_monitoring_system_sees_the_agent_start_and_end_and_settings_break(tmp_path):
    file, log = tmp_path / "settings.yaml", tmp_path / "log"
    file.write_text(yaml.safe_dump({"state_dir": str(tmp_path / "state"), "key_store": "file"}))

    def checked():
        done = call("--config", file, "doctor", "--nagios")
        assert FORM.fullmatch(done.stdout), done.stdout
        assert str(tmp_path) not in done.stdout, "a line that is sent on names no path and no value"
        return done.stdout.split()[1], done.returncode, done.stdout

    state, code, line = checked()
    assert (state, code) == ("CRITICAL", 2)
    assert "agent" in line
    agent = start_wardbeat("--config", file, "run", log=log)
    try:
        wait_for(lambda: checked()[:2] == ("OK", 0), what="a healthy agent")
    finally:
        agent.stop()
    assert checked()[:2] == ("CRITICAL", 2)
    file.write_text("profil: care\n")
    assert checked()[:2] == ("UNKNOWN", 3)


def test_prometheus_reads_each_check_that_applies_and_no_value():
    found = [
        Check("agent", ok=True, words="secret 1"),
        Check("broker", ok=False, words="secret 2", remedy="secret 3"),
        Check("keys", ok=None, words=""),
    ]
    text = exposed(found)
    assert 'wardbeat_check_ok{check="agent"} 1\nwardbeat_check_ok{check="broker"} 0\n' in text
    assert "keys" not in text
    assert "secret" not in text
    row = re.compile(r'(# (HELP|TYPE) wardbeat_\w+ .+|wardbeat_\w+\{\w+="[\w.]+"\} [01])')
    assert all(row.fullmatch(line) for line in text.splitlines())
    assert text.endswith("\n"), "the node exporter drops a file whose last line has no end"


def test_a_monitor_hears_of_the_persons_own_checks_only_if_they_fail():
    """Whether a line is there must not tell that somebody consents, wears a strap or has a camera on."""
    common = [Check("agent", ok=True, words=""), Check("broker", ok=True, words="")]
    own = [Check(name, ok=True, words="") for name in ("consent", "news", "strap", "camera", "source.ble_strap")]
    assert exposed(for_monitors([*common, *own])) == exposed(for_monitors(common))
    assert monitored(for_monitors([*common, *own])) == monitored(for_monitors(common))
    failed = Check("camera", ok=False, words="", remedy="")
    assert 'check="camera"} 0' in exposed(for_monitors([*common, failed])), "the same filter lets a failure pass"
