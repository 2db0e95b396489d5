"""Envelopes, messages, receipts, consent records, directories and papers: round trips, and refusals by name."""

import dataclasses
import os
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import WireRefused
from agent.features import FEATURES, wire_days, wire_schema
from agent.model import CodedDay, CodedValue, DayValue
from agent.wire import armor, codec, codes, consent, directory, enroll, envelope, message, receipt, schema, spoken
from agent.wire import days as wire_days_of
from agent.wire.keys import ReceiveKey, SignKey, kid, receive_public
from agent.wire.labels import REASONS
from agent.wire.plaintext import decode_plaintext, encode_plaintext

SIGN, RECEIVE = SignKey.of(bytes(range(32))), ReceiveKey.of(bytes(range(1, 33)))
SENDER = envelope.Sender(SIGN, b"h" * 32, "site", "topic")
STREAM = b"s" * 16
FIRST_DAYS = {
    301: ("shift_hours_h", 0.0, 48.0, 0.25), 302: ("short_rests_n", 0.0, 4.0, 1.0),
    303: ("shortest_rest_h", 0.0, 168.0, 0.25), 304: ("night_shifts_n", 0.0, 4.0, 1.0),
    305: ("longest_shift_h", 0.0, 48.0, 0.25), 306: ("days_off_n", 0.0, 1.0, 1.0),
    307: ("consecutive_days_n", 0.0, 60.0, 1.0), 321: ("sleep_h", 0.0, 24.0, 0.1),
    322: ("sleep_midpoint_h", -12.0, 36.0, 0.1), 323: ("sleep_midpoint_sd_h", 0.0, 12.0, 0.1),
    324: ("sleep_efficiency_01", 0.0, 1.0, 0.01), 331: ("steps_n", 0.0, 200_000.0, 100.0),
    332: ("active_min", 0.0, 1440.0, 5.0), 333: ("resting_hr_bpm", 25.0, 150.0, 1.0),
    334: ("night_hr_min_bpm", 25.0, 150.0, 1.0), 341: ("journal_positive_n", 0.0, 50.0, 1.0),
    342: ("journal_neutral_n", 0.0, 50.0, 1.0), 343: ("journal_negative_n", 0.0, 50.0, 1.0),
    344: ("journal_distressed_n", 0.0, 50.0, 1.0),
}  # fmt: skip
"""Values of days as they were first sent."""

raw16, raw32, raw64 = (
    st.binary(min_size=16, max_size=16),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=64, max_size=64),
)
uint = st.integers(0, 2**53 - 1)
seconds = st.integers(0, 2**40)


def coded(feature_id):
    top = schema.features()[feature_id].v_max
    full = st.builds(
        CodedValue,
        st.just(feature_id),
        st.integers(1, top),
        st.integers(0, 100_000),
        st.integers(0, 1000),
        st.integers(0, 1000),
        st.integers(0, top),
        st.integers(0, top),
    )
    return st.just(CodedValue(feature_id, 0)) | full


