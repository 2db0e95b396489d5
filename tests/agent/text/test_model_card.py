"""The card of the text model says what the shipped file does, and the training gives what is there."""

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from agent.models.sentiment import card, figures, goemotions, measures, movement, sentences, training, vocabulary

from agent.scoring.rates import calibration_error
from agent.text import features
from agent.text.identity import IdentityTerm, shipped_words
from agent.text.shipped import manifest_row, shipped_table
from agent.text.suggest import probabilities
from agent.text.table import MAX_IDENTITY_01, Constants, Table
from agent.text.tags import TAGS, Tag
from tests.support.processes import shared_file

CARD = json.loads(card.JSON.read_text(encoding="utf-8"))
EMOTIONS = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval disgust "
    "embarrassment excitement fear gratitude grief joy love nervousness optimism pride realization relief remorse sadness "
    "surprise neutral"
)


def rounded(value):
    return json.loads(json.dumps(value))


def test_the_card_is_of_the_shipped_file_and_its_tables_are_printed():
    assert (CARD["sha256"], CARD["bytes"]) == (manifest_row()["sha256"], manifest_row()["bytes"])
    assert card.tables(CARD) in card.TEXT.read_text(encoding="utf-8")
    assert CARD["identity"]["largest_01"] == shipped_table().constants.identity_max_01
    for where in (card.TEXT.read_text(encoding="utf-8"), card.MANIFEST.read_text(encoding="utf-8"), CARD["trained_on"]):
        assert "10.18653/v1/2020.acl-main.372" in where
        assert "Apache-2.0" in where


def test_the_figures_of_the_card_keep_their_limits():
    test = CARD["test"]
    assert test["macro_f1"] >= 0.63
    assert test["ece"] <= 0.03
    assert CARD["bytes"] <= 600_000
    assert CARD["test_texts_left_out_because_they_stand_in_train"] == 37
    thirds = CARD["identity"]["each_third_beyond_the_list"]
    assert all(
        row["largest_01"] <= MAX_IDENTITY_01
        for row in (CARD["identity"]["listed"], CARD["identity"]["unlisted"], *thirds)
    )
    assert sum(row["words"] for row in thirds) == CARD["identity"]["listed"]["words"] >= 40


def test_the_probe_is_what_the_shipped_table_says():
    probe = sentences.probe()
    assert len(probe) >= 60
    assert sum(one.group == "colleague" for one in probe) >= 30
    assert sum(one.group == "clinical" for one in probe) >= 30
    assert len({one.text for one in probe}) == len(probe)
    assert rounded(figures.of_probe(shipped_table())) == CARD["probe"]
    assert figures.of_languages(shipped_table()) == CARD["languages"]


def test_the_probe_stands_in_no_training_text_of_ours():
    texts = [one.text for one in sentences.probe()]
    for path in sorted(Path(training.__file__).parent.glob("*.py")):
        source = path.read_text(encoding="utf-8")
        assert not any(text in source for text in texts), path.name


@pytest.mark.slow
def test_no_word_of_who_a_person_is_moves_the_shipped_table_too_far():
    listed, unlisted = figures.shipped_movements(shipped_table())
    assert max(listed.largest_01, unlisted.largest_01) <= MAX_IDENTITY_01
    assert round(listed.largest_01, 4) == CARD["identity"]["listed"]["largest_01"]
    assert round(unlisted.largest_01, 4) == CARD["identity"]["unlisted"]["largest_01"]


def test_terms_beyond_the_list_are_not_on_it():
    listed = shipped_words()
    assert len(movement.UNLISTED) >= 40
    assert not [term.word for term in movement.UNLISTED if term.word in listed or term.word.removesuffix("s") in listed]
    folds = [movement.without_fold(fold) for fold in range(movement.FOLDS)]
    for term in movement.measured():
        assert sum(term.word not in left_out for left_out in folds) == 1


def test_a_table_that_a_word_moves_is_found():
    weights = np.array([[0, 0, 90, 0]], dtype=np.int8)
    constants = Constants(0.1, (0.0, 0.0, 0.0, 0.0), 1.0, (0.5, 0.5, 0.5, 0.5), 0.0, 1, 0.0, "")
    table = Table(constants, np.array([features.hash32("cornish")], dtype=np.uint32), weights)
    terms = [IdentityTerm("ethnicity", "adjective", "cornish"), IdentityTerm("ethnicity", "adjective", "breton")]

    found = movement.movement(table, terms, shipped_words())

    assert (found.word, found.words) == ("cornish", 2)
    assert found.largest_01 > 0.5
    assert found.changed == len(movement.ADJECTIVE)
    assert movement.movement(table, terms, shipped_words() | {"cornish"}).largest_01 == 0.0


@pytest.mark.slow
def test_the_test_figures_are_what_the_texts_give():
    texts, doubles = figures.test_texts(shared_file("data/signals/text"))
    assert doubles == CARD["test_texts_left_out_because_they_stand_in_train"]
    assert rounded(figures.of_test(shipped_table(), texts)) == CARD["test"]


