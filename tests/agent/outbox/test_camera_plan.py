"""The person's choice of camera sessions: kept under the data key, refused by name, and closed where it cannot be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WrongUse
from agent.outbox import Outbox, camera_plan, damage
from agent.outbox.camera_plan import CLOSED, CameraPlan, Skips
from agent.outbox.limits import Limits
from agent.privacy.vault import open_vault

AT_NINE = CameraPlan("at", 10, (540, 780))


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path / "outbox.db", open_vault(tmp_path, "file"), None) as made:
        yield made


def test_without_a_choice_the_camera_runs_whenever_it_is_switched_on(outbox):
    assert camera_plan.plan(outbox) == CameraPlan("always")


def test_a_plan_outlives_a_restart_and_nothing_of_it_stands_in_clear(tmp_path):
    vault = open_vault(tmp_path, "file")
    with Outbox(tmp_path / "outbox.db", vault, None) as outbox:
        camera_plan.choose(outbox, AT_NINE)
    with Outbox(tmp_path / "outbox.db", vault, None) as outbox:
        assert camera_plan.plan(outbox) == AT_NINE
        (kept,) = outbox.db.execute("SELECT value FROM meta WHERE name = ?", (camera_plan.PLAN,)).fetchone()
    assert b"540" not in kept
    assert b'"how"' not in kept


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (CameraPlan("sometimes"), "sometimes"),
        (CameraPlan("at", 0, (540,)), "0 minutes"),
        (CameraPlan("at", 31, (540,)), "31 minutes"),
        (CameraPlan("at", 10, ()), "1 to 12 times"),
        (CameraPlan("at", 1, tuple(range(0, 13 * 60, 60))), "1 to 12 times"),
        (CameraPlan("at", 10, (780, 540)), "must differ"),
        (CameraPlan("at", 10, (540, 540)), "must differ"),
        (CameraPlan("at", 10, (1440,)), "between 00:00 and 23:59"),
        (CameraPlan("at", 10, (540, 554)), "15 minutes after"),
        (CameraPlan("at", 10, (5, 1435)), "15 minutes after"),  # over midnight
        (CameraPlan("per_shift", 10, times=0), "0 camera sessions"),
        (CameraPlan("per_shift", 10, times=7), "7 camera sessions"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_name_and_changes_nothing(outbox, wanted, why):
    camera_plan.choose(outbox, AT_NINE)
    with pytest.raises(WrongUse, match=why):
        camera_plan.choose(outbox, wanted)
    assert camera_plan.plan(outbox) == AT_NINE


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
        lambda one: st.lists(one) | st.dictionaries(st.sampled_from(["how", "minutes", "at_min", "times", "x"]), one),
    )
)
def test_any_json_is_a_plan_or_is_refused(made):
    try:
        plan = CameraPlan.from_json(made)
    except WrongUse:
        return
    assert CameraPlan.from_json(json.loads(json.dumps(plan.as_json()))) == plan


def test_a_plan_of_another_key_gives_no_session_at_all(tmp_path, outbox):
    camera_plan.choose(outbox, AT_NINE)
    outbox.set_meta(camera_plan.PLAN, b"\0sealed\0" + b"x" * 300)
    assert camera_plan.plan(outbox) == CLOSED
    assert not CLOSED.at_min


def test_a_damaged_file_carries_the_plan_on_and_closes_what_it_cannot_read(tmp_path):
    vault, file = open_vault(tmp_path, "file"), tmp_path / "outbox.db"
    for number, (kept, found) in enumerate([(None, AT_NINE), (b"\0sealed\0" + b"y" * 300, CLOSED)]):
        with Outbox(file, vault, None) as outbox:
            camera_plan.choose(outbox, AT_NINE)
            if kept:
                outbox.set_meta(camera_plan.PLAN, kept)
            outbox.db.execute("DROP TABLE news")
        damage.suspect(tmp_path)
        with damage.opened(file, vault, None, keep=Limits(), now_utc_s=1_790_000_000 + number) as outbox:
            assert camera_plan.plan(outbox) == found
        file.unlink()


def test_a_new_plan_forgets_what_was_skipped_of_the_old_one(outbox):
    camera_plan.skip(outbox, 1000)
    camera_plan.skip_until(outbox, 5000)
    assert camera_plan.skips(outbox) == Skips((1000,), 5000)
    camera_plan.choose(outbox, AT_NINE)
    assert camera_plan.skips(outbox) == Skips()


def test_skips_hold_for_what_was_named_and_no_wrong_clock_outlives_them():
    skips = Skips((1000,), 90_000)
    assert skips.holds(1000, 900)
    assert skips.holds(89_999, 900)
    assert not skips.holds(90_000, 900)
    far = Skips((), 40 * 86_400)  # made by a clock that was 40 days ahead
    assert not far.holds(2000, 1000)
    assert far.holds(39 * 86_400, 39 * 86_400)
