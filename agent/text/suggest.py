"""A tag for a journal entry, or the reason why none is suggested.

    z     bias + scale * sum of the int8 weights of the known features / sqrt(max(n, min_features))
    p     softmax(z / temperature)

n counts the known features that carry a weight; the lower bound keeps one word of a short text from deciding alone.
The temperature is fitted on texts that were not trained on (Guo et al. 2017, arXiv:1706.04599). The person decides; a
suggestion is never kept, and nothing is done because of one.
"""

import math

import numpy as np

from agent.text import features, language
from agent.text.identity import shipped_words, without_identity
from agent.text.table import Table
from agent.text.tags import TAGS, Probabilities, Suggestion, Withheld
from agent.text.tokens import MAX_CHARACTERS, is_word, normalised, tokens

MIN_WORDS = 3


def suggest(table: Table, text: str, identity_words: frozenset[str] | None = None) -> Suggestion:
    """The suggestion for a text.

    Args:
        table: Of `agent.text.shipped`.
        text: The person's own words; they are not kept, logged or part of an error.
        identity_words: Words that are left out; None: the shipped list.

    Returns:
        A tag with its probabilities; or no tag, the reason, and probabilities only if the model read the text.
    """
    listed = shipped_words() if identity_words is None else identity_words
    read = tokens(text)
    words = [token for token in read if is_word(token)]
    if reason := _unreadable(text, words, read):
        return Suggestion(None, reason, None)
    kept = without_identity(read, listed)
    if known_01(table, kept) < table.constants.min_known_01:
        return Suggestion(None, Withheld.UNKNOWN_WORDS, None)
    found = probabilities(table, kept)
    tag = max(TAGS, key=found.of)
    if found.of(tag) < table.constants.min_probability_01[TAGS.index(tag)]:
        return Suggestion(None, Withheld.UNSURE, found)
    return Suggestion(tag, None, found)


def _unreadable(text: str, words: list[str], read: list[str]) -> Withheld | None:
    if len(text) > MAX_CHARACTERS:
        return Withheld.TOO_LONG
    if language.latin_01(normalised(text)) < language.MIN_LATIN_01:
        return Withheld.NOT_LATIN
    if not read:
        return Withheld.EMPTY
    if len(words) < MIN_WORDS:
        return Withheld.TOO_SHORT
    return Withheld.NOT_ENGLISH if language.is_foreign(words) else None


def known_01(table: Table, kept: list[str]) -> float:
    """Share of words that the table knows, 0 to 1; 1 where no word is left.

    Args:
        table: The model.
        kept: Tokens without words of who a person is.
    """
    words = [token for token in kept if is_word(token)]
    return float(np.mean(table.rows(_hashes(words)) >= 0)) if words else 1.0


def probabilities(table: Table, kept: list[str]) -> Probabilities:
    """Calibrated probabilities, whatever they are worth; `suggest` withholds them.

    Args:
        table: The model.
        kept: Tokens without words of who a person is.
    """
    marked = features.with_negation(kept)
    known = [token for token, row in zip(marked, table.rows(_hashes(marked)), strict=True) if row >= 0]
    rows = table.rows(_hashes(sorted(features.grams(known) | features.stems(marked))))
    weights = table.weights[rows[rows >= 0]].astype(np.int64)
    used = weights[np.any(weights != 0, axis=1)]
    constants = table.constants
    step = constants.scale / math.sqrt(max(len(used), constants.min_features))
    logits = (np.array(constants.bias) + step * used.sum(axis=0)) / constants.temperature
    share = np.exp(logits - logits.max())
    return Probabilities(*(share / share.sum()).tolist())


def _hashes(texts: list[str]) -> np.ndarray:
    return np.array([features.hash32(text) for text in texts], dtype=np.uint32)
