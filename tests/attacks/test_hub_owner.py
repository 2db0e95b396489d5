"""A database that belongs to another key store, or to another state folder: refused with words, and no row is touched."""

import contextlib
import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import make_url

from agent import cli
from agent.errors import AlreadyRunning, KeysMissing
from hub import backup, site
from hub.receive import Receiver
from hub.site import open_keys, read_root
from hub.store import owner
from tests.support import release_state
from tests.support.hub_messages import data_message, reasons_by_seq, seal, send_consent
from tests.support.world import OPERATOR, START_UTC_S, make_world, owner_url

pytestmark = pytest.mark.process

NOW = START_UTC_S
COMMANDS = (["show"], ["show", "--counters"], ["show", "--arrivals"], ["backup", "INTO", "--keys"])


def rows_of(url, file):
    """Every row of every table, in order: what a refused hub must not change."""
    if url:
        import psycopg

        at = make_url(url)
        with psycopg.connect(host=at.host, port=at.port, user=at.username, dbname=at.database) as db:
            names = [name for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            return {name: sorted(map(repr, db.execute(f'SELECT * FROM "{name}"'))) for name in names}
    with contextlib.closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db:
        names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: sorted(map(repr, db.execute(f'SELECT * FROM "{name}"'))) for name in names}


def url_of(folder):
    with contextlib.closing(open_keys(folder)) as keys:
        url = keys.text("database")
    return owner_url(url) if url else ""


def filled(world):
    """A hub with three windows; closed. What the database holds."""
    receiver = world.receiver()
    record = send_consent(world, receiver)
    batch = [(world.topic, seal(world, [data_message(record, start=NOW + 300 * n)], n)) for n in (1, 2, 3)]
    assert set(reasons_by_seq(world, receiver.handle(batch)).values()) == {"stored"}
    world.close()
    world.receivers.clear()
    return rows_of(url_of(world.hub), world.hub / "hub.db")


def another_site(world):
    """A second site of the same name, on the same database."""
    folder, url = world.folder / "other", url_of(world.hub)
    site.init(folder, site.Site("test-site", OPERATOR, "127.0.0.1", world.port, True, url))
    return folder


def refused(folder, tmp_path, capsys):
    """Every command that opens the database ends with 3 and words; the words of all."""
    said = ""
    for words in COMMANDS:
        words = [str(tmp_path / "into") if word == "INTO" else word for word in words]
        assert cli.main(["hub", words[0], str(folder), *words[1:]]) == 3, words
        said = capsys.readouterr().err
        assert "→" in said
    for worker in (1, 2) if url_of(folder) else (1,):
        with pytest.raises((KeysMissing, AlreadyRunning)) as error:
            Receiver(folder, worker=worker)
        assert error.value.exit_code == 3
        assert error.value.remedy
    return said


# ---- another key store


def test_another_key_store_is_refused_whichever_starts_second(either, tmp_path, capsys):
    world, other = either, another_site(either)
    before = filled(world)
    if not url_of(world.hub):
        shutil.copy(world.hub / "hub.db", other / "hub.db")  # a swapped file
    said = refused(other, tmp_path, capsys)
    assert "belongs to another hub" in said
    assert rows_of(url_of(other), other / "hub.db") == before
    assert len(world.receiver().store.summaries()) == 3, "and its own hub goes on"


def test_the_first_to_start_keeps_the_database(either, tmp_path, capsys):
    world, other = either, another_site(either)
    Receiver(other).store.close()
    if not url_of(world.hub):
        shutil.copy(other / "hub.db", world.hub / "hub.db")
    before = rows_of(url_of(other), other / "hub.db")
    refused(world.hub, tmp_path, capsys)
    assert rows_of(url_of(other), other / "hub.db") == before


def test_a_new_site_is_not_made_on_a_database_of_another(large, capsys):
    before = filled(large)
    words = ["--site", "new", "--operator", "New", "--database", url_of(large.hub)]
    assert cli.main(["hub", "init", str(large.folder / "new"), *words]) == 3
    assert "belongs to another hub" in capsys.readouterr().err
    assert not (large.folder / "new").exists()
    assert rows_of(url_of(large.hub), None) == before


def test_a_hub_that_is_refused_ends_with_3(large):
    other = another_site(large)
    before = filled(large)
    run = [sys.executable, "-m", "agent.cli", "hub", "run", str(other)]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 3
    assert "belongs to another hub" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert rows_of(url_of(large.hub), None) == before


