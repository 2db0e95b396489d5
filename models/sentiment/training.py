"""The weights: a softmax regression, its int8 form, and the constants beside them. No seed: nothing is drawn.

The figures of the program are made with the int8 table by the program's own code; nothing here chooses by the test texts.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
from scipy import optimize, sparse

from agent.text import features
from agent.text.identity import without_identity
from agent.text.suggest import known_01, probabilities
from agent.text.table import MAGIC, Constants, Table
from agent.text.tags import TAGS
from agent.text.tokens import tokens
from models.sentiment import vocabulary
from models.sentiment.goemotions import Texts, readable

L2 = 0.3
MIN_FEATURES = 16
ITERATIONS = 100
MAX_UNKNOWN_ENGLISH_01 = 0.02
RIGHT_WHERE_GIVEN_01 = 0.75
LIMITS = tuple(step / 100 for step in range(50, 100, 5))
"""Limits that are tried: a suggestion is at least as likely as all other tags together."""


def train(train_texts: Texts, dev: Texts, left_out: frozenset[str], identity_sha256: str) -> Table:
    """A table; `identity_max_01` is still 1, which no program loads.

    Args:
        train_texts: What the weights are fitted to.
        dev: What temperature and limits are fitted to; no text of the training.
        left_out: Words of who a person is, in training and in use.
        identity_sha256: Of the list that the program will leave out.
    """
    proper = vocabulary.capitalised(train_texts.raw)
    read = vocabulary.read_tokens(train_texts.raw, left_out, proper)
    marked = [features.with_negation(tokens_of_text) for tokens_of_text in read]
    known = vocabulary.known_words(read) | vocabulary.known_words(marked)
    every = [vocabulary.features_of(tokens_of_text, known) for tokens_of_text in marked]
    names = vocabulary.with_evidence(every, train_texts)
    weights, bias = _fit(_matrix(every, names), train_texts.tags)
    table = _quantised(names, weights, bias, known, identity_sha256)
    kept = [without_identity(tokens(readable(text)), left_out) for text in dev.raw]
    return _calibrated(table, kept, dev.tags)


def encode(table: Table) -> bytes:
    """The bytes that `agent.text.table.parse` reads."""
    header = json.dumps(asdict(table.constants), sort_keys=True).encode("utf-8")
    head = struct.pack("<8sII", MAGIC, len(header), table.hashes.size)
    return head + header + table.hashes.astype("<u4").tobytes() + table.weights.astype(np.int8).tobytes()


def _matrix(every: Sequence[set[str]], names: Sequence[str]) -> sparse.csr_matrix:
    place = {name: column for column, name in enumerate(names)}
    ends, columns = [0], []
    for found in every:
        columns += sorted(place[name] for name in found if name in place)
        ends.append(len(columns))
    n = np.diff(ends)
    values = np.repeat(1 / np.sqrt(np.maximum(n, MIN_FEATURES)), n)
    return sparse.csr_matrix((values, columns, ends), shape=(len(every), len(names)))


def _fit(x: sparse.csr_matrix, tags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Softmax regression with ``L2/2 * sum(w^2)``, bias free, by L-BFGS."""
    n, n_tags = x.shape[1], len(TAGS)
    truth = np.eye(n_tags)[tags]
    turned = x.T.tocsr()

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat[:-n_tags].reshape(n, n_tags), flat[-n_tags:]
        log_p = _log_softmax(x @ weights + bias)
        over = np.exp(log_p) - truth
        gradient = np.concatenate(((turned @ over + L2 * weights).ravel(), over.sum(axis=0)))
        return float(-np.sum(log_p * truth) + L2 / 2 * np.sum(weights**2)), gradient

    found = optimize.minimize(
        loss, np.zeros((n + 1) * n_tags), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS}
    )
    return found.x[:-n_tags].reshape(n, n_tags), found.x[-n_tags:]


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    logits = logits - logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _quantised(
    names: Sequence[str], weights: np.ndarray, bias: np.ndarray, known: frozenset[str], identity_sha256: str
) -> Table:
    weights = weights - weights.mean(axis=1, keepdims=True)  # the softmax does not see it
    scale = float(f"{np.abs(weights).max() / 127:.6g}")
    rows = {name: np.round(row / scale).astype(np.int8) for name, row in zip(names, weights, strict=True)}
    rows |= {word: np.zeros(len(TAGS), np.int8) for word in known if word not in rows}
    by_hash = {features.hash32(name): row for name, row in rows.items()}
    if len(by_hash) != len(rows):
        raise ValueError("two features have one hash: change agent.text.features.hash32")
    hashes = np.array(sorted(by_hash), dtype=np.uint32)
    constants = Constants(
        scale=scale,
        bias=tuple(round(float(one), 4) for one in bias - bias.mean()),
        temperature=1.0,
        min_probability_01=(0.5, 0.5, 0.5, 0.5),
        min_known_01=0.5,
        min_features=MIN_FEATURES,
        identity_max_01=1.0,
        identity_sha256=identity_sha256,
    )
    return Table(constants, hashes, np.stack([by_hash[one] for one in hashes.tolist()]))


def _calibrated(table: Table, kept: Sequence[list[str]], tags: np.ndarray) -> Table:
    """Temperature by likelihood, then the limits, all on the development texts."""
    found = [probabilities(table, one) for one in kept]
    log_p = np.log(np.array([[p.of(tag) for tag in TAGS] for p in found]))

    def loss(temperature: float) -> float:
        return float(-np.mean(_log_softmax(log_p / temperature)[np.arange(tags.size), tags]))

    temperature = round(float(optimize.minimize_scalar(loss, bounds=(0.3, 3.0), method="bounded").x), 3)
    p = np.exp(_log_softmax(log_p / temperature))
    share = np.array([known_01(table, one) for one in kept])
    min_known = max(limit for limit in LIMITS if np.mean(share < limit) <= MAX_UNKNOWN_ENGLISH_01)
    is_right, top = p.argmax(axis=1) == tags, p.max(axis=1)
    least = []
    for place in range(len(TAGS)):
        said = p.argmax(axis=1) == place
        enough = (limit for limit in LIMITS if np.mean(is_right[said & (top >= limit)]) >= RIGHT_WHERE_GIVEN_01)
        least.append(min(enough))
    constants = replace(
        table.constants, temperature=temperature, min_known_01=min_known, min_probability_01=tuple(least)
    )
    return replace(table, constants=constants)
