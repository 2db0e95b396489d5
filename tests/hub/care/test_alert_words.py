"""What an alert says, as it is kept: a round trip, and any bytes decode or are refused."""

import contextlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from agent.errors import WireRefused
from agent.wire import codec, codes
from agent.wire.statement import LAST_DAY
from hub.care.alert_words import SUGGESTION_MOST, AlertWords, decode, encode

UTC_S = st.integers(0, codec.UTC_S_MOST)
WORDS = st.builds(
    AlertWords,
    st.sampled_from(sorted(codes.codes("rules"))),
    st.integers(0, LAST_DAY),
    UTC_S,
    st.text("abc_-.", max_size=SUGGESTION_MOST),
    UTC_S,
)


@given(WORDS)
def test_words_come_back_as_they_were(words):
    assert decode(encode(words)) == words


@given(st.one_of(st.binary(max_size=40), WORDS.map(encode).map(lambda data: data[:-1] + bytes([data[-1] ^ 1]))))
def test_any_bytes_decode_to_themselves_or_are_refused(data):
    with contextlib.suppress(WireRefused):
        assert encode(decode(data)) == data


def test_an_unknown_rule_is_refused():
    item = codec.decode(encode(AlertWords("silent_days", 1, 2)))
    with pytest.raises(WireRefused):
        decode(codec.encode([item[0], 99, *item[2:]]))
