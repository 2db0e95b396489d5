"""What a person noted, as statements of days: nothing of before the consent, once, and again when it changed."""

from agent.outbox import consents, ledger, noted_context
from agent.weeks.context import statements
from agent.windows.history import Told
from agent.wire import codes
from agent.wire.context import DAY_S, OFFSET_ZERO, context_items, read_context
from agent.wire.message import ClockOffset
from agent.wire.plaintext import decode_plaintext
from tests.support.world import START_UTC_S

DAY = START_UTC_S // DAY_S
FROM = DAY * DAY_S + 3600
NIGHT = Told(FROM + 20 * 3600, "shift", "night", {"until_utc_s": FROM + 28 * 3600})
ILL = Told(FROM + 2 * DAY_S, "change", "illness", {"until_utc_s": FROM + 4 * DAY_S})
TIRED = Told(FROM + DAY_S, "check-in", "tired", {"t1": 8})
BEFORE = Told(FROM - 1800, "shift", "day", {"until_utc_s": FROM + 3600})


def made(told, now_utc_s=FROM + 3 * DAY_S, offset_s=lambda _: 7200):
    return statements(told, offset_s, purpose="score", consent_hash=bytes(32), from_utc_s=FROM, now_utc_s=now_utc_s)


def test_each_day_states_what_begins_in_it_and_nothing_of_before_the_consent():
    first, second, third, fourth = made([BEFORE, NIGHT, ILL, TIRED])
    assert [one.day for one in (first, second, third, fourth)] == [DAY, DAY + 1, DAY + 2, DAY + 3]
    assert [shift.start_utc_s for shift in first.shifts] == [NIGHT.at_utc_s]
    assert first.offsets == (ClockOffset(FROM, OFFSET_ZERO + 120),)
    assert [codes.scales()[one.scale].value(one.v) for one in second.answers] == [8]
    assert [(one.kind, one.until_utc_s) for one in third.changes] == [(2, FROM + 4 * DAY_S)]
    assert fourth.shifts == fourth.changes == fourth.answers == ()
    for one in (first, second, third, fourth):
        assert read_context(context_items(one)) == one


def test_summer_time_ends_in_the_middle_of_a_day():
    ends = (DAY + 1) * DAY_S + 3 * 3600
    _, second, *_ = made([], offset_s=lambda utc_s: 7200 if utc_s < ends else 3600)
    assert second.offsets == (ClockOffset((DAY + 1) * DAY_S, OFFSET_ZERO + 120), ClockOffset(ends, OFFSET_ZERO + 60))


def test_a_shift_that_was_noted_ahead_is_stated_when_its_day_has_begun():
    ahead = Told(FROM + 6 * DAY_S, "shift", "day", {"until_utc_s": FROM + 6 * DAY_S + 8 * 3600})
    assert not any(one.shifts for one in made([ahead]))
    assert any(one.shifts for one in made([ahead], now_utc_s=FROM + 6 * DAY_S + 60))


def offered(world, outbox, told, now_utc_s):
    given = consents.consented(outbox)
    assert given.grants_context("score")
    noted = statements(
        told, lambda _: 0, purpose="score", consent_hash=given.record.hash, from_utc_s=given.record.from_utc_s,
        now_utc_s=now_utc_s,
    )  # fmt: skip
    return noted_context.offer(outbox, noted, now_utc_s)


def test_a_day_is_stated_once_and_again_when_a_note_changes(world):
    world.give_consent(START_UTC_S, ("care", "score"), context=True)
    note = Told(START_UTC_S + 3600, "shift", "day", {"until_utc_s": START_UTC_S + 7200})
    with world.outbox() as outbox:
        assert offered(world, outbox, [], START_UTC_S + 60) == 1
        assert offered(world, outbox, [], START_UTC_S + 120) == 0
        assert offered(world, outbox, [note], START_UTC_S + 180) == 1
    with world.outbox() as outbox:  # after a restart
        assert offered(world, outbox, [note], START_UTC_S + 240) == 0
        assert offered(world, outbox, [], START_UTC_S + 300) == 1  # the note was removed
        said = [decode_plaintext(row.words).messages[0] for row in ledger.rows(outbox) if row.kind == "context"]
        assert [len(one.shifts) for one in said] == [0, 1, 0]
        consents.pause(outbox, START_UTC_S)
        assert offered(world, outbox, [note], START_UTC_S + 360) == 0
        consents.resume(outbox, START_UTC_S)
        gone = consents.withdraw(outbox, world.identity.sign, "test-site", START_UTC_S + 400)
        assert gone == 3, "statements that wait do not leave after a withdrawal"
        assert noted_context.offer(outbox, said, START_UTC_S + 420) == 0
