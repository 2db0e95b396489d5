"""What a person asks of the care team on the wire: round trips, and refusals by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.wire import ask, codec, codes, envelope
from agent.wire.message import AskMessage, Plaintext
from agent.wire.plaintext import decode_plaintext, encode_plaintext

ASKS = codes.codes("asks")
LAST_SECOND = 253_402_300_799
SEE = AskMessage(bytes(range(32)), 1_790_000_000, ASKS["see"], 0, "Please look.\nI sleep badly.")
words = st.lists(st.text().filter(str.isprintable)).map("\n".join).map(lambda text: text[: ask.WORDS_MOST])


@st.composite
def asks(draw):
    what = draw(st.sampled_from(sorted(ASKS)))
    about = draw(st.integers(1, 2**53 - 1)) if what in ask.ABOUT_ALERTS else 0
    said = draw(words) if what == "see" else ""
    at_utc_s = draw(st.integers(0, LAST_SECOND))
    return AskMessage(draw(st.binary(min_size=32, max_size=32)), at_utc_s, ASKS[what], about, said)


@given(asks())
def test_an_ask_is_read_back_as_it_was_written(made):
    assert ask.read_ask(ask.ask_items(made)) == made
    whole = Plaintext(bytes(16), 0, 1, bytes(32), (made,))
    assert decode_plaintext(encode_plaintext(whole)) == whole


@given(st.binary(max_size=200))
def test_any_item_is_an_ask_or_refused_by_name(data):
    try:
        item = codec.decode(data)
    except WireRefused:
        return
    with pytest.raises(WireRefused) as refused:
        ask.read_ask(item if isinstance(item, list) else [item])
    assert refused.value.reason in ("malformed", "schema_too_new")


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (0, 2, "schema_too_new"),
        (0, 0, "malformed"),
        (1, bytes(31), "malformed"),
        (2, LAST_SECOND + 1, "malformed"),
        (3, 5, "schema_too_new"),
        (3, ASKS["take_back"], "malformed"),  # with words
        (3, ASKS["hold"], "malformed"),  # about no alert
        (4, 1, "malformed"),  # to be seen is about no alert
        (5, "x" * 501, "malformed"),
        (5, "a\tb", "malformed"),
        (5, "a\r\nb", "malformed"),
        (5, "a\x00b", "malformed"),
        (5, "a\x1b[31mb", "malformed"),
        (5, "a\u202eb", "malformed"),  # turns the rest of the line round
        (5, "a\u2028b", "malformed"),
        (5, "a\u200bb", "malformed"),
        (5, b"bytes", "malformed"),
    ],
)
def test_an_ask_outside_the_rules_is_refused_by_name(place, value, reason):
    items = ask.ask_items(SEE)
    assert ask.read_ask(items) == SEE
    items[place] = value
    with pytest.raises(WireRefused) as refused:
        ask.read_ask(items)
    assert refused.value.reason == reason


def test_two_asks_do_not_share_an_envelope():
    with pytest.raises(WireRefused) as refused:
        decode_plaintext(encode_plaintext(Plaintext(bytes(16), 0, 1, bytes(32), (SEE, SEE))))
    assert refused.value.reason == "bad_plaintext"


def test_the_longest_words_fit_an_envelope():
    longest = AskMessage(bytes(32), LAST_SECOND, ASKS["see"], 0, "€" * ask.WORDS_MOST)
    whole = Plaintext(bytes(16), 2**53 - 1, 2**53 - 1, bytes(32), (longest,))
    assert len(encode_plaintext(whole)) <= envelope.MAX_WORDS_BYTES