values = st.sets(st.sampled_from(sorted(schema.features())), min_size=1).flatmap(
    lambda ids: st.tuples(*(coded(feature_id) for feature_id in sorted(ids)))
)
summaries = st.tuples(
    st.sampled_from(sorted(set(message.PURPOSES) - message.NOTHING_SENT)),
    raw32,
    seconds,
    st.integers(1, 10_000),
    values,
).map(lambda parts: message.SummaryMessage(parts[0], parts[1], parts[2], parts[2] + parts[3], parts[4]))
gaps = st.tuples(raw16, st.integers(1, 2**40), st.integers(0, 1000), st.sampled_from(message.GAP_REASONS)).map(
    lambda parts: message.GapMessage(parts[0], parts[1], parts[1] + parts[2], 1 + parts[2] // 2, parts[3])
)


def ascending(parts):
    return tuple(sorted(parts))


grants = st.sets(
    st.builds(message.Grant, st.text(max_size=64), st.sampled_from(("score", "group")), st.text(max_size=64)),
    max_size=8,
).map(ascending)
within = st.integers(0, 86_399)
days = st.integers(0, 30_000)


def noted(day):
    """Everything that a person can note of one day."""
    at = within.map(lambda second: day * 86_400 + second)
    shifts = st.builds(lambda start, length, kind: message.NotedShift(start, start + length, kind),
                       at, st.integers(1, 36 * 3600), st.sampled_from((1, 2)))  # fmt: skip
    changes = st.builds(lambda start, kind, length: message.NotedChange(start, kind, length and start + length),
                        at, st.integers(1, 4), st.integers(0, 10**6))  # fmt: skip
    offsets = st.builds(message.ClockOffset, at, st.integers(0, 2880))
    answers = st.sampled_from(sorted(codes.scales())).flatmap(
        lambda scale: st.builds(message.NotedAnswer, at, st.just(scale), st.integers(1, codes.scales()[scale].v_max))
    )
    parts = (
        st.lists(one, max_size=24, unique=True).map(lambda rows: tuple(sorted(rows, key=astuple)))
        for one in (shifts, changes, offsets, answers)
    )
    purposes = st.sampled_from(sorted(set(message.PURPOSES) - message.NOTHING_SENT))
    return st.builds(message.ContextMessage, purposes, raw32, st.just(day), *parts)


contexts = days.flatmap(noted)


def coded_day(feature_id):
    return st.builds(
        CodedDay, st.just(feature_id), st.integers(1, wire_days_of.rows()[feature_id].v_max), st.integers(0, 1000)
    )


values_of_days = st.builds(
    message.DaysMessage,
    st.sampled_from(sorted(set(message.PURPOSES) - message.NOTHING_SENT)),
    raw32,
    days,
    st.sets(st.sampled_from(sorted(wire_days_of.rows()))).flatmap(
        lambda ids: st.tuples(*(coded_day(feature_id) for feature_id in sorted(ids)))
    ),
)
messages = (
    summaries
    | gaps
    | st.builds(message.ConsentMessage, st.binary(max_size=200), raw64)
    | st.builds(message.EraseMessage, seconds, seconds)
    | st.builds(message.ProbeMessage, raw16)
    | st.just(message.CoverMessage())
    | st.builds(message.SchemaMessage, st.integers(1, 2**53 - 1))
    | st.builds(message.FeaturesMessage, raw32, st.sets(uint, min_size=1).map(ascending), grants, raw64)
    | contexts
    | values_of_days
    | st.builds(message.AskMessage, raw32, seconds, st.sampled_from((1, 2)))
)
together = (
    messages.map(lambda one: (one,))
    | st.lists(summaries, min_size=1, max_size=4).map(tuple)
    | st.lists(gaps, min_size=1, max_size=4).map(tuple)
)
plaintexts = st.builds(message.Plaintext, raw16, uint, uint, raw32, together)


@pytest.mark.parametrize(
    "mixed",
    [
        (),
        (message.CoverMessage(), message.GapMessage(bytes(16), 1, 1, 1, "age")),
        (message.EraseMessage(1, 1), message.EraseMessage(1, 1)),
        (message.ConsentMessage(b"", bytes(64)), message.ConsentMessage(b"", bytes(64))),
    ],
)
def test_messages_that_do_not_go_together_are_refused(mixed):
    words = encode_plaintext(message.Plaintext(bytes(16), 0, 1, bytes(32), mixed))
    with pytest.raises(WireRefused) as refused:
        decode_plaintext(words)
    assert refused.value.reason == "bad_plaintext"


@pytest.mark.slow
@given(plaintexts)
def test_a_plaintext_is_read_back_as_it_was_written(plaintext):
    assert decode_plaintext(encode_plaintext(plaintext)) == plaintext


@given(st.binary(max_size=200))
def test_any_plaintext_bytes_are_read_or_refused_by_name(data):
    try:
        decode_plaintext(data)
    except WireRefused as refused:
        assert refused.reason in ("bad_plaintext", "schema_too_new")


@given(plaintexts, st.integers(0, 3000), st.integers(1, 255))
def test_any_changed_byte_of_a_plaintext_is_refused_or_means_something_else(plaintext, at, flip):
    words = bytearray(encode_plaintext(plaintext))
    words[at % len(words)] ^= flip
    try:
        read = decode_plaintext(bytes(words))
    except WireRefused as refused:
        assert refused.reason in ("bad_plaintext", "schema_too_new")
    else:
        assert encode_plaintext(read) == bytes(words)


def test_an_unknown_schema_kind_or_feature_waits_for_a_newer_hub():
    for item in (
        ["summary", 3, "future"],
        ["aura", 1],
        ["summary", 2, "payroll", bytes(32), 0, 300, [[1, 1, 0, 0, 0, 0, 0]]],
        ["context", 2, "future"],
        ["context", 1, "payroll", bytes(32), 3, [], [], [], []],
        ["context", 1, "score", bytes(32), 3, [[3 * 86_400, 4 * 86_400, 99]], [], [], []],
        ["context", 1, "score", bytes(32), 3, [], [[3 * 86_400, 99, 0]], [], []],
        ["context", 1, "score", bytes(32), 3, [], [], [], [[3 * 86_400, 99, 1]]],
        ["days", 2, "future"],
        ["days", 1, "payroll", bytes(32), 3, []],
        ["days", 1, "score", bytes(32), 3, [[999, 1, 1000]]],
        ["days", 1, "score", bytes(32), 3, [[308, 1, 1000]]],  # hours of meetings never leave
        ["features", bytes(32), [1], [["heart", "payroll", "x"]], bytes(64)],
        ["gap", bytes(16), 1, 2, 1, "moon"],
        ["summary", 1, "care", bytes(32), 0, 300, [[9999, 1, 0, 0, 0, 0, 0]]],
    ):
        words = codec.encode([bytes(16), 0, 1, bytes(32), [item]])
        with pytest.raises(WireRefused) as refused:
            decode_plaintext(words)
        assert refused.value.reason == "schema_too_new"


@pytest.mark.parametrize(
    "item",
    [
        ["summary", 1, "score", bytes(32), 0, 300, [[1, 1, 0, 0, 0, 0, 0]]],  # an older hub would refuse it for good
        ["summary", 2, "care", bytes(32), 0, 300, [[1, 1, 0, 0, 0, 0, 0]]],
        ["summary", 2, "group", bytes(32), 0, 300, [[1, 1, 0, 0, 0, 0, 0]]],  # nothing is sent to be counted
        ["context", 1, "score", bytes(32), 3, [[86_400, 90_000, 1]], [], [], []],  # another day
        ["context", 1, "score", bytes(32), 3, [[3 * 86_400, 3 * 86_400, 1]], [], [], []],
        ["context", 1, "score", bytes(32), 3, [[3 * 86_400, 5 * 86_400, 1]], [], [], []],  # longer than 36 h
        ["context", 1, "score", bytes(32), 3, [], [[3 * 86_400, 1, 5]], [], []],
        ["context", 1, "score", bytes(32), 3, [], [], [[3 * 86_400, 2881]], []],
        ["context", 1, "score", bytes(32), 3, [], [], [], [[3 * 86_400, 1, 6]]],
        ["context", 1, "score", bytes(32), 3, [], [], [], [[3 * 86_400, 5, 2], [3 * 86_400, 5, 1]]],
        ["context", 1, "score", bytes(32), 3, [], [], [], [[3 * 86_400 + n, 5, 1] for n in range(25)]],
        ["context", 1, "score", bytes(32), 3_000_000, [], [], [], []],
        ["days", 0, "score", bytes(32), 3, []],
        ["days", 1, "group", bytes(32), 3, []],
        ["days", 1, "score", bytes(32), 3_000_000, []],
        ["days", 1, "score", bytes(32), 3, [[321, 0, 0]]],  # a day without a value has no row
        ["days", 1, "score", bytes(32), 3, [[321, 242, 1000]]],  # more than 24 h
        ["days", 1, "score", bytes(32), 3, [[321, 71, 1001]]],  # more than all of the night
        ["days", 1, "score", bytes(32), 3, [[322, 71, 9], [321, 71, 9]]],  # ids descend
        ["days", 1, "score", bytes(32), 3, [[321, 71, 9], [321, 72, 9]]],
        ["days", 1, "score", bytes(32), 3, [[321, 71]]],
        ["features", bytes(32), [1], [["heart", "care", "x"]], bytes(64)],  # the record's own purpose
        ["features", bytes(32), [1], [["heart", "score", "x"], ["heart", "score", "x"]], bytes(64)],
        ["features", bytes(32), [1], [["heart", "score", "x" * 65]], bytes(64)],
    ],
)
def test_a_message_of_schema_2_that_breaks_its_rules_is_refused(item):
    words = codec.encode([bytes(16), 0, 1, bytes(32), [item]])
    with pytest.raises(WireRefused) as refused:
        decode_plaintext(words)
    assert refused.value.reason == "bad_plaintext"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[2, 1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0]],  # ids descend
        [[1, 1, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0, 0]],  # twice
        [[1, 0, 5, 0, 0, 0, 0]],  # withheld, yet it says how many
        [[1, 2302, 0, 0, 0, 0, 0]],  # beyond the range
        [[1, 1, 0, 1001, 0, 0, 0]],  # more than all of the window
        [[1, 1, 0, 0, 0, 0]],
    ],
)
def test_a_summary_that_breaks_its_rules_is_refused(rows):
    words = codec.encode([bytes(16), 0, 1, bytes(32), [["summary", 1, "care", bytes(32), 0, 300, rows]]])
    with pytest.raises(WireRefused) as refused:
        decode_plaintext(words)
    assert refused.value.reason == "bad_plaintext"


