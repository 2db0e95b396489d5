"""The person's own weeks and the hub's are made of the same values of days."""

from hypothesis import given
from hypothesis import strategies as st

from agent.model import DayValue
from agent.tables.days import DAYS
from agent.weeks.days_as_sent import days_as_sent
from agent.wire import days

LEAVES = sorted(name for name, spec in DAYS.items() if spec.release == "whole")


@given(st.sampled_from(LEAVES), st.data())
def test_a_value_is_what_the_hub_decodes_and_rounded_once(name, data):
    value = DayValue(9, name, data.draw(st.floats(DAYS[name].low, DAYS[name].high)), data.draw(st.floats(0, 1)))
    (sent,) = days_as_sent([value])
    assert [sent] == days.decoded(9, [days.coded(value)])
    assert list(days_as_sent([sent])) == [sent]
    assert abs(sent.value - value.value) <= DAYS[name].step / 2 + 1e-9


def test_what_never_leaves_or_has_no_code_stays_as_it_is():
    values = [DayValue(9, "busy_h", 3.14159, 1.0), DayValue(9, "sleep_h", 24.7, 1.0)]
    assert list(days_as_sent(values)) == values
