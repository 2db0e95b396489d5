"""`wardbeat notices` beside a running agent."""

import asyncio
import json
import sys

import pytest

from agent.cli import main
from agent.notices.rows import NOTICES
from tests.agent.session.test_noticing import course
from tests.support.processes import until

linux = pytest.mark.skipif(sys.platform != "linux", reason="the session bus is Linux's")


def said(capsys, *words):
    code = main(list(words))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.process
@linux
def test_kinds_are_listed_switched_and_tried(monkeypatch, tmp_path, capsys):
    async def work(session, server):
        config = tmp_path / "settings.yaml"
        config.write_text(f"state_dir: {session.folder}\nprofile: care\nkey_store: file\n")

        async def wardbeat(*words):
            return await asyncio.to_thread(said, capsys, "--config", str(config), "notices", *words)

        code, out, _ = await wardbeat()
        assert code == 0
        assert [line.split()[:2] for line in out.splitlines()] == [[kind, "off"] for kind in NOTICES]
        code, _, err = await wardbeat("on", "strap")
        assert (code, err.strip()) == (0, "Switched on. 'wardbeat notices test' shows whether this desktop can.")
        code, out, _ = await wardbeat("--json")
        assert [one["kind"] for one in json.loads(out)["kinds"] if one["on"]] == ["strap"]
        code, _, err = await wardbeat("test")
        assert (code, err.strip()) == (0, "A test notification was sent to a service? of tests.")
        await until(lambda: len(server.standing) == 1)
        await server.crash()
        code, _, err = await wardbeat("test")
        assert code == 3
        assert "this desktop shows no notifications" in err
        assert "→ Start its notification service" in err
        code, out, _ = await wardbeat()
        assert out.splitlines()[-1].startswith("this desktop shows no notifications → ")
        code, _, err = await wardbeat("off", "strap")
        assert (code, err.strip()) == (0, "Switched off.")
        for wrong in (("on",), ("test", "strap"), ("on", "weather")):
            code, _, err = await wardbeat(*wrong)
            assert code == 2, err
            assert "→" in err
        await server.start()

    course(monkeypatch, tmp_path, work)


def test_without_an_agent_the_remedy_is_named(tmp_path, capsys):
    config = tmp_path / "settings.yaml"
    config.write_text(f"state_dir: {tmp_path / 'state'}\nkey_store: file\n")
    code, _, err = said(capsys, "--config", str(config), "notices", "on", "strap")
    assert code == 3
    assert "→" in err
