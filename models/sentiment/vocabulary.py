"""Which words are known, and which features carry evidence of a tag."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from agent.text import features
from agent.text.identity import without_identity
from agent.text.tags import TAGS
from agent.text.tokens import is_word, tokens
from models.sentiment.goemotions import Texts, readable

MIN_TEXTS_WORD = 5
MIN_TEXTS_GRAM = 3
MIN_G_WORD = 16.0
MIN_G_GRAM = 8.0
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_PRONOUN = re.compile(r"i(?:'\w+)?$")


def capitalised(raw: Iterable[str]) -> frozenset[str]:
    """Words that are mostly written with a capital inside a sentence: names of persons, peoples, places and brands.

    They say nothing of a tag, and what the training texts say of them must not be learnt. A word counts with at least
    two capitals; words in capitals throughout, and those that begin a sentence, are not counted.
    """
    capital, small = Counter[str](), Counter[str]()
    for text in raw:
        plain = readable(text).replace("\u2019", "'")
        for found in _WORD.finditer(plain):
            word, before = found.group(), plain[: found.start()].rstrip(" \"'(*")
            if not before or before[-1] in ".!?:\n" or _PRONOUN.match(word.lower()):
                continue
            if word.islower():
                small[word] += 1
            elif word[0].isupper() and not (len(word) > 1 and word.isupper()):
                capital[word.lower()] += 1
    return frozenset(word for word, n in capital.items() if n >= 2 and n > small[word])


def read_tokens(raw: Iterable[str], left_out: frozenset[str], proper: frozenset[str]) -> list[list[str]]:
    """Tokens of each text as the program reads them, without words in `left_out` and `proper`."""
    every = (without_identity(tokens(readable(text)), left_out) for text in raw)
    return [[token for token in read if token not in proper] for read in every]


def known_words(read: Sequence[Sequence[str]]) -> frozenset[str]:
    """Tokens of at least MIN_TEXTS_WORD texts."""
    count = Counter(token for text in read for token in set(text))
    return frozenset(token for token, n in count.items() if n >= MIN_TEXTS_WORD)


def features_of(read: Sequence[str], known: frozenset[str]) -> set[str]:
    """Features of one text: grams of its known tokens, and stems."""
    return features.grams([token for token in read if token in known]) | features.stems(read)


def with_evidence(every: Sequence[set[str]], texts: Texts) -> list[str]:
    """Features whose tags differ from those of all texts, by the G statistic; sorted.

    ``G = 2 sum n_k ln(n_k / (n share_k))`` with three degrees of freedom: 16 has p = .001, 8 has p = .05. This takes
    out most words of topics, and with them words of who a person is that no list holds.

    Source: Dunning (1993), Accurate methods for the statistics of surprise and coincidence, Comput. Linguist. 19(1).
    """
    count = Counter(feature for found in every for feature in found)
    frequent = sorted(f for f, n in count.items() if n >= (MIN_TEXTS_GRAM if _is_gram(f) else MIN_TEXTS_WORD))
    place = {feature: row for row, feature in enumerate(frequent)}
    by_tag = np.zeros((len(frequent), len(TAGS)))
    for found, tag in zip(every, texts.tags, strict=True):
        for feature in found:
            if feature in place:
                by_tag[place[feature], tag] += 1
    share = np.bincount(texts.tags, minlength=len(TAGS)) / texts.tags.size
    expected = by_tag.sum(axis=1, keepdims=True) * share
    g = 2 * np.sum(by_tag * np.log(np.where(by_tag > 0, by_tag, 1) / np.where(by_tag > 0, expected, 1)), axis=1)
    least = np.array([MIN_G_GRAM if _is_gram(feature) else MIN_G_WORD for feature in frequent])
    return [feature for feature, is_kept in zip(frequent, g >= least, strict=True) if is_kept]


def _is_gram(feature: str) -> bool:
    return " " in feature or not (feature.startswith("^") or is_word(feature))
