"""Uninstalling keeps the data, or erases them first; nothing is removed that the hub has not confirmed."""

import pytest
import yaml

from agent.config import Settings
from agent.privacy.vault import open_vault
from agent.system import floor
from agent.windows.history import History
from tests.support.terminal import call, on_terminal
from tests.support.world import make_world

pytestmark = pytest.mark.process


@pytest.fixture
def home(tmp_path):
    """A person who is not enrolled, with a history."""
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(state), "key_store": "file"}))
    History(state / "history.db", open_vault(state, "file")).close()
    floor.leave(state)
    return file, state


def uninstall(file, *words):
    return call("--config", file, "uninstall", *words, env={"HOME": str(file.parent), "PATH": "/usr/bin:/bin"})


def test_kept_data_stay_as_they_are(home):
    file, state = home
    before = sorted(path.name for path in state.iterdir())
    done = uninstall(file, "--keep")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in state.iterdir()) == before
    assert "pip uninstall wardbeat" in done.stderr


def test_erased_data_are_gone_and_a_strangers_file_stays(home):
    file, state = home
    (state / "photo.jpg").write_text("not ours")
    done = uninstall(file, "--erase")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in state.iterdir()] == ["photo.jpg"]
    assert "photo.jpg" in done.stderr
    (state / "photo.jpg").unlink()
    History(state / "history.db", open_vault(state, "file")).close()
    assert uninstall(file, "--erase").returncode == 0
    assert not state.exists()


def test_it_asks_and_without_a_terminal_changes_nothing(home):
    file, state = home
    before = sorted(path.name for path in state.iterdir())
    assert uninstall(file).returncode == 3
    code, said = on_terminal("--config", file, "uninstall", typed=[("keep or erase:", "perhaps")])
    assert (code, "neither" in said) == (2, True)
    assert sorted(path.name for path in state.iterdir()) == before
    code, _ = on_terminal("--config", file, "uninstall", typed=[("keep or erase:", "erase")])
    assert code == 0
    assert not state.exists()


def test_the_keys_stay_until_the_hub_has_confirmed(tmp_path):
    person = make_world(tmp_path)
    settings: Settings = person.settings
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump({"state_dir": str(settings.state_dir), "key_store": "file", "profile": "care"}))
    person.close()
    done = uninstall(file, "--erase", "--wait", "1")
    assert done.returncode == 1
    assert "has not confirmed yet" in done.stderr
    assert (settings.state_dir / "keys" / "identity").exists()
    done = uninstall(file, "--erase", "--without-receipt")
    assert done.returncode == 0, done.stderr
    assert "recovery code" in done.stderr
    assert not settings.state_dir.exists()
