"""How alike two texts are in what they speak of, though no word stands in both: latent semantic analysis.

Each stem has a vector, made from the shipped papers, the questions that their passages answer, and the thesaurus
(``make evidence-vectors``). Words that stand in the same passages have vectors of nearly the same direction. The vector
of a text is the sum of its words'; two texts are as alike as the cosine between them.

Source: Deerwester S, Dumais ST, Furnas GW, Landauer TK, Harshman R (1990), "Indexing by latent semantic analysis",
J Am Soc Inf Sci 41(6):391-407, doi:10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9.
"""

import base64
import binascii
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.errors import CorpusRefused
from copilot import shipped as shipped_file
from copilot.porter import stem
from copilot.vocabulary import STOP
from copilot.words import tokens

FILE: Final = shipped_file.FOLDER / "corpus" / "vectors.tsv"
DIMENSIONS: Final = 100
_STEM: Final = re.compile(r"[a-z0-9]{1,64}")
_STEMS_MOST: Final = 100_000

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Vectors:
    """The vectors of stems.

    Attributes:
        places: The row of each stem.
        rows: Shape (stems, DIMENSIONS), each longer the rarer its stem is.
    """

    places: Mapping[str, int]
    rows: Vector

    def of(self, text: str) -> Vector:
        """A text's vector: shape (DIMENSIONS,), of length 1, or 0 where no word is known."""
        found: Vector = self.of_each((text,))[0]
        return found

    def of_each(self, texts: Iterable[str]) -> Vector:
        """The vectors of texts: shape (texts, DIMENSIONS)."""
        places = [self._places(text) for text in texts]
        made = np.zeros((len(places), self.rows.shape[1]), np.float32)
        if filled := [number for number, one in enumerate(places) if one]:
            starts = np.cumsum([0, *(len(places[number]) for number in filled[:-1])])
            flat = [place for one in places for place in one]
            made[filled] = np.add.reduceat(self.rows[flat], starts, axis=0)
        lengths = np.linalg.norm(made, axis=1, keepdims=True)
        found: Vector = np.divide(made, lengths, out=np.zeros_like(made), where=lengths > 0)
        return found

    def _places(self, text: str) -> list[int]:
        found = (self.places.get(one) for one in stems_that_count(text))
        return [place for place in found if place is not None]


def stems_that_count(text: str) -> list[str]:
    """Stems of a text, each once, without the words that stand in every text.

    >>> stems_that_count("The nurses, and the nurse's sleep")
    ['nurs', 'sleep']
    """
    return list(dict.fromkeys(stem(word) for word in tokens(text) if word not in STOP))


@cache
def shipped() -> Vectors:
    """The vectors of the file that is shipped.

    Raises:
        CorpusRefused: It is missing, or not of the form.
    """
    return parsed(shipped_file.raw(FILE, "the vectors of words"))


def written(stems: Iterable[str], rows: Vector) -> bytes:
    """The file: a line is a stem, the size of one step, and DIMENSIONS signed bytes in base64, divided by tabs."""
    lines = []
    for one, row in zip(stems, rows, strict=True):
        step = float(np.abs(row).max()) / 127 or 1.0
        parts = np.rint(row / step).astype(np.int8).tobytes()
        lines.append(f"{one}\t{step:.4e}\t{base64.b64encode(parts).decode()}\n")
    return "".join(lines).encode()


def parsed(raw: bytes) -> Vectors:
    """The vectors of a file.

    Raises:
        CorpusRefused: With line and reason.
    """
    places: dict[str, int] = {}
    rows = []
    for number, line in enumerate(raw.split(b"\n")[:-1], 1):
        read = _line(line)
        if read is None or read[0] in places or number > _STEMS_MOST:
            raise CorpusRefused(
                f"line {number} of the vectors of words is not 'stem <tab> step <tab> {DIMENSIONS} bytes in base64'",
                remedy=f"{shipped_file.REMEDY} After a change that was meant: 'make evidence-vectors'.",
            )
        places[read[0]] = number - 1
        rows.append(read[1])
    if not rows or not raw.endswith(b"\n"):
        raise CorpusRefused("the vectors of words end too early", remedy=shipped_file.REMEDY)
    return Vectors(places, np.array(rows, np.float32))


def _line(line: bytes) -> tuple[str, Vector] | None:
    try:
        name, step, parts = line.decode("ascii").split("\t")
        values = np.frombuffer(base64.b64decode(parts, validate=True), np.int8)
        size = float(step)
    except (ValueError, binascii.Error):
        return None
    if not _STEM.fullmatch(name) or len(values) != DIMENSIONS or not 0 < size < math.inf:
        return None
    return name, values.astype(np.float32) * np.float32(size)
