"""After an erasure no file of the state folder, and no table of the hub, holds a word: canaries in every kind of record."""

import asyncio
import shutil
import sqlite3
from contextlib import closing

import pytest

from agent import pipeline
from agent.control import client, export, handlers
from agent.control.channel import Command
from agent.outbox import consents, damage
from agent.outbox.file import Outbox
from agent.system import host, state_files
from agent.system.run_mode import RunMode
from agent.system.state_files import WhenErased
from agent.windows.history import History, Told
from tests.support.processes import until
from tests.support.world import START_UTC_S, deliver, made_up_summary, release_window, running_hub

NOW = START_UTC_S
CANARY = "canary-7c1f"


def filled(world, receiver=None):
    """A word in every kind of record; the bytes under which each stands in a file."""
    folder = world.settings.state_dir
    history = History(folder / "history.db", world.vault)
    history.keep(made_up_summary())
    for what, name in (("check-in", "phq"), ("draft", "phq"), ("shift", "night"), ("change", CANARY)):
        history.tell(Told(NOW, what, name, {"until_utc_s": NOW}))
    history.keep_break(987_654_321, 4.0)
    history.close()
    with world.outbox() as outbox:
        if receiver is not None:
            deliver(world, outbox, receiver)
        for n in range(3):
            outbox.put_released(release_window(world, outbox, n), NOW)
        if receiver is not None:
            deliver(world, outbox, receiver)
        outbox.put_released(release_window(world, outbox, 5), NOW)
        with outbox.db:
            outbox.notify(f"a note {CANARY}", NOW)
        outbox.db.execute("INSERT INTO pause (start_utc_s, end_utc_s) VALUES (987654322, 987654323)")
    return marks_of(folder)


def marks_of(folder):
    """What is looked for: every sealed word as it lies in the tables, and what stands there in clear."""
    found = {f"plain {CANARY}": CANARY.encode()}
    with closing(sqlite3.connect(folder / "history.db")) as db, db:
        for table in ("summary", "told"):
            for n, (sealed,) in enumerate(db.execute(f"SELECT sealed FROM {table}")):
                found[f"{table} {n}"] = sealed[:120]
        (at_utc_s,) = db.execute("SELECT at_utc_s FROM clock_break").fetchone()
        found["clock break"] = at_utc_s.to_bytes(4, "big")
    with closing(sqlite3.connect(folder / "outbox.db")) as db, db:
        for n, (sealed,) in enumerate(db.execute("SELECT sealed_words FROM ledger")):
            found[f"ledger {n}"] = sealed[:120]
        for n, (sealed,) in enumerate(
            db.execute("SELECT envelope FROM outbox WHERE kind = 'summary' AND envelope IS NOT NULL")
        ):
            found[f"envelope {n}"] = sealed[200:400]
        for n, (record,) in enumerate(db.execute("SELECT record FROM consent")):
            found[f"consent {n}"] = record[20:120]
        found["pause"] = (987_654_322).to_bytes(4, "big")
    return found


def lie_in(folder, marks):
    """Which of them stand in which file, wherever below the folder."""
    held = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {(path.name, name) for path, content in held.items() for name, mark in marks.items() if mark in content}


def with_copies(world):
    """Whatever may lie in a state folder beside the two files."""
    folder = world.settings.state_dir
    for name in ("outbox.broken-20261128T000000Z.db", "outbox.broken-20261128T000000Z-2.db", "outbox.new.db"):
        shutil.copy(folder / "outbox.db", folder / name)
    for name in ("history.db.old", "history.broken.db", "history.db.part"):
        shutil.copy(folder / "history.db", folder / name)
    for ending in ("-wal", "-shm"):
        (folder / f"outbox.broken-20261128T000000Z.db{ending}").write_text(CANARY)
    (folder / "export.json").write_text(CANARY)
    (folder / "ledger-2026.csv").write_text(CANARY)


def nothing_left(folder, marks):
    assert lie_in(folder, marks) == set()
    assert state_files.copies(folder) == []


def test_no_word_is_left_by_an_erasure_without_a_running_agent(world):
    folder = world.settings.state_dir
    filled(world)
    with_copies(world)
    marks = marks_of(folder)
    before = lie_in(folder, marks)
    assert {name for _, name in before} == set(marks), "the detector must see every one before"
    assert {name for name, _ in before} >= {"outbox.new.db", "history.db.old", "export.json", "ledger-2026.csv"}
    reply = client.carry_out(world.settings, "erase")
    nothing_left(folder, marks)
    for name in ("outbox.broken-20261128T000000Z.db", "outbox.broken-20261128T000000Z-2.db", "history.db.old"):
        assert name in reply.words, "what was set aside is named"


