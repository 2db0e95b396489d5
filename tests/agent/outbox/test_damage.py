"""A damaged outbox: the agent goes on, nothing is deleted, the person and the hub are told what was in it."""

import argparse
import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
from functools import partial

import pytest

from agent import pipeline
from agent.commands import run as run_command
from agent.errors import StorageFull
from agent.outbox import Limits, Sealing, consents, damage, pauses
from agent.system import storage
from agent.system.clock import SessionClock
from agent.system.run_mode import RunMode
from agent.wire.message import EraseMessage, GapMessage
from tests.support.machine import within_s
from tests.support.processes import accepts, start_wardbeat, wait_for
from tests.support.world import START_UTC_S, deliver, make_world, release_window

NOW = START_UTC_S


@pytest.fixture
def world(tmp_path):
    made = make_world(tmp_path)
    yield made
    made.close()


def path_of(world):
    return world.settings.state_dir / "outbox.db"


def opened(world):
    sealing = Sealing.to(world.identity.sender(), world.identity.directory().directory)
    return damage.opened(path_of(world), world.vault, sealing, keep=Limits(), now_utc_s=NOW + 900, closed=["webcam"])


def filled(world, rows=5):
    """Consent receipted, and so many summaries that wait."""
    receiver = world.receiver()
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        for n in range(rows):
            outbox.put_released(release_window(world, outbox, n), NOW)
        storage.shred(outbox.db)
    return receiver


def set_aside(world):
    return list(world.settings.state_dir.glob("outbox.broken-*.db"))


def overwrite(path, noise):
    """In place and in full length: a file cut short under a process that maps it would end that process by SIGBUS."""
    with path.open("r+b") as file:
        file.write(noise.randbytes(path.stat().st_size))


def spoil(path, table):
    """Turn the pages of one table into noise, as a failing card does."""
    db = sqlite3.connect(path)
    pages = [number for (number,) in db.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,))]
    size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    with path.open("r+b") as file:
        for number in pages:
            file.seek((number - 1) * size)
            file.write(random.Random(number).randbytes(size))


def told(outbox):
    return " ".join(words for _, words in outbox.notices())


def messages_of(outbox):
    indices = [idx for (idx,) in outbox.db.execute("SELECT idx FROM ledger ORDER BY idx")]
    return [message for idx in indices for message in outbox.messages(idx)]


def test_a_sound_file_stays_though_it_was_suspected(world):
    filled(world)
    damage.suspect(world.settings.state_dir)
    with opened(world) as outbox:
        assert outbox.waiting() == 5
    assert not list(world.settings.state_dir.glob("*.broken-*"))
    assert not (world.settings.state_dir / damage.SUSPECT).exists()


def test_a_file_that_is_no_database_is_set_aside_and_everything_errs_on_the_persons_side(world):
    receiver = filled(world)
    for leftover in world.settings.state_dir.glob("outbox.db-*"):
        leftover.unlink()
    path_of(world).write_bytes(b"not a database at all" * 100)
    with opened(world) as outbox:
        assert consents.is_paused(outbox), "whether a pause was open cannot be read"
        assert consents.in_force(outbox) is None
        assert "set aside as outbox.broken-" in told(outbox)
        assert "cannot be read" in told(outbox)
        deliver(world, outbox, receiver)  # a withdrawal: nothing stands here, so nothing stands there
        assert set(outbox.counts()) == {"receipted"}
    (aside,) = world.settings.state_dir.glob("outbox.broken-*.db")
    assert aside.read_bytes().startswith(b"not a database")
    assert aside.stat().st_mode & 0o777 == 0o600 or os.name == "nt"


