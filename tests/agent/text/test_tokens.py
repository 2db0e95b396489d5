"""A text as tokens, features and hashes."""

import unicodedata
import zlib

import hypothesis.strategies as st
import pytest
from hypothesis import given

from agent.text import features, language
from agent.text.identity import FORMS, is_identity, shipped_words, terms, without_identity
from agent.text.tokens import MAX_CHARACTERS, is_word, normalised, tokens


def test_signs_and_smileys_stay_and_digits_go():
    assert tokens("Bed 4: 3 falls!!! Why?? :) \U0001f622") == ["bed", "falls", "!!", "why", "??", ":)", "\U0001f622"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ｔｉｒｅｄ", "tired"),  # full width
        ("ti\u200bred", "tired"),  # a space of no width
        ("ti\u00adred", "tired"),  # a soft hyphen
        ("I don\u2019t", "i don't"),
        ("café", "cafe\u0301"),
        ("TIRED\tnight", "tired night"),
        ("an Irish nurse", "a Irish nurse"),
        ("she saw her", "he saw him"),
    ],
)
def test_forms_of_one_text_have_the_same_tokens(one, other):
    assert tokens(one) == tokens(other) != []


def test_ascii_is_normalised_as_any_other_text():
    every = "".join(map(chr, range(128)))
    assert f"{normalised(every)}é" == normalised(f"{every}é")


@given(st.text(alphabet=st.characters(), max_size=300))
def test_any_text_has_tokens_that_have_no_capital_and_no_space(text):
    found = tokens(text)
    assert all(token and not token.isspace() for token in found)
    assert all(unicodedata.normalize("NFC", token.lower()) == token for token in found if token.isascii())
    assert tokens(text) == found


def test_a_long_text_is_read_to_the_limit():
    assert len(tokens("a " * 10 * MAX_CHARACTERS)) == MAX_CHARACTERS // 2
    assert tokens("\ufdfa" * 10 * MAX_CHARACTERS) == tokens("\ufdfa" * MAX_CHARACTERS)  # 18 characters each in NFKC


def test_grams_are_those_of_neighbours():
    assert features.grams(["so", "tired"]) == {"so", "tired", "<s> so", "so tired", "<s> so tired"}
    assert features.grams([]) == set()
    assert features.stems(["exhausted", "bed", "!!", "can't", "drained"]) == {"^exhaust", "^drain"}


def test_a_negation_marks_two_words_and_ends_at_a_sign():
    marked = features.with_negation(["not", "!!", "so", "bad", "can't", "stop", "never", "a", "good", "day"])
    assert marked == ["not", "!!", "so", "bad", "can't", "not:stop", "never", "not:a", "not:good", "day"]


def test_a_hash_is_crc32():
    assert features.hash32("123456789") == 0xCBF43926  # the check value of the standard
    assert features.hash32("naïve") == zlib.crc32("naïve".encode())


def test_each_term_is_lower_case_in_a_known_form_and_once_in_its_row():
    every = terms()
    assert {term.form for term in every} <= set(FORMS)
    assert len({(t.category, t.form, t.word) for t in every}) == len(every)
    assert all(term.word == term.word.lower() and is_word(term.word) for term in every)
    wanted = {"religion", "ethnicity", "nationality", "gender", "orientation", "age", "disability"}
    assert {term.category for term in every} == wanted | {"role"}
    assert all(sum(t.category == category for t in every) >= 20 for category in wanted - {"orientation"})


def test_words_of_feeling_are_not_on_the_list():
    for word in ("tired", "sad", "happy", "angry", "afraid", "miss", "depressed", "pain", "hurt", "lonely", "patient"):
        assert word not in shipped_words()


def test_a_sentence_is_read_as_if_identity_words_were_not_there():
    listed = shipped_words()
    read = [without_identity(tokens(f"I am a tired {word}nurse"), listed) for word in ("", "Jewish ", "gay ", "Deaf ")]
    assert read == [["i", "am", "a", "tired"]] * 4
    assert is_identity("women's", listed)
    assert is_identity("muslims", listed)


def test_latin_letters_are_counted():
    assert language.latin_01("Ich bin müde") == 1.0
    assert language.latin_01("я устала") == 0.0
    assert language.latin_01("12:30 - 14:00") == 1.0
    assert language.latin_01("ab вг") == 0.5


def test_no_short_word_of_another_language_is_one_of_english_or_of_an_english_ward():
    words = language.function_words()
    foreign = frozenset().union(*(some for name, some in words.items() if name != "en"))
    assert len(words) >= 10
    assert not words["en"] & foreign
    assert not {"op", "er", "im", "iv", "mi", "po", "os", "ng", "na", "ct", "icu", "die", "war", "man", "van"} & foreign
