"""The person's own weeks are made of the numbers that leave."""

from hypothesis import given
from hypothesis import strategies as st

from agent.model import FeatureValue, Summary
from agent.weeks.as_sent import as_sent
from agent.wire import schema

RMSSD = schema.features()[2]


@given(st.floats(0.0, 500.0))
def test_a_value_is_what_its_code_says_and_rounded_once(value):
    summary = Summary(0, 300, (FeatureValue("rmssd_ms", value, 9, 1.0, 0.0),))
    (sent,) = as_sent([summary])
    assert sent.values[0].value == RMSSD.value(RMSSD.code(value))
    assert list(as_sent([sent])) == [sent]
    assert abs(sent.values[0].value - value) <= RMSSD.step / 2 + 1e-9


def test_other_values_withheld_ones_and_those_without_a_code_stay_as_they_are():
    values = (
        FeatureValue("rmssd_ms", None, 0, 0.0, 0.0, reason="too short"),
        FeatureValue("sdnn_ms", 41.23456, 9, 1.0, 0.0),
        FeatureValue("hr_mean_bpm", 400.0, 9, 1.0, 0.0),
    )
    assert list(as_sent([Summary(0, 300, values)])) == [Summary(0, 300, values)]