@pytest.mark.parametrize("table", ["ledger", "proof", "meta", "news"])
def test_what_can_be_read_of_a_damaged_file_is_carried_on(world, table):
    """Rows that waited are a gap that reaches the hub, exactly; a pause stays; consent is asked again."""
    receiver = filled(world)
    with world.outbox() as outbox:
        consents.pause(outbox, NOW + 60)
        pauses.set_hours(outbox, (pauses.Hours(1320, 360),))
        outbox.set_meta("sensor webcam", b"off")
        with storage.storing(outbox.db):
            outbox.notify("a note", NOW)
        storage.shred(outbox.db)
    assert damage.faults(path_of(world)) == []
    spoil(path_of(world), table)
    assert damage.faults(path_of(world))
    damage.suspect(world.settings.state_dir)
    with opened(world) as outbox:
        gaps = [message for message in messages_of(outbox) if isinstance(message, GapMessage)]
        assert sum(gap.count for gap in gaps) == 5
        assert {gap.reason for gap in gaps} == {"file"}
        assert consents.is_paused(outbox)
        assert outbox.sealed_meta("sensor webcam") == b"off"
        assert pauses.hours(outbox) == (pauses.Hours(1320, 360),) or "private hours cannot be read" in told(outbox)
        assert table == "meta" or pauses.hours(outbox)
        assert consents.in_force(outbox) is None
        assert "5 rows waited in it, and the hub is informed" in told(outbox)
        deliver(world, outbox, receiver)
        assert set(outbox.counts()) == {"receipted"}
    assert receiver.store.counters()["stored"] >= len(gaps)
    assert damage.faults(next(world.settings.state_dir.glob("outbox.broken-*.db")))


def test_a_withdrawal_and_an_erasure_that_the_hub_has_not_heard_are_said_again(world):
    receiver = filled(world, rows=2)
    with world.outbox() as outbox:
        deliver(world, outbox, receiver)
        assert len(receiver.store.summaries()) == 2
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 600)  # and never sent
        storage.shred(outbox.db)
    spoil(path_of(world), "proof")
    damage.suspect(world.settings.state_dir)
    with opened(world) as outbox:
        assert any(isinstance(message, EraseMessage) for message in messages_of(outbox))
        deliver(world, outbox, receiver)
    assert receiver.store.summaries() == []


