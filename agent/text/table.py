r"""The model file: known features as sorted 32-bit hashes, four int8 weights each, and the constants of its training.

Layout, little-endian, without padding::

    8 bytes    b"WBTEXT1\n"
    4 bytes    n_header: bytes of the header, unsigned
    4 bytes    n: features, unsigned
    n_header   the header: JSON, UTF-8, the fields of `Constants` and no others
    4 n        hashes: uint32, strictly rising
    4 n        weights: int8, shape (n, 4), in the order of `TAGS`

A word that is known and says nothing of a tag has four zeros. Weights times `scale` are logits; with the bias they are
divided by the temperature. Nothing in the file is code: numpy reads the two arrays from bytes of a checked length.
"""

import json
import math
import struct
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np

from agent.errors import ModelMissing
from agent.text.tags import TAGS

MAGIC: Final = b"WBTEXT1\n"
MAX_BYTES: Final = 600_000
MAX_IDENTITY_01: Final = 0.10
_HEAD: Final = struct.Struct("<8sII")
_REMEDY: Final = "Install Wardbeat again."


@dataclass(frozen=True, slots=True)
class Constants:
    """What the training measured and wrote beside the weights.

    Attributes:
        scale: Logits of one step of a weight.
        bias: Logits, one for each tag.
        temperature: Divisor of the logits, fitted on the development texts.
        min_probability_01: One for each tag; a tag less likely than its own is withheld as unsure.
        min_known_01: Below this share of known words a suggestion is withheld.
        min_features: The divisor of the weights' sum is the root of the features read, or of this, if it is more.
        identity_max_01: Largest movement of a probability by a word of who a person is, listed or not.
        identity_sha256: Of the list of these words that the training left out.
    """

    scale: float
    bias: tuple[float, float, float, float]
    temperature: float
    min_probability_01: tuple[float, float, float, float]
    min_known_01: float
    min_features: int
    identity_max_01: float
    identity_sha256: str


@dataclass(frozen=True, slots=True)
class Table:
    """A checked model.

    Attributes:
        constants: Of the header.
        hashes: Known features, uint32, shape ``(n,)``, strictly rising.
        weights: int8, no unit, shape ``(n, 4)``.
    """

    constants: Constants
    hashes: np.ndarray
    weights: np.ndarray

    def rows(self, hashes: np.ndarray) -> np.ndarray:
        """Rows of the known ones among `hashes` (uint32, shape ``(m,)``); -1 for an unknown one, shape ``(m,)``."""
        if not self.hashes.size:
            return np.full(hashes.size, -1)
        place = np.minimum(np.searchsorted(self.hashes, hashes), self.hashes.size - 1)
        return np.where(self.hashes[place] == hashes, place, -1)


def parse(content: bytes) -> Table:
    """A model file, checked.

    Raises:
        ModelMissing: The bytes are damaged, of another form or too many, or the table may not be switched on, because
            words of who a person is move it too far.
    """
    if len(content) > MAX_BYTES:
        raise _damaged(f"it has {len(content)} bytes, more than {MAX_BYTES}")
    if len(content) < _HEAD.size:
        raise _damaged("it is shorter than its head")
    magic, n_header, n = _HEAD.unpack_from(content)
    if magic != MAGIC:
        raise _damaged("it does not begin as one")
    if len(content) != _HEAD.size + n_header + 4 * n + len(TAGS) * n:
        raise _damaged("its length is not the one that its head states")
    constants = _constants(content[_HEAD.size : _HEAD.size + n_header])
    start = _HEAD.size + n_header
    hashes = np.frombuffer(content, "<u4", n, start)
    weights = np.frombuffer(content, np.int8, n * len(TAGS), start + 4 * n).reshape(n, len(TAGS))
    if n > 1 and not bool(np.all(hashes[1:] > hashes[:-1])):
        raise _damaged("its hashes do not rise")
    if constants.identity_max_01 > MAX_IDENTITY_01:
        raise ModelMissing(
            f"this table of the text model may not be used: a word of who a person is moves a probability by "
            f"{constants.identity_max_01:.2f}, more than {MAX_IDENTITY_01:.2f}",
            remedy="Train another table with 'make sentiment-model'.",
        )
    return Table(constants, hashes, weights)


def _constants(header: bytes) -> Constants:
    try:
        read = json.loads(header.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _damaged("its header is not JSON") from error
    names = {field.name for field in fields(Constants)}
    if not isinstance(read, dict) or set(read) != names:
        raise _damaged("its header has other fields")
    for name, low, high in _BY_TAG:
        four = read[name]
        if not (isinstance(four, list) and len(four) == len(TAGS) and all(_is_number(x, low, high) for x in four)):
            raise _damaged(f"{name} is not four numbers from {low:g} to {high:g}")
    for name, low, high in _RANGES:
        if not _is_number(read[name], low, high):
            raise _damaged(f"{name} is not a number from {low:g} to {high:g}")
    if not isinstance(read["min_features"], int):
        raise _damaged("min_features is not a whole number")
    if not isinstance(read["identity_sha256"], str):
        raise _damaged("identity_sha256 is not a text")
    return Constants(**(read | {name: tuple(map(float, read[name])) for name, _, _ in _BY_TAG}))


_BY_TAG: Final = (("bias", -100.0, 100.0), ("min_probability_01", 0.25, 1.0))
_RANGES: Final = (
    ("scale", 1e-6, 10.0),
    ("temperature", 0.05, 20.0),
    ("min_known_01", 0.0, 1.0),
    ("min_features", 1.0, 1000.0),
    ("identity_max_01", 0.0, 1.0),
)


def _is_number(value: Any, low: float, high: float) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and math.isfinite(value) and low <= value <= high


def _damaged(why: str) -> ModelMissing:
    return ModelMissing(f"the file of the text model is damaged: {why}", remedy=_REMEDY)
