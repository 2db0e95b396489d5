"""An erased person, and a PostgreSQL whose every change was archived: no backup, put back to any moment, opens a value.

The detector reads with the keys from before the erasure too, and then finds them all: what shreds is the destroyed key.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from agent.outbox import consents
from agent.wire.keys import kid
from hub.keys.keystore import RESTORED
from hub.site import open_keys
from hub.store import Store
from tests.support import postgres
from tests.support.hub_messages import data_message, seal
from tests.support.processes import wait_for
from tests.support.world import START_UTC_S, another_person, deliver, make_world

pytestmark = pytest.mark.process

NOW = START_UTC_S


@pytest.fixture
def archived():
    """A server that archives its log."""
    root = Path(tempfile.mkdtemp(prefix="wardbeat-pg-"))
    place = root / "archive"
    place.mkdir()
    place.chmod(0o777)  # the server's user writes there
    made = postgres.Server("archive_mode = on", f"archive_command = 'cp %p {place}/%f'", folder=root)
    yield made, place
    made.remove()


def put_back(server, base, archive, point, number):
    """A second server from the base backup, brought to one moment; it must be removed."""
    root = server.root.parent / f"{server.root.name}-back{number}"
    root.mkdir()
    shutil.copytree(base, root / "data")
    lines = [f"restore_command = 'cp {archive}/%f %p'", "archive_mode = off", "recovery_target_action = 'promote'"]
    if point is not None:
        lines.append(f"recovery_target_lsn = '{point}'")
    with (root / "data" / "postgresql.auto.conf").open("a") as conf:
        conf.write("\n".join(lines) + "\n")
    (root / "data" / "recovery.signal").touch()
    subprocess.run(["chown", "-R", "postgres:postgres", root], check=True)
    (root / "data").chmod(0o700)
    back = postgres.Server(folder=root)
    wait_for(lambda: _promoted(back), what="the server to be at its moment")
    return back


def _promoted(server):
    with contextlib.suppress(Exception), server.connect() as db:
        return db.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
    return False


def opened(hub, url, erased_kid):
    """How many summaries of the erased person, and of others, open with these keys in that data base."""
    with contextlib.closing(open_keys(hub)) as keys:
        keys.put({"database": url.encode(), RESTORED: b"1"})  # the copy of a folder reads it too
        with Store(hub, keys) as store:
            found = [summary.device == erased_kid for summary in store.summaries()]
    return sum(found), len(found) - sum(found)


@pytest.mark.skipif(os.geteuid() != 0, reason="a second server's files are given to its user: needs root")
@pytest.mark.long
def test_no_backup_put_back_to_any_moment_opens_a_value_of_an_erased_person(archived, tmp_path):
    server, archive = archived
    world = make_world(tmp_path / "w", database=server.base())
    other = another_person(world, tmp_path / "w" / "other")
    name = "hub1"
    receiver = world.receiver()
    points = []

    def mark():
        with server.connect(name) as db:
            points.append(db.execute("SELECT pg_current_wal_insert_lsn()").fetchone()[0])

    base = server.root / "base"
    server.command(
        "pg_basebackup",
        "-h",
        "127.0.0.1",
        "-p",
        server.port,
        "-U",
        "wardbeat",
        "-D",
        base,
        "-X",
        "stream",
        "-c",
        "fast",
    )
    records = []
    for person in (world, other):
        with person.outbox() as outbox:
            deliver(person, outbox, receiver)
            records.append(consents.in_force(outbox))
    mark()
    for n in range(3):
        for person, record in zip((world, other), records, strict=True):
            receiver.handle([(person.topic, seal(person, [data_message(record, start=NOW + 300 * n)], n + 1))])
        mark()
    for file in world.hub.glob("keys.db*"):
        (tmp_path / "before").mkdir(exist_ok=True)
        shutil.copy(file, tmp_path / "before")
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 1000)
        deliver(world, outbox, receiver)
    mark()
    world.close()
    with server.connect() as db:
        db.execute("SELECT pg_switch_wal()")
        wait_for(
            lambda: db.execute("SELECT last_archived_wal IS NOT NULL FROM pg_stat_archiver").fetchone()[0],
            what="the archive",
        )
        last = db.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()[0]
        wait_for(lambda: any(file.name < last for file in archive.iterdir()), what="the last segment")

    erased_kid = kid(world.identity.sign.public)
    before = tmp_path / "hub-before"  # the hub as it was, keys and all: whoever has that reads everything
    shutil.copytree(world.hub, before)
    for file in before.glob("keys.db*"):
        file.unlink()
    for file in (tmp_path / "before").iterdir():
        shutil.copy(file, before)
    seen, planted = {}, []
    for number, point in enumerate([*points, None]):
        back = put_back(server, base, archive, point, number)
        try:
            if number == 3:
                planted.append(opened(before, back.url(name), erased_kid))
            seen[number] = opened(world.hub, back.url(name), erased_kid)
        finally:
            back.remove()
    print(f"\nmoments {sorted(seen)}: values of the erased person {[erased for erased, _ in seen.values()]}, of another "
          f"{[others for _, others in seen.values()]}; with the keys from before the erasure {planted}")  # fmt: skip
    assert [erased for erased, _ in seen.values()] == [0] * len(seen)
    assert [others for _, others in seen.values()] == [0, 1, 2, 3, 3, 3]
    assert planted == [(3, 3)], "with the keys from before the erasure the same backup opens them all"
