"""What the index is asked: all forms where that is cheap; in a large library, what would read too much is left out."""

import pytest

from copilot.queries import frequency, query
from copilot.words import stems, units


def unit_of(text):
    """The unit of a phrase that has synonyms, and parts."""
    (unit,) = units(text)
    return unit


def test_in_a_small_library_every_form_is_a_phrase():
    unit = unit_of("worn out")
    asked = query(unit, dict.fromkeys({stem for form in unit.forms for stem in form}, 1), 3000)
    assert asked.text.count(" OR ") == len(unit.forms) - 1
    assert " AND " not in asked.text
    assert asked.rows == len(unit.forms)


def test_what_counts_in_part_is_left_out_where_it_would_read_too_much():
    unit = unit_of("worn out")
    known = dict.fromkeys({stem for form in unit.forms for stem in form}, 9000) | dict.fromkeys(stems("worn out"), 20)
    asked = query(unit, known, 3000)
    assert "exhaustion" not in asked.text
    assert "worn" in asked.text
    assert asked.rows <= 20 * len(unit.forms)
    assert frequency(unit, known) == asked.rows


def test_of_a_phrase_with_a_common_word_the_rarer_words_are_searched():
    unit = unit_of("rest break")
    known = dict.fromkeys({stem for form in unit.forms for stem in form}, 0) | {"rest": 90_000, "break": 40}
    asked = query(unit, known, 3000)
    assert '"rest break"' not in asked.text
    assert '("break")' in asked.text
    assert '"rest"' not in asked.text


@pytest.mark.parametrize("text", ['cannabis" OR 1', "NEAR(sleep)", "sleep*", "title:sleep", "a' OR ''", "\u2603 sleep"])
def test_nothing_typed_is_read_as_a_query(text, index):
    found = units(text)
    index.candidates(found)
    for unit in found:
        words = query(unit, {}, 3000).text.replace('"', "").replace("(", " ").replace(")", " ").split()
        assert all(word in ("OR", "AND") or word.isalnum() for word in words)
