"""Alerts on the wire: round trips, refusals by name, and who signed them."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.wire import alert, codec, codes, receipt
from agent.wire.keys import SignKey

KEY, SITE = SignKey.of(bytes(range(32))), "site"
ALERT = alert.Alert("d1", 7, 3, 1_790_000_000, "silent_days", "with_person", 20_000, 1_790_000_000, 1_790_086_400)
seconds = st.integers(0, 253_402_300_799)
uint = st.integers(0, 2**53 - 1)
alerts = st.builds(
    alert.Alert,
    st.text(max_size=64),
    uint,
    st.integers(1, 2**53 - 1),
    uint,
    st.sampled_from(sorted(codes.codes("rules"))),
    st.sampled_from(sorted(codes.codes("alert_states"))),
    st.integers(0, 2_932_896),
    seconds,
    seconds,
)


@given(alerts)
def test_an_alert_is_read_back_as_it_was_written(made):
    assert alert.decode_alert(made.encode()) == made
    answers = receipt.Answers(1, bytes(16), (made.signed(KEY, SITE),), 2, 1, receipt.Place())
    assert receipt.decode_answers(receipt.encode_answers(answers)) == answers


@given(st.binary(max_size=200))
def test_any_bytes_are_an_alert_or_refused_by_name(data):
    try:
        alert.decode_alert(data)
    except WireRefused as refused:
        assert refused.reason in ("malformed", "schema_too_new")


@given(alerts, st.integers(0, 400), st.integers(1, 255))
def test_any_changed_byte_breaks_the_signature(made, at, flip):
    message = made.signed(KEY, SITE)
    assert alert.is_signed(message, KEY.public, SITE)
    body = bytearray(message.body)
    body[at % len(body)] ^= flip
    assert not alert.is_signed(dataclasses.replace(message, body=bytes(body)), KEY.public, SITE)
    assert not alert.is_signed(message, KEY.public, "other")
    assert not alert.is_signed(message, SignKey.of(bytes(32)).public, SITE)


def test_a_score_is_no_alert():
    """Both are signed by a score key: the label keeps one from standing for the other."""
    from agent.wire import score

    body = ALERT.encode()
    as_score = receipt.ScoreMessage(body, KEY.sign(score.Label.SCORE, SITE, body))
    assert score.is_signed(as_score, KEY.public, SITE)
    assert not alert.is_signed(receipt.AlertMessage(body, as_score.signature), KEY.public, SITE)


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        (4, 99, "schema_too_new"),  # a rule of a newer hub
        (5, 99, "schema_too_new"),
        (2, 0, "malformed"),
        (6, 2_932_897, "malformed"),
        (7, 253_402_300_800, "malformed"),
        (8, 253_402_300_800, "malformed"),
        (0, b"d1", "malformed"),
    ],
)
def test_an_alert_outside_the_rules_is_refused_by_name(place, value, reason):
    items = codec.decode(ALERT.encode())
    items[place] = value
    with pytest.raises(WireRefused) as refused:
        alert.decode_alert(codec.encode(items))
    assert refused.value.reason == reason