def test_the_largest_day_fits_the_one_size():
    values = tuple(CodedDay(row.feature_id, row.v_max, 1000) for row in wire_days_of.rows().values())
    largest = message.DaysMessage("workplace", bytes(32), 2_932_896, values)
    words = encode_plaintext(message.Plaintext(STREAM, 2**53 - 1, 2**53 - 1, bytes(32), (largest,)))
    assert len(words) <= envelope.MAX_WORDS_BYTES


def test_the_largest_message_of_every_feature_fits_the_one_size():
    rows = tuple(
        CodedValue(row.feature_id, row.v_max, 100_000, 1000, 1000, row.v_max, row.v_max)
        for row in schema.features().values()
    )
    largest = message.SummaryMessage("workplace", bytes(32), 2**40, 2**40 + 300, rows)
    words = encode_plaintext(message.Plaintext(STREAM, 2**53 - 1, 2**53 - 1, bytes(32), (largest,)))
    assert len(words) <= envelope.MAX_WORDS_BYTES


def test_values_keep_within_half_a_step():
    for row in schema.features().values():
        for share in (0.0, 0.123456, 0.5, 0.987654, 1.0):
            value = row.low + share * (row.high - row.low)
            back = row.value(row.code(value))
            assert back is not None
            assert abs(back - value) <= row.step / 2 + 1e-9
        with pytest.raises(WireRefused):
            row.code(row.high + row.step)
        with pytest.raises(WireRefused):
            row.value(row.v_max + 1)


