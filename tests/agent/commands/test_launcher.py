"""`wardbeat open --desktop`: the page without a terminal; what cannot be done is said in the browser."""

import asyncio
import os
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from agent.cli import main
from agent.commands import launcher
from agent.control import channel
from agent.service import not_installed, platforms
from agent.system import host, state_files
from tests.agent.session.test_noticing import course
from tests.support.processes import accepts, wait_for


@pytest.fixture
def opened(monkeypatch):
    """What the browser was asked for: the text of each file."""
    found = []
    monkeypatch.setattr(
        webbrowser, "open", lambda uri: found.append(Path(uri.removeprefix("file://")).read_text()) or True
    )
    return found


@pytest.fixture
def config(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(f"state_dir: {tmp_path / 'state'}\nkey_store: file\n")
    return file


class Manager:
    """A service manager that starts a real agent, or says why it does not."""

    def __init__(self, config: Path, *, is_installed: bool = True):
        self.config, self.is_installed = config, is_installed
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        if not self.is_installed:
            raise not_installed()
        words = [sys.executable, "-P", "-m", "agent.cli", "--config", str(self.config), "run"]
        self.process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.process
def test_where_the_agent_runs_the_page_opens(monkeypatch, tmp_path, opened):
    async def work(session, server):
        config = tmp_path / "settings.yaml"
        config.write_text(f"state_dir: {session.folder}\nprofile: care\nkey_store: file\n")
        assert await asyncio.to_thread(main, ["--config", str(config), "open", "--desktop"]) == 0
        assert "http://127.0.0.1:" in opened[0]

    course(monkeypatch, tmp_path, work)


@pytest.mark.process
def test_an_agent_that_does_not_run_is_started_first(monkeypatch, tmp_path, config, opened):
    manager = Manager(config)
    monkeypatch.setattr(platforms, "manager", lambda: manager)
    try:
        assert main(["--config", str(config), "open", "--desktop"]) == 0
        assert "http://127.0.0.1:" in opened[0]
        assert accepts(tmp_path / "state" / channel.SOCKET)
    finally:
        manager.process.terminate()
        manager.process.wait()


@pytest.mark.parametrize("what", ["no service", "settings", "profile"])
def test_what_cannot_be_done_is_said_in_the_browser(monkeypatch, tmp_path, config, opened, capsys, what):
    monkeypatch.setattr(platforms, "manager", lambda: Manager(config, is_installed=False))
    monkeypatch.setattr(host, "data_dir", lambda: tmp_path / "usual")
    if what == "settings":
        config.write_text("log_levle: info\n")
    if what == "profile":
        config.write_text("profile: <b>care</b>\n")
    assert main(["--config", str(config), "open", "--desktop"]) == (3 if what == "no service" else 2)
    (page,) = opened
    told = {
        "no service": ("The agent does not run.", "Run &#x27;wardbeat service install&#x27; once"),
        "settings": ("log_levle", "log_level"),
        "profile": ("&lt;b&gt;care&lt;/b&gt;", "personal"),
    }[what]
    assert [words for words in told if words not in page] == []
    assert "<b>" not in page
    assert "wardbeat: " in capsys.readouterr().err
    folder = tmp_path / ("state" if what == "no service" else "usual")
    assert state_files.unknown(folder) == []
    assert host.read_private(folder / launcher.FILE).decode() == page


def test_the_page_of_a_failure_loads_and_runs_nothing():
    page = launcher.failure("it's <script>alert(1)</script>", 'Say "no"')
    assert "<p>It&#x27;s &lt;script&gt;alert(1)&lt;/script&gt;.</p><p>Say &quot;no&quot;.</p>" in page
    assert [word for word in ("<script", "src=", "href=", "url(", "http") if word in page] == []
    assert 'lang="en"' in page


def test_an_agent_that_never_answers_is_given_up(monkeypatch, tmp_path, config, opened):
    monkeypatch.setattr(launcher, "_START_S", 0.05)
    monkeypatch.setattr(launcher, "_LOOK_S", 0.01)
    manager = Manager(config)
    manager.start = lambda: None
    monkeypatch.setattr(platforms, "manager", lambda: manager)
    assert main(["--config", str(config), "open", "--desktop"]) == 3
    assert "wardbeat run" in opened[0]


@pytest.mark.process
def test_the_person_s_own_browser_is_asked(tmp_path, config):
    seen = tmp_path / "seen"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" >{seen}.new && mv {seen}.new {seen}\n')
    browser.chmod(0o700)
    config.write_text("nonsense: 1\n")
    environment = {
        **os.environ,
        "BROWSER": str(browser),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "HOME": str(tmp_path),
    }
    words = [sys.executable, "-m", "agent.cli", "--config", str(config), "open", "--desktop"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    wait_for(seen.exists, what="the browser")
    assert seen.read_text().endswith(f"/{launcher.FILE}")
