"""Rows in order of arrival: numbered once, read on without a gap, decrypted only when they are asked for."""

import contextlib
import itertools
import threading
import time
from collections import Counter

import pytest

from agent.outbox import consents
from agent.wire.message import GapMessage
from hub.keys.data_keys import DataKey
from hub.receive import verify
from hub.site import open_keys
from hub.store import Store, transaction
from hub.store.tables import DAY
from tests.support.hub_messages import data_message, seal, send_consent
from tests.support.processes import wait_for
from tests.support.world import START_UTC_S, another_person, deliver, reading

NOW = START_UTC_S


@pytest.fixture
def world(either):
    """Every test here, on both kinds of database."""
    return either


@contextlib.contextmanager
def store_of(world, worker=0):
    """A process's own key store and store."""
    with contextlib.closing(open_keys(world.hub)) as keys, Store(world.hub, keys, worker=worker) as store:
        yield store


def gap(n):
    return GapMessage(bytes(16), n + 1, n + 1, 1, "age")


def opened(store, person, seqs):
    """Envelopes of a person with one row each, verified and decrypted."""
    keys = store._keys
    sealed = [seal(person, [gap(seq)], seq) for seq in seqs]
    return [verify.opened(keys, verify.authentic(keys, person.topic, data)) for data in sealed]


def add(store, envelopes):
    with store.transaction(envelopes) as open_transaction:
        for envelope in envelopes:
            open_transaction.add(envelope)
        open_transaction.finish(Counter())


def read_all(store, most=100):
    rows = []
    while page := store.rows_after(rows[-1].arrival if rows else 0, most):
        rows += page
    return rows


@pytest.mark.process
def test_rows_are_read_page_by_page_in_the_order_in_which_they_were_stored(world):
    receiver = world.receiver()
    order = [3, 1, 2, 9, 4]
    for seq in order:
        receiver.handle([(world.topic, seal(world, [gap(seq)], seq))])

    rows = read_all(receiver.store, most=2)

    assert [row.seq for row in rows] == order
    assert [row.arrival for row in rows] == [1, 2, 3, 4, 5]
    assert {(row.stream, row.seq): row.words for row in rows} == receiver.store.words()
    assert receiver.store.last_arrival() == 5


@pytest.mark.process
def test_an_erased_row_leaves_a_gap_and_its_number_is_not_given_again(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)]))])
    (window,) = receiver.store.rows_after(0, 100, kind="summary")
    with world.outbox() as outbox:
        consents.erase(outbox, world.identity.sign, world.identity.site, NOW + 900)
        deliver(world, outbox, receiver)
    receiver.handle([(world.topic, seal(world, [gap(7)], 7))])

    rows = read_all(receiver.store)

    assert window.arrival not in [row.arrival for row in rows]
    assert rows[-1].seq == 7
    assert rows[-1].arrival > window.arrival


@pytest.mark.process
def test_a_row_whose_data_key_is_destroyed_is_given_without_its_plaintext(world):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    receiver.handle([(world.topic, seal(world, [data_message(record)]))])
    (device,) = receiver.keys.devices.all()
    receiver.keys.data_keys.destroy(device.kid, record.serial)
    receiver.handle([(world.topic, seal(world, [gap(2)], 2))])

    rows = read_all(receiver.store, most=1)

    assert [row.words is None for row in rows if row.kind == "summary"] == [True]
    assert rows[-1].words is not None
    assert receiver.store.summary_count() == len(receiver.store.summaries()) == 0


@pytest.mark.process
def test_counting_decrypts_nothing_and_a_page_decrypts_its_rows_alone(world, monkeypatch):
    receiver = world.receiver()
    record = send_consent(world, receiver)
    batch = [(world.topic, seal(world, [data_message(record, start=NOW + 300 * n)], n)) for n in range(1, 41)]
    receiver.handle(batch)
    places = []
    real = DataKey.open

    def spying(self, place, sealed):
        places.append(place)
        return real(self, place, sealed)

    monkeypatch.setattr(DataKey, "open", spying)

    assert receiver.store.summary_count() == 40
    assert receiver.store.counters()["stored"] > 40
    assert receiver.store.settled_count() > 40
    assert places == []
    page = receiver.store.rows_after(5, 3, kind="summary")
    assert len(page) == len(places) == 3
    starts = [window.message.start_utc_s for row in page for window in row.summaries()]
    assert starts == [NOW + 300 * n for n in (5, 6, 7)], "the consent's row came first"


