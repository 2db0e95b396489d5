"""Can two kinds of session be told apart? Three kinds of classifier learn on half, and one is asked about the other half."""

import numpy as np


def told_apart(sessions: np.ndarray, is_first: np.ndarray, seed: int = 1) -> float:
    """Share of the unseen half that is named rightly by the classifier which learnt best on the other half.

    Args:
        sessions: (count, numbers) of floats.
        is_first: (count,) of bool: which of the two kinds each session is.
        seed: Of the halves.
    """
    order = np.random.default_rng(seed).permutation(len(is_first))
    half = len(is_first) // 2
    learn, ask = order[:half], order[half:]
    spread = sessions[learn].std(axis=0)
    scaled = (sessions - sessions[learn].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    ways = {"ridge": _ridge, "neighbours": _neighbours, "stump": _stump}
    third = half // 3
    check, rest = learn[:third], learn[third:]
    inner = {
        name: np.mean(way(scaled[rest], is_first[rest], scaled[check]) == is_first[check]) for name, way in ways.items()
    }
    best = max(inner, key=lambda name: inner[name])
    return float(np.mean(ways[best](scaled[learn], is_first[learn], scaled[ask]) == is_first[ask]))


def auc(scores: np.ndarray, is_first: np.ndarray) -> float:
    """Area under the ROC curve of one number: the chance that it is greater for one kind (Mann-Whitney, ties half)."""
    first, second = scores[is_first], scores[~is_first]
    greater = (first[:, None] > second[None, :]).mean() + 0.5 * (first[:, None] == second[None, :]).mean()
    return float(greater)


def _ridge(known: np.ndarray, is_first: np.ndarray, asked: np.ndarray) -> np.ndarray:
    both = np.hstack([known, known**2, np.ones((len(known), 1))])
    weights = np.linalg.solve(both.T @ both + 10 * np.eye(both.shape[1]), both.T @ (2.0 * is_first - 1))
    return np.hstack([asked, asked**2, np.ones((len(asked), 1))]) @ weights > 0


def _neighbours(known: np.ndarray, is_first: np.ndarray, asked: np.ndarray, k: int = 11) -> np.ndarray:
    apart = ((asked[:, None, :] - known[None, :, :]) ** 2).sum(axis=2)
    return is_first[np.argsort(apart, axis=1)[:, :k]].mean(axis=1) > 0.5


def _stump(known: np.ndarray, is_first: np.ndarray, asked: np.ndarray) -> np.ndarray:
    best, rule = 0.0, (0, 0.0, True)
    for column in range(known.shape[1]):
        for cut in np.unique(np.percentile(known[:, column], range(5, 100, 5))):
            for above in (True, False):
                right = float(np.mean(((known[:, column] > cut) == above) == is_first))
                if right > best:
                    best, rule = right, (column, float(cut), above)
    return (asked[:, rule[0]] > rule[1]) == rule[2]
