"""A slip of the finger is read as the one word that the papers have within a letter; a real word never is."""

from hypothesis import given
from hypothesis import strategies as st

from copilot.answer import Answer, answer, mended
from copilot.library import Library
from copilot.spelling import LETTERS_LEAST, read_as
from tests.support import made_papers


def test_a_slip_is_read_and_said(tmp_path):
    library = Library(tmp_path, made_papers.corpus(), made_papers.MODEL)
    made = answer(library, "Does mindfullness lower burnout in physicians?")
    assert isinstance(made, Answer)
    assert made.read_as == (("mindfullness", "mindfulness"),)
    assert mended(library, "Does mindfulness lower burnout?") == ("Does mindfulness lower burnout?", ())
    library.close()


def test_each_kind_of_slip_and_what_is_none():
    known = {"insomnia", "sleepiness"}
    for slip in ("insomia", "insomnnia", "insonnia", "insomnai"):
        assert read_as(slip, known) == "insomnia", slip
    assert read_as("insnia", known) == ""  # two slips, and too short
    assert read_as("hammock", known) == ""
    assert read_as("insomniae", {"insomnia", "insomniac"}) == "" or len({"insomnia", "insomniac"}) == 2


@given(st.text(max_size=LETTERS_LEAST - 1))
def test_short_words_are_left_as_they_are(word):
    assert read_as(word, {word[:-1], word + "s"}) == ""