@pytest.mark.process
def test_two_writers_and_a_reader_that_misses_no_row(world):
    """Each row is read once, in ascending order, while both writers store."""
    people = [world, another_person(world, world.folder / "second")]
    each, together = 120, 4
    with contextlib.ExitStack() as stack:
        stores = [stack.enter_context(store_of(world, worker)) for worker in (1, 2)]
        reader = stack.enter_context(reading(world.hub))
        batches = [
            [opened(store, person, range(first, first + together)) for first in range(1, each + 1, together)]
            for store, person in zip(stores, people, strict=True)
        ]
        both = threading.Barrier(2)

        def write(which):
            both.wait()
            for batch in batches[which]:
                add(stores[which], batch)

        threads = [threading.Thread(target=write, args=(which,)) for which in (0, 1)]
        for thread in threads:
            thread.start()
        rows = []
        while any(thread.is_alive() for thread in threads):
            rows += reader.rows_after(rows[-1].arrival if rows else 0, 7)
        for thread in threads:
            thread.join()
        while page := reader.rows_after(rows[-1].arrival if rows else 0, 7):
            rows += page

    assert [row.arrival for row in rows] == list(range(1, 2 * each + 1))
    assert Counter(row.device for row in rows) == {batch[0][0].source.device.kid: each for batch in batches}


def missed(world, server):
    """Numbers of rows that a reader misses when a second worker would commit before the first.

    Returns:
        (rows that were stored but not read, whether the second worker had to wait for the first).
    """
    second_person = another_person(world, world.folder / "second")
    with store_of(world, 1) as first, store_of(world, 2) as second, reading(world.hub) as reader:
        slow, quick = opened(first, world, [1]), opened(second, second_person, [1])
        with first._engine.begin() as db:  # the first of a day waits for another first, too: not what is looked at here
            db.execute(DAY.insert(), {"day": int(time.time()) // 86_400, "arrival": 0})
        name = open_database(world)
        with first.transaction(slow) as open_transaction:
            open_transaction.add(slow[0])
            open_transaction.finish(Counter())  # its number is given, and nothing is committed
            thread = threading.Thread(target=add, args=(second, quick))
            thread.start()
            wait_for(lambda: not thread.is_alive() or waits(server, name), what="the second worker")
            waited = thread.is_alive()
            rows = reader.rows_after(0, 10)
        thread.join()
        rows += reader.rows_after(rows[-1].arrival if rows else 0, 10)
        return {1, 2} - {row.arrival for row in rows}, waited


def open_database(world):
    with contextlib.closing(open_keys(world.hub)) as keys:
        return keys.text("database").rsplit("/", 1)[1]


def waits(server, name):
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    with server.connect() as db:
        return db.execute(query, (name,)).fetchone()[0] > 0


def test_a_row_that_commits_later_has_the_higher_number(large, server):
    assert missed(large, server) == (set(), True)


def test_without_the_lock_a_reader_misses_a_row(large, server, monkeypatch):
    """The same two workers with numbers from a sequence, which is what the lock replaces: the test sees the loss."""
    sequence = itertools.count(1)

    def from_a_sequence(self, rows):
        for row in rows:
            row["arrival"] = next(sequence)

    monkeypatch.setattr(transaction.StoreTransaction, "_number", from_a_sequence)
    assert missed(large, server) == ({1}, False)


@pytest.mark.process
def test_a_database_from_before_arrival_numbers_is_migrated(world):
    receiver = world.receiver()
    for seq in (2, 1, 3):
        receiver.handle([(world.topic, seal(world, [gap(seq)], seq))])
    before = receiver.store.words()
    with receiver.store._engine.begin() as db:
        db.exec_driver_sql("DROP INDEX row_arrival")
        db.exec_driver_sql('ALTER TABLE "row" DROP COLUMN arrival')
        db.exec_driver_sql("DELETE FROM site WHERE name = 'arrivals'")
        db.exec_driver_sql("UPDATE site SET value = '3' WHERE name = 'tables version'")
    world.close()

    again = world.receiver()
    again.handle([(world.topic, seal(world, [gap(9)], 9))])

    rows = read_all(again.store)
    assert [row.arrival for row in rows] == [1, 2, 3, 4]
    assert [row.seq for row in rows] == [1, 2, 3, 9], "the order from before is not known: by device and seq"
    assert {at: words for at, words in again.store.words().items() if at[1] != 9} == before
