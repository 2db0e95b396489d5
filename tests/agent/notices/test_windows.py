"""What is run on Windows, by its exact words; it was not run there."""

import re

import pytest

from agent.notices import windows
from agent.notices.rows import NOTICES, TEST

ROW = NOTICES["message"]


def test_windows_runs_one_fixed_script_with_its_own_powershell():
    words = windows.command(windows.SHOW, {"SystemRoot": r"D:\Windows"})
    assert words == (
        r"D:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
        "-NoLogo", "-NoProfile", "-NonInteractive", "-Command", windows.SHOW,
    )  # fmt: skip
    assert "[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show($notice)" in words[-1]
    removed = windows.command(windows.WITHDRAW, {})[-1]
    assert "]::History.Remove($env:WARDBEAT_NOTICE_TAG, $app, $app)" in removed


@pytest.mark.parametrize("script", [windows.SHOW, windows.WITHDRAW])
def test_no_sentence_of_ours_stands_in_a_script_and_each_variable_is_given(script):
    for row in (*NOTICES.values(), TEST):
        assert row.text not in script
        assert row.title.replace("Wardbeat", "\0") not in script
    wanted = set(re.findall(r"\$env:(\w+)", script))
    assert wanted <= set(windows.variables("strap", "a", "b"))
    assert wanted


def test_variables_hold_kind_title_and_sentence():
    assert windows.variables(ROW.kind, ROW.title, ROW.text) == {
        "WARDBEAT_NOTICE_APP": "Wardbeat",
        "WARDBEAT_NOTICE_TAG": "message",
        "WARDBEAT_NOTICE_TITLE": "Your messages",
        "WARDBEAT_NOTICE_TEXT": "There is a message for you in Wardbeat.",
    }
