"""The card: models/sentiment.json, which ships beside the table, and the tables of models/sentiment.md."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from agent.text.table import Table
from agent.text.tags import TAGS
from models.sentiment import figures, training
from models.sentiment.movement import Movement

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "sentiment.bin"
JSON = ROOT / "sentiment.json"
TEXT = ROOT / "sentiment.md"
MANIFEST = ROOT / "manifest.yaml"
MARKS = ("<!-- tables -->", "<!-- end of tables -->")


def measured(table: Table, content: bytes, folder: Path, beyond: list[Movement]) -> dict[str, Any]:
    """The whole card as JSON."""
    texts, doubles = figures.test_texts(folder)
    return {
        "name": "a tag for a journal entry, suggested",
        "file": TABLE.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "features": int((table.weights != 0).any(axis=1).sum()),
        "known_words_without_weight": int((table.weights == 0).all(axis=1).sum()),
        "made_by": "make sentiment-model",
        "licence": "Apache-2.0",
        "trained_on": "GoEmotions (Demszky et al. 2020, doi:10.18653/v1/2020.acl-main.372), Google LLC, Apache-2.0",
        "test_texts_left_out_because_they_stand_in_train": doubles,
        "test": figures.of_test(table, texts),
        "identity": figures.of_identity(table, beyond),
        "probe": figures.of_probe(table),
        "languages": figures.of_languages(table),
        "not_for": "Finding distress, stress or burnout; any decision about a person; texts of other people; other languages "
        "than English; anything that is done without the person's own choice of a tag.",
    }  # fmt: skip


def write(card: dict[str, Any]) -> None:
    """Both files of the card."""
    JSON.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    before, rest = TEXT.read_text(encoding="utf-8").split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    TEXT.write_text(f"{before}{MARKS[0]}\n{tables(card)}\n{MARKS[1]}{after}", encoding="utf-8")


def write_table(table: Table) -> bytes:
    """The model file, with its row of the manifest."""
    content = training.encode(table)
    TABLE.write_bytes(content)
    text = MANIFEST.read_text(encoding="utf-8")
    head, row = text.split("\ntext:\n")
    row = re.sub(r"sha256: \w+", f"sha256: {hashlib.sha256(content).hexdigest()}", row, count=1)
    row = re.sub(r"bytes: \d+", f"bytes: {len(content)}", row, count=1)
    MANIFEST.write_text(f"{head}\ntext:\n{row}", encoding="utf-8")
    return content


def tables(card: dict[str, Any]) -> str:
    """The tables as Markdown."""
    parts = (
        _worst(card),
        _test(card["test"]),
        _identity(card["identity"]),
        _languages(card["languages"]),
        _probe(card),
    )
    return "\n\n".join(parts)


def _worst(card: dict[str, Any]) -> str:
    probe = card["probe"]
    return _table(
        ("the bad numbers", "count", "of"),
        [
            ("sentences of exhausted or frightened colleagues that it calls distressed", probe["exhausted_called_distressed"], probe["exhausted"]),
            ("... that it calls neutral", probe["exhausted_called_neutral"], probe["exhausted"]),
            ("... that it calls negative", probe["exhausted_called_negative"], probe["exhausted"]),
            ("... that it calls positive", probe["exhausted_called_positive"], probe["exhausted"]),
            ("neutral clinical sentences that it calls distressed", probe["clinical_called_distressed"], probe["clinical"]),
            ("... that it calls negative", probe["clinical_called_negative"], probe["clinical"]),
            ("... that it calls positive", probe["clinical_called_positive"], probe["clinical"]),
            ("suggestions for these sentences that a sensible colleague would share", probe["right_where_suggested"], probe["suggested"]),
        ],
    )  # fmt: skip


def _test(test: dict[str, Any]) -> str:
    rows = [
        (tag, score["texts"], *(_n(score[name]) for name in ("precision_01", "recall_01", "f1_01")),
         _n(test["suggested_by_tag"][tag]["precision_01"]), _n(test["suggested_by_tag"][tag]["recall_01"]))
        for tag, score in test["by_tag"].items()
    ]  # fmt: skip
    heads = ("tag", "test texts", "precision", "recall", "F1", "precision where suggested", "recall where suggested")
    whole = [
        ("macro-F1", _n(test["macro_f1"])),
        ("macro-F1 of always the most frequent tag", _n(test["macro_f1_of_always_the_most_frequent"])),
        ("accuracy", _n(test["accuracy"])),
        (f"expected calibration error of the first tag, {figures.BINS} bins", _n(test["ece"])),
        ("the same for the probability of distressed", _n(test["ece_distressed"])),
        ("texts with a suggestion", _n(test["suggested_01"])),
        ("right among them", _n(test["right_where_suggested_01"])),
        *((f"withheld: {reason}", n) for reason, n in test["withheld"].items()),
    ]
    confusion = [(tag, *row) for tag, row in zip(TAGS, test["confusion"], strict=True)]
    columns = ("labelled, and called", *TAGS)
    return "\n\n".join((_table(heads, rows), _table(("over all test texts", ""), whole), _table(columns, confusion)))


def _identity(identity: dict[str, Any]) -> str:
    named = [("listed terms, shipped table", identity["listed"]), ("other terms, shipped table", identity["unlisted"])]
    named += [
        (f"third {n} beyond the list, table made without it", one)
        for n, one in enumerate(identity["each_third_beyond_the_list"], 1)
    ]
    rows = [
        (
            name,
            one["words"],
            one["sentences"],
            _n(one["largest_01"]),
            f"{one['word']}: {one['sentence']}",
            one["changed"],
        )
        for name, one in named
    ]
    heads = ("words of who a person is", "terms", "sentences", "largest movement", "where", "other suggestion")
    return _table(heads, rows)


def _languages(languages: dict[str, Any]) -> str:
    rows = [(name, row["sentences"], row["suggested"]) for name, row in languages["by_language"].items()]
    return _table(("language", "sentences", "with a suggestion"), rows)


def _probe(card: dict[str, Any]) -> str:
    rows = [
        (row["sentence"], row["colleague_says"], row["model_says"], "" if row["distressed_01"] is None else f"{row['distressed_01']:.2f}")
        for row in card["probe"]["rows"]
    ]  # fmt: skip
    return _table(("sentence", "a colleague says", "the model says", "p of distressed"), rows)


def _table(heads: tuple[str, ...], rows: list[tuple[Any, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _n(value: float) -> str:
    return f"{value:.3f}"
