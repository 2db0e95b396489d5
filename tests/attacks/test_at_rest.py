"""Whoever has the state folder's files and not its key reads no length and no small table: no rhythm, no face, no pause."""

import asyncio
import dataclasses
import json
import random
import sqlite3
import zlib
from contextlib import ExitStack

import pytest

from agent.control import client
from agent.enrollment import consent_key
from agent.features import FEATURES
from agent.model import FeatureValue, Summary
from agent.outbox import Outbox, consent_records, consents, pauses
from agent.privacy.vault import Vault
from agent.scoring import instruments
from agent.session.session import Session
from agent.system.clock import Count, VirtualClock
from agent.system.run_mode import RunMode
from agent.system.storage import storing
from agent.windows import history
from agent.windows.history import History, Told
from tests.support.release_state import opened, releases
from tests.support.world import PIN, START_UTC_S, make_world


def values(names, value=60.0, reason="") -> tuple[FeatureValue, ...]:
    return tuple(FeatureValue(name, value, 300, 0.99, 0.01, value, value, reason) for name in names)


def worst_values() -> tuple[FeatureValue, ...]:
    """Every number that we know, with as many digits as are kept."""
    rng = random.Random(7)
    made = (
        FeatureValue(name, rng.uniform(1e3, 1e5), rng.randrange(99_999), rng.random(), rng.random(),
                     rng.uniform(1e3, 1e5), rng.uniform(1e3, 1e5), "edited_high", rng.uniform(1, 300))
        for name in FEATURES
    )  # fmt: skip
    return tuple(made)


KINDS = {
    "a calm heart": values(n for n, row in FEATURES.items() if row.signal == "heart"),
    "a rhythm too irregular": tuple(
        FeatureValue(n, None, 0, 0.99, 0.01, reason="rhythm_irregular")
        for n, row in FEATURES.items()
        if row.signal == "heart"
    ),
    "a face": values(n for n, row in FEATURES.items() if row.signal == "face"),
    "heart and face": values(FEATURES),
    "every number with every digit": worst_values(),
    "nothing": (),
}


def lengths(path, table: str) -> set[int]:
    """What stands in the file for whoever has no key."""
    db = sqlite3.connect(path)
    try:
        return {size for (size,) in db.execute(f"SELECT length(sealed) FROM {table}")}
    finally:
        db.close()


@pytest.mark.slow
def test_all_windows_have_one_length(world):
    path = world.settings.state_dir / "history.db"
    kept = History(path, world.vault)
    for n, kind in enumerate(KINDS.values()):
        kept.keep(Summary(START_UTC_S + n * 300, START_UTC_S + (n + 1) * 300, kind))
    read = [one.values for one in kept.summaries()]
    kept.close()
    assert len(lengths(path, "summary")) == 1
    assert [len(one) for one in read] == [len(one) for one in KINDS.values()]
    assert {len(zlib.compress(repr(one).encode())) for one in read} != {0}
    assert len({len(history._packed(one)) for one in KINDS.values()}) > 4, "without the padding each has its own"


def test_all_that_was_said_has_one_length(world):
    path = world.settings.state_dir / "history.db"
    kept = History(path, world.vault)
    kept.tell(Told(START_UTC_S, "change", "illness", {}))
    kept.tell(Told(START_UTC_S, "shift", "night", {"until_utc_s": START_UTC_S + 3600}))
    kept.tell(Told(START_UTC_S, "check-in", "long", {f"item{n}": 4 for n in range(60)}))
    kept.close()
    assert len(lengths(path, "told")) == 1
    assert instruments