@pytest.mark.long
def test_training_gives_the_shipped_weights():
    """The constants of identity words need three more trainings: `make bench-text PART=repeat`."""
    folder = shared_file("data/signals/text")
    train = goemotions.read(folder, "train")
    dev = goemotions.read(folder, "dev").without(train)
    shipped = shipped_table()
    made = training.train(train, dev, shipped_words(), shipped.constants.identity_sha256)
    assert np.array_equal(made.hashes, shipped.hashes)
    # another processor rounds the last bit otherwise
    assert np.mean(made.weights != shipped.weights) < 0.01
    assert np.abs(made.weights.astype(int) - shipped.weights).max() <= 1


# ---- the parts of the training, on drawn texts


def drawn(n, seed):
    """Texts whose tag has its words; half of their words are of no tag."""
    rng = np.random.default_rng(seed)
    own = (["glad", "lovely"], ["chair", "table"], ["awful", "rude"], ["weeping", "afraid"])
    tags = np.tile(np.arange(len(TAGS)), n // len(TAGS))
    raw = [" ".join([*rng.choice(own[tag], 2), *rng.choice(["the", "ward", "with", "lamp"], 3)]) for tag in tags]
    return goemotions.Texts(tuple(raw), tags)


@pytest.mark.slow
def test_drawn_texts_are_learnt_and_two_trainings_are_the_same_bytes():
    made = [training.train(drawn(400, 1), drawn(200, 2), frozenset(), "x") for _ in range(2)]
    assert training.encode(made[0]) == training.encode(made[1])
    assert made[0].constants.identity_max_01 == 1.0  # until it is measured, no program loads the table
    texts = drawn(100, 3)
    said = [max(TAGS, key=probabilities(made[0], text.split()).of) for text in texts.raw]
    assert [TAGS.index(tag) for tag in said] == texts.tags.tolist()


def test_words_that_are_left_out_have_no_feature():
    table = training.train(drawn(400, 1), drawn(200, 2), frozenset({"weeping", "chair"}), "x")
    for name in ("weeping", "^weep", "chair", "weeping afraid"):
        assert table.rows(np.array([features.hash32(name)], dtype=np.uint32)).tolist() == [-1]
    assert table.rows(np.array([features.hash32("afraid")], dtype=np.uint32)).tolist() != [-1]


def test_features_of_no_tag_are_left_out():
    texts = drawn(400, 1)
    every = [
        vocabulary.features_of(text.split(), vocabulary.known_words([t.split() for t in texts.raw]))
        for text in texts.raw
    ]
    kept = set(vocabulary.with_evidence(every, texts))
    assert {"glad", "chair", "rude", "afraid"} <= kept
    assert not {"the", "ward", "lamp"} & kept


def test_words_with_a_capital_inside_a_sentence_are_names():
    raw = ["We met Zorban today", "the Zorban nurse", "Table is laid", "a table", "I said I am HAPPY", "so HAPPY now"]
    assert vocabulary.capitalised(raw) == {"zorban"}


# ---- the data set


def test_every_emotion_has_one_tag_and_the_worst_wins(tmp_path):
    assert sorted(" ".join(goemotions.EMOTIONS.values()).split()) == sorted(EMOTIONS.split())
    names = EMOTIONS.split()
    (tmp_path / "goemotions_labels.txt").write_text(EMOTIONS.replace(" ", "\n"))
    rows = ["joy", "joy,sadness", "anger,joy", "anger,fear", "neutral,joy", "surprise", "relief,neutral,disgust"]
    lines = [f"{row}\t{','.join(str(names.index(name)) for name in row.split(','))}\n" for row in rows]
    with lzma.open(tmp_path / "goemotions_dev.tsv.xz", "wt") as file:
        file.writelines(lines)

    read = goemotions.read(tmp_path, "dev")

    wanted = [Tag.POSITIVE, Tag.DISTRESSED, Tag.NEGATIVE, Tag.DISTRESSED, Tag.POSITIVE, Tag.NEUTRAL, Tag.NEGATIVE]
    assert [TAGS[place] for place in read.tags] == wanted
    assert goemotions.readable("[NAME] is [RELIGION]!").split() == ["is", "!"]


@pytest.mark.parametrize("line", ["no label\n", "a text\t99\n", "a text\tjoy\n", "\n"])
def test_a_line_of_another_form_is_refused(tmp_path, line):
    (tmp_path / "goemotions_labels.txt").write_text(EMOTIONS.replace(" ", "\n"))
    with lzma.open(tmp_path / "goemotions_dev.tsv.xz", "wt") as file:
        file.write("fine\t0\n" + line)
    with pytest.raises(ValueError, match="line 2"):
        goemotions.read(tmp_path, "dev")


def test_doubles_are_left_out():
    texts = goemotions.Texts(("a", "b", "c"), np.array([0, 1, 2]))
    left = texts.without(goemotions.Texts(("b",), np.array([3])))
    assert (left.raw, left.tags.tolist()) == (("a", "c"), [0, 2])


# ---- the measures


def test_macro_f1_by_hand():
    table = measures.confusion(np.array([0, 0, 1, 2, 3, 3]), np.array([0, 1, 1, 2, 3, 0]))
    assert table.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 1]]
    assert measures.macro_f1(table) == pytest.approx((1 / 2 + 2 / 3 + 1 + 2 / 3) / 4)


def test_calibration_of_sure_and_wrong_is_one():
    assert calibration_error(np.array([1.0, 1.0]), np.array([False, False]), figures.BINS) == 1.0
