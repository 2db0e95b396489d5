"""Switches and what was announced come back as they were; whatever else lies there is nothing."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.notices import kept
from agent.notices.decision import Memory
from agent.notices.rows import NOTICES
from agent.outbox.rows import NOTICED, NOTICES_ON

KINDS = st.sampled_from(sorted(NOTICES))
ONE_WORLD = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KINDS | st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@ONE_WORLD
@given(
    st.dictionaries(KINDS, st.frozensets(st.text(min_size=1, max_size=9), min_size=1, max_size=3)),
    st.dictionaries(KINDS, st.integers(0, 2**36)),
    st.integers(0, 10**6),
    st.integers(0, 6),
    st.frozensets(KINDS),
)
def test_what_was_kept_comes_back(world, announced, shown_utc_s, day, sent, on):
    with world.outbox() as outbox:
        kept.keep_memory(outbox, Memory(announced, shown_utc_s, frozenset({"strap"}), day, sent))
        assert kept.memory(outbox) == Memory(announced, shown_utc_s, frozenset(), day, sent)
        kept.keep_switched_on(outbox, on)
        assert kept.switched_on(outbox) == on


@ONE_WORLD
@given(
    ANYTHING, st.dictionaries(st.sampled_from(("announced", "shown", "day", "sent")), ANYTHING), st.binary(max_size=20)
)
def test_anything_else_is_read_as_nothing_or_as_a_memory(world, anything, fields, raw):
    with world.outbox() as outbox:
        for value in (json.dumps(anything).encode(), json.dumps(fields).encode(), raw):
            outbox.set_sealed_meta(NOTICED, value)
            outbox.set_sealed_meta(NOTICES_ON, value)
            assert set(kept.memory(outbox).announced) <= set(NOTICES)
            assert kept.switched_on(outbox) <= set(NOTICES)


def test_of_another_key_or_an_altered_value_nothing_is_on(world):
    with world.outbox() as outbox:
        kept.keep_switched_on(outbox, ["strap"])
        sealed = outbox.meta(NOTICES_ON)
        outbox.set_meta(NOTICES_ON, sealed[:-1] + bytes([sealed[-1] ^ 1]))
        outbox.set_meta(NOTICED, sealed)
        assert kept.switched_on(outbox) == frozenset()
        assert kept.memory(outbox) == Memory()
