"""Heart Rate Measurement: two hands wrote it down, one encodes (firmware_sim), one decodes (agent)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.errors import PacketRefused
from agent.sources.strap.heart_rate_packet import Measurement, decode
from firmware_sim import packets

intervals = st.lists(st.integers(1, 0xFFFF), max_size=40)
measurements = st.builds(
    lambda hr, contact, energy, rr, wide: (hr if wide else hr & 0xFF, contact, energy, tuple(rr), wide),
    st.integers(0, 0xFFFF),
    st.sampled_from([None, False, True]),
    st.none() | st.integers(0, 0xFFFF),
    intervals,
    st.booleans(),
)


@given(measurements)
def test_decode_is_the_inverse_of_encode(one):
    hr_bpm, contact, energy_kj, rr_1024, wide = one
    payload = packets.measurement(hr_bpm, rr_1024, contact=contact, energy_kj=energy_kj, wide=wide)
    assert decode(payload) == Measurement(hr_bpm, contact, energy_kj, rr_1024)


@given(st.binary(max_size=600))
def test_any_bytes_decode_or_are_refused_by_name(payload):
    try:
        measured = decode(payload)
    except PacketRefused as refused:
        assert refused.reason in {"short", "long", "odd", "beyond", "empty_interval"}
    else:
        assert all(measured.rr_1024)
        # what decodes says everything it holds: written again it is the same, reserved flags aside
        wide, flagged = bool(payload[0] & 1), bool(payload[0] & 16)
        again = packets.measurement(
            measured.hr_bpm, measured.rr_1024, contact=measured.contact, energy_kj=measured.energy_kj, wide=wide
        )
        assert again[1:] == payload[1:]
        meant = payload[0] & 0x1F
        if not payload[0] & 4:
            meant &= ~2  # a contact bit of a strap that cannot tell means nothing
        if flagged and not measured.rr_1024:
            meant &= ~16
        assert again[0] == meant


@pytest.mark.parametrize(
    ("payload", "measured"),
    [
        # worked by hand from the specification's table
        ("0048", Measurement(72, None, None, ())),
        ("06ff", Measurement(255, True, None, ())),
        ("0400", Measurement(0, False, None, ())),
        ("014801", Measurement(328, None, None, ())),
        ("0848e803", Measurement(72, None, 1000, ())),
        ("10480004", Measurement(72, None, None, (1024,))),
        ("1f48010a0000040003", Measurement(328, True, 10, (1024, 768))),
        ("1648" + "5503" * 9, Measurement(72, True, None, (853,) * 9)),
        ("f648" + "5503", Measurement(72, True, None, (853,))),  # reserved flags are passed over
    ],
)
def test_a_packet_reads_as_the_specification_says(payload, measured):
    assert decode(bytes.fromhex(payload)) == measured


@pytest.mark.parametrize(
    ("payload", "reason"),
    [("", "short"), ("10", "short"), ("1148", "short"), ("104855", "odd"), ("084801", "short"), ("00485503", "beyond"),
     ("10480000", "empty_interval"), ("00" * 513, "long")],
)  # fmt: skip
def test_what_the_specification_does_not_allow_is_refused_by_name(payload, reason):
    with pytest.raises(PacketRefused) as refused:
        decode(bytes.fromhex(payload))
    assert refused.value.reason == reason


def test_a_small_packet_holds_as_many_intervals_as_the_specification_says():
    assert [packets.capacity(23, wide=w, energy=e) for w, e in ((0, 0), (0, 1), (1, 0), (1, 1))] == [9, 8, 8, 7]


@given(st.floats(1, 60_000))
def test_an_interval_is_rounded_to_the_nearest_tick(rr_ms):
    assert abs(packets.ticks(rr_ms) * 1000 / 1024 - rr_ms) <= 1000 / 2048 + 1e-9