@pytest.mark.broker
@pytest.mark.process
def test_no_word_is_left_here_nor_at_the_hub_after_its_receipt(world, broker):
    folder, stop, said = world.settings.state_dir, asyncio.Event(), {}
    receiver = world.receiver()
    filled(world, receiver)
    with_copies(world)
    marks = marks_of(folder)
    with closing(sqlite3.connect(world.hub / "hub.db")) as db, db:
        rows = {
            f"hub {n}": words for n, (words,) in enumerate(db.execute("SELECT words FROM row WHERE kind = 'summary'"))
        }
    with closing(sqlite3.connect(world.hub / "keys.db")) as db, db:
        keys = {f"key {n}": key for n, (key,) in enumerate(db.execute("SELECT key FROM data_key"))}
    assert len(lie_in(world.hub, rows)) == len(rows) > 0
    assert len({name for _, name in lie_in(world.hub, keys)}) == len(keys) > 0

    async def person(agent):
        await until(lambda: agent.publisher._connected, what="the broker")
        said["reply"] = (await handlers.handle(agent, Command("erase"))).words
        said["left"] = lie_in(folder, marks)
        await until(lambda: agent.publisher.unenrolled, what="the receipt")
        stop.set()

    with running_hub(world):
        asyncio.run(
            pipeline.run(world.settings, world.profile, mode=RunMode(slot_s=0.1), stop=stop, extra_tasks={"p": person})
        )
    assert said["left"] == set(), "at once, while the agent runs"
    assert "history.db.old" in said["reply"]
    nothing_left(folder, marks)
    assert lie_in(world.hub, rows | keys) == set()
    assert (folder / "erase-receipt.txt").exists()


def test_a_file_that_is_not_ours_is_named_and_left(world):
    folder = world.settings.state_dir
    (folder / "diary.txt").write_text(CANARY)
    outside = folder.parent / "outside.json"
    outside.write_text(CANARY)
    (folder / "export-link.json").symlink_to(outside)
    (folder / "outbox.folder").mkdir()
    reply = client.carry_out(world.settings, "erase")
    assert "diary.txt, outbox.folder" in reply.words
    assert (folder / "diary.txt").read_text() == outside.read_text() == CANARY
    assert not (folder / "export-link.json").is_symlink()


def test_a_file_that_was_set_aside_is_overwritten_before_it_goes(world, monkeypatch):
    folder = world.settings.state_dir
    aside = folder / "outbox.broken-20261128T000000Z.db"
    host.write_private(aside, CANARY.encode() * 300_000)
    last, real = {}, type(aside).unlink

    def unlink(path, **options):
        last[path.name] = path.read_bytes().strip(b"\0")
        real(path, **options)

    monkeypatch.setattr(type(aside), "unlink", unlink)
    assert state_files.erase_copies(folder) == [aside.name]
    assert last == {aside.name: b""}


def test_every_file_that_an_agent_makes_stands_in_the_table(world):
    """A new file must say what becomes of it."""
    filled(world)
    damage.suspect(world.settings.state_dir)
    stop = asyncio.Event()

    async def person(agent):
        assert state_files.unknown(agent.folder) == []
        stop.set()

    asyncio.run(
        pipeline.run(world.settings, world.profile, mode=RunMode(serves=False), stop=stop, extra_tasks={"p": person})
    )
    assert state_files.unknown(world.settings.state_dir) == []
    assert all(row.holds for row in state_files.FILES)
    assert {row.when_erased for row in state_files.FILES} == set(WhenErased)
    (world.settings.state_dir / "new-kind.db").touch()
    assert [path.name for path in state_files.unknown(world.settings.state_dir)] == ["new-kind.db"]


def test_an_export_names_the_copies_that_lie_about(world):
    with_copies_of = world.settings.state_dir / "outbox.broken-20261128T000000Z.db"
    filled(world)
    shutil.copy(world.settings.state_dir / "outbox.db", with_copies_of)
    with Outbox(world.settings.state_dir / "outbox.db", world.vault, None) as outbox:
        assert export.everything_held(world.settings, outbox)["copies"] == [with_copies_of.name]


def test_of_what_was_agreed_to_the_withdrawal_alone_is_kept(world):
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW)
        kept = outbox.db.execute("SELECT record FROM consent").fetchall()
        assert len(kept) == 1
        assert consents.in_force(outbox) is None
