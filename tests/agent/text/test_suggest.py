"""Suggestions: what is read, what is withheld and why, and that a text goes nowhere."""

import logging
import subprocess
import sys
import textwrap

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from agent.errors import PolicyDenied
from agent.tables.profiles import PROFILES, Profile
from agent.text import availability, features
from agent.text.shipped import shipped_table
from agent.text.suggest import known_01, probabilities, suggest
from agent.text.table import Constants, Table
from agent.text.tags import TAGS, WORDS, Probabilities, Suggestion, Tag, Withheld
from agent.text.tokens import MAX_CHARACTERS, tokens

CANARY = "zanzibarquokka"


def table_of(weights, *, min_features=1, temperature=1.0, known=(), least=(0.5, 0.5, 0.5, 0.5)):
    """A table with these int8 rows by feature, and known words without a weight."""
    rows = {features.hash32(word): (0, 0, 0, 0) for word in known}
    rows |= {features.hash32(feature): row for feature, row in weights.items()}
    hashes = sorted(rows)
    constants = Constants(0.1, (0.0, 0.0, 0.0, 0.0), temperature, least, 0.6, min_features, 0.0, "")
    matrix = np.array([rows[one] for one in hashes], dtype=np.int8).reshape(len(hashes), 4)
    return Table(constants, np.array(hashes, dtype=np.uint32), matrix)


def test_probabilities_are_a_softmax_of_the_weights_over_the_root_of_their_count():
    table = table_of({"glad": (20, 0, 0, 0), "so glad": (10, 0, 0, 0)}, known=("so",), temperature=2.0)

    found = probabilities(table, ["so", "glad"])

    e = np.exp(0.1 * 30 / np.sqrt(2) / 2)
    assert found.positive_01 == pytest.approx(e / (e + 3))
    assert sum(found.of(tag) for tag in TAGS) == pytest.approx(1.0)


def test_one_word_alone_counts_little():
    weights = {"glad": (20, 0, 0, 0)}
    alone = probabilities(table_of(weights, min_features=16), ["glad"])
    assert 0.25 < alone.positive_01 < probabilities(table_of(weights), ["glad"]).positive_01


def test_unknown_words_are_skipped_before_pairs_are_formed():
    table = table_of({"so glad": (30, 0, 0, 0)}, known=("so", "glad"))
    assert probabilities(table, ["so", "very", "glad"]) == probabilities(table, ["so", "glad"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Withheld.EMPTY),
        (" \n\t ", Withheld.EMPTY),
        ("12:30 ...", Withheld.EMPTY),
        ("\u200b\u200b", Withheld.EMPTY),
        ("so tired", Withheld.TOO_SHORT),
        (":) :) :)", Withheld.TOO_SHORT),
        ("I am so happy today " * 60, Withheld.TOO_LONG),
        ("Я очень устала после смены", Withheld.NOT_LATIN),
        ("今日はとても疲れました", Withheld.NOT_LATIN),
        ("أنا متعبة جدا بعد المناوبة", Withheld.NOT_LATIN),
        ("είμαι πολύ κουρασμένη σήμερα", Withheld.NOT_LATIN),
        ("Ich bin nach der Nacht sehr müde und traurig", Withheld.NOT_ENGLISH),
        ("Estoy muy cansada y triste por la noche", Withheld.NOT_ENGLISH),
        ("Je suis très fatiguée et triste ce soir", Withheld.NOT_ENGLISH),
        ("Xqzt bvvk plorn wuggit frabble", Withheld.UNKNOWN_WORDS),
        ("I am so tired that I forgot how I drove home", Withheld.UNSURE),
    ],
)
def test_a_suggestion_is_withheld_with_its_reason(text, reason):
    found = suggest(shipped_table(), text)
    assert (found.tag, found.reason) == (None, reason)
    assert (found.probabilities is None) == (reason is not Withheld.UNSURE)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("I love working with this team, thank you all!", Tag.POSITIVE),
        ("This is so annoying, I am angry at the stupid rota", Tag.NEGATIVE),
        ("I am so sad and scared tonight", Tag.DISTRESSED),
        ("What time is the meeting on the third floor?", Tag.NEUTRAL),
    ],
)
def test_plain_sentences_get_their_tag(text, tag):
    found = suggest(shipped_table(), text)
    assert (found.tag, found.reason) == (tag, None)
    least = shipped_table().constants.min_probability_01[TAGS.index(tag)]
    assert found.probabilities.of(tag) == max(found.probabilities.of(one) for one in TAGS) >= least >= 0.5


@pytest.mark.parametrize(
    "text", ["I am not happy with this", "I have not laughed in weeks", "I don't feel good about today"]
)
def test_a_negated_word_of_joy_is_no_joy(text):
    assert suggest(shipped_table(), text).tag is not Tag.POSITIVE
    assert suggest(shipped_table(), "I am happy with this, I laughed and I feel good").tag is Tag.POSITIVE


