"""Alerts and looks on their way: encrypted, the newest revision of each alone, deleted when they have arrived."""

import pytest
from sqlalchemy import delete, select, update

from agent.errors import NotDurable
from agent.wire.keys import kid
from agent.wire.looks import FIRST_LINK, Look, link
from agent.wire.receipt import AlertMessage, LooksMessage
from hub.store.rides import ALERT, LOOKS, Riding, arrived, numbers_riding, put_ride, ride_words, waiting_rides
from hub.store.tables import CHANGED, RIDE

pytestmark = pytest.mark.process

ONE = AlertMessage(b"body", bytes(64))
OTHER = AlertMessage(b"another", bytes(64))


def looks(number, before=FIRST_LINK):
    """One look as it is put, and its link."""
    data = Look(number, 1_800_000_000 + number, "A. Member", "member", "person").encode()
    return LooksMessage(before, (data,)), link(before, data)


@pytest.fixture
def store(either):
    made = either.receiver()
    return made.store, made.keys, kid(either.identity.sign.public)


def put(store, keys, which, kind, number, revision, answer):
    with store.checked() as db:
        put_ride(db, keys, which, kind, number, revision, ride_words(answer))


def waiting(store, keys, which):
    with store._reads.connect() as db:
        return waiting_rides(db, keys, [which]).get(which, [])


def test_what_was_put_waits_by_kind_and_number_until_it_has_arrived(store):
    store, keys, which = store
    first, end = looks(1)
    second, _ = looks(2, end)
    put(store, keys, which, LOOKS, 2, 0, second)
    put(store, keys, which, LOOKS, 1, 0, first)
    put(store, keys, which, ALERT, 7, 3, ONE)
    assert [one.answer for one in waiting(store, keys, which)] == [ONE, first, second]
    with store.checked() as db:
        assert numbers_riding(db, which, LOOKS) == {1, 2}
        arrived(db, [Riding(which, LOOKS, 1), Riding(which, ALERT, 7, 3)])
        assert numbers_riding(db, which, ALERT) == set()
        assert list(db.execute(select(CHANGED.c.device)).scalars()) == [which], "an alert was handed over"
    assert [one.riding for one in waiting(store, keys, which)] == [Riding(which, LOOKS, 2)]


def test_a_later_revision_takes_the_earlier_ones_place_and_waits_on_when_that_arrives(store):
    store, keys, which = store
    put(store, keys, which, ALERT, 7, 3, ONE)
    put(store, keys, which, ALERT, 7, 4, OTHER)
    assert [one.answer for one in waiting(store, keys, which)] == [OTHER]
    with store.checked() as db:
        arrived(db, [Riding(which, ALERT, 7, 3)])
    assert [one.answer for one in waiting(store, keys, which)] == [OTHER]


@pytest.mark.parametrize(
    "altered", [{"data_key": b"no key's"}, {"words": bytes(80)}, {"revision": 4}, {"number": 8}, {"kind": LOOKS}]
)
def test_a_row_that_does_not_open_at_its_place_holds_no_answer(store, altered):
    store, keys, which = store
    put(store, keys, which, ALERT, 7, 3, ONE)
    with store.checked() as db:
        db.execute(update(RIDE).values(altered))
    (one,) = waiting(store, keys, which)
    assert (one.answer, one.riding.is_readable) == (None, False)


def test_what_no_reader_of_answers_takes_holds_none(store):
    store, keys, which = store
    with store.checked() as db:
        put_ride(db, keys, which, ALERT, 7, 3, b"no encoding")
    assert [one.answer for one in waiting(store, keys, which)] == [None]


def test_at_most_64_of_a_kind_are_read(store):
    store, keys, which = store
    with store.checked() as db:
        for n in range(70):
            put_ride(db, keys, which, LOOKS, n + 1, 0, ride_words(looks(n + 1)[0]))
            put_ride(db, keys, which, ALERT, n + 1, 0, ride_words(ONE))
    found = [one.riding for one in waiting(store, keys, which)]
    assert [(one.kind, one.number) for one in found] == [(k, n) for k in (ALERT, LOOKS) for n in range(1, 65)]
    with store.checked() as db:
        db.execute(delete(RIDE))


def test_nothing_is_put_under_a_data_key_that_an_erasure_destroyed(store, monkeypatch):
    store, keys, which = store
    monkeypatch.setattr(type(keys.data_keys), "named", lambda _self, _name: None)
    with pytest.raises(NotDurable), store.checked() as db:
        put_ride(db, keys, which, ALERT, 7, 3, ride_words(ONE))
