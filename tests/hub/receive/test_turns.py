"""Devices are served by turns, each within its budget; what is above it waits or is dropped."""

import threading
from collections import Counter

from hub.receive.hourly import Hourly
from hub.receive.turns import IN_BUDGET_MOST, OF_PASS, OVER_BUDGET_MOST, Arrived, Budget, Placed, Turns

BUDGET = Budget(burst=10, rate_hz=2.0, day_burst=30, day_rate=86_400 / 10, waiting=4, batch=5)


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def filled(senders, budget=BUDGET):
    clock = Clock()
    turns = Turns(budget, clock)
    placed = {
        topic: [turns.put(Arrived(topic, b"", n, 1, 1)) for n in range(count)] for topic, count in senders.items()
    }
    return clock, turns, placed


def topics(batch):
    return "".join(arrived.topic for arrived in batch)


def test_devices_are_served_by_turns_and_in_their_own_order():
    _, turns, _ = filled({"a": 4, "b": 2, "c": 1})
    batch = turns.take(100, 0.0)
    assert topics(batch) == "abcabaa"
    assert [arrived.mid for arrived in batch if arrived.topic == "a"] == [0, 1, 2, 3]
    assert len(turns) == 0


def test_one_device_fills_no_batch():
    _, turns, _ = filled({"a": 10})
    assert len(turns.take(100, 0.0)) == BUDGET.batch
    turns.put(Arrived("b", b"", 0, 1, 1))
    assert topics(turns.take(2, 0.0)) in ("ab", "ba")


def test_above_its_budget_a_device_waits_a_little_and_the_rest_is_dropped():
    clock, turns, placed = filled({"a": 20})
    assert placed["a"] == [Placed.WAITS] * 10 + [Placed.DROPPED] * 10, "what is in the queue is more than may wait"
    taken = turns.take(100, 0.0) + turns.take(100, 0.0)
    assert len(taken) == 10
    assert [turns.put(Arrived("a", b"", n, 1, 1)) for n in range(6)] == [Placed.LATER] * 4 + [Placed.DROPPED] * 2
    assert turns.take(100, 0.0) == []
    assert turns.put(Arrived("b", b"", 0, 1, 1)) is Placed.WAITS, "others do not notice"
    clock.now_s += 1.0
    batch = turns.take(100, 0.0)
    assert sorted(topics(batch)) == ["a", "a", "b"]
    assert {arrived.is_acked for arrived in batch if arrived.topic == "a"} == {True}, "they hold no place in flight"
    assert turns.counts() == {"over_budget": 4, "dropped": 12}
    assert turns.counts() == {}


def test_the_day_s_budget_bounds_what_is_stored_in_the_end():
    clock, turns, _ = filled({})
    stored = 0
    for _second in range(200):
        clock.now_s += 1.0
        turns.put(Arrived("a", b"", 0, 1, 1))
        turns.put(Arrived("a", b"", 1, 1, 1))
        stored += len(turns.take(100, 0.0))
    assert stored <= BUDGET.day_burst + 200 / 10 + 1
    assert stored >= BUDGET.day_burst


def test_a_month_of_slots_is_through_in_two_minutes_when_rows_wait_for_their_receipts():
    clock, turns, _ = filled({}, Budget())
    left, on_their_way = 30 * 288, 0
    while left or on_their_way:
        while left and on_their_way < 64:
            assert turns.put(Arrived("a", b"", 0, 1, 1)) is not Placed.DROPPED
            left, on_their_way = left - 1, on_their_way + 1
        on_their_way -= len(turns.take(500, 0.0))
        clock.now_s += 0.05
    assert clock.now_s < 120


def test_many_devices_above_their_budgets_leave_room_for_one_that_is_not():
    budget = Budget(burst=1, waiting=256)
    _, turns, placed = filled({f"d{n}": 300 for n in range(10)}, budget)
    waiting = sum(what is Placed.LATER for device in placed.values() for what in device)
    assert waiting == OVER_BUDGET_MOST
    assert turns.put(Arrived("honest", b"", 0, 1, 1)) is Placed.WAITS
    assert "honest" in {arrived.topic for arrived in turns.take(100, 0.0)}


def test_a_queue_that_is_full_of_honest_messages_makes_the_broker_wait():
    turns = Turns(Budget(burst=IN_BUDGET_MOST + 1, day_burst=IN_BUDGET_MOST + 1))
    for n in range(IN_BUDGET_MOST):
        assert turns.put(Arrived("a", b"", n, 1, 1)) is Placed.WAITS
    assert turns.put(Arrived("b", b"", 0, 1, 1), wait_s=0.0) is Placed.FULL
    placed = []
    waiting = threading.Thread(target=lambda: placed.append(turns.put(Arrived("b", b"", 0, 1, 1), wait_s=30.0)))
    waiting.start()
    assert turns.take(1, 1.0)
    waiting.join()
    assert placed == [Placed.WAITS]


def test_one_line_an_hour_counts_by_name(caplog):
    clock = Clock()
    hourly = Hourly(3600.0, clock)
    with caplog.at_level("INFO"):
        hourly.add({"stored": 3, "stored cover": 3})
        hourly.add({"stored": 1, "dropped": 0})
        hourly.log_if_due()
        assert caplog.messages == []
        clock.now_s = 3600.0
        hourly.log_if_due()
        hourly.log_if_due()
        clock.now_s = 7200.0
        hourly.log_if_due()
    assert caplog.messages == ["the last 60 minutes: stored 4, stored cover 3", "the last 60 minutes: nothing arrived"]


def test_a_pass_has_a_small_budget_of_its_own():
    """What a new machine asks costs more than an envelope; devices beside it keep theirs."""
    own = "wardbeat/v1/site/up/enroll-007"
    _, _, placed = filled({own: 200, "wardbeat/v1/site/up/0123456789abcdef": 200}, Budget())
    of_pass, of_device = (Counter(one) for one in placed.values())
    assert of_pass == {Placed.WAITS: OF_PASS.burst, Placed.DROPPED: 200 - OF_PASS.burst}
    assert of_device == {Placed.WAITS: 200}