def test_a_database_of_the_first_release_is_adopted_by_its_own_hub_alone(tmp_path, capsys):
    person, _ = release_state.opened("release_0_1_0", tmp_path / "old")
    other = make_world(tmp_path / "new")
    shutil.copy(person.hub / "hub.db", other.hub / "hub.db")
    before = rows_of("", other.hub / "hub.db")
    assert "belongs to another hub" in refused(other.hub, tmp_path, capsys)
    assert rows_of("", other.hub / "hub.db") == before
    assert person.receiver().store.summaries()
    named = rows_of("", person.hub / "hub.db")["site"]
    assert any("key store" in row for row in named)
    person.close()


# ---- another state folder with the same keys


def second_folder(world):
    """A copy of the state folder, on the same database."""
    copy = world.folder / "copy"
    shutil.copytree(world.hub, copy)
    if not url_of(copy):
        (copy / "hub.db").unlink()
        (copy / "hub.db").symlink_to(world.hub / "hub.db")
    return copy


@pytest.mark.parametrize("first", ["original", "copy"])
def test_a_copy_of_the_state_folder_is_refused_whichever_starts_first(either, tmp_path, capsys, first):
    world = either
    if first == "copy":
        (world.hub / "hub.db").touch(mode=0o600)
        copy = second_folder(world)
        with contextlib.closing(Receiver(copy).store):
            late = world.hub
    else:
        filled(world)
        late = second_folder(world)
    before = rows_of(url_of(world.hub), world.hub / "hub.db")
    assert "works with another state folder" in refused(late, tmp_path, capsys)
    assert rows_of(url_of(world.hub), world.hub / "hub.db") == before


def test_without_the_check_the_copy_deletes_what_the_original_stored(large, monkeypatch):
    copy = second_folder(large)
    before = filled(large)
    monkeypatch.setattr(owner.Owner, "refuse_others", lambda *_: None)
    Receiver(copy).store.close()
    lost = len(before["row"]) - len(rows_of(url_of(copy), None)["row"])
    print(f"\nwithout the check: {lost} of {len(before['row'])} rows deleted")
    assert lost >= 3, "the detector must see it"


def test_a_moved_folder_works_and_one_that_was_copied_elsewhere_is_adopted(either, tmp_path, capsys):
    world = either
    filled(world)
    moved = world.hub.rename(world.folder / "moved")
    with Receiver(moved).store as store:
        assert len(store.summaries()) == 3
    copy = world.folder / "copied"
    shutil.copytree(moved, copy)
    if url_of(copy):
        refused(copy, tmp_path, capsys)
        assert cli.main(["hub", "adopt", str(copy)]) == 0
    with Receiver(copy).store as store:
        assert len(store.summaries()) == 3
    if url_of(copy):
        refused(moved, tmp_path, capsys)


def test_restored_keys_in_a_new_folder_take_over_once_the_old_hub_has_stopped(large, tmp_path, capsys):
    keys_file = backup.back_up_keys(large.hub, tmp_path / "k")
    filled(large)
    running = large.receiver()
    new = large.folder / "new"
    backup.restore(new, read_root(large.hub / "root.key"), keys_file, None, NOW)
    before = rows_of(url_of(new), None)
    with pytest.raises(AlreadyRunning, match="is working with this database"):
        Receiver(new)
    assert rows_of(url_of(new), None) == before, "nothing is cleaned up while another hub works"
    running.store.close()
    taken = Receiver(new)
    assert taken.store.store_id != running.store.store_id
    taken.store.close()
    assert "works with another state folder" in refused(large.hub, tmp_path, capsys)


def test_a_running_hub_whose_database_was_given_away_stores_nothing_more(either):
    world = either
    receiver = world.receiver()
    record = send_consent(world, receiver)
    with receiver.store._engine.begin() as db:  # as another hub that took it over
        owner.put_site(db, owner.SITE, owner.STATE_FOLDER, b"elsewhere")
    before = rows_of(url_of(world.hub), world.hub / "hub.db")
    with pytest.raises(KeysMissing, match="given to another state folder"):
        receiver.handle([(world.topic, seal(world, [data_message(record)], 9))])
    assert rows_of(url_of(world.hub), world.hub / "hub.db") == before


def test_a_database_name_that_no_hub_gave_is_in_no_answer(either):
    world = either
    receiver = world.receiver()
    record = send_consent(world, receiver)
    with receiver.store._engine.begin() as db:
        owner.put_site(db, owner.SITE, owner.STORE_ID, b"\xff" * 16)
    with pytest.raises(KeysMissing, match="did not give it"):
        receiver.handle([(world.topic, seal(world, [data_message(record)], 9))])
    again = world.receiver()
    assert again.store.store_id[:1] == b"\x00"
    assert reasons_by_seq(world, again.handle([(world.topic, seal(world, [data_message(record)], 9))])) == {9: "stored"}
