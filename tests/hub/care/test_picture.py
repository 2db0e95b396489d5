"""What is kept of a person for the team: a round trip, and any bytes decode or are refused."""

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given

from agent.errors import WireRefused
from agent.wire import codec, codes
from hub.care.picture import GAPS, STATES, CheckIn, Line, Picture, WeekShown, decode, decode_head, encode

DAY = st.integers(0, 40_000)
UTC_S = st.integers(0, codec.UTC_S_MOST)
HUNDREDTHS = st.integers(0, 10_000).map(lambda n: n / 100)
POINTS = st.lists(
    st.tuples(st.sampled_from(sorted(codes.codes("channels"))), st.integers(-10_000, 10_000).map(lambda n: n / 100)),
    max_size=4,
)
WEEKS = st.one_of(
    st.builds(WeekShown, DAY, HUNDREDTHS, HUNDREDTHS, HUNDREDTHS, st.just(""), POINTS.map(tuple)),
    st.builds(WeekShown, DAY, st.none(), st.none(), st.none(), st.sampled_from(sorted(codes.codes("reasons")))),
)  # fmt: skip
NUMBER = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))


@st.composite
def lines(draw):
    """Four columns of one length."""
    many = draw(st.integers(0, 5))
    columns = [tuple(draw(NUMBER) for _ in range(many)) for _ in range(4)]
    return Line(draw(st.sampled_from(sorted(codes.codes("channels")))), draw(DAY), *columns)


@st.composite
def check_ins(draw):
    scale = draw(st.sampled_from(sorted(codes.scales().values(), key=lambda one: one.code)))
    return CheckIn(draw(UTC_S), scale.name, scale.value(draw(st.integers(1, scale.v_max))))


PICTURES = st.builds(
    Picture,
    st.text("d0123456789abcdef", max_size=12), st.integers(0, 2**52),
    st.sets(st.sampled_from(["heart", "face", "index", "context"])).map(lambda found: tuple(sorted(found))),
    UTC_S, UTC_S, UTC_S, UTC_S, st.integers(-1, 40_000), UTC_S, st.text(max_size=20).filter(lambda text: text.isprintable()), DAY,
    st.lists(st.integers(0, 86_400).map(lambda s: s / 3600), max_size=28).map(tuple),
    st.lists(st.tuples(DAY, DAY, st.sampled_from(GAPS)), max_size=3).map(tuple),
    st.sampled_from(STATES), st.lists(WEEKS, max_size=3).map(tuple), st.lists(lines(), max_size=2).map(tuple),
    st.lists(check_ins(), max_size=3).map(tuple), st.integers(0, 2**50),
)  # fmt: skip


@given(PICTURES)
def test_a_picture_comes_back_as_it_was(picture):
    words = encode(picture)
    assert decode(words) == picture
    head = decode_head(words)
    assert head == replace(picture, weeks=picture.weeks[-1:], lines=(), check_ins=())


@given(PICTURES, st.data())
def test_changed_bytes_decode_to_themselves_or_are_refused(picture, data):
    words = bytearray(encode(picture))
    place = data.draw(st.integers(0, len(words) - 1))
    words[place] ^= data.draw(st.integers(1, 255))
    try:
        found = decode(bytes(words))
    except WireRefused:
        return
    assert encode(found) == bytes(words)


@given(st.binary(max_size=80))
def test_any_bytes_are_refused(data):
    with pytest.raises(WireRefused):
        decode(data)
    with pytest.raises(WireRefused):
        decode_head(data)
