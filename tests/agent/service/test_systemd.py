"""systemd: the agent started for one session, by the words of its own tool."""

import sys

import pytest

from agent.errors import Missing

if sys.platform != "linux":
    pytest.skip("systemd is Linux's", allow_module_level=True)

from agent.service import systemd


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """Every command that would be run; no unit is installed yet."""
    found = []
    monkeypatch.setattr(systemd, "_asked", lambda words, ok=True: found.append(words) or "")
    monkeypatch.setattr(systemd, "PACKAGED", tmp_path / "packaged" / systemd.UNIT)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return found


@pytest.mark.parametrize("where", ["packaged", "config/systemd/user"])
def test_a_unit_that_is_there_is_started_and_not_switched_on(asked, tmp_path, where):
    file = tmp_path / where / systemd.UNIT
    file.parent.mkdir(parents=True)
    file.touch()
    systemd.start()
    assert asked == [
        ["systemctl", "--user", "--no-pager", "reset-failed", systemd.UNIT],
        ["systemctl", "--user", "--no-pager", "start", "--no-block", systemd.UNIT],
    ]


def test_without_a_unit_the_remedy_is_named(asked):
    with pytest.raises(Missing, match="does not run") as error:
        systemd.start()
    assert "wardbeat service install" in error.value.remedy
    assert asked == []
