"""Restoring, creating and backing up where disks are read-only, full or absent: words, a remedy, nothing half made."""

import contextlib
import os
import shutil
import subprocess
import sys

import pytest

from agent import cli
from hub import backup
from hub.site import open_keys
from tests.support import disks
from tests.support.hub_messages import data_message, seal, send_consent
from tests.support.processes import free_port
from tests.support.world import START_UTC_S

pytestmark = pytest.mark.process

NOW = START_UTC_S


def run(*words):
    """A command as a person runs it: (exit code, stdout, stderr). No traceback, whatever happens."""
    command = [sys.executable, "-m", "agent.cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert "Exception ignored" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def disk(tmp_path):
    """A disk of 8 MB."""
    with disks.small_disk(tmp_path / "disk", 8) as folder:
        yield folder


@pytest.fixture
def files(world, tmp_path):
    """A keys file and a data file with one window, and the root key; apart from the hub."""
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)], 1))])
    world.close()
    safe = tmp_path / "safe"
    return backup.back_up_keys(world.hub, safe), backup.back_up_data(world.hub, safe), world.hub / "root.key"


def fill(folder):
    """Leave no free byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(4096)) == 4096:
            pass
    return filler


def held(folder):
    return {path.name: (path.stat().st_size, path.stat().st_mtime_ns) for path in [folder, *folder.iterdir()]}


# ---- restore


@disks.needs_root
def test_a_restore_from_a_read_only_medium_writes_nothing_there(files, disk, tmp_path):
    keys_file, data_file, root = (shutil.copy(file, disk) for file in files)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    before = held(disk)
    code, _, said = run("hub", "restore", tmp_path / "new", keys_file, data_file, "--root", root)
    assert code == 0, said
    assert held(disk) == before
    code, shown, _ = run("hub", "show", tmp_path / "new", "--summaries")
    assert code == 0
    assert len(shown.splitlines()) == 1


def test_a_restore_writes_nothing_beside_its_source(files, tmp_path):
    keys_file, data_file, root = files
    before = held(data_file.parent)
    assert cli.main(["hub", "restore", str(tmp_path / "new"), str(keys_file), str(data_file), "--root", str(root)]) == 0
    assert held(data_file.parent) == before


@pytest.mark.parametrize(
    ("which", "spoil", "cause"),
    [
        ("keys", lambda file: file.unlink(), "No such file"),
        ("data", lambda file: file.unlink(), "No such file"),
        ("data", lambda file: (file.unlink(), file.mkdir()), "Is a directory"),
        ("keys", lambda file: (file.unlink(), file.mkdir()), "Is a directory"),
        ("data", lambda file: file.write_bytes(b"text" * 999), "not a database"),
        ("data", lambda file: file.with_name(file.name + "-wal").write_bytes(b"log"), "while the hub was running"),
        ("keys", lambda file: file.write_bytes(b"text"), "not a complete keys file"),
    ],
)
def test_a_restore_names_the_true_cause(files, tmp_path, capsys, which, spoil, cause):
    keys_file, data_file, root = files
    spoil(keys_file if which == "keys" else data_file)
    words = ["hub", "restore", str(tmp_path / "new"), str(keys_file), str(data_file), "--root", str(root)]
    assert cli.main(words) == 2
    assert cause in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@disks.needs_root
def test_a_restore_onto_a_full_disk_leaves_nothing_and_works_when_there_is_space(files, disk):
    keys_file, data_file, root = files
    filler = fill(disk)
    words = ["hub", "restore", disk / "new", keys_file, data_file, "--root", root]
    code, _, said = run(*words)
    assert code == 3, said
    assert "No space left" in said
    assert not (disk / "new").exists()
    filler.unlink()
    assert run(*words)[0] == 0


# ---- init


@pytest.mark.parametrize(
    ("url", "code", "cause"),
    [
        ("postgresql://nobody@127.0.0.1:PORT/none", 3, "Connection refused"),
        ("mysql://a/b", 2, "not supported"),
        ("nonsense", 2, "not the address"),
    ],
)
def test_a_site_is_not_made_for_a_database_that_is_not_there(tmp_path, capsys, url, code, cause):
    folder = tmp_path / "a" / "site"
    words = ["--site", "s", "--operator", "O", "--database", url.replace("PORT", str(free_port()))]
    assert cli.main(["hub", "init", str(folder), *words]) == code
    said = capsys.readouterr().err
    assert cause in said
    assert "→" in said
    assert not folder.parent.exists()


def test_a_site_is_made_on_a_database_that_is_there_and_wrong_names_are_told(server, tmp_path, capsys):
    url = server.base()
    words = ["--site", "s", "--operator", "O", "--database"]
    assert cli.main(["hub", "init", str(tmp_path / "wrong"), *words, f"{url}x"]) == 3
    assert "does not exist" in capsys.readouterr().err
    assert not (tmp_path / "wrong").exists()
    assert cli.main(["hub", "init", str(tmp_path / "right"), *words, url]) == 0


@pytest.mark.long
@disks.needs_root
def test_no_command_on_a_full_disk_ends_in_a_traceback_or_half_a_site(disk):
    filler = fill(disk)
    code, _, said = run("hub", "init", disk / "new", "--site", "s", "--operator", "O")
    assert code == 3, said
    assert not (disk / "new").exists()
    filler.unlink()
    assert run("hub", "init", disk / "site", "--site", "s", "--operator", "O")[0] == 0
    filler = fill(disk)
    for words in (["invite"], ["rotate"], ["show"], ["backup", disk / "b"], ["backup", disk / "b", "--keys"], ["run"]):
        code, _, said = run("hub", words[0], disk / "site", *words[1:])
        assert code == 3, (words, said)
        assert "→" in said, words
    filler.unlink()
    assert run("hub", "invite", disk / "site")[0] == 0
    with contextlib.closing(open_keys(disk / "site")) as keys:
        assert keys.is_current()


def test_a_backup_of_a_hub_that_never_ran_makes_no_file(world, tmp_path, capsys):
    assert cli.main(["hub", "backup", str(world.hub), str(tmp_path / "b")]) == 2
    assert "nothing is stored here yet" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()
    assert not (world.hub / "hub.db").exists()


# ---- what is not installed

_WITHOUT = "import sys; sys.modules[{!r}] = None; from agent import cli; sys.exit(cli.main(sys.argv[1:]))"


def without(package, *words):
    command = [sys.executable, "-c", _WITHOUT.format(package), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "words",
    [
        ["init", "--site", "s", "--operator", "O"],
        ["invite"],
        ["admit", "request"],
        ["run"],
        ["rotate"],
        ["revoke", "device"],
        ["erase"],
        ["backup", "into"],
        ["restore", "keys", "--root", "root"],
        ["show"],
        ["adopt"],
    ],
    ids=lambda words: words[0],
)
def test_a_hub_command_without_the_extra_names_it(tmp_path, words):
    done = without("sqlalchemy", "hub", words[0], tmp_path / "hub", *words[1:])
    assert done.returncode == 3, done.stderr
    assert "pip install 'wardbeat[hub]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_on_postgresql_without_the_driver_names_it(tmp_path):
    words = ["--site", "s", "--operator", "O", "--database", "postgresql://u@h/d"]
    done = without("psycopg", "hub", "init", tmp_path / "hub", *words)
    assert done.returncode == 3, done.stderr
    assert "pip install 'wardbeat[postgres]'" in done.stderr
    assert not (tmp_path / "hub").exists()


# ---- rights of what is made by the way


def modes(folder, top):
    """The rights of a folder and of those above it, below ``top``."""
    return {place: place.stat().st_mode & 0o777 for place in [folder, *folder.parents] if top in place.parents}


def test_no_folder_of_a_hub_is_made_with_the_callers_umask(tmp_path):
    old = os.umask(0)
    try:
        site = tmp_path / "a" / "b" / "site"
        assert cli.main(["hub", "init", str(site), "--site", "s", "--operator", "O"]) == 0
        backup.back_up_keys(site, tmp_path / "c" / "d")
        by_mkdir = tmp_path / "planted" / "e"
        by_mkdir.mkdir(mode=0o700, parents=True)
    finally:
        os.umask(old)
    made = modes(site / "broker", tmp_path) | modes(tmp_path / "c" / "d", tmp_path)
    assert len(made) == 6
    assert set(made.values()) == {0o700}
    assert set(modes(by_mkdir, tmp_path).values()) == {0o700, 0o777}, "the detector must see what mkdir does"
    assert [path for path in site.rglob("*.key") if path.stat().st_mode & 0o077] == []
    assert (site / "keys.db").stat().st_mode & 0o777 == 0o600