def test_the_schema_file_is_what_the_table_says():
    from importlib import resources

    assert resources.files("agent.wire").joinpath("schema_v1.json").read_text() == wire_schema()
    assert {row.name for row in schema.features().values()} <= set(FEATURES)


def test_the_file_of_days_is_what_the_table_says_and_only_grows():
    from importlib import resources

    assert resources.files("agent.wire").joinpath("days_v2.json").read_text() == wire_days()
    limits = {row.feature_id: (row.name, row.low, row.high, row.step) for row in wire_days_of.rows().values()}
    assert FIRST_DAYS.items() <= limits.items(), "a row that was ever sent keeps its id, its limits and its step"
    assert not set(limits) & set(schema.features()), "one numbering"


@given(st.sampled_from(sorted(wire_days_of.by_name())), st.data())
def test_a_value_of_a_day_is_rounded_to_its_step_and_back(name, data):
    row = wire_days_of.by_name()[name]
    value = DayValue(3, name, data.draw(st.floats(row.low, row.high)), data.draw(st.floats(0, 1)))
    coded = wire_days_of.coded(value)
    (back,) = wire_days_of.decoded(3, [coded])
    assert abs(back.value - value.value) <= row.step / 2 + 1e-9
    assert abs(back.coverage_01 - value.coverage_01) <= 0.0005 + 1e-9
    assert wire_days_of.coded(back) == coded


@pytest.mark.parametrize(
    ("name", "value", "coverage_01"),
    [("busy_h", 3.0, 1.0), ("sleep_h", 24.06, 1.0), ("sleep_h", -0.01, 1.0), ("sleep_h", 7.0, 1.1), ("mood", 1.0, 1.0)],
)
def test_a_value_that_never_leaves_or_is_out_of_range_has_no_code(name, value, coverage_01):
    assert wire_days_of.coded(DayValue(3, name, value, coverage_01)) is None


# ---- envelopes


def sealed(words=b"words", seq=1, sender=SENDER):
    return sender.seal(receive_public(RECEIVE.public), kid(RECEIVE.public), (STREAM, seq), words)


