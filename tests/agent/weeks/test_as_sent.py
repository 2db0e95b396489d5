"""The person's own weeks are made of the numbers that leave."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from agent.model import FeatureValue, Summary
from agent.scoring.columns import FEATURES, columns_of
from agent.weeks.as_sent import as_sent
from agent.wire import schema

RMSSD = schema.features()[2]


def columns(*values):
    return columns_of([Summary(0, 300, values)])


@given(st.floats(0.0, 500.0))
def test_a_value_is_what_its_code_says_and_rounded_once(value):
    sent = as_sent(columns(FeatureValue("rmssd_ms", value, 9, 1.0, 0.0)))
    (rounded,) = sent.values["rmssd_ms"].tolist()
    assert rounded == RMSSD.value(RMSSD.code(value))
    assert as_sent(sent).values["rmssd_ms"].tolist() == [rounded]
    assert abs(rounded - value) <= RMSSD.step / 2 + 1e-9


def test_every_code_of_every_feature_has_its_value_to_the_last_bit():
    for row in schema.features().values():
        if row.name in FEATURES:
            values = [row.value(code) for code in range(1, row.v_max + 1)]
            summaries = [Summary(0, 300, (FeatureValue(row.name, value, 9, 1.0, 0.0),)) for value in values]
            assert as_sent(columns_of(summaries)).values[row.name].tolist() == values


def test_withheld_values_and_those_without_a_code_stay_as_they_are():
    values = (
        FeatureValue("rmssd_ms", None, 0, 0.0, 0.0, reason="too short"),
        FeatureValue("hr_mean_bpm", 400.0, 9, 1.0, 0.0),
    )
    sent = as_sent(columns(*values))
    assert np.isnan(sent.values["rmssd_ms"]).all()
    assert sent.values["hr_mean_bpm"].tolist() == [400.0]
