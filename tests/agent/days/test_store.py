"""Values of days, shifts and the journal at rest: whole or nothing, the same again, sealed, erased."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.days.chosen import chosen, of_journal, shifts
from agent.days.store import DayStore, Entry, Rostered, SourceDay
from agent.errors import KeysMissing, StorageFull, WrongUse
from agent.model import DayValue, Summary
from agent.privacy.vault import Vault
from agent.windows.history import History
from tests.support import disks

VAULT = Vault(bytes(range(32)), "a test")


@pytest.fixture
def store(tmp_path):
    made = DayStore(tmp_path / "history.db", VAULT)
    yield made
    made.close()


def slept(day, hours, coverage=1.0):
    return DayValue(day, "sleep_h", hours, coverage)


def test_the_same_import_twice_changes_nothing(store):
    values = [slept(day, 7.1 + day / 100) for day in range(100, 110)]
    first = store.say("watch", range(100, 112), values)
    before = store.days()
    again = store.say("watch", range(100, 112), values)
    assert (first.added, first.same, again.added, again.same) == (10, 0, 0, 10)
    assert store.days() == before
    assert {one.revision for one in before} == {1}


def test_a_newer_import_replaces_its_days_and_no_others(store):
    store.say("watch", range(100, 110), [slept(day, 7.0) for day in range(100, 110)])
    store.say("phone", [100], [slept(100, 6.0)])
    made = store.say("watch", range(105, 112), [slept(105, 5.5), slept(111, 8.0)])
    assert (made.added, made.changed, made.removed, made.same) == (1, 1, 4, 0)
    kept = {(one.day, one.source): one for one in store.days()}
    assert kept[105, "watch"].revision == 2
    assert (106, "watch") not in kept
    assert kept[100, "phone"].values == {"sleep_h": (6.0, 1.0)}
    assert store.forget("watch") == 7
    assert {one.source for one in store.days()} == {"phone"}


@pytest.mark.parametrize(
    "value",
    [slept(99, 7.0), slept(100, 25.0), slept(100, float("nan")), slept(100, 7.0, 1.1), DayValue(100, "mood", 1.0, 1.0)],
    ids=["another day", "25 hours", "no number", "more than all", "no row"],
)
def test_an_import_with_one_wrong_value_changes_nothing(store, value):
    store.say("watch", [100], [slept(100, 7.0)])
    before = store.days()
    with pytest.raises(WrongUse):
        store.say("watch", [100, 101], [slept(101, 6.0), value])
    assert store.days() == before


def test_rows_have_one_size_and_no_word_stands_in_the_file(store, tmp_path):
    store.say("watch", [100], [slept(100, 7.0)])
    store.say("calendar", [100, 101], [DayValue(100, "short_rests_n", 1.0, 1.0)], {101: [Rostered(1, 2, "night")]})
    store.write(Entry(5, 100, "distressed", "the canary sang twice"))
    store.write(Entry(6, 100, "positive"))
    with closing(sqlite3.connect(tmp_path / "history.db")) as db:
        for table in ("day", "journal"):
            assert len({len(row[0]) for row in db.execute(f"SELECT sealed FROM {table}")}) == 1
    store.close()
    raw = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert not [word for word in (b"canary", b"watch", b"sleep_h", b"distressed", b"night") if word in raw]
    (tmp_path / "planted").write_bytes(b"the canary")
    assert b"canary" in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_an_erasure_leaves_nothing_that_opens(store, tmp_path):
    store.say("watch", [100], [slept(100, 7.0)])
    store.write(Entry(5, 100, "neutral", "words"))
    with closing(sqlite3.connect(tmp_path / "history.db")) as db:
        sealed = db.execute("SELECT sealed FROM journal").fetchone()[0]
    assert store.erase() == 2
    assert (store.days(), store.entries()) == ([], [])
    store.close()
    assert sealed[:64] not in b"".join(file.read_bytes() for file in tmp_path.iterdir())


def test_a_file_of_an_earlier_release_has_no_days_and_stays_as_it_is(tmp_path):
    history = History(tmp_path / "history.db", VAULT)
    history.keep(Summary(0, 300, ()))
    history.close()
    looking = DayStore(tmp_path / "history.db", VAULT, writes=False)
    assert (looking.days(), looking.entries(), looking.marks("calendar")) == ([], [], {})
    looking.close()
    with closing(sqlite3.connect(tmp_path / "history.db")) as db:
        assert "day" not in {row[0] for row in db.execute("SELECT name FROM sqlite_master")}


def test_marks_are_kept_by_kind_and_go_with_an_erasure(store):
    store.keep_marks("calendar", {"a" * 64: "shift", "b" * 64: "leave"})
    store.keep_marks("person", {"apple_health": "c" * 64})
    store.keep_marks("calendar", {"b" * 64: "shift"})
    assert store.marks("calendar") == {"b" * 64: "shift"}
    assert store.marks("person") == {"apple_health": "c" * 64}
    store.erase()
    assert store.marks("calendar") == store.marks("person") == {}


def test_another_key_opens_nothing(store, tmp_path):
    store.say("watch", [100], [slept(100, 7.0)])
    other = DayStore(tmp_path / "history.db", Vault(bytes(32), "another"))
    with pytest.raises(KeysMissing):
        other.days()
    other.close()


@given(words=st.text(max_size=2000))
def test_whatever_a_person_writes_comes_back(tmp_path_factory, words):
    store = DayStore(tmp_path_factory.mktemp("s") / "history.db", VAULT)
    words = words.encode("utf-8", "replace").decode()
    store.write(Entry(1, 100, "neutral", words))
    assert store.entries() == [Entry(1, 100, "neutral", words)]
    assert store.unwrite(1)
    assert not store.unwrite(1)
    store.close()


def test_an_unknown_mood_and_endless_words_are_refused(store):
    with pytest.raises(WrongUse, match="no entry"):
        store.write(Entry(1, 100, "furious"))
    with pytest.raises(WrongUse, match="too long"):
        store.write(Entry(1, 100, "neutral", "x" * 2001))


def of(day, source, coverage, value=1.0):
    return SourceDay(day, source, 3, {"steps_n": (value, coverage)})


def test_of_several_sources_the_one_that_knew_most_counts_and_nothing_is_added():
    made = chosen([of(1, "phone", 0.4, 4000.0), of(1, "watch", 0.9, 7000.0), of(2, "phone", 0.4, 100.0)])
    assert [(one.value.day, one.value.value, one.source) for one in made] == [(1, 7000.0, "watch"), (2, 100.0, "phone")]
    equal = [of(1, "b", 0.5, 2.0), of(1, "a", 0.5, 1.0)]
    assert chosen(equal) == chosen(equal[::-1])
    assert chosen(equal)[0].source == "a"


def test_a_day_with_an_entry_has_four_counts_and_a_day_without_has_none():
    made = of_journal([Entry(1, 100, "negative"), Entry(2, 100, "negative"), Entry(3, 102, "positive")])
    assert {(one.value.day, one.value.name): one.value.value for one in made} == {
        (100, "journal_positive_n"): 0.0, (100, "journal_neutral_n"): 0.0,
        (100, "journal_negative_n"): 2.0, (100, "journal_distressed_n"): 0.0,
        (102, "journal_positive_n"): 1.0, (102, "journal_neutral_n"): 0.0,
        (102, "journal_negative_n"): 0.0, (102, "journal_distressed_n"): 0.0,
    }  # fmt: skip


def test_shifts_of_two_calendars_that_overlap_are_one():
    days = [
        SourceDay(1, "a", 1, {}, (Rostered(0, 100, "day"), Rostered(200, 300, "day"))),
        SourceDay(1, "b", 1, {}, (Rostered(50, 120, "night"),)),
    ]
    assert shifts(days) == [Rostered(0, 120, "night"), Rostered(200, 300, "day")]


@pytest.mark.root
@pytest.mark.process
@disks.needs_root
def test_an_import_onto_a_full_disk_keeps_what_was_there_and_nothing_of_it(tmp_path):
    with disks.small_disk(tmp_path / "small", 1) as disk:
        store = DayStore(disk / "history.db", VAULT)
        store.say("watch", range(100, 110), [slept(day, 7.0) for day in range(100, 110)])
        before = store.days()
        with pytest.raises(StorageFull) as full:
            store.say("watch", range(100, 900), [slept(day, 6.0) for day in range(100, 900)])
        assert full.value.remedy
        assert store.days() == before
        store.close()
        again = DayStore(disk / "history.db", VAULT)
        assert again.days() == before
        again.close()