@given(st.binary(max_size=envelope.MAX_WORDS_BYTES), st.integers(1, 2**53 - 1))
def test_an_envelope_opens_to_its_words_and_has_one_size(words, seq):
    data = sealed(words, seq)
    read = envelope.decode(data)
    assert len(data) == envelope.ENVELOPE_BYTES
    assert read.signed_by(SIGN.public, "site", "topic")
    assert (read.open(RECEIVE, "site", "topic"), read.header.seq) == (words, seq)


@given(st.binary(max_size=envelope.ENVELOPE_BYTES + 2))
def test_any_bytes_are_an_envelope_or_refused(data):
    with pytest.raises(WireRefused) as refused:
        envelope.decode(data)
    assert refused.value.reason in ("malformed", "too_large")


@given(st.integers(0, envelope.ENVELOPE_BYTES - 1), st.integers(1, 255))
def test_one_changed_byte_is_never_accepted(at, flip):
    data = bytearray(sealed())
    data[at] ^= flip
    try:
        read = envelope.decode(bytes(data))
    except WireRefused:
        return
    assert not read.signed_by(SIGN.public, "site", "topic")


def test_moving_bytes_between_header_and_ciphertext_breaks_the_signature():
    read = envelope.decode(sealed())
    for n in (1, 7, 32):
        header, ciphertext = read.header_bytes + read.ciphertext[:n], read.ciphertext[n:]
        moved = envelope.Envelope(read.header, header, ciphertext, read.signature, read.digest)
        assert not moved.signed_by(SIGN.public, "site", "topic")


def test_another_site_or_topic_neither_verifies_nor_opens():
    read = envelope.decode(sealed())
    for site, topic in (("site", "other"), ("other", "topic")):
        assert not read.signed_by(SIGN.public, site, topic)
        with pytest.raises(WireRefused):
            read.open(RECEIVE, site, topic)


@pytest.mark.parametrize("seq", [0, 2**53, 2**64 - 1])
def test_a_seq_outside_its_range_is_refused_by_name(seq):
    read = envelope.decode(sealed())
    header = read.header_bytes.replace((1).to_bytes(8, "big"), seq.to_bytes(8, "big"))
    data = codec.encode([header, read.ciphertext, read.signature])
    with pytest.raises(WireRefused) as refused:
        envelope.decode(data)
    assert refused.value.reason == "bad_seq"


def test_an_unknown_version_is_refused_by_name():
    read = envelope.decode(sealed())
    header = read.header_bytes[:1] + b"\x02" + read.header_bytes[2:]
    with pytest.raises(WireRefused) as refused:
        envelope.decode(codec.encode([header, read.ciphertext, read.signature]))
    assert refused.value.reason == "unknown_version"


def test_words_beyond_the_one_size_are_never_sealed():
    with pytest.raises(WireRefused):
        sealed(b"x" * (envelope.MAX_WORDS_BYTES + 1))


def test_a_random_generator_that_repeats_gives_different_words_different_message_ids():
    stuck = envelope.Sender(SIGN, b"h" * 32, "site", "topic", urandom=bytes)
    one, other = (envelope.decode(sealed(words, 7, stuck)).header.message_id for words in (b"one", b"two"))
    assert one != other


# ---- receipts


entries = st.builds(receipt.Entry, uint, raw32, st.sampled_from(sorted(REASONS)))
answers = st.lists(
    st.builds(receipt.Receipt, raw16, uint, raw32, st.lists(entries, max_size=receipt.MAX_ENTRIES).map(tuple))
    | st.builds(receipt.Notice, st.sampled_from(sorted(REASONS)), raw16, uint, uint)
    | st.builds(receipt.AlertMessage, st.binary(max_size=90), raw64)
    | st.builds(receipt.LooksMessage, raw32, st.lists(st.binary(max_size=60), min_size=1, max_size=40).map(tuple)),
    max_size=3,
).map(tuple)


@given(st.builds(receipt.Answers, uint, raw16, answers))
def test_answers_are_read_back_as_they_were_written(given_answers):
    assert receipt.decode_answers(receipt.encode_answers(given_answers)) == given_answers


@given(st.binary(max_size=200))
def test_any_answer_bytes_are_read_or_refused(data):
    try:
        receipt.decode_answers(data)
    except WireRefused as refused:
        assert refused.reason == "malformed"


