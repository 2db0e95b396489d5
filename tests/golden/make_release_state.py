"""The state that a release leaves on a machine and at a hub, as a fixture for tests of later releases.

    make release-state        writes tests/golden/release_VERSION; run it once, on the commit of the release's tag

Synthetic people, a clock that stands at CLOCK, keys of this fixture alone. A folder of files a database:

    sqlite/         state/ (an agent: ledger, rows that wait, history, consent), second/ (a person who withdrew), hub/ (hub.db, keys.db)
    postgresql/     the same with the hub's rows in PostgreSQL; base.sql is a plain dump of them
    manifest.json   what is in it, for the tests
"""

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import time_machine
from sqlalchemy import make_url

from agent.outbox import consents, ledger
from agent.outbox import pauses as quiet
from agent.sources.strap import binding
from agent.windows.history import History, Told
from tests.support import postgres
from tests.support.release_state import FOLDER_MARK, GOLDEN
from tests.support.world import World, another_person, deliver, made_up_summary, make_world, release_window

CLOCK = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
NOW = int(CLOCK.timestamp())
SETTLED, WAITING = 12, 7


def fill(world: World, second: World) -> dict[str, object]:
    """One person with settled rows, rows that wait and a history; one who withdrew and was erased."""
    receiver = world.receiver()
    with world.outbox() as outbox:
        for n in range(SETTLED):
            outbox.put_released(release_window(world, outbox, n), NOW)
        deliver(world, outbox, receiver)
        quiet.set_hours(outbox, (quiet.Hours(22 * 60, 6 * 60),))
        for n in range(SETTLED, SETTLED + WAITING):
            outbox.put_released(release_window(world, outbox, n), NOW)
        head = outbox.head()
        proven = ledger.verify(outbox, world.identity.open_answers)
    with second.outbox() as outbox:
        outbox.put_released(release_window(second, outbox), NOW)
        deliver(second, outbox, receiver)
        consents.withdraw(outbox, second.identity.sign, second.identity.site, NOW + 1)
        deliver(second, outbox, receiver)
    history = History(world.settings.state_dir / "history.db", world.vault)
    for n in range(SETTLED + WAITING):
        history.keep(made_up_summary(n))
    history.tell(Told(NOW - 7200, "shift", "night", {"until_utc_s": NOW - 3600}))
    history.close()
    binding.bind(world.settings.state_dir, binding.Bound("02:00:00:00:00:01", "WB-SIM 0", "sim-0001"))
    stored = [(item.message.start_utc_s, item.features()["rmssd_ms"][0]) for item in receiver.store.summaries()]
    world.close()
    return {"rows": head[0], "head": head[1].hex(), "proven": proven.rows, "stored": stored}


def save(world: World, into: Path) -> None:
    """The files, with the folder's place written as a mark; what only a running program needs stays away."""
    for name in ("state", "second", "hub"):
        shutil.copytree(world.folder / name, into / name, ignore=shutil.ignore_patterns("*.lock", "*-wal", "*-shm"))
    conf = into / "hub" / "broker" / "mosquitto.conf"
    conf.write_text(conf.read_text().replace(str(world.folder), FOLDER_MARK))


def made(folder: Path, url: str) -> tuple[World, dict[str, object]]:
    """A site with two people, on SQLite or at this address."""
    folder.mkdir()
    world = make_world(folder, database=url, fresh=True)
    second = another_person(world, folder / "second")
    return world, fill(world, second)


def main() -> int:
    """Make both."""
    version = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    out = GOLDEN / f"release_{version.replace('.', '_')}"
    if out.exists():
        print(f"{out} is there; a release's state is made once and never changed", file=sys.stderr)
        return 1
    manifest: dict[str, object] = {"version": version, "clock_utc_s": NOW, "settled": SETTLED, "waiting": WAITING}
    server = postgres.Server()
    # this fixture opens on every machine: it was enrolled on one that has no name
    with tempfile.TemporaryDirectory() as temporary, mock.patch("agent.system.machine.machine", return_value=b""):
        for kind, url in (("sqlite", ""), ("postgresql", server.base())):
            with time_machine.travel(CLOCK, tick=False):
                world, manifest[kind] = made(Path(temporary) / kind, url)
            save(world, out / kind)
            if url:
                where = make_url(url)
                words = ["-h", str(where.host), "-p", str(where.port), "-U", str(where.username), str(where.database)]
                dumped = subprocess.run(
                    [postgres.program("pg_dump"), "--inserts", "--no-owner", *words],
                    check=True,
                    capture_output=True,
                    text=True,
                )
                (out / kind / "base.sql").write_text(dumped.stdout)
    server.remove()
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"made {out.relative_to(Path.cwd())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
