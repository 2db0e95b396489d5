"""What a question asks for: stems, synonyms, words without a subject."""

from hypothesis import given
from hypothesis import strategies as st

from copilot.synonyms import SYNONYMS
from copilot.words import finds, found_01, joined, stems, tokens, units


def subjects(question: str) -> list[str]:
    return [unit.said for unit in units(question) if not unit.is_plain]


def test_a_question_is_split_into_its_subjects():
    assert subjects("What helps nurses on night shifts to sleep?") == ["nurses", "night shifts", "sleep"]
    assert subjects("Does CBT-I reduce insomnia?") == ["cbt i", "insomnia"]
    assert subjects("Which of these are good?") == []


def test_a_phrase_is_found_by_its_synonyms():
    (unit,) = (unit for unit in units("sick leave") if not unit.is_plain)
    assert finds(joined("Quick returns raised sickness absence."), unit)
    assert finds(joined("Nurses took sick leave."), unit)
    assert not finds(joined("Nurses were absent. Sickness rose."), unit)


def test_british_and_american_spellings_find_each_other():
    (unit,) = units("rationalised")
    assert finds(joined("Tasks were rationalized."), unit)
    (unit,) = units("organizational behavior")[:1]
    assert finds(joined("organisational change"), unit)


def test_what_is_narrower_is_found_and_not_the_other_way_round():
    (doctors,) = units("doctors")
    (resident,) = units("residents")
    assert finds(joined("Residents slept."), doctors)
    assert not finds(joined("The surgeon slept."), resident)


def test_a_phrase_of_the_thesaurus_counts_in_part_and_so_do_its_words():
    (unit,) = units("called in sick")
    assert 0.5 < found_01(joined("Sickness absence fell."), unit) < 0.9
    (unit,) = [one for one in units("sleep better") if one.parts]
    assert found_01(joined("Nurses had more sleep."), unit) > 0.5
    assert found_01(joined("They were happy."), unit) == 0.0


def test_the_thesaurus_says_nothing_of_words_that_the_lists_speak_of():
    assert [one.is_plain for one in units("helps")] == [True]
    assert [one.is_other for one in units("soldiers")] == [True]
    assert not finds(joined("military personnel"), units("soldiers")[0])


def test_the_states_are_a_country_and_us_is_not():
    (usa, surgeons) = units("US surgeons")
    assert usa.is_place
    assert not usa.is_role
    assert surgeons.is_role
    assert [one.said for one in units("Tell us of surgeons") if one.is_place] == []


def test_every_synonym_finds_itself_and_each_other_of_its_row():
    for row in SYNONYMS:
        assert all(stems(phrase) for phrase in (*row.same, *row.narrower)), row
        for asked in row.same:
            found = units(asked)
            if len(found) == 1:  # else a word of it stands in the list of stop words
                assert all(finds(joined(other), found[0]) for other in (*row.same, *row.narrower)), (asked, row)


@given(st.text(max_size=200))
def test_any_text_has_its_tokens(text):
    for token in tokens(text):
        assert token == token.lower()
        assert not any(letter.isspace() or letter in "\"'()*^" for letter in token)
    assert all(unit.forms and len(unit.forms) == len(unit.phrases) for unit in units(text))