def test_forty_entries_of_one_stream_and_a_notice_fit_the_one_size():
    many = tuple(receipt.Entry(2**53 - 1, bytes(32), 22) for _ in range(receipt.MAX_ENTRIES))
    full = receipt.Answers(
        2**53 - 1,
        bytes(16),
        (receipt.Notice(21, STREAM, 2**53 - 1, 2**53 - 1), receipt.Receipt(STREAM, 2**53 - 1, bytes(32), many)),
    )
    assert len(receipt.encode_answers(full)) <= envelope.MAX_WORDS_BYTES


# ---- consent records

RECORD = consent.ConsentRecord(
    3, "give", "device", "care", bytes(32), 1000, 2000, (consent.Grant("heart", "care", "Service"),)
)


def test_a_consent_record_is_read_back_and_covers_exactly_its_time():
    assert consent.decode_record(RECORD.encode()) == RECORD
    grant = RECORD.grants[0]
    assert RECORD.covers(grant, 1000, 2000)
    assert not RECORD.covers(grant, 999, 1500)
    assert not RECORD.covers(grant, 1500, 2001)
    assert not RECORD.covers(consent.Grant("face", "care", "Service"), 1100, 1200)


def test_the_persons_key_gives_and_the_devices_key_withdraws():
    person, device = SignKey.of(b"p" * 32), SignKey.of(b"d" * 32)
    withdrawal = consent.ConsentRecord(4, "withdraw", "device", "care", bytes(32), 1500, 1500, ())
    assert consent.verified(RECORD.signed(person, "site"), "site", person.public, device.public) == RECORD
    assert consent.verified(withdrawal.signed(device, "site"), "site", person.public, device.public) == withdrawal
    for wrong in (RECORD.signed(device, "site"), withdrawal.signed(person, "site"), RECORD.signed(person, "other")):
        with pytest.raises(WireRefused) as refused:
            consent.verified(wrong, "site", person.public, device.public)
        assert refused.value.reason == "bad_consent"


@given(st.binary(max_size=150))
def test_any_record_bytes_are_read_or_refused(data):
    with pytest.raises(WireRefused) as refused:
        consent.decode_record(data)
    assert refused.value.reason == "bad_consent"


# ---- directory

ROOT, DIRECTORY_KEY = SignKey.of(b"r" * 32), SignKey.of(b"k" * 32)
CERT = directory.DirectoryKey(1, DIRECTORY_KEY.public, 0, 2**37)


def made(version=5, revoked=()):
    return directory.Directory(
        version, 0, 1000, True, (directory.KemKey(RECEIVE.public, 2**37),), (SIGN.public,), (), tuple(revoked)
    )


def test_a_directory_is_believed_only_under_the_pinned_root_and_never_backwards():
    published = directory.publish(ROOT, DIRECTORY_KEY, CERT, made(), "site")
    assert directory.verified(published, "site", ROOT.public, 5).directory == made()
    with pytest.raises(WireRefused) as rolled:
        directory.verified(published, "site", ROOT.public, 6)
    assert rolled.value.reason == "rolled_back"
    other_root = directory.publish(SIGN, DIRECTORY_KEY, CERT, made(), "site")
    other_signer = directory.publish_under(
        CERT.encode(), ROOT.sign(directory.Label.DIRECTORY_KEY, "site", CERT.encode()), SIGN, made(), "site"
    )
    for forged, site in ((other_root, "site"), (other_signer, "site"), (published, "other")):
        with pytest.raises(WireRefused) as refused:
            directory.verified(forged, site, ROOT.public, 0)
        assert refused.value.reason == "bad_signature"


@given(
    st.binary(max_size=100)
    | st.integers(0, 1400).map(lambda cut: directory.publish(ROOT, DIRECTORY_KEY, CERT, made(), "site")[:cut])
)
def test_any_directory_bytes_are_refused(data):
    with pytest.raises(WireRefused):
        directory.verified(data, "site", ROOT.public, 0)


def test_a_revoked_receipt_key_signs_nothing():
    assert made().receipt_key(kid(SIGN.public)) == SIGN.public
    assert made(revoked=[kid(SIGN.public)]).receipt_key(kid(SIGN.public)) is None


def test_the_eight_words_follow_the_key():
    one, other = (directory.fingerprint_words(os.urandom(32)) for _ in range(2))
    assert len(one.split()) == 8
    assert one != other
    # proquint's own example: 127.0.0.1 is lusab-babad
    assert spoken.words(bytes([127, 0, 0, 1])) == "lusab babad"


