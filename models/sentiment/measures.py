"""Agreement of suggested and labelled tags."""

from dataclasses import dataclass

import numpy as np

from agent.text.tags import TAGS


@dataclass(frozen=True)
class TagScore:
    """One tag: texts that have it, and precision, recall and F1, 0 to 1."""

    texts: int
    precision_01: float
    recall_01: float
    f1_01: float


def confusion(labelled: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Counts by labelled tag (row) and said tag (column), shape ``(4, 4)``."""
    table = np.zeros((len(TAGS), len(TAGS)), dtype=int)
    np.add.at(table, (labelled, said), 1)
    return table


def by_tag(table: np.ndarray) -> list[TagScore]:
    """``F1 = 2 right / (labelled + said)``, each tag; 0 where a tag is neither labelled nor said.

    >>> [score.f1_01 for score in by_tag(np.diag([3, 2, 2, 1]))]
    [1.0, 1.0, 1.0, 1.0]
    """
    right, labelled, said = np.diag(table), table.sum(axis=1), table.sum(axis=0)
    return [
        TagScore(int(n), _share(hit, s), _share(hit, n), _share(2 * hit, n + s))
        for hit, n, s in zip(right, labelled, said, strict=True)
    ]


def macro_f1(table: np.ndarray) -> float:
    """Mean of the F1 of the four tags."""
    return float(np.mean([score.f1_01 for score in by_tag(table)]))


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else 0.0
