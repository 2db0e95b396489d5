"""The encoding profile: one byte string an item, and every other byte string refused by name."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.wire import codec

items = st.recursive(
    st.integers(0, 2**53 - 1) | st.binary(max_size=40) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=6),
    max_leaves=20,
).filter(lambda item: depth(item) <= codec.MAX_DEPTH)


def depth(item) -> int:
    return 1 + max(map(depth, item), default=0) if isinstance(item, list) else 0


@pytest.mark.slow
@given(items)
def test_what_is_encoded_is_decoded(item):
    assert codec.decode(codec.encode(item)) == item


@pytest.mark.slow
@given(items)
def test_an_independent_encoder_makes_the_same_bytes(item):
    assert codec.encode(item) == cbor2.dumps(item, canonical=True)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_to_what_encodes_to_them_or_refused(data):
    try:
        item = codec.decode(data)
    except WireRefused as refused:
        assert refused.reason == "malformed"
    else:
        assert codec.encode(item) == data


@pytest.mark.parametrize(
    "data",
    [
        "",  # nothing
        "0000",  # bytes left over
        "1800",  # not the shortest head
        "1b0020000000000000",  # 2^53
        "1bffffffffffffffff",  # 2^64 - 1
        "20",  # a negative number
        "f6",  # null
        "f5",  # true
        "f97e00",  # NaN
        "fb3ff0000000000000",  # a float
        "a0",  # a map
        "c000",  # a tag
        "d81c81d81d00",  # a cyclic list
        "d82363612b2b",  # a regular expression
        "c24101",  # a bignum
        "9f00ff",  # indefinite length
        "5f4100ff",
        "8200",  # cut short
        "9a7fffffff",  # an array that claims two thousand million items
        "5b7fffffffffffffff",  # a byte string that claims as many
        "62c328",  # text that is not UTF-8
        "81" * 9 + "00",  # nested too deeply
    ],
)
def test_bytes_outside_the_profile_are_refused(data):
    with pytest.raises(WireRefused) as refused:
        codec.decode(bytes.fromhex(data))
    assert refused.value.reason == "malformed"


@pytest.mark.parametrize("item", [-1, 2**53, True, None, 1.0, {}, [[[[[[[[[[]]]]]]]]]]])
def test_items_outside_the_profile_are_refused(item):
    with pytest.raises(WireRefused):
        codec.encode(item)


def test_fields_are_taken_by_type_size_and_table():
    row = codec.Fields([1, b"ab", "care", [2]], 4)
    assert (row.uint(), row.raw(2), row.text("care"), row.array()) == (1, b"ab", "care", [2])
    for wrong in ([b"", b"ab", "care", []], [1, b"abc", "care", []], [1, b"ab", "x", []], [1, b"ab", "care", 1], [1]):
        with pytest.raises(WireRefused):
            row = codec.Fields(wrong, 4)
            row.uint(), row.raw(2), row.text("care"), row.array()
