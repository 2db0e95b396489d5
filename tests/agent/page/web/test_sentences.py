"""The agent's sentences in another language: whole, with fields, unknown."""

from hypothesis import given
from hypothesis import strategies as st

from agent.page.web.sentences import Sentences

MADE = Sentences(
    {
        "recording": "zeichnet auf",
        "{0} is out of range now": "{0} ist jetzt außer Reichweite",
        "Move closer, then look for {0} again.": "Gehen Sie näher heran, und suchen Sie erneut nach: {0}",
        "this is a long sentence about {0} and {1}": "{1}, dann {0}",
        "strap": "Gurt",
        "Paused{0}. Nothing is measured.": "Pausiert{0}. Nichts wird gemessen.",
        "until {0}": "bis {0}",
        "Placeholders go out.": "Platzhalter gehen hinaus.",
    },
    ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
)


def test_whole_sentences_fields_and_names():
    assert MADE.say("recording") == "zeichnet auf"
    assert MADE.say("recording.") == "zeichnet auf."
    assert MADE.say("strap is out of range now") == "Gurt ist jetzt außer Reichweite"
    assert MADE.say("this is a long sentence about a and b") == "b, dann a"


def test_a_field_may_be_empty_or_a_clause_with_its_space():
    assert MADE.say("Paused. Nothing is measured.") == "Pausiert. Nichts wird gemessen."
    assert MADE.say("Paused until 6:00. Nothing is measured.") == "Pausiert bis 6:00. Nichts wird gemessen."


def test_a_run_of_sentences_is_said_by_the_longest_template_of_each():
    said = "Paused until Mon 06:00. Nothing is measured. Placeholders go out."
    assert MADE.say(said) == "Pausiert bis Mo. 06:00. Nichts wird gemessen. Platzhalter gehen hinaus."
    assert MADE.say(f"{said} Something new.") == f"{MADE.say(said)} Something new."
    assert MADE.say("Something new. Placeholders go out.") == "Something new. Platzhalter gehen hinaus."


def test_a_weekday_before_a_time_is_of_the_language_and_no_other_word():
    assert MADE.say("Mon is out of range now") == "Mon ist jetzt außer Reichweite"
    assert MADE.say("Sun 09:30 is out of range now") == "So. 09:30 ist jetzt außer Reichweite"


def test_what_is_unknown_stays_as_it_is():
    assert MADE.say("something of a later release") == "something of a later release"
    assert Sentences({}).say("recording") == "recording"
    assert MADE.say("x" * 5000) == "x" * 5000


@given(st.text(max_size=300))
def test_no_text_breaks_it(text):
    assert isinstance(MADE.say(text), str)
