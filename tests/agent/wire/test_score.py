"""Scores of the hub on the wire: round trips, refusals by name, and who signed them."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.scoring.baseline import RESETS
from agent.scoring.channels import CHANNELS
from agent.scoring.instruments import instruments
from agent.scoring.week_rows import REASONS
from agent.wire import codec, codes, receipt, score
from agent.wire.keys import SignKey

KEY, SITE = SignKey.of(bytes(range(32))), "site"
SCORE = score.Score(
    "d1", 7, 20_000, 1_790_000_000, 12, 1_790_000_000, "wardbeat 1", 3, 61.25, 48.0, 73.5, points=(("ln_rmssd", 11.25),)
)
hundredths = st.integers(0, 10_000).map(lambda n: n / 100)
uint = st.integers(0, 2_932_896)


@st.composite
def scores(draw):
    low, index, high = sorted(draw(st.tuples(hundredths, hundredths, hundredths)))
    names = draw(st.sets(st.sampled_from(sorted(CHANNELS)), min_size=1))
    points = tuple(
        (name, draw(st.integers(-10_000, 10_000)) / 100) for name in sorted(names, key=codes.codes("channels").get)
    )
    given_, model = [draw(uint) for _ in range(5)], draw(st.sampled_from(("wardbeat 1", "m")))
    head = (draw(st.text(max_size=64)), *given_, model, draw(st.integers(0, 7)))
    if draw(st.booleans()):
        return score.Score(*head, reason=draw(st.sampled_from(sorted(REASONS))))
    return score.Score(*head, index, low, high, points=points)


@given(scores())
def test_a_score_is_read_back_as_it_was_written(made):
    assert score.decode_score(made.encode()) == made
    answers = receipt.Answers(1, bytes(16), (made.signed(KEY, SITE),), 2, 1, receipt.Place())
    assert receipt.decode_answers(receipt.encode_answers(answers)) == answers


@given(st.binary(max_size=200))
def test_any_bytes_are_a_score_or_refused_by_name(data):
    try:
        score.decode_score(data)
    except WireRefused as refused:
        assert refused.reason in ("malformed", "schema_too_new")


@given(scores(), st.integers(0, 400), st.integers(1, 255))
def test_any_changed_byte_breaks_the_signature(made, at, flip):
    message = made.signed(KEY, SITE)
    assert score.is_signed(message, KEY.public, SITE)
    body = bytearray(message.body)
    body[at % len(body)] ^= flip
    changed = dataclasses.replace(message, body=bytes(body))
    assert not score.is_signed(changed, KEY.public, SITE)
    assert not score.is_signed(message, KEY.public, "other")
    assert not score.is_signed(message, SignKey.of(bytes(32)).public, SITE)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (7, 8, "schema_too_new"),  # a flag of a newer hub
        (11, 99, "schema_too_new"),
        (12, [[99, 10_000]], "schema_too_new"),
        (8, 10_002, "malformed"),  # beyond 100
        (8, 0, "malformed"),  # no index, and no reason
        (11, 2, "malformed"),  # an index, and a reason why there is none
        (9, 9000, "malformed"),  # the interval does not hold the index
        (12, [], "malformed"),
        (12, [[2, 1], [1, 1]], "malformed"),
        (12, [[1, 20_001]], "malformed"),
        (6, "", "malformed"),
        (6, "m" * 33, "malformed"),
        (6, "a\nb", "malformed"),
        (5, 2**50, "malformed"),  # no calendar has that year
        (2, 2_932_897, "malformed"),
    ],
)
def test_a_score_that_breaks_its_rules_is_refused(place, value, reason):
    item = codec.decode(SCORE.encode())
    item[place] = value
    with pytest.raises(WireRefused) as refused:
        score.decode_score(codec.encode(item))
    assert refused.value.reason == reason


def test_the_tables_have_a_code_for_each_word_that_is_scored():
    assert set(codes.codes("channels")) == set(CHANNELS)
    assert set(codes.codes("changes")) == set(RESETS)
    assert set(codes.codes("reasons")) == set(REASONS)
    known = {f"{one.short} {scale.name}" for one in instruments().values() for scale in one.scales}
    assert {scale.name for scale in codes.scales().values()} == known
    for table in ("shifts", "changes", "scales", "channels", "reasons"):
        assert list(codes.names(table)) == list(range(1, len(codes.names(table)) + 1)), "codes only grow"


@pytest.mark.parametrize("code", sorted(codes.scales()))
def test_every_step_of_a_scale_has_a_code_of_its_own(code):
    scale = codes.scales()[code]
    assert [scale.v(scale.value(v)) for v in range(1, scale.v_max + 1)] == list(range(1, scale.v_max + 1))
    for beyond in (scale.low - scale.step, scale.high + scale.step):
        with pytest.raises(WireRefused):
            scale.v(beyond)
