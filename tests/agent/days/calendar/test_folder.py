"""A folder that is looked at again and again: what changed, what lay still, and what is never opened."""

import os
from dataclasses import replace

import pytest

from agent.days.calendar.folder import changed, content, contents
from agent.days.calendar.reasons import LIMITS, Reason
from agent.errors import Missing


def test_a_file_is_given_out_once_it_lay_still(tmp_path):
    file = tmp_path / "roster.ics"
    file.write_bytes(b"BEGIN")
    first = changed(tmp_path, {})
    assert first.files == ()
    file.write_bytes(b"BEGIN:VCALENDAR")  # still being written
    second = changed(tmp_path, first.seen)
    assert second.files == ()
    third = changed(tmp_path, second.seen)
    assert third.files == ("roster.ics",)
    fourth = changed(tmp_path, third.seen)
    assert fourth.files == ()
    assert changed(tmp_path, fourth.seen).files == ()
    file.write_bytes(b"BEGIN:VCALENDAR, newer")
    fifth = changed(tmp_path, fourth.seen)
    assert (fifth.files, changed(tmp_path, fifth.seen).files) == ((), ("roster.ics",))
    file.unlink()
    assert changed(tmp_path, fifth.seen).seen == {}


def test_a_look_changes_nothing(tmp_path):
    (tmp_path / "a.ics").write_bytes(b"x")
    seen = changed(tmp_path, {}).seen
    assert changed(tmp_path, seen) == changed(tmp_path, seen)


def test_links_pipes_folders_and_large_files_are_never_opened(tmp_path):
    outside = tmp_path.parent / f"{tmp_path.name}-secret.ics"
    outside.write_bytes(b"BEGIN:VCALENDAR")
    (tmp_path / "link.ics").symlink_to(outside)
    (tmp_path / "loop.ics").symlink_to(tmp_path / "loop.ics")
    (tmp_path / "folder.ics").mkdir()
    os.mkfifo(tmp_path / "pipe.ics")
    (tmp_path / "large.ics").write_bytes(bytes(101))
    (tmp_path / "notes.txt").write_bytes(b"x")
    (tmp_path / "Good.ICS").write_bytes(b"x")
    limits = replace(LIMITS, file_bytes=100)
    looked = changed(tmp_path, changed(tmp_path, {}, limits).seen, limits)
    assert looked.files == ("Good.ICS",)
    assert looked.left_out == {Reason.FILE_NOT_REGULAR: 4, Reason.FILE_TOO_LARGE: 1}
    assert sorted(map(str, contents(tmp_path, limits))) == sorted(["b'x'", *["file_not_regular"] * 4, "file_too_large"])
    assert content(tmp_path / "pipe.ics") is Reason.FILE_NOT_REGULAR
    assert content(tmp_path / "link.ics") is Reason.FILE_NOT_REGULAR
    assert content(tmp_path / "large.ics", limits) is Reason.FILE_TOO_LARGE
    assert content(tmp_path / "nowhere.ics") is Reason.FILE_UNREADABLE


def test_the_number_of_files_is_bounded(tmp_path):
    for n in range(6):
        (tmp_path / f"{n}.ics").write_bytes(b"x")
    limits = replace(LIMITS, files=4)
    looked = changed(tmp_path, changed(tmp_path, {}, limits).seen, limits)
    assert (looked.files, looked.left_out) == (("0.ics", "1.ics", "2.ics", "3.ics"), {Reason.TOO_MANY_FILES: 2})


def test_a_place_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Missing, match="folder cannot be read"):
        changed(tmp_path / "nowhere", {})
    with pytest.raises(Missing, match="no such calendar"):
        contents(tmp_path / "nowhere.ics")
    (tmp_path / "one.ics").write_bytes(b"y")
    assert contents(tmp_path / "one.ics") == [b"y"]
