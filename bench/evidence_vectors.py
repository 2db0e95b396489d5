"""Make copilot/corpus/vectors.tsv from the papers, the questions of their passages, and the thesaurus.

make evidence-vectors
"""

import math
from collections import Counter

import numpy as np

from copilot import reading, thesaurus, vectors
from copilot.papers import Corpus

LEAST = 2  # of texts that a stem stands in: a vector of one text says nothing
PASSAGE, PHRASES = 3.0, 2  # a passage with all its questions counts so much more than one of the questions alone


def texts(corpus: Corpus) -> list[tuple[Counter[str], float]]:
    """What words stand together in, with how much each counts."""
    made = []
    for paper in corpus.papers:
        for passage in paper.passages:
            lines = (paper.head, passage.text, *passage.asked)
            made.append((Counter(one for line in lines for one in vectors.stems_that_count(line)), PASSAGE))
    made += [
        (Counter(vectors.stems_that_count(line)), 1.0)
        for passage in corpus.passages().values()
        for line in passage.asked
    ]
    for asked, found in thesaurus.shipped():
        words = [one for phrase in (*asked, *found) for one in vectors.stems_that_count(phrase)]
        made.append((Counter(words * PHRASES), 1.0))
    return made


def made(corpus: Corpus) -> tuple[list[str], np.ndarray]:
    """Stems and their vectors: eigenvectors of the words' products, each row times its rarity ``log(N / n)``."""
    every = texts(corpus)
    counts = Counter(one for text, _ in every for one in text)
    stems = sorted(one for one, n in counts.items() if n >= LEAST and one.isascii())
    place = {one: number for number, one in enumerate(stems)}
    rarity = np.array([math.log(len(every) / counts[one]) for one in stems])
    table = np.zeros((len(every), len(stems)), np.float32)
    for row, (text, weight) in enumerate(every):
        for one, n in text.items():
            if one in place:
                table[row, place[one]] = 1 + math.log(n)
        table[row] *= rarity
        table[row] *= weight / max(float(np.linalg.norm(table[row])), 1e-9)
    _, found = np.linalg.eigh((table.T @ table).astype(np.float64))
    largest = found[:, -vectors.DIMENSIONS :]
    largest = largest * np.sign(largest[np.abs(largest).argmax(0), np.arange(vectors.DIMENSIONS)])  # else any sign
    return stems, largest * rarity[:, None]


if __name__ == "__main__":
    stems, rows = made(reading.load())
    vectors.FILE.write_bytes(vectors.written(stems, rows.astype(np.float32)))
    print(f"{len(stems)} stems, {vectors.DIMENSIONS} numbers each, {vectors.FILE.stat().st_size // 1000} kB")