@pytest.mark.slow
@pytest.mark.parametrize("release", releases())
def test_the_state_of_an_earlier_release_gets_the_one_length_at_its_first_start(release, tmp_path):
    person, _ = opened(release, tmp_path)
    path = person.settings.state_dir / "history.db"
    before = History(path, person.vault)
    told, windows = before.told(), [one.values for one in before.summaries()]
    before.close()
    assert len(windows) > 10

    async def start():
        with ExitStack() as parts:
            settings = person.settings.model_copy(update={"profile": "personal"})
            local = dataclasses.replace(person.profile, recipients=())
            Session(settings, local, VirtualClock(START_UTC_S * 10**9), RunMode(serves=False), parts)

    asyncio.run(start())
    assert lengths(path, "summary") == {history.WINDOW_BYTES + 4 + 28}
    assert lengths(path, "told") == {history.TOLD_BYTES + 28}
    after = History(path, person.vault)
    assert (after.told(), [one.values for one in after.summaries()]) == (told, windows)
    after.close()


SECRETS = (b"[[1320, 360]]", b"1320", str(START_UTC_S).encode(), str(START_UTC_S + 3600).encode(), b"hours 1")


def test_pauses_private_hours_and_switches_stand_nowhere_in_clear(world):
    path = world.settings.state_dir / "outbox.db"
    with world.outbox() as outbox:
        pauses.set_hours(outbox, (pauses.Hours(1320, 360),))
        pauses.pause_until(outbox, START_UTC_S + 3600, START_UTC_S, Count("start", 1))
        pauses.keep_switch(outbox, "webcam", on=True)
        assert consents.pauses(outbox)[0].start_utc_s == START_UTC_S
        names = [consents.PAUSE + "1", "pause until", "private hours", "sensor webcam"]
        kept = {name: outbox.meta(name) for name in names}
        columns = outbox.db.execute("SELECT start_utc_s, end_utc_s FROM pause").fetchall()
    assert columns == [(0, None)], "whether one is open, and nothing more"
    assert not any(secret in value for value in kept.values() for secret in SECRETS)
    assert len({len(value) for value in kept.values()}) == 1
    raw = path.read_bytes()
    assert b"[[1320, 360]]" not in raw
    assert b'"start", ' not in raw


def test_consents_and_notices_stand_nowhere_in_clear(world):
    path = world.settings.state_dir / "outbox.db"
    with world.outbox() as outbox, storing(outbox.db):
        outbox.notify("a word that nobody else reads", START_UTC_S)
    with world.outbox() as outbox:
        given = consents.in_force(outbox)
        assert consent_records.records(outbox) == (given.encode(),)
        assert outbox.notices() == [(START_UTC_S, "a word that nobody else reads")]
        kept = [bytes(record) for (record,) in outbox.db.execute("SELECT record FROM consent")]
        world.give_consent(START_UTC_S + 1)
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S + 2)
        kept += [bytes(record) for (record,) in outbox.db.execute("SELECT record FROM consent")]
    raw = b"".join(file.read_bytes() for file in path.parent.glob("outbox.db*"))
    clear = (given.encode()[20:60], given.grants[0].recipient.encode(), b"nobody else reads")
    assert not any(secret in raw for secret in clear)
    assert len({len(record) for record in kept}) == 1, "one that gives has the length of one that ends"


@pytest.mark.slow
def test_no_length_of_a_sealed_value_tells_what_it_holds(tmp_path):
    """Not how many signals a consent names, not that it was withdrawn, not whether a pause has an end."""
    lengths = set(), set(), set()
    for profile in ("care", "research"):
        person = make_world(tmp_path / profile, profile=profile, consent=False, fresh=True)
        for n, signals in enumerate((["heart"], [])):
            wanted = consent_key.grants(person.profile, person.identity.bundle.operator, signals)
            client.give_consent(person.settings, person.profile, wanted, PIN, START_UTC_S + n)
        with person.outbox() as outbox:
            given = consent_records.records(outbox)
            consents.withdraw(outbox, person.identity.sign, person.identity.site, START_UTC_S + 9)
            outbox.set_sealed_meta("full", b"x" * 250)
            outbox.set_sealed_meta("empty", b"")
            lengths[0].update(len(record) for (record,) in outbox.db.execute("SELECT record FROM consent"))
            longest = bytes(329)  # all that `research` has, for an operator with 64 letters
            lengths[0].add(len(consent_records.sealed(outbox, 1, longest)))
            lengths[1].update(len(one) for (one,) in outbox.db.execute("SELECT statement FROM named_features"))
            lengths[2].update({len(outbox.meta("full")), len(outbox.meta("empty"))})
        assert len({len(record) for record in given}) > 1, "the records themselves differ"
    assert [len(of_one_kind) for of_one_kind in lengths] == [1, 1, 1]


