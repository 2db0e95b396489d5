"""Pictures of any width: ticks are round, labels do not touch, the last one is always there."""

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from agent.page.web import drawing
from agent.page.web.drawing import labels, picture, ticks


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5))
def test_ticks_are_round_and_inside(low, reach):
    found = ticks(low, low + reach)
    assert len(found) <= 5
    assert all(low - 1e-6 * reach <= one <= low + reach * (1 + 1e-6) for one in found)


@given(st.integers(1, 90), st.integers(1, 12))
def test_labels_of_any_width_do_not_touch_and_the_last_is_there(n, characters):
    words = ["x" * characters] * n
    made = [str(one) for one in labels(words, 10)]
    assert "from-200" in made[-1]
    need_px = characters * drawing._CHARACTER_PX
    for wide_px in drawing._WIDTHS_PX:
        shown = [
            one
            for one in made
            if any(
                f"from-{w} " in f"{one.split('class=')[1]} ".replace('"', " ")
                for w in drawing._WIDTHS_PX
                if w <= wide_px
            )
        ]
        at = [float(re.search(r'x="([\d.]+)%', one)[1]) / 100 * wide_px for one in shown]
        assert all(b - a >= need_px * 0.9 for a, b in itertools.pairwise(at)), (wide_px, at)


def test_what_is_read_out_is_escaped():
    made = str(picture("x", "<b>t</b>", 50, [], says=['"><script>', "a"]))
    assert "<script>" not in made
    assert "<b>" not in made