def test_each_tag_is_withheld_below_its_own_limit():
    weights = {"glad": (20, 0, 0, 0), "sad": (0, 0, 0, 20)}
    table = table_of(weights, known=("i", "am"), least=(0.5, 0.5, 0.5, 0.9))
    assert suggest(table, "i am glad").tag is Tag.POSITIVE
    assert suggest(table, "i am sad").reason is Withheld.UNSURE


def test_the_share_of_known_words_counts_words_alone():
    table = table_of({}, known=("i", "am"))
    assert known_01(table, tokens("I am !! zorbed :)")) == pytest.approx(2 / 3)
    assert known_01(table, []) == 1.0


@given(st.text(alphabet=st.characters(), max_size=1200))
def test_any_text_gets_a_tag_or_a_reason(text):
    found = suggest(shipped_table(), text)
    assert (found.tag is None) == (found.reason is not None)
    if found.probabilities is not None:
        assert sum(found.probabilities.of(tag) for tag in TAGS) == pytest.approx(1.0)


def test_lone_surrogates_and_texts_of_a_megabyte_are_read():
    assert suggest(shipped_table(), "I love \ud800 this team").tag is Tag.POSITIVE
    assert suggest(shipped_table(), "love " * 200_000).reason is Withheld.TOO_LONG
    assert suggest(shipped_table(), "love " * (MAX_CHARACTERS // 5)).reason is not Withheld.TOO_LONG


def test_each_reason_has_a_sentence():
    assert set(WORDS) == set(Withheld)
    assert all(words.endswith(".") for words in WORDS.values())


def test_a_text_is_in_no_log_no_answer_and_no_error(caplog, capfd):
    caplog.set_level(logging.DEBUG)
    endings = (
        "",
        " and I love it so much, thank you",
        " ich bin sehr müde und nicht gut",
        " очень устала сегодня",
        " x" * 600,
    )
    answers = [suggest(shipped_table(), f"{CANARY}{ending}") for ending in endings]
    answers.append(suggest(shipped_table(), f"I am so happy {CANARY} today, thank you"))
    with pytest.raises(PolicyDenied) as refused:
        availability.table_for(PROFILES["eu-workplace"], is_on=True)

    assert {answer.reason for answer in answers} >= {Withheld.TOO_SHORT, Withheld.TOO_LONG, Withheld.NOT_ENGLISH, None}
    out = "".join((*capfd.readouterr(), caplog.text, repr(answers), str(refused.value), refused.value.remedy))
    assert CANARY not in out
    logging.getLogger("agent").info(CANARY)
    assert CANARY in caplog.text  # the canary is seen where somebody logs it


def test_suggestions_never_exist_in_a_workplace_and_are_off_unless_switched_on():
    for profile in PROFILES.values():
        assert availability.table_for(profile, is_on=False) is None
        assert availability.exists_in(profile) == (profile.name != "eu-workplace")
    with pytest.raises(PolicyDenied, match="eu-workplace"):
        availability.table_for(PROFILES["eu-workplace"], is_on=True)
    assert availability.table_for(PROFILES["personal"], is_on=True) is shipped_table()
    strict = Profile("clinic", "", frozenset(), ("workplace",), frozenset(), forbidden_words=("emotion",))
    assert not availability.exists_in(strict)


def test_an_answer_holds_no_text():
    names = set(Suggestion.__slots__) | set(Probabilities.__slots__)
    assert names == {"tag", "reason", "probabilities", *(f"{tag.value}_01" for tag in TAGS)}


PROGRAM = """
    import sys
    events = []
    sys.addaudithook(lambda event, args: events.append((event, str(args[0]) if args else "")))
    from agent.text.shipped import shipped_table
    from agent.text.suggest import suggest
    table = shipped_table()
    used = len(events)
    for text in ("I am so happy today", "", "ich bin sehr müde", "so tired"):
        suggest(table, text)
    network = {event for event, _ in events if event.startswith(("socket.", "urllib.", "http.", "ftplib."))}
    started = {event for event, _ in events if event in ("subprocess.Popen", "os.system", "os.exec", "os.fork")}
    pickles = {event for event, _ in events if event.startswith("pickle.")}
    opened = [what for event, what in events[used:] if event == "open" and not what.endswith("_words.txt")]
    training = [name for name in sys.modules if name.startswith(("scipy", "sklearn", "agent.models.", "models."))]
    sys.exit(str((network, started, pickles, opened, training)) if network or started or pickles or opened or training else 0)
"""


@pytest.mark.process
def test_import_and_use_open_no_socket_no_pickle_and_no_training_code():
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(PROGRAM)], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    planted = textwrap.dedent(PROGRAM).replace(
        "used = len(events)", "used = len(events)\nimport socket\nsocket.socket()"
    )
    ran = subprocess.run([sys.executable, "-c", planted], capture_output=True, text=True, timeout=60)
    assert "socket" in ran.stderr  # the hook sees a socket where somebody makes one
