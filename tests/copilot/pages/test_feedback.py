"""Feedback stays in one file of this user."""

import json
import stat

import pytest

from agent.errors import StorageFull
from copilot.pages import feedback


def test_each_verdict_is_one_line_that_only_this_user_can_read(tmp_path):
    feedback.keep(tmp_path, "Do naps\nhelp?", "nap-2020-1", "useful")
    feedback.keep(tmp_path, "Do naps help?", "nap-2020-1", "wrong")
    file = tmp_path / feedback.FILE
    assert [json.loads(line)["verdict"] for line in file.read_text().splitlines()] == ["useful", "wrong"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_file_has_an_end_and_a_link_is_not_followed(tmp_path, monkeypatch):
    feedback.keep(tmp_path, "Do naps help?", "nap-2020-1", "useful")
    monkeypatch.setattr(feedback, "BYTES_MOST", 10)
    with pytest.raises(StorageFull):
        feedback.keep(tmp_path, "Do naps help?", "nap-2020-1", "useful")
    (tmp_path / feedback.FILE).unlink()
    (tmp_path / feedback.FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageFull):
        feedback.keep(tmp_path, "Do naps help?", "nap-2020-1", "useful")
    assert not (tmp_path / "elsewhere").exists()
