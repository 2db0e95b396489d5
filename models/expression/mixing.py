"""One person's movement on another person's face, in points alone: more faces than photos.

face i (its mean) + (a sample of j - the mean of j)   in both point sets; the teacher names the result again
"""

from multiprocessing import get_context
from typing import Final

import numpy as np

from agent.signal.face.shape import Canon
from models.expression.rows import Rows, labels, mixed_rows
from models.expression.teacher import Teacher

_IRIS: Final = slice(78, 230)  # of an eye row: after its 26 points, before the direction of view


def mixed(rows: Rows, canon: Canon, count: int, seed: int, workers: int = 2) -> Rows:
    """New samples from bare ones.

    Args:
        rows: Samples of those who may be learnt from.
        canon: The mean face.
        count: How many are made.
        seed: Of the draws.
        workers: Processes that ask the teacher.
    """
    random = np.random.default_rng(seed)
    bare = rows.where(rows.cover < 0)
    everyone = np.unique(bare.person)
    calm = {person: _mean(bare.where((bare.person == person) & (bare.kind == 0))) for person in everyone}
    chosen = random.integers(0, len(bare.person), count)
    drawn = bare.where(chosen)
    first, second = random.choice(everyone, (2, count))
    share = random.uniform(-0.3, 1.3, count)
    parts = [drawn.shape.astype(np.float32), drawn.taught, drawn.eyes[:, :, _IRIS]]
    made = []
    for place, part in enumerate(parts):
        means = {person: calm[person][place] for person in everyone}
        bend = share.reshape(-1, *[1] * (part.ndim - 1)).astype(np.float32)
        one, two = (np.stack([means[person] for person in who]) for who in (first, second))
        own = np.stack([means[person] for person in drawn.person])
        made.append(one + bend * (two - one) + part - own)
    shape, taught, irises = made
    with get_context("spawn").Pool(workers) as pool:
        shares = np.array_split(np.arange(count), workers * 4)
        shapes = np.concatenate(pool.map(_named, [(taught[share], drawn.turn[share]) for share in shares]))
    lower, brows, eyes = labels(shapes)
    face, other, eye_rows = mixed_rows(shape, drawn.turn, irises, canon)
    lids = drawn.eye[:, :, 6:]
    return Rows(
        drawn.person, drawn.kind, drawn.cover, drawn.spoilt, drawn.movement, shape, drawn.turn, taught, face, other,
        lower, brows, eye_rows, np.concatenate([eyes, lids], axis=2), drawn.eye_px,
    )  # fmt: skip


def _mean(rows: Rows) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return tuple(np.median(one, axis=0).astype(np.float32) for one in (rows.shape, rows.taught, rows.eyes[:, :, _IRIS]))


def _named(part: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """52 blendshapes of points in the canonical frame, seen as the head was turned, shape (n, 52)."""
    teacher = Teacher()
    taught, turns = part
    seen = np.einsum("nij,nkj->nik", taught.astype(np.float64), turns)[:, :, :2] * 100.0 + 200.0
    return np.array([teacher.shapes_of(one) for one in seen])