# ---- papers


def test_papers_survive_hands_and_say_what_is_wrong():
    text = armor.armor("REQUEST", b"x" * 200)
    assert armor.dearmor("REQUEST", f"\n{text}\n") == b"x" * 200
    damaged = text.replace("eHh4", "e?h4", 1)
    for wrong, says in (("hello", "not a Wardbeat"), (text[:-40], "cut short"), (damaged, "damaged")):
        with pytest.raises(WireRefused, match=says):
            armor.dearmor("REQUEST", wrong)


@pytest.mark.parametrize("name", ["", "a/b", "+", "#", "a b", "é", "x" * 65])
def test_a_name_that_could_leave_its_topic_is_refused(name):
    assert not enroll.is_name(name)


# ---- answers of a newer hub, and to an older device

ANSWERED = receipt.Answers(
    3,
    b"i" * 16,
    (receipt.Receipt(STREAM, 7, bytes(32), (receipt.Entry(1, b"d" * 32, 0),)), receipt.Notice(21, STREAM, 9, 4)),
)
PLACED = dataclasses.replace(ANSWERED, schema=2, hub_utc_s=1_800_000_000, place=receipt.Place(41, b"h" * 32))


@pytest.mark.parametrize("answers", [ANSWERED, PLACED])
def test_answers_are_read_back_in_either_schema(answers):
    assert receipt.decode_answers(receipt.encode_answers(answers)) == answers


def test_an_answer_of_the_first_schema_has_three_fields_as_release_0_1_0_reads_them():
    assert len(codec.decode(receipt.encode_answers(ANSWERED))) == 3
    assert len(codec.decode(receipt.encode_answers(PLACED))) == 7


def test_what_only_a_newer_hub_knows_is_passed_over_and_counted():
    words = codec.decode(receipt.encode_answers(PLACED))
    words[2] = [
        ["later", 3, [b"x"]],
        ["receipt", STREAM, 7, bytes(32), [[1, b"d" * 32, 0], [2, b"e" * 32, 99]]],
        ["notice", 99, STREAM, 9, 4],
        ["notice", 21, STREAM, 9, 4],
    ]
    read = receipt.decode_answers(codec.encode(words))
    assert read.answers == ANSWERED.answers
    assert read.unknown == 3


@pytest.mark.parametrize("broken", [[[]], [[1]], ["notice"], [["notice", 1]], [["certificate", 1]]])
def test_answers_that_are_not_answers_are_refused(broken):
    with pytest.raises(WireRefused):
        receipt.decode_answers(codec.encode([1, b"i" * 16, broken]))


def test_a_consent_with_a_purpose_or_schema_of_later_is_too_new_and_not_final():
    item = codec.decode(RECORD.encode())
    for changed in ([2, *item[1:]], [*item[:8], [["heart", "score", "operator"]]]):
        with pytest.raises(WireRefused) as refused:
            consent.decode_record(codec.encode(changed))
        assert refused.value.reason == "schema_too_new"


@pytest.mark.parametrize("beyond", [codec.UTC_S_MOST + 1, 2**53 - 1])
def test_a_time_of_the_hub_that_has_no_date_is_refused(beyond):
    """It would end `ledger --verify`, doctor and the page when they show it."""
    with pytest.raises(WireRefused, match="beyond the calendar"):
        receipt.decode_answers(receipt.encode_answers(dataclasses.replace(PLACED, hub_utc_s=beyond)))
    last = dataclasses.replace(PLACED, hub_utc_s=codec.UTC_S_MOST)
    assert receipt.decode_answers(receipt.encode_answers(last)) == last


def test_only_the_persons_key_names_features():
    person, device = SignKey.of(b"p" * 32), SignKey.of(b"d" * 32)
    yes = RECORD.signed_yes(person, "site", [2, 1, 2])
    assert yes.features.feature_ids == (1, 2)
    assert yes.features.consent_hash == RECORD.hash
    assert consent.names_features(yes.features, "site", person.public)
    assert not consent.names_features(yes.features, "other", person.public)
    assert not consent.names_features(yes.features, "site", device.public)
    wider = dataclasses.replace(yes.features, feature_ids=(1, 2, 3))
    assert not consent.names_features(wider, "site", person.public)
