"""A hub's folder is private, unless an administrator prepared it for a group."""

import pytest

from agent.errors import CheckFailed
from hub import files, site

SITE = site.Site("ward-3", "Ward 3", "127.0.0.1", 8883, synthetic=True, database="")


def modes(folder):
    return {path.name: path.stat().st_mode & 0o7777 for path in (folder, *folder.iterdir())}


@pytest.mark.parametrize(("mode", "kept"), [(0o2770, True), (0o770, False), (0o2775, False), (0o2700, False)])
def test_a_folder_that_was_prepared_for_a_group_stays_the_groups_and_keys_their_owners(tmp_path, mode, kept):
    folder = tmp_path / "hub"
    folder.mkdir()
    folder.chmod(mode)
    site.init(folder, SITE)
    seen = modes(folder)
    assert seen["hub"] == mode if kept else seen["hub"] & 0o777 == 0o700
    assert seen["keys.db"] == (0o660 if kept else 0o600)
    assert {seen[name] for name in ("root.key", "ca.key", "hub.key")} == {0o600}


def test_what_was_there_before_a_failure_is_still_there(tmp_path):
    folder = tmp_path / "hub"
    folder.mkdir()
    folder.chmod(0o2770)
    (folder / "before").touch()
    with pytest.raises(CheckFailed), files.whole_or_nothing(folder):
        (folder / "made").touch()
        raise CheckFailed("it failed", remedy="")
    assert [path.name for path in folder.iterdir()] == ["before"]
