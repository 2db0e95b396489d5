"""Sentences: their spans never overlap and hold every letter; abbreviations end none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copilot import reading
from copilot.sentences import spans

PIECES = st.sampled_from(
    ["Nurses slept", " ", ".", "? ", "!", " e.g., ", "et al. ", "vs. ", "P < .001", "95% CI. ", "Dr. ", "(", ")", "\n", "3.5 ", "\u201d ", "J. ", "A", "\u2026 "]
)  # fmt: skip


@given(st.text(max_size=200) | st.lists(PIECES, max_size=30).map("".join))
def test_spans_never_overlap_and_cover_all_but_white_space(text):
    place = 0
    for start, stop in spans(text):
        assert place <= start < stop <= len(text)
        assert not text[place:start].strip()
        assert text[start:stop] == text[start:stop].strip()
        place = stop
    assert not text[place:].strip()


@pytest.mark.parametrize(
    "text",
    [
        "Naps (e.g., 30 min) helped nurses vs. no nap.",
        "As Smith et al. Found in 2017, sleep was short.",
        "Sleep fell (P < .001; 95% CI. 0.2 to 0.4).",
        "Dr. J. A. Smith and Prof. Jones slept on p. 12 of the U.S. Report.",
        "The dose, i.e. The number of nights, was 3.5 a week.",
        "See Fig. 2 and Tab. 3.",
    ],
)
def test_an_abbreviation_ends_no_sentence(text):
    assert [text[start:stop] for start, stop in spans(text)] == [text]


def test_sentences_end_at_stops_marks_and_closing_quotes():
    text = "Did naps help? They did! \u201cSleep was better.\u201d (The end was near.) 12 nurses left. It was 3.5 h."
    assert [text[start:stop] for start, stop in spans(text)] == [
        "Did naps help?",
        "They did!",
        "\u201cSleep was better.\u201d",
        "(The end was near.)",
        "12 nurses left.",
        "It was 3.5 h.",
    ]


def test_the_shipped_passages_are_whole_sentences():
    for passage in reading.load().passages().values():
        found = spans(passage.text)
        assert found[0].start == 0
        assert found[-1].stop == len(passage.text)
