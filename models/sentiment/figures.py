"""Every figure of the card, measured with the shipped bytes by the program's own code; two runs give the same."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from agent.scoring.rates import calibration_error
from agent.text.identity import shipped_words, without_identity
from agent.text.suggest import probabilities, suggest
from agent.text.table import MAX_IDENTITY_01, Table
from agent.text.tags import TAGS, Tag, Withheld
from agent.text.tokens import tokens
from models.sentiment import goemotions, measures, sentences
from models.sentiment.goemotions import Texts, readable
from models.sentiment.movement import ADJECTIVE, NOUN, UNLISTED, Movement, measured, movement

BINS = 15


def test_texts(folder: Path) -> tuple[Texts, int]:
    """The test part without texts that stand in the training part, and how many those are."""
    every = goemotions.read(folder, "test")
    kept = every.without(goemotions.read(folder, "train"))
    return kept, len(every.raw) - len(kept.raw)


def of_test(table: Table, texts: Texts) -> dict[str, Any]:
    """Macro-F1 and calibration over all texts; then what the program would have suggested."""
    kept = (without_identity(tokens(readable(text)), shipped_words()) for text in texts.raw)
    p = np.array([[found.of(tag) for tag in TAGS] for found in (probabilities(table, one) for one in kept)])
    said, top = p.argmax(axis=1), p.max(axis=1)
    counts = measures.confusion(texts.tags, said)
    given = [suggest(table, readable(text)) for text in texts.raw]
    answered = [place for place, one in enumerate(given) if one.tag is not None]
    offered = np.array([TAGS.index(given[place].tag or Tag.NEUTRAL) for place in answered])
    most = np.bincount(texts.tags).argmax()
    return {
        "texts": int(texts.tags.size),
        "macro_f1": _r(measures.macro_f1(counts)),
        "macro_f1_of_always_the_most_frequent": _r(measures.macro_f1(measures.confusion(texts.tags, np.full_like(said, most)))),
        "accuracy": _r(np.mean(said == texts.tags)),
        "ece": _r(calibration_error(top, said == texts.tags, BINS)),
        "ece_distressed": _r(calibration_error(p[:, 3], texts.tags == TAGS.index(Tag.DISTRESSED), BINS)),
        "by_tag": {tag.value: _rounded(asdict(score)) for tag, score in zip(TAGS, measures.by_tag(counts), strict=True)},
        "confusion": counts.tolist(),
        "suggested_01": _r(len(answered) / texts.tags.size),
        "right_where_suggested_01": _r(np.mean(offered == texts.tags[answered])),
        "suggested_by_tag": {
            tag.value: _rounded(asdict(score))
            for tag, score in zip(TAGS, measures.by_tag(measures.confusion(texts.tags[answered], offered)), strict=True)
        },
        "withheld": _reasons(given),
    }  # fmt: skip


def of_probe(table: Table) -> dict[str, Any]:
    """What is said of each sentence of the probe, with the bad numbers counted."""
    rows = []
    for one in sentences.probe():
        said = suggest(table, one.text)
        p = said.probabilities
        rows.append(
            {
                "group": one.group,
                "colleague_says": one.tag.value,
                "model_says": said.tag.value if said.tag else f"nothing: {(said.reason or Withheld.UNSURE).value}",
                "distressed_01": None if p is None else round(p.distressed_01, 2),
                "sentence": one.text,
            }
        )
    exhausted = [row for row in rows if row["colleague_says"] == Tag.DISTRESSED and row["group"] == "colleague"]
    clinical = [row for row in rows if row["group"] == "clinical"]
    answered = [row for row in rows if row["model_says"] in tuple(TAGS)]

    def count(among: list[dict[str, Any]], said: str) -> int:
        return sum(row["model_says"] == said for row in among)

    return {
        "sentences": len(rows),
        "right_where_suggested": sum(row["model_says"] == row["colleague_says"] for row in answered),
        "suggested": len(answered),
        "exhausted": len(exhausted),
        "exhausted_called_distressed": count(exhausted, Tag.DISTRESSED),
        "exhausted_called_negative": count(exhausted, Tag.NEGATIVE),
        "exhausted_called_neutral": count(exhausted, Tag.NEUTRAL),
        "exhausted_called_positive": count(exhausted, Tag.POSITIVE),
        "clinical": len(clinical),
        "clinical_called_distressed": count(clinical, Tag.DISTRESSED),
        "clinical_called_negative": count(clinical, Tag.NEGATIVE),
        "clinical_called_positive": count(clinical, Tag.POSITIVE),
        "rows": rows,
    }


def of_languages(table: Table) -> dict[str, Any]:
    """Sentences in other languages, by language: how many, and how many got a suggestion."""
    found: dict[str, dict[str, int]] = {}
    given = []
    for language, text in sentences.foreign():
        said = suggest(table, text)
        given.append(said)
        row = found.setdefault(language, {"sentences": 0, "suggested": 0})
        row["sentences"] += 1
        row["suggested"] += said.tag is not None
    return {"by_language": found, "withheld": _reasons(given)}


def shipped_movements(table: Table) -> tuple[Movement, Movement]:
    """Listed and unlisted terms, read as the program reads them."""
    return movement(table, measured(), shipped_words()), movement(table, UNLISTED, shipped_words())


def of_identity(table: Table, beyond: list[Movement]) -> dict[str, Any]:
    """Listed and unlisted terms with the shipped table; `beyond` are the thirds, each with a table made without it."""
    listed, unlisted = shipped_movements(table)
    return {
        "limit_01": MAX_IDENTITY_01,
        "templates": len(ADJECTIVE) + len(NOUN),
        "listed": _rounded(asdict(listed)),
        "unlisted": _rounded(asdict(unlisted)),
        "each_third_beyond_the_list": [_rounded(asdict(one)) for one in beyond],
        "largest_01": _r(max(one.largest_01 for one in (listed, unlisted, *beyond))),
    }


def _reasons(given: list[Any]) -> dict[str, int]:
    count = Counter(one.reason.value for one in given if one.reason is not None)
    return {reason.value: count[reason.value] for reason in Withheld if count[reason.value]}


def _r(value: float) -> float:
    return round(float(value), 4)


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _r(value) if isinstance(value, float) else value for name, value in row.items()}
