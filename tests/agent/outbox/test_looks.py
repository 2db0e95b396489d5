"""The list of looks at the device: each fits the chain or is named; nothing that does not fit is shown as true."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.control import export
from agent.outbox import consents, looks, receipts
from agent.outbox.looks import ON_ITS_WAY_S, State
from agent.wire import codec
from agent.wire.looks import FIRST_LINK, Look, link
from agent.wire.receipt import Answers, LooksMessage
from tests.support.world import START_UTC_S

NOW, SITE = START_UTC_S, "test-site"


def look(number, who="Ada", **other):
    return dataclasses.replace(Look(number, NOW + number, who, "lead", "person"), **other)


def chain(many, **of):
    """Looks 1 to many, each with the link before it; `of` replaces one: n5=look(5, "Eve")."""
    made, before = [], FIRST_LINK
    for number in range(1, many + 1):
        data = of.get(f"n{number}", look(number)).encode()
        made.append((before, data))
        before = link(before, data)
    return made


def message(rows):
    return LooksMessage(rows[0][0], tuple(data for _, data in rows))


def take(outbox, *messages, now=NOW):
    return looks.take(outbox, messages, now)


def numbers(found: State):
    return [one.look.number for one in found.listed]


def test_looks_are_listed_newest_first_and_an_answer_may_come_twice(world):
    rows = chain(6)
    with world.outbox() as outbox:
        assert take(outbox, message(rows[:3])) == looks.Taken(3)
        assert take(outbox, message(rows[1:5])) == looks.Taken(2)
        assert take(outbox, message(rows[1:5]), message(rows[5:])) == looks.Taken(1)
        found = looks.state(outbox, NOW)
        assert numbers(found) == [6, 5, 4, 3, 2, 1]
        assert found.listed[0].look == look(6)
        assert (found.is_whole, found.proven_to) == (True, 6)
        assert looks.trouble(outbox, NOW) == ""


def test_a_number_that_is_on_its_way_is_no_fault_and_after_three_days_it_is_missing(world):
    rows = chain(6)
    with world.outbox() as outbox:
        take(outbox, message(rows[:2]), message(rows[4:]))
        found = looks.state(outbox, NOW + ON_ITS_WAY_S)
        assert (found.on_its_way, found.missing, found.is_whole) == (((3, 4),), (), True)
        assert found.proven_to == 2
        late = looks.state(outbox, NOW + ON_ITS_WAY_S + 1)
        assert (late.on_its_way, late.missing, late.is_whole) == ((), ((3, 4),), False)
        assert looks.trouble(outbox, NOW + ON_ITS_WAY_S + 1) == "missing: 3 to 4"
        assert take(outbox, message(rows[2:4]), now=NOW + 2 * ON_ITS_WAY_S) == looks.Taken(2)
        assert looks.state(outbox, NOW + 9 * ON_ITS_WAY_S).is_whole
        assert looks.trouble(outbox, NOW + 9 * ON_ITS_WAY_S) == ""


def test_the_first_look_left_out_is_missing_too(world):
    with world.outbox() as outbox:
        take(outbox, message(chain(3)[1:]))
        assert looks.state(outbox, NOW + ON_ITS_WAY_S + 1).missing == ((1, 1),)


FORGED = {
    "another look of a number that is here": (lambda rows: message(chain(4, n4=look(4, "Eve"))[3:]), "changed"),
    "another time": (lambda rows: message(chain(4, n4=look(4, at_utc_s=9))[3:]), "changed"),
    "numbers rolled back": (lambda rows: message(chain(2, n1=look(1, "Eve"))), "changed"),
    "a chain of its own": (lambda rows: message(chain(5, n2=look(2, "Eve"))[4:]), "broken"),
    "a link of zeros": (lambda rows: LooksMessage(FIRST_LINK, (look(5).encode(),)), "broken"),
    "a first look after a link": (lambda rows: LooksMessage(b"L" * 32, (look(1).encode(),)), "broken"),
    "a look left out inside": (
        lambda rows: LooksMessage(rows[3][0], (look(4).encode(), look(6).encode())),
        "unreadable",
    ),
    "a name with control characters": (
        lambda rows: LooksMessage(link(*rows[3]), (codec.encode([5, NOW, "Ada\x1b[2J\u202e", 1, 2]),)),
        "unreadable",
    ),
    "no name": (lambda rows: LooksMessage(link(*rows[3]), (codec.encode([5, NOW, "", 1, 2]),)), "unreadable"),
    "no look": (lambda rows: LooksMessage(link(*rows[3]), (b"\xff",)), "unreadable"),
}


@pytest.mark.parametrize("attack", FORGED)
def test_a_look_that_does_not_fit_is_named_and_changes_nothing_that_is_listed(world, attack):
    make, why = FORGED[attack]
    rows = chain(4)
    with world.outbox() as outbox:
        take(outbox, message(rows))
        before = looks.state(outbox, NOW).listed
        assert take(outbox, make(rows)).faults == 1
        assert take(outbox, make(rows)).faults == 0, "named once"
        found = looks.state(outbox, NOW)
        assert found.listed == before
        assert [fault.why for fault in found.faults] == [why]
        assert not found.is_whole
        assert "1 looks do not fit" in looks.trouble(outbox, NOW)
        assert "\x1b" not in str(found.as_json())
        assert take(outbox, message(chain(5)[4:])).new == 1, "an honest one still comes in"


def test_a_forged_neighbour_is_found_when_the_honest_one_comes(world):
    forged = LooksMessage(b"F" * 32, (look(7, "Eve").encode(),))
    with world.outbox() as outbox:
        take(outbox, message(chain(5)), forged)
        assert looks.state(outbox, NOW).on_its_way == ((6, 6),)
        assert take(outbox, message(chain(6)[5:])).faults == 1
        assert not looks.state(outbox, NOW).is_whole


def test_a_role_of_a_newer_hub_is_passed_over_and_counted(world):
    with world.outbox() as outbox:
        newer = LooksMessage(FIRST_LINK, (codec.encode([1, NOW, "Ada", 99, 2]),))
        assert take(outbox, newer) == looks.Taken(too_new=1)
        assert looks.state(outbox, NOW).is_whole


@given(st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_in_whatever_order_and_however_often_messages_come_the_list_is_the_hubs(world, data):
    rows = chain(12)
    cuts = sorted(data.draw(st.sets(st.integers(1, 11), max_size=4)))
    parts = [rows[begin:end] for begin, end in zip([0, *cuts], [*cuts, 12], strict=True)]
    order = data.draw(st.permutations([*parts, *data.draw(st.lists(st.sampled_from(parts), max_size=3))]))
    with world.outbox() as outbox:
        outbox.db.execute("DELETE FROM look")
        for part in order:
            assert take(outbox, message(part)).faults == 0
        found = looks.state(outbox, NOW)
        assert numbers(found) == list(range(12, 0, -1))
        assert found.is_whole
        assert found.on_its_way == ()


def test_an_erasure_forgets_them_and_a_later_number_goes_on_but_new_keys_begin_with_the_first(world):
    rows = chain(9)
    with world.outbox() as outbox:
        take(outbox, message(rows[:4]), LooksMessage(FIRST_LINK, (b"\xff",)))
        consents.withdraw(outbox, world.identity.sign, SITE, NOW)
        assert len(looks.state(outbox, NOW).listed) == 4, "who looked, a withdrawal does not hide"
        consents.erase(outbox, world.identity.sign, SITE, NOW)
        assert looks.state(outbox, NOW) == State((), (), (), ())
        take(outbox, message(rows[6:]))
        late = looks.state(outbox, NOW + 9 * ON_ITS_WAY_S)
        assert (numbers(late), late.is_whole, late.proven_to) == ([9, 8, 7], True, 9)
        consents.retire(outbox, NOW)
        assert looks.state(outbox, NOW) == State((), (), (), ())
        take(outbox, message(rows[6:]))
        assert looks.state(outbox, NOW + 9 * ON_ITS_WAY_S).missing == ((1, 6),)


def test_they_stand_nowhere_in_clear_in_one_length_and_an_altered_one_is_missing(world):
    with world.outbox() as outbox:
        take(outbox, message(chain(3, n2=look(2, "W" * 64, view="alerts"))))
        sizes = outbox.db.execute("SELECT DISTINCT length(sealed) FROM look").fetchall()
        assert len(sizes) == 1
        outbox.db.execute("UPDATE look SET sealed = zeroblob(500) WHERE number = 2")
        found = looks.state(outbox, NOW)
        assert (numbers(found), found.on_its_way) == ([3, 1], ((2, 2),))
        assert take(outbox, message(chain(3, n2=look(2, "W" * 64, view="alerts")))).new == 1
        assert looks.state(outbox, NOW).is_whole
    raw = b"".join(file.read_bytes() for file in world.settings.state_dir.glob("outbox.db*"))
    assert b"WWWWWWWW" not in raw


def test_a_hostile_hub_fills_no_disk(world, monkeypatch):
    monkeypatch.setattr(looks, "MOST", 40)
    rows = chain(100)
    with world.outbox() as outbox:
        for begin in range(0, 100, 10):
            take(outbox, message(rows[begin : begin + 10]))
            take(outbox, *(LooksMessage(bytes([n]) * 32, (look(2**40 + n * begin).encode(),)) for n in range(10)))
        for n in range(200):
            take(outbox, LooksMessage(FIRST_LINK, (look(3, f"Eve {n}").encode(),)))
        assert outbox.db.execute("SELECT count(*) FROM look").fetchone()[0] == 40
        assert len(looks.state(outbox, NOW).faults) <= looks.FAULTS_MOST


def test_looks_pass_through_settling_and_stand_in_the_persons_copy(world):
    with world.outbox() as outbox:
        told = message(chain(2))
        settled = receipts.apply(outbox, Answers(1, b"S" * 16, (told,)), NOW)
        assert settled.looks == (told,)
        assert looks.state(outbox, NOW).listed == ()
        take(outbox, *settled.looks)
        held = export.everything_held(world.settings, outbox)["looks"]
        assert [one["who"] for one in held["looks"]] == ["Ada", "Ada"]
        assert held["whole"]
