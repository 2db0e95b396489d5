"""Looks on the wire: round trips, refusals by name, and a chain that shows what was changed or left out."""

import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.wire import codec, codes, envelope, looks, receipt

LOOK = looks.Look(1, 1_790_000_000, "A. Member", "member", "person")
names = st.text(min_size=1, max_size=looks.WHO_MOST).filter(str.isprintable)
every_look = st.builds(
    looks.Look,
    st.integers(1, 2**53 - 1),
    st.integers(0, 253_402_300_799),
    names,
    st.sampled_from(sorted(codes.codes("team_roles"))),
    st.sampled_from(sorted(codes.codes("views"))),
)


def listed(many, first=1):
    return [dataclasses.replace(LOOK, number=first + n, at_utc_s=LOOK.at_utc_s + n) for n in range(many)]


def message_of(some, before=looks.FIRST_LINK):
    return receipt.LooksMessage(before, tuple(look.encode() for look in some))


@given(every_look)
def test_a_look_is_read_back_as_it_was_written(made):
    assert looks.decode_look(made.encode()) == made
    answers = receipt.Answers(1, bytes(16), (message_of([made]),), 2, 1, receipt.Place())
    assert receipt.decode_answers(receipt.encode_answers(answers)) == answers


@given(st.binary(max_size=200))
def test_any_bytes_are_a_look_or_refused_by_name(data):
    try:
        looks.decode_look(data)
    except WireRefused as refused:
        assert refused.reason in ("malformed", "schema_too_new")


@given(st.lists(st.binary(max_size=60), max_size=5).map(tuple))
def test_any_list_is_chained_or_refused_by_name(data):
    try:
        list(looks.chained(receipt.LooksMessage(bytes(32), data)))
    except WireRefused as refused:
        assert refused.reason in ("malformed", "schema_too_new")


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (3, 99, "schema_too_new"),
        (4, 99, "schema_too_new"),
        (0, 0, "malformed"),
        (1, 253_402_300_800, "malformed"),
        (2, "", "malformed"),
        (2, "x" * 65, "malformed"),
        (2, "A\nB", "malformed"),
        (2, "A\u202eB", "malformed"),
    ],
)
def test_a_look_outside_the_rules_is_refused_by_name(place, value, reason):
    items = codec.decode(LOOK.encode())
    items[place] = value
    with pytest.raises(WireRefused) as refused:
        looks.decode_look(codec.encode(items))
    assert refused.value.reason == reason


@given(st.integers(2, 12), st.data())
def test_parts_of_a_list_have_the_links_of_the_whole_and_a_change_has_others(many, data):
    whole = list(looks.chained(message_of(listed(many))))
    cut = data.draw(st.integers(1, many - 1))
    first, second = listed(many)[:cut], listed(many)[cut:]
    begun = list(looks.chained(message_of(first)))
    assert begun + list(looks.chained(message_of(second, begun[-1][1]))) == whole
    changed = [dataclasses.replace(first[0], who="Somebody else"), *first[1:]]
    assert list(looks.chained(message_of(changed)))[-1][1] != begun[-1][1]


def test_a_look_that_is_left_out_is_found():
    some = listed(3)
    with pytest.raises(WireRefused, match="left out"):
        list(looks.chained(message_of([some[0], some[2]])))


def test_the_link_is_what_the_document_says():
    ((_, link),) = looks.chained(message_of([LOOK]))
    assert link == hashlib.sha256(bytes(32) + LOOK.encode()).digest()


@pytest.mark.parametrize("listed_looks", [[], [b"x"] * 41, ["x"], [1], [[]]])
def test_no_looks_too_many_and_others_are_no_answer(listed_looks):
    words = codec.decode(receipt.encode_answers(receipt.Answers(1, bytes(16), (), 2, 1, receipt.Place())))
    words[2] = [["looks", bytes(32), listed_looks]]
    with pytest.raises(WireRefused):
        receipt.decode_answers(codec.encode(words))


def test_a_look_with_the_longest_name_fits_beside_forty_receipts():
    longest = looks.Look(2**53 - 1, 253_402_300_799, "€" * looks.WHO_MOST, "reader", "alerts")
    many = tuple(receipt.Entry(300, bytes(32), 22) for _ in range(receipt.MAX_ENTRIES))
    answers = (receipt.Receipt(bytes(16), 100_000, bytes(32), many), message_of([longest]))
    full = receipt.Answers(2**30, bytes(16), answers, 2, 1_790_000_000, receipt.Place(100_000, bytes(32)))
    assert len(receipt.encode_answers(full)) <= envelope.MAX_WORDS_BYTES