@pytest.mark.process
def test_damage_met_while_running_is_looked_for_at_the_next_start(world):
    async def break_it(agent):
        agent.outbox.db.execute("DROP TABLE pause")
        agent.set_paused(paused=False)
        consents.pause(agent.outbox, NOW)

    async def main():
        await pipeline.run(
            world.settings, world.profile, SessionClock(), mode=RunMode(), extra_tasks={"break": break_it}
        )

    with pytest.raises(storage.OutboxBroken):
        asyncio.run(main())
    assert (world.settings.state_dir / damage.SUSPECT).exists()
    assert damage.faults(path_of(world)) == ["the table pause is missing"]
    with opened(world) as outbox:
        assert consents.is_paused(outbox)


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_the_program_goes_on_when_its_outbox_breaks_under_it(world, tmp_path):
    """A real process: the file is destroyed while it runs, the same process sets it aside and goes on."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"state_dir: {world.settings.state_dir}\nprofile: care\nkey_store: file\n")
    log = tmp_path / "log"
    pause = partial(start_wardbeat, "--config", settings, "pause", log=log)
    running = start_wardbeat("--config", settings, "run", log=log)
    try:
        wait_for(lambda: accepts(world.settings.state_dir / "control.sock"), what="the control socket")
        overwrite(path_of(world), random.Random(1))
        for ending in ("-wal", "-shm"):
            overwrite(path_of(world).with_name(path_of(world).name + ending), random.Random(2))
        answers = []  # the agent's own tasks may meet the damage before a command does

        def obeyed():
            answers.append(pause().popen.wait(within_s(30)))
            return running.popen.poll() is not None or (set_aside(world) and answers[-1] == 0)

        wait_for(obeyed, 60, "the file to be set aside, and a command to be obeyed again")
        assert running.popen.poll() is None, (answers, log.read_text()[-1500:])
        assert len(set_aside(world)) == 1, "once, and not again"
        assert "starts again" in log.read_text()
    finally:
        running.popen.send_signal(signal.SIGTERM)
        running.popen.wait(within_s(20))


@pytest.mark.parametrize(("lengths_s", "runs"), [((0, 0), 2), ((9, 0, 0), 3), ((0, 9, 0, 0), 4)])
def test_a_run_that_breaks_at_once_twice_in_a_row_ends_the_program(lengths_s, runs, settings_file, monkeypatch):
    began, now_s = [], [0.0]

    async def run(*_, **__):
        now_s[0] += lengths_s[len(began)]
        began.append(now_s[0])
        raise storage.OutboxBroken("the state is damaged")

    monkeypatch.setattr(pipeline, "run", run)
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    with pytest.raises(storage.OutboxBroken):
        run_command.run(argparse.Namespace(config=settings_file))
    assert len(began) == runs


def test_fsck_and_export_say_what_is_there(world, tmp_path, capsys):
    from agent import cli

    filled(world)
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"state_dir: {world.settings.state_dir}\nprofile: care\nkey_store: file\n")
    assert cli.main(["--config", str(settings), "outbox", "fsck"]) == 0
    assert "the file and the chain are whole" in capsys.readouterr().err
    assert cli.main(["--config", str(settings), "outbox", "export"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["kind"] for row in rows] == ["consent", *["summary"] * 5]
    assert {row["state"] for row in rows} == {"receipted", "sealed"}
    assert all(len(row["envelope"]) > 4000 for row in rows)
    spoil(path_of(world), "proof")
    assert cli.main(["--config", str(settings), "outbox", "fsck"]) == 1
    assert "damaged" in capsys.readouterr().err
    assert cli.main(["--config", str(settings), "outbox", "fsck", str(tmp_path / "none")]) == 2


def test_an_error_that_is_no_damage_sets_nothing_aside(world, monkeypatch):
    filled(world)

    def out_of_memory(*_, **__):
        raise storage.OutboxBroken("out of memory")

    monkeypatch.setattr(damage, "Outbox", out_of_memory)
    with pytest.raises(storage.OutboxBroken):
        opened(world)
    assert not list(world.settings.state_dir.glob("*.broken-*"))


@pytest.mark.parametrize("at", ["while it is filled", "before the log is moved", "between the renames"])
def test_a_replacement_that_is_cut_short_is_done_by_the_next_start(world, monkeypatch, at):
    filled(world)
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW + 100)
        consents.pause(outbox, NOW + 100)
        storage.shred(outbox.db)
    spoil(path_of(world), "ledger")
    with monkeypatch.context() as cut:
        if at == "while it is filled":
            cut.setattr(damage, "_carry", lambda *_: (_ for _ in ()).throw(StorageFull("no space")))
        else:
            before = path_of(world) if at == "between the renames" else path_of(world).with_name("outbox.db-wal")
            if at == "before the log is moved":
                before.write_bytes(b"a log of the broken file" * 100)
            cut.setattr(damage.Path, "replace", _renames(damage.Path.replace, before))
        damage.suspect(world.settings.state_dir)
        with pytest.raises((StorageFull, OSError)):
            opened(world)
    with opened(world) as outbox:
        assert outbox.unconfirmed() == ["consent"], "the withdrawal that nobody had confirmed"
        assert consents.is_paused(outbox)
        assert any("set aside" in words for _, words in outbox.notices())
        assert any(row[0] == "gap" for row in outbox.db.execute("SELECT kind FROM ledger"))


def _renames(real, last):
    def replace(self, target):
        if target == last or (self == last and self.suffix == ".db-wal"):
            raise OSError("power")
        return real(self, target)

    return replace


@pytest.mark.process
def test_an_unconfirmed_withdrawal_is_carried_though_a_consent_came_after_it(world):
    filled(world)
    with world.outbox() as outbox:
        consents.withdraw(outbox, world.identity.sign, world.identity.site, NOW + 100)
    world.give_consent(NOW + 200)
    with world.outbox() as outbox:
        storage.shred(outbox.db)
    spoil(path_of(world), "fate")
    damage.suspect(world.settings.state_dir)
    with opened(world) as outbox:
        assert "consent" in outbox.unconfirmed()
