"""A program of the system that shows notifications: what it is handed, and what is said where it fails."""

import asyncio
import sys

import pytest

from agent.errors import NoDesktop
from agent.notices import desktop, macos, windows
from agent.notices.desktop import NoticeState, carry_out
from agent.notices.rows import NOTICES

ROW = NOTICES["message"]


def planted(folder, words):
    """A program that writes down its arguments."""
    program = folder / "program"
    program.write_text(f"#!{sys.executable}\n{words}\n")
    program.chmod(0o700)
    return str(program)


def failure(*words):
    with pytest.raises(NoDesktop) as error:
        asyncio.run(carry_out(words))
    return str(error.value)


@pytest.mark.process
def test_a_program_that_is_absent_fails_or_hangs_has_its_name(tmp_path, monkeypatch):
    assert failure("/nowhere/program") == NoticeState.NO_SERVICE.words
    assert failure(sys.executable, "-c", "raise SystemExit(1)") == NoticeState.REFUSED.words
    monkeypatch.setattr(desktop, "COMMAND_S", 0.2)
    assert failure(sys.executable, "-c", "import signal; signal.pause()") == NoticeState.NO_ANSWER.words


@pytest.mark.process
def test_macos_s_way_hands_its_arguments_on_and_windows_s_way_its_variables(tmp_path, monkeypatch):
    seen = tmp_path / "seen"
    program = planted(
        tmp_path,
        f"import os, sys; open({str(seen)!r}, 'a').write(repr((sys.argv[1:], os.environ.get('WARDBEAT_NOTICE_TEXT'))) + chr(10))",
    )

    async def course():
        monkeypatch.setattr(macos, "command", lambda row: (program, row.title, row.text))
        monkeypatch.setattr(
            windows, "command", lambda script, ours: (program, "show" if "Show(" in script else "withdraw")
        )
        mac, pc = macos.MacDesktop(), windows.WindowsDesktop()
        assert await mac.show(ROW) == "macOS"
        await mac.withdraw(ROW.kind)
        assert await pc.show(ROW) == "Windows"
        await pc.withdraw(ROW.kind)
        await pc.withdraw(ROW.kind)
        for one in (mac, pc):
            assert (one.closed(), one.was_clicked()) == (frozenset(), False)
            await one.close()

    asyncio.run(course())
    assert seen.read_text().splitlines() == [
        repr(([ROW.title, ROW.text], None)), repr((["show"], ROW.text)), repr((["withdraw"], ""))
    ]  # fmt: skip
