"""Folds are what the windows say, whatever was kept, replaced, came late, grew old, or was erased."""

import sqlite3
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.errors import KeysMissing
from agent.model import FeatureValue, Summary
from agent.privacy.vault import Vault
from agent.scoring.channels import CHANNELS
from agent.scoring.columns import FEATURES, ROW, columns_of
from agent.windows import fold
from agent.windows import history as history_module
from agent.windows.history import History

VAULT = Vault(bytes(range(32)), "a test")
DAY_S = 86_400
START = 20_000 * DAY_S
numbers = st.one_of(st.none(), st.floats(0.001, 150.0), st.integers(1, 99).map(float))
windows = st.builds(
    lambda slot, long, values, n, coverage: Summary(
        START + slot * 300,
        START + slot * 300 + (300 if long else 60),
        tuple(FeatureValue(name, value, n, coverage, 0.0) for name, value in values.items()),
    ),
    st.integers(0, 3 * 288),
    st.booleans(),
    st.dictionaries(st.sampled_from([*FEATURES, "sdnn_ms"]), numbers),
    st.integers(0, 600),
    st.floats(0.0, 1.0),
)
steps = st.lists(
    st.one_of(windows, st.sampled_from(["erase", "old release", "no folds", "read", "again"])), max_size=25
)


def rows(columns):
    return [columns.start_utc_s, columns.end_utc_s, columns.beats, columns.coverage_01, *columns.values.values()]


def same(one, two):
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(rows(one), rows(two), strict=True))


def as_before_folds(history, summary):
    """What release 0.2.0 did."""
    packed = history_module._packed(summary.values)
    sealed = VAULT.seal("history", history_module._padded(packed, history_module.WINDOW_BYTES))
    history._db.execute("INSERT OR REPLACE INTO summary VALUES (?, ?, ?)", (summary.start_utc_s, summary.end_utc_s, sealed))  # fmt: skip


def opened(path):
    history = History(path, VAULT)
    history._db.execute("PRAGMA synchronous = OFF")  # hundreds of small files
    return history


def window(start_utc_s, bpm=60.0):
    return Summary(start_utc_s, start_utc_s + 300, (FeatureValue("hr_mean_bpm", bpm, 300, 0.9, 0.0),))


@settings(max_examples=60, deadline=None)
@given(steps=steps)
def test_columns_are_what_the_windows_say_after_any_history(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("fold") / "history.db"
    history, newest = opened(path), START + 4 * DAY_S
    for step in steps:
        if isinstance(step, Summary):
            history.keep(step)
        elif step == "erase":
            history.erase()
            assert history.columns().start_utc_s.size == 0
        elif step == "old release":
            newest += 300
            as_before_folds(history, window(newest))
        elif step == "no folds":
            history._db.execute("DROP TABLE fold")
            with closing(History(path, VAULT, writes=False)) as looking:
                assert same(looking.columns(), columns_of(looking.summaries()))
            history.close()
            history = opened(path)
        elif step == "read":
            assert same(history.columns(), columns_of(history.summaries()))
        else:
            history.close()
            history = opened(path)
    assert same(history.columns(), columns_of(history.summaries()))
    assert same(history.columns(), columns_of(history.summaries()))
    history.close()


def test_a_history_of_before_folds_is_folded_once_and_read_without_its_windows(tmp_path, monkeypatch):
    with closing(opened(tmp_path / "history.db")) as history:
        for number in range(60):
            as_before_folds(history, window(START + number * DAY_S // 3, 60.0 + number))
        assert history._db.execute("SELECT count(*) FROM fold").fetchone() == (0,)
        first = history.columns()
        seen = []
        monkeypatch.setattr(history._folds, "_windows", lambda *between: seen.append(between) or ())
        assert same(history.columns(), first)
        assert seen == []
        history._db.execute("DELETE FROM fold WHERE day = ?", (START // DAY_S + 3,))  # planted: a day is not folded
        history.columns()
        assert seen


def test_folds_of_other_features_are_made_again(tmp_path, monkeypatch):
    with closing(opened(tmp_path / "history.db")) as history:
        with monkeypatch.context() as patch:
            patch.setattr(fold, "_HEAD", b'[1,"of_another_release"]\n')
            history.keep(window(START))
        assert same(history.columns(), columns_of(history.summaries()))
        assert fold.decode(fold.encode(np.empty((0, ROW)))) is not None
        assert fold.decode(b'[1,"of_another_release"]\n') is None
        assert fold.decode(fold.encode(np.empty((0, ROW))) + b"half") is None
    assert set(FEATURES) == {name for row in CHANNELS.values() for name in row.features}


def test_windows_that_are_too_old_leave_the_folds_too(tmp_path, monkeypatch):
    monkeypatch.setattr(history_module, "_SLACK_WINDOWS", 2)
    with closing(opened(tmp_path / "history.db")) as history:
        for number in range(400):
            history.keep(window(START + number * 300))
        for number in range(5):
            history.keep(window(START + 400 * DAY_S + 200 * 300 + number * 300))
        left = history.columns()
        assert same(left, columns_of(history.summaries()))
        assert left.start_utc_s.size == 400 - 202 + 5  # the day that the limit lies in keeps what is younger
        folded = {day: fold.decode(VAULT.open(f"fold {day}", sealed)) for day, sealed in history._db.execute("SELECT * FROM fold")}  # fmt: skip
        assert sum(map(len, folded.values())) == left.start_utc_s.size


def test_a_damaged_window_hinders_no_other_from_being_kept(tmp_path):
    with closing(opened(tmp_path / "history.db")) as history:
        for number in range(3):
            history.keep(window(START + number * 300))
        history._db.execute("UPDATE summary SET sealed = x'00' WHERE start_utc_s = ?", (START,))
        history._db.execute("DELETE FROM fold")
        history.keep(window(START + 900))
        with pytest.raises(KeysMissing):
            history.columns()
        history._db.execute("DELETE FROM summary WHERE start_utc_s = ?", (START,))
        assert history.columns().start_utc_s.size == 3


def test_a_fold_shows_no_value_counts_for_no_other_day_and_is_gone_when_erased(tmp_path):
    path = tmp_path / "history.db"
    with closing(opened(path)) as history:
        history.keep(window(START, 61.25))
        history.keep(window(START + DAY_S))
        (first, _), (second, _) = sizes = [
            (sealed, len(sealed)) for (sealed,) in history._db.execute("SELECT sealed FROM fold ORDER BY day")
        ]
        assert sizes[0][1] == sizes[1][1]
        assert np.float64(61.25).tobytes() not in first
        history._db.execute("UPDATE fold SET sealed = ? WHERE day = ?", (second, START // DAY_S))  # planted: moved
        assert same(history.columns(), columns_of(history.summaries()))
        history.erase()
        assert second not in path.read_bytes() + (tmp_path / "history.db-wal").read_bytes()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM fold").fetchone() == (0,)