def test_a_consent_or_notice_that_was_altered_gives_nothing_and_says_so(world):
    with world.outbox() as outbox:
        assert consents.in_force(outbox) is not None
        with storing(outbox.db):
            outbox.notify("words", START_UTC_S)
            outbox.db.execute("UPDATE news SET words = substr(words, 1, 40)")
            outbox.db.execute("UPDATE consent SET record = substr(record, 1, 60)")
        assert consents.in_force(outbox) is None
        assert "cannot be read" in outbox.notices()[0][1]
        consents.withdraw(outbox, world.identity.sign, world.identity.site, START_UTC_S)


def test_consents_and_notices_of_an_earlier_release_are_sealed_at_the_first_start(world):
    with world.outbox() as outbox:
        given = consents.in_force(outbox)
        with storing(outbox.db):
            outbox.db.execute("UPDATE consent SET record = ?", (given.encode(),))
            outbox.db.execute("INSERT INTO news (at_utc_s, words) VALUES (?, 'old words')", (START_UTC_S,))
        assert consents.in_force(outbox) == given
        assert outbox.notices() == [(START_UTC_S, "old words")]
        consent_records.seal_all(outbox)
        outbox.seal_notices()
        (kept,), (words,) = outbox.db.execute("SELECT record FROM consent UNION ALL SELECT words FROM news").fetchall()
        assert given.encode() not in kept
        assert "old words" not in words
        assert consents.in_force(outbox) == given
        assert outbox.notices() == [(START_UTC_S, "old words")]


def test_what_another_key_sealed_keeps_a_pause_and_the_hours(world):
    """Without the right key nothing is measured: the safe side."""
    path = world.settings.state_dir / "outbox.db"
    with world.outbox() as outbox:
        pauses.set_hours(outbox, (pauses.Hours(1320, 360),))
        pauses.pause_until(outbox, START_UTC_S + 60, START_UTC_S, Count("start", 1))
    with Outbox(path, Vault(bytes(32), "another"), None) as outbox:
        assert consents.is_paused(outbox)
        assert pauses.turn(outbox, START_UTC_S + 10**7, count=Count("start", 10**18)) is not False
        assert consents.is_paused(outbox)
        assert pauses.is_private(outbox, START_UTC_S)
        assert [(one.start_utc_s, one.end_utc_s) for one in consents.pauses(outbox)] == [(0, None)]


def test_an_altered_value_keeps_a_pause(world):
    with world.outbox() as outbox:
        pauses.pause_until(outbox, START_UTC_S + 60, START_UTC_S, Count("start", 1))
        torn = bytearray(outbox.meta("pause until"))
        torn[-1] ^= 1
        outbox.set_meta("pause until", bytes(torn))
        assert pauses.turn(outbox, START_UTC_S + 10**7, count=Count("start", 10**18)) is None
        assert consents.is_paused(outbox)
        pauses.resume(outbox, START_UTC_S + 100)  # the person's word ends it
        assert not consents.is_paused(outbox)


def test_pauses_of_an_earlier_release_are_sealed_at_the_first_start(world):
    with world.outbox() as outbox:
        outbox.db.execute("INSERT INTO pause VALUES (7, ?, ?)", (START_UTC_S, START_UTC_S + 60))
        outbox.db.execute("INSERT INTO pause VALUES (8, ?, NULL)", (START_UTC_S + 90,))
        outbox.set_meta("private hours", json.dumps([[1320, 360]]).encode())
        before = consents.pauses(outbox)
        pauses.seal(outbox)
        assert b"1320" not in outbox.meta("private hours")
        assert consents.pauses(outbox) == before
        assert pauses.hours(outbox) == (pauses.Hours(1320, 360),)
        assert outbox.db.execute("SELECT sum(start_utc_s), sum(end_utc_s) FROM pause").fetchone() == (0, 0)
